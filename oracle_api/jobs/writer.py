"""Group commit: many threads' writes in one transaction, each told when its own is durable."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa

from oracle_api.exceptions import OracleApiError, StoreRefused, StoreUnavailable

log = logging.getLogger(__name__)

T = TypeVar("T")

# A transaction that reads first and writes later cannot wait for another writer: SQLite fails it
# at once with SQLITE_BUSY_SNAPSHOT. A writer therefore takes the lock at its start.
#: Execution options of a connection that is going to write.
WRITES = {"sqlite_begin": "BEGIN IMMEDIATE"}

_LARGEST_GROUP = 512


class CommitObserver(Protocol):
    """Is told of each transaction."""

    def __call__(self, writes: int, seconds: float, *, is_durable: bool) -> None:
        """So many writes shared one that took so long, and reached the disk or did not."""


def unobserved(writes: int, seconds: float, *, is_durable: bool) -> None:
    """Make nothing of a transaction."""


@dataclass(frozen=True, slots=True)
class _Write:
    operation: Callable[[sa.Connection], Any]
    future: "Future[Any]"
    # What is logged of a write belongs to the request or job that asked for it.
    context: Context


class GroupCommitWriter:
    """One thread that writes for all.

    It takes what has been queued since its last commit and commits it as one transaction, so the
    cost of reaching the disk is shared. An operation that fails is undone alone.

    Args:
        engine: the database.
        observer: told of each transaction, on the writer's thread; it must not raise.
    """

    def __init__(self, engine: sa.Engine, observer: CommitObserver = unobserved) -> None:
        self._engine = engine
        self._observer = observer
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._loop, name="job-store-writer", daemon=True)
        self._thread.start()

    def submit(self, operation: Callable[[sa.Connection], T]) -> "Future[T]":
        """Queue a write.

        Args:
            operation: called on the writer's thread within a transaction.

        Returns:
            A future that is done once the commit is; it raises what the operation raised, or
            StoreUnavailable.

        Raises:
            StoreUnavailable: the writer is closed.
        """
        write = _Write(operation, Future(), copy_context())
        with self._lock:
            if self._closed:
                raise StoreUnavailable("The job store is closed.")
            self._queue.put(write)
        return write.future

    def close(self) -> None:
        """Commit what is queued, and stop."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _loop(self) -> None:
        while True:
            group, is_last = self._next_group()
            if group:
                self._commit_observed(group)
            if is_last:
                return

    def _next_group(self) -> tuple[list[_Write], bool]:
        group: list[_Write] = []
        write = self._queue.get()
        while write is not None:
            group.append(write)
            if len(group) == _LARGEST_GROUP:
                return group, False
            try:
                write = self._queue.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _commit_observed(self, group: list[_Write]) -> None:
        began = time.perf_counter()
        done = self._commit(group)
        self._observer(len(group), time.perf_counter() - began, is_durable=done is not None)
        for future, result in done or ():
            future.set_result(result)

    def _commit(self, group: list[_Write]) -> list[tuple[Future[Any], Any]] | None:
        """Commit a group; what its writes gave, or None where that was not possible."""
        done: list[tuple[Future[Any], Any]] = []
        try:
            with (
                self._engine.connect().execution_options(**WRITES) as connection,
                connection.begin(),
            ):
                for write in group:
                    write.context.run(self._apply, connection, write, done)
        except Exception as exc:  # noqa: BLE001 - a dead writer would leave every caller waiting
            log.error("The job store could not commit: %s", exc)
            for write in group:
                if not write.future.done():
                    # One for each: it is raised in the thread that waits for this write.
                    error = StoreUnavailable("The job store cannot be written to now.")
                    write.future.set_exception(error)
            return None
        return done

    def _apply(
        self, connection: sa.Connection, write: _Write, done: list[tuple[Future[Any], Any]]
    ) -> None:
        savepoint = connection.begin_nested()
        try:
            result = write.operation(connection)
        except OracleApiError as exc:
            savepoint.rollback()
            write.future.set_exception(exc)
        except sa.exc.OperationalError:
            # The database itself is in trouble: the whole group fails.
            raise
        except sa.exc.SQLAlchemyError as exc:
            savepoint.rollback()
            log.error("The job store refused a write: %s", exc)
            write.future.set_exception(StoreRefused("The job store refused a write."))
        except Exception as exc:
            savepoint.rollback()
            log.exception("A write to the job store failed.")
            write.future.set_exception(exc)
        else:
            savepoint.commit()
            done.append((write.future, result))
