"""The job store's database: opened, read, written."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from oracle_api.exceptions import SettingsError, StoreUnavailable
from oracle_api.jobs import servers, sqlite
from oracle_api.jobs.access import Access, for_access
from oracle_api.jobs.lookup import Lookup
from oracle_api.jobs.schema import bring_up_to_date
from oracle_api.jobs.walindex import open_index
from oracle_api.jobs.writer import CommitObserver, GroupCommitWriter, Kind, unobserved

T = TypeVar("T")
Item = TypeVar("Item")

Clock = Callable[[], datetime]

# Connections of a process to a database server: those that are kept, and all.
_SERVER_KEEPS = 8
_SERVER_MOST = 128


def utc_now() -> datetime:
    """Give the present moment, aware, in UTC."""
    return datetime.now(UTC)


class JobDatabase:
    """What the stores share: reads have connections of their own, writes are grouped.

    Args:
        url: an SQLAlchemy URL; a SQLite file's folder is made where it is missing, and the
            tables are made or brought up to date.
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
        self._snapshot = (
            for_access(Access.SNAPSHOT)
            if is_sqlite
            else servers.snapshot_options(self._engine.dialect)
        )
        self._lookups: list[Lookup] = []
        self._guard = sqlite.open_guard(self._engine) if is_sqlite else None
        self._index = None if self._guard is None else open_index(sqlite.file_of(self._guard))
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
        is_sqlite = parsed.get_backend_name() == "sqlite"
        if not is_sqlite and parsed.get_backend_name() not in servers.KNOWN:
            raise SettingsError("JOBS_DATABASE_URL must name SQLite, PostgreSQL or Oracle.")
        engine = _sqlite_engine(parsed) if is_sqlite else _server_engine(parsed)
    except (ArgumentError, ImportError, sa.exc.NoSuchModuleError, OSError) as exc:
        raise SettingsError(f"JOBS_DATABASE_URL cannot be used ({type(exc).__name__}).") from None
    try:
        bring_up_to_date(engine)
    except SettingsError:
        engine.dispose()
        raise
    return engine


def _sqlite_engine(url: sa.URL) -> sa.Engine:
    if url.database in (None, "", ":memory:"):
        raise SettingsError("JOBS_DATABASE_URL must name a file: jobs outlive the process.")
    Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)
    # Enough to keep one for every request and job thread: one made anew costs several reads.
    engine = sa.create_engine(url, hide_parameters=True, pool_size=64, max_overflow=64)
    sqlite.listen(engine)
    return engine


def _server_engine(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url,
        connect_args=servers.connect_arguments(url),
        hide_parameters=True,
        # The server is asked first whether a connection is still one: it may have been restarted.
        pool_pre_ping=True,
        pool_size=_SERVER_KEEPS,
        max_overflow=_SERVER_MOST - _SERVER_KEEPS,
        pool_use_lifo=True,
    )
    servers.listen(engine)
    return engine
