"""TTC messages: what clients request, and how responses are laid out."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field

from oracle_api.embedded.datatypes import (
    CHARSET_UTF8,
    FORM_IMPLICIT,
    FORM_NATIONAL,
    TEXT_TYPES,
    BindType,
    Column,
    DataType,
)
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.wire import Reader, Writer


class Message(enum.IntEnum):
    """Message types."""

    PROTOCOL = 1
    DATA_TYPES = 2
    FUNCTION = 3
    ERROR = 4
    ROW_HEADER = 6
    ROW_DATA = 7
    PARAMETER = 8
    STATUS = 9
    IO_VECTOR = 11
    DESCRIBE_INFO = 16
    PIGGYBACK = 17
    SESSION_RELEASE = 26
    IMPLICIT_RESULTS = 27


class Function(enum.IntEnum):
    """Functions that a client calls, alone or as a piggyback."""

    REEXECUTE = 4
    FETCH = 5
    LOGOFF = 9
    COMMIT = 14
    ROLLBACK = 15
    REEXECUTE_AND_FETCH = 78
    EXECUTE = 94
    LOB_OPERATION = 96
    CLOSE_CURSORS = 105
    AUTH_PHASE_TWO = 115
    AUTH_PHASE_ONE = 118
    SET_END_TO_END = 135
    PING = 147
    SET_SCHEMA = 152
    APPLICATION_CONTEXT = 154
    SESSION_STATE = 176


class Option(enum.IntFlag):
    """Options of EXECUTE."""

    PARSE = 0x01
    BIND = 0x08
    DEFINE = 0x10
    EXECUTE = 0x20
    FETCH = 0x40
    COMMIT = 0x100
    DESCRIBE = 0x20000
    BATCH_ERRORS = 0x80000


FLAG_DML_ROW_COUNTS = 0x4000
_OPTION_2_COMMIT = 1
_BIND_ARRAY = 0x40
_IN_TRANSACTION = 0x02
NO_DATA_FOUND = 1403
_COLUMN_IS_JSON = 0x100


@dataclass
class ExecuteRequest:
    """EXECUTE, RE-EXECUTE or RE-EXECUTE AND FETCH; the bind rows follow in the message."""

    cursor_id: int
    options: int
    iterations: int
    sql: str | None = None
    fetch_rows: int = 0
    flags: int = 0
    has_types: bool = False
    types: list[BindType] = field(default_factory=list)


def read_execute(reader: Reader) -> ExecuteRequest:
    """Read EXECUTE up to the bind rows."""
    options, cursor_id = reader.ub(), reader.ub()
    has_sql = reader.u8()
    reader.skip("u1u11u")
    prefetch = reader.ub()
    reader.skip("u1")
    bind_count = reader.ub()
    reader.skip("111111")
    define_count = reader.ub()
    reader.skip("u111u1uu1u1" + "1u1u1" + "1u")
    sql = (reader.bytes_() or b"").decode() if has_sql else None
    vector = [reader.ub() for _ in range(13)]
    request = ExecuteRequest(cursor_id, options, vector[1], sql, prefetch, vector[9])
    count = define_count if options & Option.DEFINE else bind_count
    request.has_types = count > 0
    request.types = [_read_type(reader) for _ in range(count)]
    return request


def read_reexecute(reader: Reader, function: int) -> ExecuteRequest:
    """Read RE-EXECUTE or RE-EXECUTE AND FETCH up to the bind rows."""
    cursor_id, count = reader.ub(), reader.ub()
    reader.ub()
    options = Option.COMMIT if reader.ub() & _OPTION_2_COMMIT else Option(0)
    options |= Option.EXECUTE
    if function == Function.REEXECUTE_AND_FETCH:
        return ExecuteRequest(cursor_id, options | Option.FETCH, 1, fetch_rows=count)
    return ExecuteRequest(cursor_id, options, count)


def _read_type(reader: Reader) -> BindType:
    number, flags = reader.u8(), reader.u8()
    reader.skip("11")
    size, elements = reader.ub(), reader.ub()
    reader.ub()
    oid = reader.long_bytes()
    reader.skip("uu")
    form = reader.u8()
    reader.skip("uu")
    try:
        data_type = DataType(number)
    except ValueError:
        raise OracleError(3115, "unsupported network datatype or representation") from None
    if data_type == DataType.OBJECT and not oid:
        data_type = DataType.XMLTYPE
    is_array = bool(flags & _BIND_ARRAY)
    return BindType(data_type, size, is_array, elements, form == FORM_NATIONAL, oid)


@dataclass
class EndToEnd:
    """Session attributes that a client sets along with its next call; None: not set."""

    client_identifier: str | None = None
    module: str | None = None
    action: str | None = None
    client_info: str | None = None
    names: list[str] = field(default_factory=list)


def read_end_to_end(reader: Reader) -> EndToEnd:
    """Read the piggyback that sets module, action, client identifier and client info."""
    reader.skip("11u")
    lengths: dict[str, int] = {}
    attributes = EndToEnd()

    def attribute(name: str) -> None:
        if reader.u8():
            attributes.names.append(name)
        lengths[name] = reader.ub()

    for name in ("client_identifier", "module", "action"):
        attribute(name)
    reader.skip("1u1u")
    attribute("client_info")
    reader.skip("1u1u")
    attribute("dbop")
    for name, length in lengths.items():
        if length:
            # An empty string before it is a byte of zero here, without a length above.
            while (data := reader.bytes_()) is None:
                pass
            setattr(attributes, name, data.decode())
    return attributes


def read_application_context(reader: Reader) -> None:
    """Skip the piggyback that sets application contexts, which nothing here reads."""
    reader.skip("1u1")
    count = reader.ub()
    reader.skip("u1")
    reader.bytes_()
    for _ in range(count):
        reader.long_bytes()
        reader.long_bytes()
        reader.ub()


def write_status(writer: Writer, in_transaction: bool) -> None:
    """Write STATUS, the end of a response to a call without a cursor."""
    writer.u8(Message.STATUS)
    writer.ub(_IN_TRANSACTION if in_transaction else 0)
    writer.ub(0)


@dataclass
class BatchError:
    """The error of one row of an array operation."""

    row: int
    error: OracleError


def write_end(
    writer: Writer,
    *,
    in_transaction: bool,
    cursor_id: int = 0,
    row_count: int = 0,
    error: OracleError | None = None,
    batch_errors: Sequence[BatchError] = (),
) -> None:
    """Write ERROR, the end of a response whether it failed or not."""
    code = error.code if error else 0
    writer.u8(Message.ERROR)
    writer.ub(_IN_TRANSACTION if in_transaction else 0)
    writer.zeros(5)
    writer.ub(cursor_id)
    writer.sb(error.position if error else 0)
    # Six bytes of statement kind and flags, five fields of rowid, five of padding, and the
    # empty logical rowid.
    writer.zeros(6 + 5 + 5 + 1)
    _write_batch_errors(writer, batch_errors)
    writer.ub(code)
    writer.ub(row_count)
    # The type of the statement and a checksum, from field version 14 on.
    writer.zeros(2)
    if error is not None:
        writer.bytes_(error.text.encode())


def _write_batch_errors(writer: Writer, errors: Sequence[BatchError]) -> None:
    writer.ub(len(errors))
    if errors:
        writer.u8(0)
        for each in errors:
            writer.ub(each.error.code)
    writer.ub(len(errors))
    if errors:
        writer.u8(0)
        for each in errors:
            writer.ub(each.row)
    writer.ub(len(errors))
    if errors:
        writer.u8(0)
        for each in errors:
            text = each.error.text.encode()
            writer.ub(len(text))
            writer.bytes_(text)
            writer.zeros(2)


def write_describe_info(writer: Writer, columns: Sequence[Column]) -> None:
    """Write DESCRIBE_INFO."""
    writer.u8(Message.DESCRIBE_INFO)
    writer.u8(0)
    write_columns(writer, columns)


def write_columns(writer: Writer, columns: Sequence[Column]) -> None:
    """Write the description of columns, for a query or a REF CURSOR."""
    writer.ub(sum(column.buffer_size for column in columns))
    writer.ub(len(columns))
    if columns:
        writer.u8(0)
    for position, column in enumerate(columns, 1):
        _write_column(writer, column, position)
    writer.zeros(6)


def _write_column(writer: Writer, column: Column, position: int) -> None:
    is_text, is_xml = column.type in TEXT_TYPES, column.type == DataType.XMLTYPE
    writer.u8(DataType.OBJECT if is_xml else column.type)
    writer.u8(0)
    writer.u8(column.precision)
    writer.u8(column.scale & 0xFF)
    writer.ub(column.buffer_size)
    writer.zeros(4)
    writer.ub(CHARSET_UTF8 if is_text else 0)
    writer.u8(FORM_IMPLICIT if is_text else 0)
    writer.ub(column.size)
    writer.ub(0)
    writer.u8(int(column.nullable))
    writer.u8(min(255, len(column.name)))
    writer.text(column.name)
    writer.text("SYS" if is_xml else "")
    writer.text("XMLTYPE" if is_xml else "")
    writer.ub(position)
    writer.ub(_COLUMN_IS_JSON if column.type == DataType.JSON else 0)


def write_row_header(writer: Writer) -> None:
    """Write ROW_HEADER, which precedes the rows of a fetch."""
    writer.u8(Message.ROW_HEADER)
    writer.zeros(7)


_OUT, _IN, _IN_OUT = 16, 32, 48


def write_io_vector(writer: Writer, count: int, reads: set[int], writes: set[int]) -> None:
    """Write IO_VECTOR, which tells the directions of a block's binds."""
    writer.u8(Message.IO_VECTOR)
    writer.u8(0)
    writer.ub(count % 256)
    writer.ub(count // 256)
    writer.zeros(4)
    for index in range(count):
        if index not in writes:
            writer.u8(_IN)
        else:
            writer.u8(_IN_OUT if index in reads else _OUT)


def write_row_counts(writer: Writer, counts: Sequence[int]) -> None:
    """Write the rows affected by each iteration of an array operation."""
    writer.u8(Message.PARAMETER)
    writer.zeros(4)
    writer.ub(len(counts))
    for count in counts:
        writer.ub(count)
