"""The server: accepts connections and gives each a session with a thread of its own."""

from __future__ import annotations

import itertools
import logging
import secrets
import socket
import threading
from types import TracebackType

from oracle_api.embedded import supplied
from oracle_api.embedded.database import Database
from oracle_api.embedded.faults import Faults
from oracle_api.embedded.logon import Verifier, make_verifier
from oracle_api.embedded.longops import LongOperations
from oracle_api.embedded.procedures import Catalog, Namespace
from oracle_api.embedded.session import Session
from oracle_api.embedded.views import DictionarySource

_log = logging.getLogger(__name__)
HOST = "127.0.0.1"
_BACKLOG = 256
_FIRST_SID = 10
_STOP_TIMEOUT = 10.0


class EmbeddedServer:
    """A small database server on loopback, for development and tests.

    Args:
        port: TCP port; 0 picks a free one.
        user: the name of its one user, whose schema is the current one.
        password: the user's password.
        service: the service name that clients ask for.
        catalog: procedures and tables beyond those that every database has.
    """

    def __init__(
        self,
        port: int = 0,
        user: str = "dwh",
        password: str = "dwh",  # noqa: S107 - a default for a database on loopback
        service: str = "FREEPDB1",
        catalog: Catalog | None = None,
    ) -> None:
        self.port = port
        self.user = user
        self.password = password
        self.service = service
        self.catalog = catalog if catalog is not None else Catalog(owner=user)
        self.namespace = Namespace(self.catalog, supplied.catalog, user=user)
        self.longops = LongOperations()
        self.faults = Faults(self)
        self._lock = threading.Lock()
        self._sessions: dict[Session, threading.Thread] = {}
        self._sids = itertools.count(_FIRST_SID)
        self._database: Database | None = None
        self._listener: socket.socket | None = None
        self._acceptor: threading.Thread | None = None
        self._verifiers: dict[bool, Verifier] = {}

    @property
    def dsn(self) -> str:
        """The connect string: ``127.0.0.1:PORT/SERVICE``."""
        return f"{HOST}:{self.port}/{self.service}"

    @property
    def database(self) -> Database:
        """The SQL database.

        Raises:
            RuntimeError: the server is not running.
        """
        if self._database is None:
            raise RuntimeError("the server is not running")
        return self._database

    def verifier(self, is_known: bool) -> Verifier:
        """Return the user's password verifier, or an invented one for unknown users."""
        with self._lock:
            if is_known not in self._verifiers:
                password = self.password if is_known else secrets.token_hex()
                self._verifiers[is_known] = make_verifier(password)
            return self._verifiers[is_known]

    def sessions(self) -> list[Session]:
        """Return the sessions that are logged on."""
        with self._lock:
            return [session for session in self._sessions if session.is_open]

    def start(self) -> None:
        """Make the database and listen.

        Raises:
            OSError: the port is taken.
            OracleError: a statement of the catalog failed.
        """
        source = DictionarySource(self.namespace, self.sessions, self.longops)
        self._database = Database(source)
        try:
            self._database.run_script(self.catalog.statements, self.user.upper())
            self.listen()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Drop all sessions, stop listening and delete the database."""
        self.stop_listening()
        with self._lock:
            running = dict(self._sessions)
        for session in running:
            session.drop()
        for thread in running.values():
            thread.join(_STOP_TIMEOUT)
        if self._database is not None:
            self._database.close()
            self._database = None

    def __enter__(self) -> EmbeddedServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def listen(self) -> None:
        """Listen for connections, if not already.

        Raises:
            OSError: the port is taken.
        """
        if self._listener is not None:
            return
        listener = socket.create_server((HOST, self.port), backlog=_BACKLOG)
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._acceptor = threading.Thread(
            target=self._accept, args=(listener,), name="embedded-listener", daemon=True
        )
        self._acceptor.start()

    def stop_listening(self) -> None:
        """Stop listening; sessions go on."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        # On Linux a shutdown wakes the thread that waits in accept; elsewhere it may fail,
        # and a connection does the same.
        try:
            listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            socket.create_connection((HOST, self.port)).close()
        if self._acceptor is not None:
            self._acceptor.join(_STOP_TIMEOUT)
        listener.close()

    def drop_sessions(self, sid: int | None = None) -> int:
        """Cut the connection of all sessions, or of one; return how many."""
        with self._lock:
            dropped = [each for each in self._sessions if sid is None or each.sid == sid]
        for session in dropped:
            session.drop()
        return len(dropped)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            if self._listener is not listener:
                sock.close()
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = Session(self, sock, next(self._sids))
            thread = threading.Thread(
                target=self._run, args=(session,), name=f"embedded-{session.sid}", daemon=True
            )
            with self._lock:
                self._sessions[session] = thread
            thread.start()

    def _run(self, session: Session) -> None:
        try:
            session.run()
        except Exception:  # noqa: BLE001 - the end of the thread; other sessions go on
            _log.exception("session %d failed", session.sid)
        finally:
            with self._lock:
                self._sessions.pop(session, None)
