"""The connection pool: open, lend, ping, close. The only place that acquires connections."""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

import oracledb

from oracle_api.exceptions import DatabaseUnavailable, OracleApiError, SettingsError, StaleTypes
from oracle_api.oracle.errors import (
    LOGIN_REFUSED,
    STALE_SESSION,
    code_of,
    not_connected,
    translated,
)
from oracle_api.settings import Settings

log = logging.getLogger(__name__)

Connection: TypeAlias = oracledb.Connection

# Seconds that tidying a connection may take before it is dropped instead.
_TIDY_SECONDS = 5
_SHRINK_AFTER_SECONDS = 120
_PING_AFTER_IDLE_SECONDS = 10
_PING_SECONDS = 2
_IDLE_LOOK_SECONDS = 1
_WAIT_IS_OVER = "DPY-4005"

# A login that the database accepts and never answers holds the pool's one connecting thread. So
# many such pools may be left behind in favour of a new one; TCP keep-alive ends them in time.
_MAX_RETIRED = 3

# Oracle locks an account after a few wrong passwords (FAILED_LOGIN_ATTEMPTS): they must not be
# tried as often as requests and jobs ask for a connection.
_LOGIN_PAUSE_SECONDS = 30

# A procedure that always fails like one whose package was compiled anew must not have all
# sessions opened again and again.
_EXPIRE_PAUSE_SECONDS = 5
_REMEMBERED_SESSIONS = 1000

# Dates are naive on the wire: with the session in UTC the driver's and ours mean the same.
_SESSION = "ALTER SESSION SET TIME_ZONE = '+00:00'"


@dataclass(frozen=True)
class Identity:
    """Who a connection is lent to, as V$SESSION shows it to an operator.

    Args:
        action: what runs, such as the procedure's name.
        client_identifier: a job's or a request's id.
        client: the name of the token that it is for; CLIENT_INFO there.
        errand: what the service does with it, one word of a few; the database does not see it.
    """

    action: str
    client_identifier: str
    client: str = ""
    errand: str = "call"


class PoolObserver:
    """Is told what becomes of connections, and must not raise; this one makes nothing of it."""

    def waited(self, seconds: float) -> None:
        """Somebody waited so long for a connection, whether there was one in the end or not."""

    def refused(self, code: str | None) -> None:
        """There was none; the code is the driver's or the database's."""

    def lent(self) -> None:
        """One is in use."""

    def failed(self, errand: str, code: str | None) -> None:
        """An error was met on one that was lent for this errand."""

    def returned(self) -> None:
        """One is no longer in use."""

    def size(self, opened: int, most: int) -> None:
        """So many are open now, of so many that may be."""


@dataclass(frozen=True)
class _Refusal:
    """A login that the database refused: until when none is tried, and what to say instead."""

    until: float
    detail: str
    code: str | None


class OraclePool:
    """Lends connections. Made after the fork: neither threads nor sockets survive one.

    Args:
        settings: where the database is.
        most: connections that are open at once; who uses them knows how many.
        observer: told what becomes of connections.
    """

    def __init__(self, settings: Settings, most: int, observer: PoolObserver | None = None) -> None:
        self._settings = settings
        self._most = most
        self._observer = observer or PoolObserver()
        self._lock = threading.Lock()
        self._pool: oracledb.ConnectionPool | None = None
        self._retired: list[threading.Thread] = []
        self._login_refused: _Refusal | None = None
        # Monotonic times: when each session (SID and SERIAL#) was opened, when the types that the
        # driver remembers with each were last found to have changed, and when by a call's error.
        self._opened: dict[tuple[int, int], float] = {}
        self._types_changed = -math.inf
        self._change_failed = -math.inf
        self._told_size = -1

    def open(self) -> None:
        """Create the pool; connections are made when they are needed, so this never waits.

        Raises:
            SettingsError: the connect string cannot be understood.
        """
        try:
            self._pool = self._create()
        except oracledb.Error as exc:
            raise SettingsError(f"ORACLE_DSN cannot be used ({code_of(exc)}).") from None

    def _create(self) -> oracledb.ConnectionPool:
        settings = self._settings
        return oracledb.create_pool(
            user=settings.oracle_user,
            password=settings.oracle_password,
            dsn=settings.dsn,
            min=0,
            max=self._most,
            increment=1,
            getmode=oracledb.POOL_GETMODE_TIMEDWAIT,
            wait_timeout=int(settings.oracle_connect_seconds * 1000),
            timeout=_SHRINK_AFTER_SECONDS,
            ping_interval=_PING_AFTER_IDLE_SECONDS,
            ping_timeout=_PING_SECONDS * 1000,
            tcp_connect_timeout=settings.oracle_connect_seconds,
            expire_time=settings.oracle_expire_minutes,
            session_callback=self._prepare_session,
        )

    @contextmanager
    def lend(self, identity: Identity) -> Iterator[oracledb.Connection]:
        """Lend a connection for the length of a block; afterwards it holds no transaction.

        Raises:
            DatabaseUnavailable: none was to be had within ORACLE_CONNECT_SECONDS.
        """
        pool, connection = self._acquire()
        is_stale = False
        self._observer.lent()
        self.note_size()
        try:
            connection.module = _fitting(f"oracle_api {self._settings.instance_name}", 48)
            connection.action = _fitting(identity.action, 32)
            connection.client_identifier = _fitting(identity.client_identifier, 64)
            connection.clientinfo = _fitting(identity.client, 64)
            yield connection
        except OracleApiError as exc:
            is_stale = self._tells_of_change(exc)
            self._observer.failed(identity.errand, exc.code)
            raise
        finally:
            _give_back(pool, connection, is_reusable=not is_stale)
            self._observer.returned()
            self.note_size()

    def _acquire(self) -> tuple[oracledb.ConnectionPool, oracledb.Connection]:
        with self._lock:
            pool, refused = self._pool, self._login_refused
        if pool is None:
            raise DatabaseUnavailable("The service is not connected to a database.")
        if refused is not None and time.monotonic() < refused.until:
            raise DatabaseUnavailable(refused.detail, refused.code)
        began = time.perf_counter()
        try:
            connection = pool.acquire()
            while not self._knows_the_types(connection):
                _drop(pool, connection)
                connection = pool.acquire()
            return pool, connection
        except oracledb.Error as exc:
            code = code_of(exc)
            self._observer.refused(code)
            error = not_connected(exc)
            if code in LOGIN_REFUSED:
                with self._lock:
                    until = time.monotonic() + _LOGIN_PAUSE_SECONDS
                    self._login_refused = _Refusal(until, error.detail, code)
            if code == _WAIT_IS_OVER and pool.opened < pool.max:
                self._replace(pool)
            raise error from exc
        finally:
            self._observer.waited(time.perf_counter() - began)

    def note_size(self) -> None:
        """Tell the observer how many connections are open, where that is not what it knows.

        Idle ones close by themselves.
        """
        with self._lock:
            pool = self._pool
        try:
            opened = 0 if pool is None else pool.opened
        except oracledb.Error:
            opened = 0
        with self._lock:
            if opened != self._told_size:
                self._told_size = opened
                self._observer.size(opened, self._most)

    def _prepare_session(self, connection: oracledb.Connection, _requested_tag: str | None) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_SESSION)
        connection.outputtypehandler = _output_type
        with self._lock:
            self._opened[connection.session_id, connection.serial_num] = time.monotonic()
            if len(self._opened) > _REMEMBERED_SESSIONS:
                del self._opened[next(iter(self._opened))]

    def _tells_of_change(self, exc: OracleApiError) -> bool:
        """Say whether an error means that types or packages changed under the session.

        What the driver knows of types stays with the connection, so the sessions of now are not
        lent again.
        """
        is_certain = isinstance(exc, StaleTypes)
        if not is_certain and exc.code not in STALE_SESSION:
            return False
        with self._lock:
            now = time.monotonic()
            if is_certain:
                self._types_changed = now
            elif now - self._change_failed > _EXPIRE_PAUSE_SECONDS:
                self._types_changed = self._change_failed = now
        return True

    def _knows_the_types(self, connection: oracledb.Connection) -> bool:
        key = (connection.session_id, connection.serial_num)
        with self._lock:
            return self._opened.get(key, -math.inf) >= self._types_changed

    def ping(self) -> None:
        """Ask the database for a sign of life.

        Raises:
            DatabaseUnavailable: it gives none.
        """
        with (
            self.lend(Identity("ping", "", errand="ping")) as connection,
            translated(in_call=False),
        ):
            connection.call_timeout = int(self._settings.oracle_connect_seconds * 1000)
            connection.ping()

    def close(self, wait_seconds: float) -> None:
        """Close every connection, lent ones included.

        Args:
            wait_seconds: the driver's own thread may sit in a login to a silent database; it
                is given up after this.
        """
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            _in_background(_close, pool).join(wait_seconds)

    def _replace(self, stuck: oracledb.ConnectionPool) -> None:
        """Go on with a new pool: this one had room for a connection and could not make it.

        Connections that are lent go back to the pool that they came from.
        """
        with self._lock:
            self._retired = [thread for thread in self._retired if thread.is_alive()]
            if self._pool is not stuck or len(self._retired) >= _MAX_RETIRED:
                return
            self._pool = self._create()
            self._retired.append(_in_background(self._close_when_idle, stuck))
        log.warning("The database does not answer logins; they are tried with a new pool.")

    def _close_when_idle(self, pool: oracledb.ConnectionPool) -> None:
        # Those who wait for one of its connections learn by themselves that there is none.
        time.sleep(self._settings.oracle_connect_seconds)
        while pool.busy:
            time.sleep(_IDLE_LOOK_SECONDS)
        _close(pool)


def _in_background(
    task: Callable[[oracledb.ConnectionPool], None], pool: oracledb.ConnectionPool
) -> threading.Thread:
    thread = threading.Thread(target=task, args=(pool,), daemon=True, name="pool-close")
    thread.start()
    return thread


def _close(pool: oracledb.ConnectionPool) -> None:
    try:
        pool.close(force=True)
    except oracledb.Error as exc:
        log.warning("Closing the connection pool: %s", exc)


def _fitting(text: str, size: int) -> str:
    """Cut to a size in bytes. The driver sends a garbled message for an empty text."""
    return text.encode()[:size].decode(errors="ignore") or "-"


def _give_back(
    pool: oracledb.ConnectionPool, connection: oracledb.Connection, *, is_reusable: bool
) -> None:
    try:
        if is_reusable and connection.is_healthy():
            connection.call_timeout = _TIDY_SECONDS * 1000
            if connection.transaction_in_progress:
                connection.rollback()
            connection.call_timeout = 0
            connection.close()
            return
    except oracledb.Error as exc:
        log.info("A connection could not be tidied: %s", exc)
    _drop(pool, connection)


def _drop(pool: oracledb.ConnectionPool, connection: oracledb.Connection) -> None:
    try:
        pool.drop(connection)
    except oracledb.Error as exc:
        log.debug("A dead connection was gone already: %s", exc)


def _output_type(cursor: oracledb.Cursor, metadata: oracledb.FetchInfo) -> Any:
    """Fetch numbers exactly and LOBs inline, whatever the driver's defaults are."""
    match metadata.type_code:
        case oracledb.DB_TYPE_NUMBER:
            return cursor.var(Decimal, arraysize=cursor.arraysize)
        case oracledb.DB_TYPE_CLOB | oracledb.DB_TYPE_NCLOB:
            return cursor.var(oracledb.DB_TYPE_LONG, arraysize=cursor.arraysize)
        case oracledb.DB_TYPE_BLOB:
            return cursor.var(oracledb.DB_TYPE_LONG_RAW, arraysize=cursor.arraysize)
    return None
