"""Execution of statements for the client: EXECUTE, RE-EXECUTE and FETCH."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from oracle_api.embedded.call import Call
from oracle_api.embedded.compiler import Compiler
from oracle_api.embedded.control import control
from oracle_api.embedded.conversions import convert
from oracle_api.embedded.cursors import Cursor
from oracle_api.embedded.datatypes import LOB_TYPES, BindType, RowSource
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.frames import Frame
from oracle_api.embedded.lexer import StatementKind, returned_binds, tokenize
from oracle_api.embedded.messages import (
    FLAG_DML_ROW_COUNTS,
    NO_DATA_FOUND,
    BatchError,
    ExecuteRequest,
    Message,
    Option,
    write_describe_info,
    write_end,
    write_io_vector,
    write_row_counts,
    write_row_header,
)
from oracle_api.embedded.plsql import parse_block
from oracle_api.embedded.procedures import Namespace
from oracle_api.embedded.storage import from_storage
from oracle_api.embedded.wire import Reader, Writer

if TYPE_CHECKING:
    from oracle_api.embedded.session import Session

_NO_DATA = OracleError(NO_DATA_FOUND, "no data found")
_ARRAY_DML_ERRORS = 24381
# A fetch looks for a break this often, as the rows may come from a slow procedure.
_ROWS_PER_CHECK = 100


class Executor:
    """Executes the statements of one session.

    Args:
        session: the session.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._running: Cursor | None = None
        self._is_new = False

    def reset(self) -> None:
        """Forget the previous call."""
        self._running = None

    def cursor_after_failure(self) -> int:
        """Return the cursor id to report with an error.

        A statement that failed when it was executed first is forgotten, so that the client
        parses it again; that of a failed re-execution is closed by the client.
        """
        cursor, self._running = self._running, None
        if cursor is None:
            return 0
        if self._is_new:
            self._session.cursors.close(cursor.id)
            return 0
        return cursor.id

    def execute(self, request: ExecuteRequest, reader: Reader, writer: Writer) -> None:
        """Execute a statement, or fetch from a REF CURSOR, and write the response.

        Raises:
            OracleError: what the statement fails with.
        """
        cursor = self._open(request)
        if request.options & Option.DEFINE:
            cursor.defines = request.types
            self._respond_rows(cursor, request.iterations, writer)
            return
        if request.sql is None and not request.options & Option.EXECUTE:
            self._respond_rows(cursor, request.iterations, writer)
            return
        if request.has_types:
            cursor.bind_types = request.types
            cursor.program = None
        rows = self._read_rows(cursor, request, reader)
        match cursor.kind:
            case StatementKind.PLSQL:
                self._plsql(cursor, rows, writer)
            case StatementKind.QUERY:
                self._query(cursor, request, rows, writer)
            case StatementKind.DML:
                self._dml(cursor, request, rows, writer)
            case _:
                self._ddl(cursor, writer)
        if request.options & Option.COMMIT:
            self._session.sql.commit()
        if cursor.kind is not StatementKind.QUERY:
            self._end(cursor, writer)

    def _open(self, request: ExecuteRequest) -> Cursor:
        cursors = self._session.cursors
        self._is_new = request.cursor_id == 0
        number = request.cursor_id
        cursor = cursors.open(request.sql or "") if self._is_new else cursors.get(number)
        cursor.row_count = 0
        cursor.batch_errors = []
        self._running = cursor
        return cursor

    def _read_rows(
        self, cursor: Cursor, request: ExecuteRequest, reader: Reader
    ) -> list[list[Any]]:
        """Read the values of the binds, one list per iteration."""
        is_plsql = cursor.kind is StatementKind.PLSQL
        types = cursor.bind_types
        omitted: set[int] = set()
        if is_plsql and cursor.program is not None:
            omitted = cursor.program.writes - cursor.program.reads
        elif cursor.kind is StatementKind.DML and types:
            count = self._translation_returns(cursor)
            omitted = set(range(len(types) - count, len(types)))
        is_query = cursor.kind is StatementKind.QUERY
        count = 1 if is_query else max(1, request.iterations)
        if request.options & Option.DESCRIBE or len(omitted) == len(types):
            return [[None] * len(types) for _ in range(count)]
        codec = self._session.codec
        return [
            codec.read_row(reader, types, is_plsql=is_plsql, omitted=omitted) for _ in range(count)
        ]

    def _translation_returns(self, cursor: Cursor) -> int:
        """Return how many of a DML statement's binds are those after RETURNING … INTO."""
        if cursor.translation is None:
            # The statement is parsed only to know this; its errors are raised when it runs, as
            # the rows are to be read in any case.
            try:
                cursor.translation = self._session.sql.parse(cursor.text or "")
            except OracleError:
                return returned_binds(cursor.text or "")
        return cursor.translation.return_binds

    def _end(self, cursor: Cursor, writer: Writer, error: OracleError | None = None) -> None:
        if cursor.batch_errors:
            error = OracleError(_ARRAY_DML_ERRORS, "error(s) in array DML")
        write_end(
            writer,
            in_transaction=self._session.sql.in_transaction,
            cursor_id=cursor.id,
            row_count=cursor.row_count,
            error=error,
            batch_errors=cursor.batch_errors,
        )

    def _plsql(self, cursor: Cursor, rows: list[list[Any]], writer: Writer) -> None:
        session, types = self._session, cursor.bind_types
        namespace = session.server.namespace
        if cursor.program is None or cursor.compiled_at != namespace.version:
            _check_types(types, namespace)
            compiled_at = namespace.version
            compiler = Compiler(
                parse_block(cursor.text or ""), namespace, session.schema, types, rows[0]
            )
            cursor.program, cursor.compiled_at = compiler.compile(), compiled_at
        program = cursor.program
        results: list[RowSource] = []
        for done, values in enumerate(rows):
            call = Call(session)
            try:
                with session.sql.atomic():
                    program.run(Frame(call, values, types))
                    # A break while nobody looked; one that comes later crosses the response.
                    session.wait(0)
            except OracleError as error:
                error.rows_done = done
                raise
            results += call.results
        if types:
            write_io_vector(writer, len(types), program.reads, program.writes)
        if program.writes:
            for values in rows:
                session.codec.write_outputs(writer, values, types, program.writes)
        if results:
            session.codec.write_implicit_results(writer, results)
        cursor.row_count = len(rows)

    def _query(
        self, cursor: Cursor, request: ExecuteRequest, rows: list[list[Any]], writer: Writer
    ) -> None:
        sql = self._session.sql
        cursor.close()
        cursor.rows_sent = 0
        if cursor.translation is None:
            cursor.translation = sql.parse(cursor.text or "")
        if request.options & Option.DESCRIBE:
            rows = [[None] * len(cursor.translation.binds)]
        else:
            _check_count(cursor.translation.binds, cursor.bind_types)
        cursor.rows = sql.query(cursor.translation, rows[0])
        columns = cursor.rows.columns
        if columns != cursor.described or self._is_new:
            cursor.described = columns
            write_describe_info(writer, columns)
        if request.options & Option.DESCRIBE:
            cursor.close()
            self._end(cursor, writer)
            return
        has_lobs = any(column.type in LOB_TYPES for column in columns)
        wanted = request.fetch_rows if request.options & Option.FETCH and not has_lobs else 0
        if has_lobs and cursor.defines is None:
            wanted = 0
        self._respond_rows(cursor, wanted, writer)

    def _respond_rows(self, cursor: Cursor, count: int, writer: Writer) -> None:
        """Write up to ``count`` rows, and whether there may be more."""
        if cursor.rows is None:
            raise OracleError(1002, "fetch out of sequence")
        write_row_header(writer)
        sent = 0
        columns = cursor.rows.columns
        while sent < count:
            wanted = min(count - sent, _ROWS_PER_CHECK)
            rows = cursor.rows.fetch(wanted)
            for row in rows:
                self._session.codec.write_row(writer, row, columns, cursor.defines)
            sent += len(rows)
            self._session.wait(0)
            if len(rows) < wanted:
                break
        cursor.rows_sent += sent
        cursor.row_count = cursor.rows_sent
        self._end(cursor, writer, _NO_DATA if sent < count else None)

    def fetch(self, cursor_id: int, count: int, writer: Writer) -> None:
        """Write further rows of a query.

        Raises:
            OracleError: ORA-01001 or ORA-01002 if there is nothing to fetch from.
        """
        cursor = self._session.cursors.get(cursor_id)
        cursor.batch_errors = []
        self._is_new = False
        self._running = cursor
        self._respond_rows(cursor, count, writer)

    def _dml(
        self, cursor: Cursor, request: ExecuteRequest, rows: list[list[Any]], writer: Writer
    ) -> None:
        sql = self._session.sql
        if cursor.translation is None:
            cursor.translation = sql.parse(cursor.text or "")
        translation, types = cursor.translation, cursor.bind_types
        _check_count(translation.binds, types)
        inputs = len(types) - translation.return_binds
        counts: list[int] = []
        total = 0
        for index, values in enumerate(rows):
            try:
                count, returned = sql.dml(translation, values[:inputs])
            except OracleError as error:
                if not request.options & Option.BATCH_ERRORS:
                    error.rows_done, error.position = total, index
                    raise
                cursor.batch_errors.append(BatchError(index, error))
                count, returned = 0, []
            counts.append(count)
            total += count
            if translation.return_binds:
                self._write_returned(writer, returned, types[inputs:])
        if request.flags & FLAG_DML_ROW_COUNTS:
            write_row_counts(writer, counts)
        cursor.row_count = total

    def _write_returned(
        self, writer: Writer, returned: Sequence[tuple[Any, ...]], types: Sequence[BindType]
    ) -> None:
        writer.u8(Message.ROW_DATA)
        for position, bind in enumerate(types):
            writer.ub(len(returned))
            for row in returned:
                value = convert(from_storage(row[position]), bind.type, self._session.nls)
                self._session.codec.write_output(writer, value, bind)

    def _ddl(self, cursor: Cursor, writer: Writer) -> None:
        del writer
        session, text = self._session, cursor.text or ""
        words = [token.text for token in tokenize(text.replace("\0", " "))]
        if words[:2] == ["ALTER", "SESSION"]:
            session.alter(text)
        elif cursor.kind is StatementKind.DDL:
            session.sql.ddl(text)
        else:
            control(text, session.sql)


def _check_types(types: Sequence[BindType], namespace: Namespace) -> None:
    """Refuse binds of types that are not there any more.

    Raises:
        OracleError: ORA-21700.
    """
    if any(bind.oid and namespace.type_of(bind.oid) is None for bind in types):
        raise OracleError(21700, "object does not exist or is marked for delete")


def _check_count(names: list[str], types: list[BindType]) -> None:
    if len(types) < len(names):
        raise OracleError(1008, "not all variables bound")
