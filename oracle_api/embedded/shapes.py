"""Descriptions of types for clients: the names of attributes' types, and type descriptors."""

from __future__ import annotations

from oracle_api.embedded.datatypes import (
    CHARSET_UTF8,
    CHARSET_UTF16,
    FORM_IMPLICIT,
    FORM_NATIONAL,
    INTEGER_NAMES,
    DataType,
    TypeSpec,
)
from oracle_api.embedded.namedtypes import NamedType, TypeKind

D = DataType
_VERSION, _START_OBJECT = b"\x26\x01", 0x29
_HEADER_SIZE = 18
_NUMBER, _FLOAT, _OBJECT, _COLLECTION = 6, 5, 27, 28
_START_EMBEDDED, _END_EMBEDDED = 39, 40
_CODES = {
    D.VARCHAR2: 7, D.CHAR: 1, D.RAW: 19, D.DATE: 2, D.TIMESTAMP: 21, D.TIMESTAMP_TZ: 23,
    D.TIMESTAMP_LTZ: 33, D.INTERVAL_YM: 24, D.INTERVAL_DS: 25, D.BOOLEAN: 8, D.CLOB: 29,
    D.BLOB: 30, D.BINARY_FLOAT: 37, D.BINARY_DOUBLE: 45, D.BINARY_INTEGER: _NUMBER,
    D.NUMBER: _NUMBER,
}  # fmt: skip
_KINDS = {TypeKind.INDEX_TABLE: 1, TypeKind.NESTED_TABLE: 2, TypeKind.VARRAY: 3}
_WITH_SCALE = (D.TIMESTAMP, D.TIMESTAMP_TZ, D.TIMESTAMP_LTZ)
_DEFAULT_TEXT_SIZE = 32767

_TYPE_NAMES = {
    D.BINARY_INTEGER: "PL/SQL PLS INTEGER",
    D.BOOLEAN: "PL/SQL BOOLEAN",
    D.TIMESTAMP_TZ: "TIMESTAMP WITH TZ",
    D.TIMESTAMP_LTZ: "TIMESTAMP WITH LOCAL TZ",
}


def type_name(spec: TypeSpec) -> str:
    """Return the name of an attribute's type as the dictionary has it."""
    if spec.named is not None:
        return spec.named.name
    if spec.type == D.NUMBER:
        if spec.name == "INT":
            return "INTEGER"
        return spec.name if spec.name in INTEGER_NAMES | {"FLOAT", "REAL"} else "NUMBER"
    if spec.type in (D.VARCHAR2, D.CHAR):
        return ("N" if spec.national else "") + spec.type.name
    return _TYPE_NAMES.get(spec.type, spec.name)


def byte_size(spec: TypeSpec) -> int:
    """Return the declared size of text or binary data in bytes, 0 if there is none."""
    return min(spec.size * 2, _DEFAULT_TEXT_SIZE) if spec.national else spec.size


def can_be_described(named: NamedType) -> bool:
    """Return whether clients can use a type: its index and all its parts must be such."""
    if named.index_by == "VARCHAR2":
        return False
    parts = [each.spec for each in named.attributes]
    if named.element is not None:
        parts.append(named.element)
    return all(
        can_be_described(each.named) if each.named is not None else each.type in _CODES
        for each in parts
    )


def descriptor(named: NamedType) -> bytes:
    """Return the descriptor of a type: a header and the types of its attributes, or element."""
    if named.element is not None:
        head = bytes((_COLLECTION,)), named.limit.to_bytes(4, "big"), bytes((_KINDS[named.kind],))
        element_at = _HEADER_SIZE + sum(map(len, head)) + 4
        body = head[0] + element_at.to_bytes(4, "big") + head[1] + head[2]
        body += _describe(named.element, in_collection=True)
        count = 1
    else:
        body = _attributes(named)
        count = len(named.attributes)
    size = (_HEADER_SIZE + len(body)).to_bytes(4, "big")
    header = size + _VERSION + b"\0\0" + count.to_bytes(2, "big") + b"\0"
    return header + bytes((_START_OBJECT,)) + bytes(6) + body


def _attributes(named: NamedType) -> bytes:
    return b"".join(_describe(each.spec, in_collection=False) for each in named.attributes)


def _describe(spec: TypeSpec, *, in_collection: bool) -> bytes:
    named = spec.named
    if named is not None:
        if in_collection or named.is_collection:
            return bytes((_OBJECT, 0, 0, 0, 0, 0))
        return bytes((_START_EMBEDDED,)) + _attributes(named) + bytes((_END_EMBEDDED,))
    code = bytes((_CODES[spec.type],))
    if spec.name in ("FLOAT", "REAL"):
        return bytes((_FLOAT, spec.precision))
    if spec.type == D.BINARY_INTEGER:
        return code + b"\0\0"
    if spec.type == D.NUMBER:
        return code + bytes((spec.precision, spec.scale & 0xFF))
    if spec.type in _WITH_SCALE:
        return code + bytes((spec.scale,))
    if spec.type == D.RAW:
        return code + (spec.size or _DEFAULT_TEXT_SIZE).to_bytes(2, "big")
    if spec.type in (D.VARCHAR2, D.CHAR):
        form, charset = FORM_IMPLICIT, CHARSET_UTF8
        if spec.national:
            form, charset = FORM_NATIONAL, CHARSET_UTF16
        size = (byte_size(spec) or _DEFAULT_TEXT_SIZE).to_bytes(2, "big")
        return code + size + bytes((form,)) + charset.to_bytes(2, "big")
    return code
