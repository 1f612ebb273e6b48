"""Transactions of a session on SQLite, which has one writer at a time and any number of readers.

A session that changes something locks the database, as if each row had been locked, until its
transaction ends; others wait for it. A query outside of a transaction sees what is committed when
it begins. A transaction that is READ ONLY or SERIALIZABLE sees one state.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.rowlocks import FOREVER, RowLock

_LOCK_POLL = 0.005
# SQLite's own short locks, as when a connection is opened, are waited for inside of SQLite;
# those of other transactions are not, see _acquire.
BUSY_SECONDS = 30.0
# Takes SQLite's write lock within a transaction that has only read, and changes nothing.
_UPGRADE = "PRAGMA user_version = 0"


class Patience(Protocol):
    """What waiting needs to know of its session."""

    def wait(self, seconds: float) -> None:
        """Wait; raises if the call is broken off."""


@dataclass
class _Mark:
    """A statement that can be undone by itself."""

    savepoint: str | None
    was_idle: bool


@dataclass
class _Savepoint:
    """A savepoint of the client; before the transaction began it has none in SQLite."""

    name: str
    savepoint: str | None


class Transaction:
    """The present transaction of a session, if there is one.

    Args:
        connection: the session's connection.
        context: the session.
        before_change: called before anything begins or ends, so that open queries keep their rows.
    """

    def __init__(
        self, connection: sqlite3.Connection, context: Patience, before_change: Callable[[], None]
    ) -> None:
        self._connection = connection
        self._context = context
        self._before_change = before_change
        self._marks: list[_Mark] = []
        self._savepoints: list[_Savepoint] = []
        self._count = 0
        self._is_snapshot = False
        self._is_read_only = False
        #: Whether the transactions to come are SERIALIZABLE.
        self.serializable = False
        self._next_serializable: bool | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is one."""
        return self._connection.in_transaction

    def observe(self) -> None:
        """Begin the snapshot of a SERIALIZABLE transaction, if this is its first statement."""
        if not self.is_open and self._wants_snapshot:
            self._begin_snapshot()

    @property
    def _wants_snapshot(self) -> bool:
        chosen = self._next_serializable
        return self.serializable if chosen is None else chosen

    def choose(self, *, read_only: bool = False, serializable: bool = False) -> None:
        """Carry out SET TRANSACTION.

        Args:
            read_only: READ ONLY.
            serializable: ISOLATION LEVEL SERIALIZABLE; without either it is READ COMMITTED.

        Raises:
            OracleError: ORA-01453 if it is not the first statement.
        """
        if self.is_open:
            raise OracleError(1453, "SET TRANSACTION must be first statement of transaction")
        if read_only or serializable:
            self._begin_snapshot()
            self._is_read_only = read_only
        else:
            self._next_serializable = False

    def _begin_snapshot(self) -> None:
        self._before_change()
        self._connection.execute("BEGIN")
        # A transaction of SQLite sees what is committed when it first reads.
        self._connection.execute("SELECT COUNT(*) FROM sqlite_schema").fetchall()
        self._is_snapshot = True
        self._set_savepoints()

    def begin(self, lock: RowLock = FOREVER) -> None:
        """Begin to write if that has not begun, waiting for other writers.

        Args:
            lock: how long they are waited for.

        Raises:
            OracleError: ORA-01456 in a READ ONLY transaction, ORA-08177 if another transaction
                has written since a SERIALIZABLE one began, ORA-00054 or ORA-30006 if the lock was
                not to be had in time.
            CallBrokenError: the client broke the call off while it waited.
        """
        self.observe()
        if self._is_read_only:
            raise OracleError(
                1456, "may not perform insert, delete, update operation inside a READ ONLY "
                "transaction",
            )  # fmt: skip
        if self._is_snapshot:
            self._acquire(_UPGRADE, lock)
            self._is_snapshot = False
        elif not self.is_open:
            self._before_change()
            self._acquire("BEGIN IMMEDIATE", lock)
            self._set_savepoints()

    def _acquire(self, statement: str, lock: RowLock) -> None:
        """Execute a statement that needs the write lock."""
        until = None if lock.seconds is None else time.monotonic() + lock.seconds
        self._connection.execute("PRAGMA busy_timeout = 0")
        try:
            while not self._try(statement):
                if until is not None and time.monotonic() >= until:
                    raise lock.failure
                self._context.wait(_LOCK_POLL)
        finally:
            self._connection.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")

    def _try(self, statement: str) -> bool:
        try:
            self._connection.execute(statement)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY_SNAPSHOT:
                raise OracleError(8177, "can't serialize access for this transaction") from error
            if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                return False
            raise
        return True

    def _set_savepoints(self) -> None:
        """Set those that were asked for before the transaction began."""
        for level, mark in enumerate(self._marks):
            self._set_mark(mark, level)

    def commit(self) -> None:
        """Make the changes permanent."""
        self._end("COMMIT")

    def rollback(self) -> None:
        """Undo the changes."""
        self._end("ROLLBACK")

    def _end(self, statement: str) -> None:
        self._savepoints.clear()
        self._next_serializable = None
        if not self.is_open:
            return
        self._before_change()
        self._connection.execute(statement)
        self._is_snapshot = self._is_read_only = False
        for mark in self._marks:
            mark.savepoint, mark.was_idle = None, True

    def savepoint(self, name: str) -> None:
        """Set a savepoint; one of the same name is moved."""
        self.observe()
        self._savepoints = [each for each in self._savepoints if each.name != name]
        made = _Savepoint(name, None)
        if self.is_open:
            self._count += 1
            made.savepoint = f"client_{self._count}"
            self._connection.execute(f"SAVEPOINT {made.savepoint}")
        self._savepoints.append(made)

    def rollback_to(self, name: str) -> None:
        """Undo what was done since a savepoint was set.

        Raises:
            OracleError: ORA-01086 if there is none of this name.
        """
        names = [each.name for each in self._savepoints]
        if name not in names:
            raise OracleError(
                1086, f"savepoint '{name}' never established in this session or is invalid"
            )
        del self._savepoints[names.index(name) + 1 :]
        if not self.is_open:
            return
        self._before_change()
        savepoint = self._savepoints[-1].savepoint
        if savepoint is not None:
            self._connection.execute(f"ROLLBACK TO {savepoint}")
        else:
            # All that was changed is undone, and with it go the locks.
            self._connection.execute("ROLLBACK")
            self._is_snapshot = self._is_read_only = False

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Undo all changes made inside if it fails (statement-level rollback)."""
        mark = _Mark(None, not self.is_open)
        if self.is_open:
            self._set_mark(mark, len(self._marks))
        self._marks.append(mark)
        try:
            yield
        except BaseException:
            self._marks.pop()
            self._undo(mark)
            raise
        self._marks.pop()
        if mark.savepoint and self.is_open:
            self._connection.execute(f"RELEASE {mark.savepoint}")

    def _set_mark(self, mark: _Mark, level: int) -> None:
        mark.savepoint = f"statement_{level}"
        self._connection.execute(f"SAVEPOINT {mark.savepoint}")

    def _undo(self, mark: _Mark) -> None:
        if not mark.savepoint or not self.is_open:
            return
        self._before_change()
        self._connection.execute(f"ROLLBACK TO {mark.savepoint}")
        self._connection.execute(f"RELEASE {mark.savepoint}")
        if mark.was_idle:
            self._connection.execute("ROLLBACK")
            self._is_snapshot = self._is_read_only = False
