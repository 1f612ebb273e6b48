"""The job store's database: opened, read, written."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection

from oracle_api.exceptions import SettingsError, StoreUnavailable
from oracle_api.jobs.dialects import (
    SNAPSHOTS,
    begin_oracle,
    connect_arguments,
    is_made_by_another,
    limit_calls,
)
from oracle_api.jobs.lookup import Lookup
from oracle_api.jobs.tables import metadata, store_lock
from oracle_api.jobs.walindex import open_index
from oracle_api.jobs.writer import WRITES, CommitObserver, GroupCommitWriter, Kind, unobserved

T = TypeVar("T")
Item = TypeVar("Item")

Clock = Callable[[], datetime]

_BUSY_MILLISECONDS = 5000
_LOOK_SECONDS = 0.0003
_CREATE_TRIES = 30
# Waits as SQLite does, and its connection stays in the pool: where the last one is closed, SQLite
# copies the whole log into the file.
_CREATES = {"sqlite_begin": "BEGIN EXCLUSIVE"}


def utc_now() -> datetime:
    """Give the present moment, aware, in UTC."""
    return datetime.now(UTC)


class JobDatabase:
    """What the stores share: reads have connections of their own, writes are grouped.

    Args:
        url: an SQLAlchemy URL; a SQLite file's folder is made where it is missing, and so are
            the tables.
        clock: gives the present moment, aware.
        on_commit: told of each transaction.

    Raises:
        SettingsError: the URL cannot be used.
    """

    def __init__(
        self, url: str, clock: Clock = utc_now, on_commit: CommitObserver = unobserved
    ) -> None:
        self._engine = _open_engine(url)
        self._writer = GroupCommitWriter(self._engine, on_commit)
        is_sqlite = self._engine.dialect.name == "sqlite"
        self._snapshot = SNAPSHOTS[self._engine.dialect.name]
        self._lookups: list[Lookup] = []
        self._guard = _open_guard(self._engine) if is_sqlite else None
        self._index = None if self._guard is None else open_index(_file_of(self._guard))
        self.now = clock
        #: Set when a job ended here that somebody wants to be told of.
        self.callbacks_due = threading.Event()

    @contextmanager
    def reading(self, *, snapshot: bool = False) -> Iterator[sa.Connection]:
        """Lend a connection for reading.

        Args:
            snapshot: let all statements see the same state.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        options = self._snapshot if snapshot else {}
        try:
            with self._engine.connect().execution_options(**options) as connection:
                yield connection
        except SQLAlchemyError as exc:
            raise StoreUnavailable("The job store cannot be read now.") from exc

    def lookup(self, statement: sa.Select[Any]) -> Lookup:
        """Prepare a small read; see :class:`Lookup`."""
        lookup = Lookup(self._engine, statement)
        self._lookups.append(lookup)
        return lookup

    def mark(self) -> bytes | None:
        """Give what is different after each commit of whatever process, at next to no cost.

        Returns:
            None where the database has no such thing.
        """
        return None if self._index is None else self._index.mark()

    def write(self, operation: Callable[[sa.Connection], T]) -> T:
        """Run an operation in a transaction and wait until it is durable.

        Raises:
            StoreUnavailable: it could not be committed. And whatever the operation raises.
        """
        return self._writer.submit(operation).result()

    def write_one(self, kind: Kind[Item, T], item: Item) -> T:
        """Carry out a write together with others of its kind; otherwise as ``write``."""
        return self._writer.submit_one(kind, item).result()

    def write_later(
        self, operation: Callable[[sa.Connection], object], delay_seconds: float = 0.0
    ) -> None:
        """Queue an operation, and do not wait.

        Args:
            operation: run within a transaction, behind those that were queued before.
            delay_seconds: how long it may be kept back, so that others overtake it.

        Raises:
            StoreUnavailable: the database is closed.
        """
        self._writer.submit(operation, delay_seconds)

    def close(self) -> None:
        """Commit what is queued, and let go of the database."""
        self._writer.close()
        for lookup in self._lookups:
            lookup.close()
        if self._guard is not None:
            self._guard.close()
        self._engine.dispose()
        if self._index is not None:
            self._index.close()


def _open_engine(url: str) -> sa.Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            if parsed.database in (None, "", ":memory:"):
                raise SettingsError("JOBS_DATABASE_URL must name a file: jobs outlive the process.")
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        # Enough to keep one for every request and job thread: one made anew costs several reads.
        engine = sa.create_engine(
            parsed,
            hide_parameters=True,
            pool_size=64,
            max_overflow=64,
            connect_args=connect_arguments(parsed),
        )
    except (ArgumentError, ImportError, sa.exc.NoSuchModuleError, OSError) as exc:
        raise SettingsError(f"JOBS_DATABASE_URL cannot be used ({type(exc).__name__}).") from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    elif engine.dialect.name == "oracle":
        event.listen(engine, "connect", limit_calls)
        event.listen(engine, "begin", begin_oracle)
    _create_missing(engine)
    return engine


def _create_missing(engine: sa.Engine) -> None:
    # Several processes may start on a new file at once, and switching it to WAL does not wait
    # for the others' locks as everything else does.
    for attempt in range(_CREATE_TRIES):
        try:
            with engine.connect().execution_options(**_CREATES) as connection, connection.begin():
                metadata.create_all(connection)
                _fill_lock(connection)
                _refuse_older(connection)
        except SQLAlchemyError as exc:
            is_passing = isinstance(exc, OperationalError) or is_made_by_another(exc)
            if attempt == _CREATE_TRIES - 1 or not is_passing:
                reason = str(exc.__cause__ or type(exc).__name__)
                raise SettingsError(f"JOBS_DATABASE_URL cannot be used ({reason}).") from None
            time.sleep(0.1)
        else:
            return


def _fill_lock(connection: sa.Connection) -> None:
    if connection.execute(sa.select(store_lock.c.id)).first() is None:
        # Another process may have been first.
        with suppress(sa.exc.IntegrityError), connection.begin_nested():
            connection.execute(store_lock.insert(), {"id": 1})


def _refuse_older(connection: sa.Connection) -> None:
    # What is missing in a table that exists would fail one request after the other.
    inspector = sa.inspect(connection)
    for table in metadata.sorted_tables:
        present = {column["name"] for column in inspector.get_columns(table.name)}
        if missing := sorted(column.name for column in table.c if column.name not in present):
            raise SettingsError(
                f"JOBS_DATABASE_URL holds a job store of an older version ({table.name} has no "
                f"{missing[0]}): move it away, or name another one."
            )


def _open_guard(engine: sa.Engine) -> PoolProxiedConnection:
    # It is only held: when the last connection of all is closed, SQLite deletes the index.
    guard = engine.raw_connection()
    guard.detach()
    cursor = guard.cursor()
    cursor.execute("SELECT COUNT(*) FROM sqlite_master")
    cursor.fetchall()
    cursor.close()
    return guard


def _file_of(connection: PoolProxiedConnection) -> str:
    cursor = connection.cursor()
    cursor.execute("PRAGMA database_list")
    [(_, _, path), *_] = cursor.fetchall()
    cursor.close()
    return str(path)


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # Transactions are begun by _begin_sqlite, not by the driver.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    # A 202 promises that the job survives: each commit reaches the disk.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # A single SELECT sees one state by itself; a transaction around it would cost as much again.
    begin = connection.get_execution_options().get("sqlite_begin")
    if begin == WRITES["sqlite_begin"]:
        _begin_writing(connection, begin)
    elif begin is not None:
        connection.exec_driver_sql(begin)


def _begin_writing(connection: sa.Connection, begin: str) -> None:
    """Wait for other processes' transactions in short steps.

    SQLite itself sleeps up to 100 ms between two looks, while a transaction takes less than one.
    """
    cursor = connection.connection.cursor()
    if not connection.connection.is_detached:
        # Kept for writing: whoever reads may well wait as SQLite does.
        connection.detach()
        cursor.execute("PRAGMA busy_timeout = 0")
    until = time.monotonic() + _BUSY_MILLISECONDS / 1000
    while time.monotonic() < until:
        try:
            cursor.execute(begin)
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                break
            time.sleep(_LOOK_SECONDS)
        else:
            return
    connection.exec_driver_sql(begin)
