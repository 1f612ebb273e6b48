"""SQL of one session on the shared SQLite database: transactions, locks, queries."""

from __future__ import annotations

import sqlite3
import tempfile
import threading
import time
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from oracle_api.embedded.conversions import Nls
from oracle_api.embedded.datatypes import LOB_TYPES, Column
from oracle_api.embedded.ddl import Change, DdlTranslator
from oracle_api.embedded.declared import parse_declared_type
from oracle_api.embedded.definitions import Definitions
from oracle_api.embedded.dictionary import VIEW_NAMES, Dictionary
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.functions import FunctionContext, register
from oracle_api.embedded.lexer import StatementKind, statement_kind, tokenize
from oracle_api.embedded.queries import QueryRows
from oracle_api.embedded.rowlocks import FOREVER, RowLock
from oracle_api.embedded.sqlerrors import translate_error
from oracle_api.embedded.storage import Stored, to_storage
from oracle_api.embedded.transactions import BUSY_SECONDS, Transaction
from oracle_api.embedded.translate import Translation, Translator
from oracle_api.embedded.views import DictionarySource

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
        source.definitions = lambda: self.definitions
        #: The tables and all else that statements create.
        self.definitions = Definitions()
        self._keeper = self.connect()
        self._keeper.execute("PRAGMA journal_mode = WAL")
        self._lock = threading.Lock()
        #: Held by whoever changes the definitions.
        self.defining = threading.Lock()
        self._translations: dict[str, Translation] = {}
        self.descriptions: dict[str, list[Column | None]] = {}

    def connect(self) -> sqlite3.Connection:
        """Open a connection."""
        connection = sqlite3.connect(
            self.directory / "database",
            timeout=BUSY_SECONDS,
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

    def schema_changed(self, definitions: Definitions) -> None:
        """Take other definitions, and forget what was derived from the former ones."""
        with self._lock:
            self.definitions = definitions
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
        self._transaction: Transaction | None = None
        self._numbers: dict[str, int] = {}
        self._queries: weakref.WeakSet[QueryRows] = weakref.WeakSet()

    @property
    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = self._database.connect()
            register(self._opened, self.context, self, self._remember)
            self._opened.set_progress_handler(self._must_stop, _PROGRESS_STEPS)
            self._dictionary = Dictionary(self._opened, self._database.source)
        return self._opened

    @property
    def transaction(self) -> Transaction:
        """The session's transactions."""
        if self._transaction is None:
            self._transaction = Transaction(self._connection, self.context, self._detach_queries)
        return self._transaction

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
            raise translate_error(
                error, self.context.schema, self._database.definitions.key_of, is_update
            ) from error
        except OverflowError as error:
            raise OracleError(1426, "numeric overflow") from error
        finally:
            self._interruptible = before

    def atomic(self) -> AbstractContextManager[None]:
        """Undo all changes made inside if it fails (statement-level rollback)."""
        return self._forgetting(self.transaction.atomic())

    @contextmanager
    def _forgetting(self, inner: AbstractContextManager[None]) -> Iterator[None]:
        try:
            with inner:
                yield
        except BaseException:
            self._forget_views()
            raise

    def begin(self, lock: RowLock = FOREVER) -> None:
        """Begin to write if that has not begun; see ``Transaction.begin``."""
        with self.errors(interruptible=False):
            self.transaction.begin(lock)

    def lock_tables(self, names: Iterable[str], lock: RowLock) -> None:
        """Carry out LOCK TABLE.

        Raises:
            OracleError: ORA-00942 for an unknown table, and what ``begin`` raises.
        """
        for name in names:
            self._database.definitions.table(name)
        self.begin(lock)

    def commit(self) -> None:
        """Make the changes of the transaction permanent."""
        if self._opened is not None:
            self.transaction.commit()
            self._forget_views()

    def rollback(self) -> None:
        """Undo the changes of the transaction."""
        if self._opened is not None:
            self.transaction.rollback()
            self._forget_views()

    def rollback_to(self, savepoint: str) -> None:
        """Undo the changes since a savepoint.

        Raises:
            OracleError: ORA-01086 if there is none of this name.
        """
        self.transaction.rollback_to(savepoint)
        self._forget_views()

    def next_value(self, name: str) -> int:
        """Return the next number of a sequence.

        Raises:
            OracleError: ORA-02289 if there is none of this name.
        """
        number = self._numbers[name] = self._database.definitions.sequence(name).next()
        return number

    def current_value(self, name: str) -> int:
        """Return the number of a sequence that the session got last.

        Raises:
            OracleError: ORA-08002 if it got none, ORA-02289 if there is none of this name.
        """
        self._database.definitions.sequence(name)
        if name not in self._numbers:
            raise OracleError(8002, f"sequence {name}.CURRVAL is not yet defined in this session")
        return self._numbers[name]

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
        self.transaction.observe()
        declared = self.describe(translation)
        text = self._locked(translation) if translation.lock else translation.text
        if not self.in_transaction:
            # An open query would keep this one from seeing what was committed since.
            self._detach_queries()
        with self.errors():
            cursor = connection.execute(text, [to_storage(each) for each in binds])
        names = translation.names or [each[0].split(":")[0] for each in cursor.description]
        rows = QueryRows(cursor, self.errors, self.context.nls)
        rows.describe(names, declared)
        self._queries.add(rows)
        return rows

    def _locked(self, translation: Translation) -> str:
        """Lock the rows of a query; return the query of those that can be had."""
        assert translation.lock is not None  # noqa: S101 - the caller looked
        try:
            self.begin(translation.lock)
        except OracleError as error:
            if not translation.lock.skips or error.code != translation.lock.failure.code:
                raise
            return f"SELECT * FROM ( {translation.text} ) LIMIT 0"  # noqa: S608 - translated
        return translation.text

    def describe(self, translation: Translation) -> list[Column | None]:
        """Return the columns of a query that have a declared type, None for the others."""
        self._refresh_views(translation)
        known = self._database.descriptions.get(translation.text)
        if known is not None:
            return known
        columns = self._declared(translation.describing_text)
        if translation.branch_text and None in columns:
            # A CASE is of its branches' type; of a LOB, nothing else would tell.
            branches = self._declared(translation.branch_text)
            for index, (column, branch) in enumerate(zip(columns, branches, strict=True)):
                if column is None and branch is not None and branch.type in LOB_TYPES:
                    columns[index] = branch
        self._database.descriptions[translation.text] = columns
        return columns

    def _refresh_views(self, translation: Translation) -> None:
        """Fill the views that a statement reads, where they are not as they should be."""
        self._connection  # noqa: B018 - opens it, and the dictionary with it
        assert self._dictionary is not None  # noqa: S101 - set with the connection
        stale = self._dictionary.stale(translation.views)
        if stale:
            self._detach_queries()
            self._dictionary.refresh(stale)

    def _declared(self, text: str) -> list[Column | None]:
        connection = self._connection
        with self.errors(interruptible=False):
            # SQLite tells declared types of a query's columns only for a view.
            connection.execute(f"CREATE TEMP VIEW describe$ AS {text}")
            try:
                found = connection.execute("PRAGMA temp.table_info(describe$)").fetchall()
            finally:
                connection.execute("DROP VIEW temp.describe$")
        columns: list[Column | None] = []
        for _, name, declared, *_ in found:
            spec = parse_declared_type(declared) if declared else None
            columns.append(spec.column(name) if spec else None)
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
        self._check_identity(translation)
        with self.atomic():
            self.begin()
            self._refresh_views(translation)
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

    def _check_identity(self, translation: Translation) -> None:
        table = self._database.definitions.tables.get(translation.target)
        for column in table.columns if table else ():
            if column.identity is None or not column.identity.always:
                continue
            names = translation.target_columns
            if names is None or column.name in names:
                raise OracleError(32795, "cannot insert into a generated always identity column")

    def ddl(self, text: str) -> None:
        """Execute a statement that changes the schema, which commits before and after.

        Raises:
            OracleError: for a mistake in it.
        """
        text = text.rstrip().rstrip(";")
        schemas = self._database.source.namespace.schemas()
        translator = DdlTranslator(text, tokenize(text), schemas, self.context.schema)
        change = translator.translate()
        self.commit()
        # Tables are made anew, as SQLite cannot change most of what one is.
        self._connection.execute("PRAGMA foreign_keys = OFF")
        self._connection.execute("PRAGMA legacy_alter_table = ON")
        try:
            self.begin()
            # Held until the definitions are known: the write lock is free before.
            with self._database.defining:
                self._change(change)
        except OracleError as error:
            self.rollback()
            raise translator.failures.get(error.code, error) from error
        except BaseException:
            self.rollback()
            raise
        finally:
            self._connection.execute("PRAGMA foreign_keys = ON")

    def _change(self, change: Change) -> None:
        definitions = self._database.definitions.copy()
        with self.errors():
            for statement in change(definitions):
                self._connection.execute(statement)
        self.commit()
        self._database.schema_changed(definitions)

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
            self._opened = self._transaction = None
