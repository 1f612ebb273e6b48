"""Group commit: many threads' writes in one transaction, each told when its own is durable."""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Generic, Protocol, TypeVar

import sqlalchemy as sa

from oracle_api.exceptions import OracleApiError, StoreRefused, StoreUnavailable
from oracle_api.jobs.access import Access, for_access
from oracle_api.jobs.dialects import releases_savepoints

log = logging.getLogger(__name__)

T = TypeVar("T")
Item = TypeVar("Item")
Made = TypeVar("Made")

_LARGEST_GROUP = 512


class CommitObserver(Protocol):
    """Is told of each transaction."""

    def __call__(self, writes: int, seconds: float, *, is_durable: bool) -> None:
        """So many writes shared one that took so long, and reached the disk or did not."""


def unobserved(writes: int, seconds: float, *, is_durable: bool) -> None:
    """Make nothing of a transaction."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind(Generic[Item, Made]):
    """Writes that are carried out together where they share a transaction.

    Args:
        run: makes something of each item, in their order; a refusal of one is an exception that
            it gives, not raises. It may run again for each item alone.
        turn: kinds with a lower one come first in a transaction; any other write has 0.
    """

    run: Callable[[sa.Connection, Sequence[Item]], Sequence[Made | OracleApiError]]
    turn: int


def _one_by_one(
    connection: sa.Connection, operations: Sequence[Callable[[sa.Connection], Any]]
) -> list[Any]:
    return [operation(connection) for operation in operations]


# Never shared: what one of them does is undone when it fails.
_OTHER: Kind[Callable[[sa.Connection], Any], Any] = Kind(_one_by_one, turn=0)


@dataclass(slots=True, eq=False)
class Write(Generic[T]):
    """A write that was asked for. A ``Future`` that is made and waited for in less time."""

    kind: Kind[Any, Any]
    item: Any
    due: float
    # What is logged of a write belongs to the request or job that asked for it.
    context: Context = field(default_factory=copy_context)
    _made: Any = None
    _error: Exception | None = None
    _undone: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._undone.acquire()

    def result(self) -> T:
        """Wait until it is durable.

        Returns:
            What was made of it.

        Raises:
            OracleApiError: it was refused, or could not be committed.
        """
        with self._undone:
            if self._error is not None:
                raise self._error
            made: T = self._made
            return made

    @property
    def done(self) -> bool:
        """Whether nobody has to wait for it any longer."""
        return not self._undone.locked()

    def succeed(self, made: T) -> None:
        """Let go who waits for it."""
        self._made = made
        self._undone.release()

    def fail(self, error: Exception) -> None:
        """Let go who waits for it, with an error."""
        self._error = error
        self._undone.release()


class GroupCommitWriter:
    """One thread that writes for all.

    It takes what has been queued since its last commit and commits it as one transaction, so the
    cost of reaching the disk is shared. A write that fails is undone alone.

    Args:
        engine: the database.
        observer: told of each transaction, on the writer's thread; it must not raise.
    """

    def __init__(self, engine: sa.Engine, observer: CommitObserver = unobserved) -> None:
        self._engine = engine
        self._observer = observer
        self._queue: queue.SimpleQueue[Write[Any] | None] = queue.SimpleQueue()
        self._delayed: list[Write[Any]] = []
        self._connection: sa.Connection | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name="job-store-writer", daemon=True)
        self._thread.start()

    def submit(
        self, operation: Callable[[sa.Connection], T], delay_seconds: float = 0.0
    ) -> Write[T]:
        """Queue a write.

        Args:
            operation: called on the writer's thread within a transaction.
            delay_seconds: how long it may be kept back.

        Returns:
            What can be waited for; it raises what the operation raised, or StoreUnavailable.

        Raises:
            StoreUnavailable: the writer is closed.
        """
        due = time.monotonic() + delay_seconds if delay_seconds else 0.0
        return self._put(Write(_OTHER, operation, due))

    def submit_one(self, kind: Kind[Item, T], item: Item) -> Write[T]:
        """Queue a write of a kind; otherwise as ``submit``."""
        return self._put(Write(kind, item, 0.0))

    def close(self) -> None:
        """Commit what is queued, and stop."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _put(self, write: Write[T]) -> Write[T]:
        with self._lock:
            if self._closed:
                raise StoreUnavailable("The job store is closed.")
            self._queue.put(write)
        return write

    def _loop(self) -> None:
        is_last = False
        while not is_last:
            group, is_last = self._next_group()
            if group:
                self._commit_observed(group)
        self._disconnect()

    def _next_group(self) -> tuple[list[Write[Any]], bool]:
        """Wait for writes that are due; the last group has all that are left."""
        group: list[Write[Any]] = []
        while len(group) < _LARGEST_GROUP:
            try:
                write = self._queue.get(timeout=0 if group else self._patience())
            except queue.Empty:
                break
            if write is None:
                return self._delayed + group, True
            (self._delayed if write.due else group).append(write)
        now = time.monotonic()
        while self._delayed and self._delayed[0].due <= now:
            group.append(self._delayed.pop(0))
        return group, False

    def _patience(self) -> float | None:
        if not self._delayed:
            return None
        return max(0.0, self._delayed[0].due - time.monotonic())

    def _commit_observed(self, group: list[Write[Any]]) -> None:
        began = time.perf_counter()
        done = self._commit(group)
        self._observer(len(group), time.perf_counter() - began, is_durable=done is not None)
        for write, made in done or ():
            if isinstance(made, OracleApiError):
                write.fail(made)
            else:
                write.succeed(made)

    def _commit(self, group: list[Write[Any]]) -> list[tuple[Write[Any], Any]] | None:
        """Commit a group; what its writes gave, or None where that was not possible."""
        group.sort(key=lambda write: write.kind.turn)
        try:
            # Where a write of those that are carried out together fails, all are undone, and it
            # does so again alone.
            with suppress(OracleApiError, sa.exc.IntegrityError, sa.exc.DataError):
                return self._transact(group, together=True)
            return self._transact([one for one in group if not one.done], together=False)
        except Exception as exc:  # noqa: BLE001 - a dead writer would leave every caller waiting
            log.error("The job store could not commit: %s", _reason(exc))
            self._disconnect()
            for write in group:
                if not write.done:
                    # One for each: it is raised in the thread that waits for this write.
                    write.fail(StoreUnavailable("The job store cannot be written to now."))
            return None

    def _transact(self, group: list[Write[Any]], *, together: bool) -> list[tuple[Write[Any], Any]]:
        done: list[tuple[Write[Any], Any]] = []
        with self._transaction() as connection:
            for kind, alike in groupby(group, key=lambda write: write.kind):
                writes = list(alike)
                if together and kind is not _OTHER:
                    made = kind.run(connection, [write.item for write in writes])
                    done.extend(zip(writes, made, strict=True))
                    continue
                for write in writes:
                    write.context.run(self._apply, connection, write, done)
        return done

    def _connect(self) -> sa.Connection:
        if self._connection is None:
            options = for_access(Access.WRITE)
            self._connection = self._engine.connect().execution_options(**options)
        return self._connection

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        connection = self._connect()
        try:
            transaction = connection.begin()
        except sa.exc.DBAPIError as exc:
            if not exc.connection_invalidated:
                raise
            # The server was restarted since the last group. Nothing was written yet.
            self._disconnect()
            connection = self._connect()
            transaction = connection.begin()
        with transaction:
            yield connection

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _apply(
        self, connection: sa.Connection, write: Write[Any], done: list[tuple[Write[Any], Any]]
    ) -> None:
        try:
            with _Savepoint(connection):
                (made,) = write.kind.run(connection, [write.item])
        except OracleApiError as exc:
            write.fail(exc)
        except sa.exc.SQLAlchemyError as exc:
            if _is_trouble(exc):
                # Of the database itself: the whole group fails.
                raise
            log.error("The job store refused a write: %s", _reason(exc))
            write.fail(StoreRefused("The job store refused a write."))
        except Exception as exc:
            log.exception("A write to the job store failed.")
            write.fail(exc)
        else:
            done.append((write, made))


def _is_trouble(exc: sa.exc.SQLAlchemyError) -> bool:
    """Tell whether it is not the statement's fault."""
    is_lost = isinstance(exc, sa.exc.DBAPIError) and exc.connection_invalidated
    return is_lost or isinstance(exc, sa.exc.OperationalError)


def _reason(exc: Exception) -> str:
    """Say what an error is, without the values that PostgreSQL's driver shows in its details."""
    original = getattr(exc, "orig", None)
    primary = getattr(getattr(original, "diag", None), "message_primary", None)
    return f"{type(original).__name__}: {primary}" if primary else str(exc)


class _Savepoint:
    """Undoes what a block did when the block raises. SQLAlchemy's own costs ten times as much."""

    def __init__(self, connection: sa.Connection) -> None:
        self._cursor = connection.connection.cursor()
        self._releases = releases_savepoints(connection.dialect)

    def __enter__(self) -> None:
        self._cursor.execute("SAVEPOINT one_write")

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if isinstance(error, sa.exc.SQLAlchemyError) and _is_trouble(error):
            # The whole transaction fails, or is gone already.
            return
        if kind is not None:
            self._cursor.execute("ROLLBACK TO SAVEPOINT one_write")
        if self._releases:
            self._cursor.execute("RELEASE SAVEPOINT one_write")
        self._cursor.close()
