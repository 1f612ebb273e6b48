"""Images: how the values of objects, records and collections are packed into bytes.

An image is a header with its length and a body: of an object its attributes one after
another, of a collection the number of elements and the elements. An object within an object
is part of its body, any other within another is an image of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oracle_api.embedded.datatypes import LOB_TYPES, TEXT_TYPES, BindType, DataType, TypeSpec
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.namedtypes import NamedType, TypeKind

_VERSION_81 = 0x80
_IS_COLLECTION = 0x08
_NO_PREFIX = 0x04
_DEGENERATE = 0x10
_IMAGE_VERSION = 1
_HAS_INDEXES = 0x10
_MAX_SHORT_LENGTH = 245
_ATOMIC_NULL = 253
_LONG = 254
_NULL = 255
_HEADER_SIZE = 7
_XML_VERSION, _XML_IS_TEXT = 1, 4

#: Encodes a scalar value of a type, or decodes it; LOBs stand for their locators.
Encode = Callable[[Any, TypeSpec], bytes]
Decode = Callable[[bytes, BindType], Any]


def pack(value: Any, named: NamedType, encode: Encode) -> bytes:
    """Return the image of a value that was converted to its type."""
    body = bytearray()
    if named.is_collection:
        body += b"\x01\x01"
        _pack_elements(body, value, named, encode)
        flags = _VERSION_81 | _IS_COLLECTION
    else:
        _pack_attributes(body, value, named, encode)
        flags = _VERSION_81 | _NO_PREFIX
    size = len(body) + _HEADER_SIZE
    return bytes((flags, _IMAGE_VERSION, _LONG)) + size.to_bytes(4, "big") + body


def pack_xml(text: str) -> bytes:
    """Return the image of an XMLTYPE, with its text within it."""
    data = bytes((_XML_VERSION,)) + _XML_IS_TEXT.to_bytes(4, "big") + text.encode()
    size = len(data) + _HEADER_SIZE
    head = bytes((_VERSION_81 | _NO_PREFIX, _IMAGE_VERSION, _LONG))
    return head + size.to_bytes(4, "big") + data


def _pack_elements(body: bytearray, value: Any, named: NamedType, encode: Encode) -> None:
    assert named.element is not None  # noqa: S101 - it is a collection
    is_indexed = named.kind is TypeKind.INDEX_TABLE
    body.append(_HAS_INDEXES if is_indexed else 0)
    body += _length(len(value))
    for index, element in value.items() if is_indexed else enumerate(value):
        if is_indexed:
            body += int(index).to_bytes(4, "big", signed=True)
        _pack_value(body, element, named.element, encode, in_collection=True)


def _pack_attributes(
    body: bytearray, value: Any, named: NamedType, encode: Encode, *, is_part: bool = False
) -> None:
    for position, attribute in enumerate(named.attributes):
        inner = attribute.spec.named
        part = value.get(attribute.key)
        if is_part and not position and part is None and inner and not inner.is_collection:
            # The mark of a null would be taken for that of the object around it.
            part = {}
        _pack_value(body, part, attribute.spec, encode, in_collection=False)


def _pack_value(
    body: bytearray, value: Any, spec: TypeSpec, encode: Encode, *, in_collection: bool
) -> None:
    named = spec.named
    if value is None:
        body.append(_NULL if named is None or named.is_collection else _ATOMIC_NULL)
        return
    if named is not None and not in_collection and not named.is_collection:
        _pack_attributes(body, value, named, encode, is_part=True)
        return
    if named is not None:
        data = pack(value, named, encode)
    elif _is_native(spec, in_collection):
        data = int(value).to_bytes(4, "big", signed=True)
    else:
        data = encode(value, spec)
    body += _length(len(data)) + data


def _is_native(spec: TypeSpec, in_collection: bool) -> bool:
    """Return whether a value is packed as the processor has it.

    A PLS_INTEGER is that only as an attribute: as an element it is described as a NUMBER.
    """
    if spec.type == DataType.BINARY_INTEGER:
        return not in_collection
    return spec.type == DataType.BOOLEAN


def _length(length: int) -> bytes:
    if length <= _MAX_SHORT_LENGTH:
        return bytes((length,))
    return bytes((_LONG,)) + length.to_bytes(4, "big")


def unpack(data: bytes, named: NamedType, decode: Decode) -> Any:
    """Return the value of an image.

    Raises:
        OracleError: ORA-03115 for an image that is not one of this type.
    """
    try:
        return _Image(data, decode).value(named)
    except (IndexError, ValueError) as error:
        raise OracleError(3115, "unsupported network datatype or representation") from error


class _Image:
    def __init__(self, data: bytes, decode: Decode) -> None:
        self._data = data
        self._position = 0
        self._decode = decode

    def value(self, named: NamedType) -> Any:
        """Read the whole image."""
        flags = self._byte()
        self._byte()
        self._length()
        if flags & _DEGENERATE:
            raise ValueError("the image is in a LOB")
        if not flags & _NO_PREFIX:
            self._take(self._length())
        value = self._elements(named) if named.is_collection else self._attributes(named)
        if self._position != len(self._data):
            raise ValueError("the image is longer than its value")
        return value

    def _byte(self) -> int:
        self._position += 1
        return self._data[self._position - 1]

    def _take(self, count: int) -> bytes:
        start, self._position = self._position, self._position + count
        if self._position > len(self._data):
            raise ValueError("the image ends too early")
        return self._data[start : self._position]

    def _length(self) -> int:
        length = self._byte()
        return int.from_bytes(self._take(4), "big") if length == _LONG else length

    def _elements(self, named: NamedType) -> Any:
        assert named.element is not None  # noqa: S101 - it is a collection
        self._byte()
        count = self._length()
        if named.kind is not TypeKind.INDEX_TABLE:
            return [self._value(named.element, in_collection=True) for _ in range(count)]
        indexed = {}
        for _ in range(count):
            index = int.from_bytes(self._take(4), "big", signed=True)
            indexed[index] = self._value(named.element, in_collection=True)
        return indexed

    def _attributes(self, named: NamedType) -> dict[str, Any]:
        return {
            attribute.key: self._value(attribute.spec, in_collection=False)
            for attribute in named.attributes
        }

    def _value(self, spec: TypeSpec, *, in_collection: bool) -> Any:
        named = spec.named
        is_part = named is not None and not in_collection and not named.is_collection
        mark = self._data[self._position]
        # At the start of an embedded object this may be the null of its first attribute.
        if (mark == _NULL and not is_part) or (mark == _ATOMIC_NULL and named is not None):
            self._position += 1
            return None
        if named is not None and is_part:
            return self._attributes(named)
        data = self._take(self._length())
        if named is not None:
            return _Image(data, self._decode).value(named)
        if not data:
            return None
        if _is_native(spec, in_collection):
            number = int.from_bytes(data, "big", signed=True)
            return number == 1 if spec.type == DataType.BOOLEAN else number
        national = spec.national and spec.type in TEXT_TYPES - LOB_TYPES
        return self._decode(data, BindType(spec.type, len(data), national=national))
