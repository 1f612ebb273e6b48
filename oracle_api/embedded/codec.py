"""Values on the wire: reading binds, writing rows and OUT binds of every type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from oracle_api.embedded.conversions import Nls
from oracle_api.embedded.cursors import CursorTable
from oracle_api.embedded.datatypes import (
    LOB_TYPES,
    TEXT_TYPES,
    BindType,
    Column,
    DataType,
    RowSource,
    TypeSpec,
)
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.images import pack, pack_xml, unpack
from oracle_api.embedded.lobs import CHUNK_SIZE, LOCATOR_SIZE, LobStore
from oracle_api.embedded.messages import Message, write_columns
from oracle_api.embedded.namedtypes import NamedType
from oracle_api.embedded.oson import decode as decode_json
from oracle_api.embedded.oson import encode as encode_json
from oracle_api.embedded.values import (
    decode_datetime,
    decode_float,
    decode_interval,
    decode_interval_ym,
    decode_number,
    encode_date,
    encode_float,
    encode_interval,
    encode_interval_ym,
    encode_number,
    encode_timestamp,
    encode_timestamp_tz,
)
from oracle_api.embedded.wire import Reader, Writer

# SQL binds that may be longer than this are sent after the others of their row.
_MAX_INLINE = 32767
# What precedes and follows a type's identifier in the identifier of an object.
_TOID_HEAD, _TOID_TAIL = b"\x00\x22\x02\x08", bytes(13) + b"\x01\x00\x01"
_TOP_LEVEL = 1
# A locator whose content comes along with it: abstract, of bytes, initialised.
_VALUE_LOCATOR = b"\x00\x26\x00\x04\x61\x08\x00\x00\x00\x01"
D = DataType


class Codec:
    """Reads and writes the values of one session.

    Args:
        lobs: the session's LOBs; those written become entries there.
        cursors: the session's cursors; REF CURSORs written become entries there.
        nls: the session's settings.
        type_of: finds the named type that a client refers to by an identifier.
    """

    def __init__(
        self,
        lobs: LobStore,
        cursors: CursorTable,
        nls: Nls,
        type_of: Callable[[bytes], NamedType | None],
    ) -> None:
        self._type_of = type_of
        self._lobs = lobs
        self._cursors = cursors
        self._nls = nls

    def read_row(
        self, reader: Reader, types: Sequence[BindType], *, is_plsql: bool, omitted: set[int]
    ) -> list[Any]:
        """Read the bind values of one iteration.

        Args:
            reader: at the row's message type.
            types: of all binds.
            is_plsql: whether it is a block, whose long values are in place.
            omitted: indexes of the binds that are not sent.
        """
        values: list[Any] = [None] * len(types)
        reader.u8()
        late = []
        for index, bind in enumerate(types):
            if index in omitted:
                continue
            if bind.is_array:
                values[index] = [self._read(reader, bind) for _ in range(reader.ub())]
            elif not is_plsql and bind.buffer_size > _MAX_INLINE:
                late.append(index)
            else:
                values[index] = self._read(reader, bind)
        for index in late:
            values[index] = self._read(reader, types[index])
        return values

    def _read(self, reader: Reader, bind: BindType) -> Any:
        kind = bind.type
        if kind in (D.OBJECT, D.XMLTYPE):
            return self._read_object(reader, bind)
        if kind == D.JSON:
            return decode_json(reader.bytes_() or b"") if reader.long_bytes() else None
        if bind.buffer_size == 0 and kind not in LOB_TYPES and kind != D.CURSOR:
            reader.bytes_()
            return None
        if kind in LOB_TYPES:
            locator = reader.long_bytes()
            return self._decode(locator, bind) if locator else None
        if kind == D.CURSOR:
            reader.u8()
            return self._cursors.get(reader.ub()).rows if reader.u8() else None
        data = reader.bytes_()
        return None if data is None else self._decode(data, bind)

    def _read_object(self, reader: Reader, bind: BindType) -> Any:
        toid = reader.long_bytes()
        reader.long_bytes()
        reader.long_bytes()
        reader.skip("u")
        length = reader.ub()
        reader.skip("u")
        image = reader.bytes_() if length else None
        if image is None:
            return None
        # A client that executes a statement again does not tell that the type is another.
        if toid[len(_TOID_HEAD) : -len(_TOID_TAIL)] != bind.oid:
            raise OracleError(932, "inconsistent datatypes: the object is of another type")
        return unpack(image, self._named(bind.oid), self._decode)

    def _named(self, oid: bytes) -> NamedType:
        named = self._type_of(oid)
        if named is None:
            raise OracleError(21700, "object does not exist or is marked for delete")
        return named

    def _decode(self, data: bytes, bind: BindType) -> Any:
        match bind.type:
            case D.CLOB | D.BLOB:
                return self._lobs.find(data).value or None
            case D.VARCHAR2 | D.CHAR | D.LONG | D.ROWID | D.UROWID:
                return data.decode("utf-16-be" if bind.national else "utf-8")
            case D.NUMBER | D.BINARY_INTEGER:
                return decode_number(data)
            case D.DATE | D.TIMESTAMP:
                return decode_datetime(data)
            case D.TIMESTAMP_TZ:
                value = decode_datetime(data)
                return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
            case D.TIMESTAMP_LTZ:
                return decode_datetime(data).replace(tzinfo=self._nls.time_zone)
            case D.BINARY_DOUBLE:
                return decode_float(data, ">d")
            case D.BINARY_FLOAT:
                return decode_float(data, ">f")
            case D.BOOLEAN:
                return data[-1] == 1
            case D.INTERVAL_DS:
                return decode_interval(data)
            case D.INTERVAL_YM:
                return decode_interval_ym(data)
        return data

    def write_row(
        self,
        writer: Writer,
        row: Sequence[Any],
        columns: Sequence[Column],
        defines: Sequence[BindType] | None,
    ) -> None:
        """Write a row of a query."""
        writer.u8(Message.ROW_DATA)
        for index, (value, column) in enumerate(zip(row, columns, strict=True)):
            kind = column.type
            if defines and kind in LOB_TYPES and defines[index].type not in LOB_TYPES:
                kind = defines[index].type
            if defines and kind == D.JSON and defines[index].type != D.JSON:
                raise OracleError(3115, "unsupported network datatype or representation")
            self.write(writer, value, kind)
            if kind in (D.LONG, D.LONG_RAW):
                writer.zeros(2)

    def write_outputs(
        self, writer: Writer, values: Sequence[Any], types: Sequence[BindType], writes: set[int]
    ) -> None:
        """Write the values of a block's OUT and IN OUT binds."""
        writer.u8(Message.ROW_DATA)
        for index in sorted(writes):
            value, bind = values[index], types[index]
            if bind.is_array:
                elements = value or []
                writer.ub(len(elements))
                for element in elements:
                    self.write_output(writer, element, bind)
            else:
                self.write_output(writer, value, bind)

    def write_output(self, writer: Writer, value: Any, bind: BindType) -> None:
        """Write one OUT value, with the indicator that it is complete."""
        if bind.type == D.OBJECT:
            image = b"" if value is None else pack(value, self._named(bind.oid), self._encode_part)
            _write_image(writer, image, bind.oid)
        else:
            self.write(writer, value, bind.type, national=bind.national)
        writer.ub(0)

    def _encode_part(self, value: Any, spec: TypeSpec) -> bytes:
        """Encode a scalar value within an image."""
        if spec.type in LOB_TYPES:
            return self._lobs.create(value).locator
        return _encode(value, spec.type, spec.national)

    def write(self, writer: Writer, value: Any, kind: DataType, *, national: bool = False) -> None:
        """Write a value that was converted to its type."""
        if kind == D.CURSOR:
            self._write_cursor(writer, value)
        elif kind in LOB_TYPES:
            self._write_lob(writer, value)
        elif kind == D.JSON:
            _write_json(writer, value)
        elif kind == D.XMLTYPE:
            _write_image(writer, b"" if value is None else pack_xml(value), b"")
        elif value is None:
            writer.u8(0)
        elif isinstance(value, bool):
            writer.raw(b"\x02\x01\x01" if value else b"\x01\x00")
        else:
            writer.bytes_(_encode(value, kind, national))

    def _write_lob(self, writer: Writer, value: str | bytes | None) -> None:
        if value is None:
            writer.ub(0)
            return
        lob = self._lobs.create(value)
        locator = lob.locator
        writer.ub(len(locator))
        writer.ub(lob.size)
        writer.ub(CHUNK_SIZE)
        writer.bytes_(locator)

    def write_implicit_results(self, writer: Writer, results: Sequence[RowSource]) -> None:
        """Write the cursors that a block returned without binds."""
        writer.u8(Message.IMPLICIT_RESULTS)
        writer.ub(len(results))
        for rows in results:
            writer.u8(0)
            write_columns(writer, rows.columns)
            writer.ub(self._cursors.open_rows(rows).id)

    def _write_cursor(self, writer: Writer, rows: Any) -> None:
        writer.u8(1)
        if rows is None:
            write_columns(writer, [])
            writer.ub(0)
        else:
            write_columns(writer, rows.columns)
            writer.ub(self._cursors.open_rows(rows).id)


def _write_image(writer: Writer, image: bytes, oid: bytes) -> None:
    """Write an object, which is null if its image is empty."""
    writer.long_bytes(_TOID_HEAD + oid + _TOID_TAIL)
    writer.zeros(3)
    writer.ub(len(image))
    writer.ub(_TOP_LEVEL)
    if image:
        writer.bytes_(image)


def _write_json(writer: Writer, value: Any) -> None:
    """Write a JSON value: a LOB with all of its content ahead of the locator."""
    if value is None:
        writer.ub(0)
        return
    image = encode_json(value)
    locator = (_VALUE_LOCATOR + len(image).to_bytes(8, "big")).ljust(LOCATOR_SIZE, b"\0")
    writer.ub(len(locator))
    writer.ub(len(image))
    writer.ub(CHUNK_SIZE)
    writer.bytes_(image)
    writer.bytes_(locator)


def _encode(value: Any, kind: DataType, national: bool) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-16-be" if national and kind in TEXT_TYPES else "utf-8")
    if isinstance(value, Decimal):
        return encode_number(value)
    match kind:
        case D.DATE:
            return encode_date(value)
        case D.TIMESTAMP | D.TIMESTAMP_LTZ:
            return encode_timestamp(value)
        case D.TIMESTAMP_TZ:
            return encode_timestamp_tz(value)
        case D.BINARY_DOUBLE:
            return encode_float(value, ">d")
        case D.BINARY_FLOAT:
            return encode_float(value, ">f")
        case D.INTERVAL_DS:
            return encode_interval(value)
        case D.INTERVAL_YM:
            return encode_interval_ym(value)
    return bytes(value)
