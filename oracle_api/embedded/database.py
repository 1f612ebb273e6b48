"""SQL of one session on the shared SQLite database: transactions, locks, queries."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from oracle_api.embedded.conversions import Nls
from oracle_api.embedded.datatypes import Column
from oracle_api.embedded.ddl import DdlTranslator
from oracle_api.embedded.declared import parse_declared_type
from oracle_api.embedded.dictionary import VIEW_NAMES, Dictionary
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.functions import FunctionContext, register
from oracle_api.embedded.lexer import StatementKind, statement_kind, tokenize
from oracle_api.embedded.queries import QueryRows
from oracle_api.embedded.sqlerrors import translate_error
from oracle_api.embedded.storage import Stored, to_storage
from oracle_api.embedded.translate import Translation, Translator
from oracle_api.embedded.views import DictionarySource

_LOCK_POLL = 0.005
# SQLite's own short locks, as when a connection is opened, are waited for inside of SQLite;
# those of other transactions are not, see begin.
_BUSY_SECONDS = 30.0
_PROGRESS_STEPS = 5000
_MAX_CACHED = 500


class SessionContext(FunctionContext, Protocol):
    """What the SQL layer needs to know of its session."""

    schema: str

    def wait(self, seconds: float) -> None:
        """Wait; raises if the call is broken off."""

    def must_stop(self) -> bool:
        """Return whether the call is to be broken off."""


class _ScriptContext:
    """The session of statements that no client sent."""

    def __init__(self, schema: str) -> None:
        self.schema = schema
        self.nls = Nls()

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def must_stop(self) -> bool:
        return False

    def context_value(self, name: str) -> str | None:
        return self.schema if name in ("CURRENT_SCHEMA", "SESSION_USER") else None


class Database:
    """The database file, and what all sessions share of it.

    Args:
        source: where the dictionary views get their rows.
    """

    def __init__(self, source: DictionarySource) -> None:
        self.source = source
        self._temporary = tempfile.TemporaryDirectory(prefix="embedded-oracle-")
        self.directory = Path(self._temporary.name)
        self._keeper = self.connect()
        self._keeper.execute("PRAGMA journal_mode = WAL")
        self._lock = threading.Lock()
        self._translations: dict[str, Translation] = {}
        self.descriptions: dict[str, list[Column | None]] = {}

    def connect(self) -> sqlite3.Connection:
        """Open a connection."""
        connection = sqlite3.connect(
            self.directory / "database",
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        for setting in ("synchronous = OFF", "foreign_keys = ON", "temp_store = MEMORY",
                        "case_sensitive_like = ON"):  # fmt: skip
            connection.execute(f"PRAGMA {setting}")
        return connection

    def translate(self, text: str) -> Translation:
        """Return the translation of a query or DML statement.

        Raises:
            OracleError: for what is known not to be supported.
        """
        found = self._translations.get(text)
        if found is None:
            schemas = self.source.namespace.schemas()
            found = Translator(tokenize(text), text, schemas, VIEW_NAMES).translate()
            with self._lock:
                if len(self._translations) >= _MAX_CACHED:
                    self._translations.clear()
                self._translations[text] = found
        return found

    def schema_changed(self) -> None:
        """Forget what was derived from the declarations of tables."""
        with self._lock:
            self.descriptions = {}
            self._translations = {}

    def run_script(self, statements: Iterable[str], schema: str) -> None:
        """Execute statements before there are sessions, and commit them.

        Raises:
            OracleError: for a mistake in one of them.
        """
        script = SqlSession(self, _ScriptContext(schema))
        try:
            for statement in statements:
                if statement_kind(statement) is StatementKind.DDL:
                    script.ddl(statement)
                else:
                    script.execute(statement, ())
            script.commit()
        finally:
            script.close()

    def close(self) -> None:
        """Close and delete the file."""
        self._keeper.close()
        self._temporary.cleanup()


@dataclass
class _Mark:
    """A statement that can be undone by itself."""

    savepoint: str | None
    was_idle: bool


class SqlSession:
    """Executes SQL for one session.

    Args:
        database: the shared database.
        context: the session.
    """

    def __init__(self, database: Database, context: SessionContext) -> None:
        self.context = context
        self._database = database
        self._opened: sqlite3.Connection | None = None
        self._dictionary: Dictionary | None = None
        self._function_error: OracleError | None = None
        self._interruptible = False
        self._marks: list[_Mark] = []
        self._queries: weakref.WeakSet[QueryRows] = weakref.WeakSet()

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = self._database.connect()
            register(self._opened, self.context, self._remember)
            self._opened.set_progress_handler(self._must_stop, _PROGRESS_STEPS)
            self._dictionary = Dictionary(self._opened, self._database.source)
        return self._opened

    def _must_stop(self) -> bool:
        return self._interruptible and self.context.must_stop()

    def _remember(self, error: OracleError) -> None:
        self._function_error = error

    @property
    def in_transaction(self) -> bool:
        """Whether there are changes that were not committed."""
        return self._opened is not None and self._opened.in_transaction

    @contextmanager
    def errors(self, *, is_update: bool = False, interruptible: bool = True) -> Iterator[None]:
        """Turn SQLite's errors into Oracle's, and an interruption into the break it stands for.

        Args:
            is_update: whether the statement is an UPDATE.
            interruptible: whether a break interrupts what is done inside; what is done outside
                (savepoints, views) is never interrupted.
        """
        before, self._interruptible = self._interruptible, interruptible
        try:
            yield
        except sqlite3.Error as error:
            failure, self._function_error = self._function_error, None
            if "interrupted" in str(error):
                self.context.wait(0)
                raise OracleError(1013, "user requested cancel of current operation") from error
            if failure is not None:
                raise failure from error
            raise translate_error(error, self.context.schema, is_update) from error
        except OverflowError as error:
            raise OracleError(1426, "numeric overflow") from error
        finally:
            self._interruptible = before

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Undo all changes made inside if it fails (statement-level rollback)."""
        mark = _Mark(None, not self.in_transaction)
        if self.in_transaction:
            self._set_savepoint(mark, len(self._marks))
        self._marks.append(mark)
        try:
            yield
        except BaseException:
            self._marks.pop()
            self._undo(mark)
            raise
        self._marks.pop()
        if mark.savepoint and self.in_transaction:
            self._connection.execute(f"RELEASE {mark.savepoint}")

    def _set_savepoint(self, mark: _Mark, level: int) -> None:
        mark.savepoint = f"statement_{level}"
        self._connection.execute(f"SAVEPOINT {mark.savepoint}")

    def _undo(self, mark: _Mark) -> None:
        if not mark.savepoint or not self.in_transaction:
            return
        self._detach_queries()
        self._connection.execute(f"ROLLBACK TO {mark.savepoint}")
        self._connection.execute(f"RELEASE {mark.savepoint}")
        if mark.was_idle:
            self._connection.execute("ROLLBACK")
        self._forget_views()

    def begin(self) -> None:
        """Begin a transaction if there is none, waiting for other writers.

        Raises:
            CallBrokenError: the client broke the call off while it waited.
        """
        connection = self._connection
        if connection.in_transaction:
            return
        self._detach_queries()
        connection.execute("PRAGMA busy_timeout = 0")
        try:
            while not self._begin_immediately(connection):
                self.context.wait(_LOCK_POLL)
        finally:
            connection.execute(f"PRAGMA busy_timeout = {round(_BUSY_SECONDS * 1000)}")
        for level, mark in enumerate(self._marks):
            self._set_savepoint(mark, level)

    def _begin_immediately(self, connection: sqlite3.Connection) -> bool:
        """Begin a transaction unless another session is writing; return whether it began."""
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error) or "busy" in str(error):
                return False
            raise translate_error(error, self.context.schema) from error
        return True

    def commit(self) -> None:
        """Make the changes of the transaction permanent."""
        self._end("COMMIT")

    def rollback(self) -> None:
        """Undo the changes of the transaction."""
        self._end("ROLLBACK")

    def _end(self, statement: str) -> None:
        if not self.in_transaction:
            return
        self._detach_queries()
        self._connection.execute(statement)
        for mark in self._marks:
            mark.savepoint, mark.was_idle = None, True
        self._forget_views()

    def _forget_views(self) -> None:
        if self._dictionary is not None:
            self._dictionary.forget()

    def _detach_queries(self) -> None:
        for query in list(self._queries):
            query.detach()

    def parse(self, text: str) -> Translation:
        """Return the translation of a query or DML statement."""
        return self._database.translate(text)

    def query(self, translation: Translation, binds: Sequence[Any]) -> QueryRows:
        """Execute a query and return its rows, described but not yet fetched.

        Raises:
            OracleError: for a mistake in it.
        """
        connection = self._connection
        declared = self.describe(translation)
        with self.errors():
            cursor = connection.execute(translation.text, [to_storage(each) for each in binds])
        names = translation.names or [each[0].split(":")[0] for each in cursor.description]
        rows = QueryRows(cursor, self.errors, self.context.nls)
        rows.describe(names, declared)
        self._queries.add(rows)
        return rows

    def describe(self, translation: Translation) -> list[Column | None]:
        """Return the columns of a query that have a declared type, None for the others."""
        connection = self._connection
        assert self._dictionary is not None  # noqa: S101 - set with the connection
        stale = self._dictionary.stale(translation.views)
        if stale:
            self._detach_queries()
            self._dictionary.refresh(stale)
        known = self._database.descriptions.get(translation.text)
        if known is not None:
            return known
        with self.errors(interruptible=False):
            # SQLite tells declared types of a query's columns only for a view.
            connection.execute(f"CREATE TEMP VIEW describe$ AS {translation.describing_text}")
            try:
                found = connection.execute("PRAGMA temp.table_info(describe$)").fetchall()
            finally:
                connection.execute("DROP VIEW temp.describe$")
        columns: list[Column | None] = []
        for _, name, declared, *_ in found:
            spec = parse_declared_type(declared) if declared else None
            columns.append(spec.column(name) if spec else None)
        self._database.descriptions[translation.text] = columns
        return columns

    def dml(
        self, translation: Translation, binds: Sequence[Any]
    ) -> tuple[int, list[tuple[Stored, ...]]]:
        """Execute an INSERT, UPDATE or DELETE within the transaction.

        Returns:
            The number of rows, and the stored values of a RETURNING clause.

        Raises:
            OracleError: for a mistake in it or a violated constraint.
        """
        with self.atomic():
            self.begin()
            self._detach_queries()
            with self.errors(is_update=translation.is_update):
                cursor = self._connection.execute(
                    translation.text, [to_storage(each) for each in binds]
                )
                returned = cursor.fetchall() if translation.return_binds else []
            count = max(0, cursor.rowcount)
            cursor.close()
            # A break that comes later is answered in the next call, with this one done.
            self.context.wait(0)
        return max(count, len(returned)), returned

    def ddl(self, text: str) -> None:
        """Execute CREATE, DROP or TRUNCATE, which commits before and after.

        Raises:
            OracleError: for a mistake in it.
        """
        tokens = tokenize(text.rstrip().rstrip(";"))
        statements = DdlTranslator(
            text.rstrip().rstrip(";"), tokens, self._database.source.namespace.schemas()
        ).translate()
        self.commit()
        self.begin()
        try:
            with self.errors():
                for statement in statements:
                    self._connection.execute(statement)
        except BaseException:
            self.rollback()
            raise
        self.commit()
        self._database.schema_changed()

    def execute(self, text: str, binds: Sequence[Any] | dict[str, Any]) -> list[Any] | int:
        """Execute any SQL statement for a procedure; return its rows or the row count."""
        translation = self.parse(text)
        if isinstance(binds, dict):
            by_name = {name.upper(): value for name, value in binds.items()}
            try:
                binds = [by_name[name] for name in translation.binds]
            except KeyError:
                raise OracleError(1008, "not all variables bound") from None
        if translation.kind is StatementKind.QUERY:
            rows = self.query(translation, binds)
            rows.detach(interruptible=True)
            return rows.fetch(len(rows.peek(0)))
        if translation.kind is StatementKind.DML:
            return self.dml(translation, binds)[0]
        raise OracleError(900, "invalid SQL statement")

    def close(self) -> None:
        """Roll back and close the connection."""
        if self._opened is not None:
            for query in list(self._queries):
                query.close()
            self._opened.set_progress_handler(None, 0)
            self._opened.close()
            self._opened = None
