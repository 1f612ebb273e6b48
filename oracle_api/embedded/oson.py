"""OSON: how the value of a JSON parameter or column is packed into bytes.

An image is a header, the names of all fields, and a tree of nodes in which objects name
their fields by number and containers tell where their children begin. What is here is the
form that the driver reads and writes (its ``impl/base/oson.pyx``): offsets that count from
the start of the tree in four bytes, no field name above 255 bytes, as before 23ai.
"""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from oracle_api.embedded.errors import OracleError, value_error
from oracle_api.embedded.values import (
    decode_datetime,
    decode_float,
    decode_interval,
    decode_number,
    encode_date,
    encode_float,
    encode_interval,
    encode_number,
    encode_timestamp,
    encode_timestamp_tz,
)

_MAGIC = b"\xffJZ\x01"
_RELATIVE_OFFSETS = 0x0001
_LEAVES_INLINE = 0x0002
_LENGTHS_IN_NODES = 0x0004
_MANY_NAMES = 0x0008
_IS_SCALAR = 0x0010
_SHORT_HASHES = 0x0100
_SOME_NAMES = 0x0400
_LARGE_NAMES = 0x0800
_LARGE_TREE = 0x1000
_NO_TINY_NODES = 0x2000

_NULL, _TRUE, _FALSE = 0x30, 0x31, 0x32
_NUMBER = 0x34
_DOUBLE, _FLOAT = 0x36, 0x7F
_TIMESTAMP, _TIMESTAMP_7, _TIMESTAMP_TZ, _DATE = 0x39, 0x7D, 0x7C, 0x3C
_INTERVAL = 0x3E
_IDENTIFIER = 0x7E
# Nodes of text and of binary data by the bytes that their length takes.
_TEXTS = {1: 0x33, 2: 0x37, 4: 0x38}
_BINARIES = {2: 0x3A, 4: 0x3B}
_OBJECT, _ARRAY = 0x84, 0xC0
_IS_CONTAINER, _IS_ARRAY, _LARGE_OFFSETS = 0x80, 0x40, 0x20
_COUNT_BITS = 0x18
_COUNT_SIZES = {0x00: 1, 0x08: 2, 0x10: 4}
_OFFSET_SIZE = 4

_MAX_NAME = 255
_MAX_DEPTH = 1000


def encode(value: Any) -> bytes:
    """Return the image of a JSON value.

    Beside what JSON itself has, a value may hold floats, bytes, dates and intervals, which are
    kept as such.

    Raises:
        OracleError: ORA-06502 for what is no JSON value, ORA-01426 for a number out of range.
    """
    names = _names(value)
    id_size = _size_of(len(names))
    tree = _tree(value, {name: number for number, name in enumerate(names, 1)}, id_size)
    is_large = len(tree) > 0xFFFF
    tree_size = len(tree).to_bytes(4 if is_large else 2, "big")
    flags = _LEAVES_INLINE | _LENGTHS_IN_NODES | (_LARGE_TREE if is_large else 0)
    if not _is_container(value):
        return _MAGIC + _u16(flags | _IS_SCALAR) + tree_size + tree
    flags |= _SHORT_HASHES | _NO_TINY_NODES | {1: 0, 2: _SOME_NAMES, 4: _MANY_NAMES}[id_size]
    size, lookup, segment = _name_segment([name.encode() for name in names])
    flags |= _LARGE_NAMES if len(size) > 2 else 0
    head = _MAGIC + _u16(flags) + len(names).to_bytes(id_size, "big") + size + tree_size
    return head + _u16(0) + lookup + segment + tree


def _name_segment(names: list[bytes]) -> tuple[bytes, bytes, bytes]:
    """Return the size of all names with their lengths, their hashes and offsets, and themselves."""
    segment = b"".join(bytes((len(name),)) + name for name in names)
    width = 4 if len(segment) > 0xFFFF else 2
    offsets, offset = bytearray(), 0
    for name in names:
        offsets += offset.to_bytes(width, "big")
        offset += 1 + len(name)
    return len(segment).to_bytes(width, "big"), bytes(map(_hash, names)) + offsets, segment


def _u16(number: int) -> bytes:
    return number.to_bytes(2, "big")


def _size_of(count: int) -> int:
    return 1 if count < 0x100 else 2 if count < 0x10000 else 4


def _is_container(value: Any) -> bool:
    return isinstance(value, (Mapping, list, tuple))


def _names(value: Any) -> list[str]:
    """Return the names of all fields in the order that numbers them."""
    found: set[str] = set()
    waiting = [(value, 1)]
    while waiting:
        node, depth = waiting.pop()
        if not _is_container(node):
            continue
        if depth > _MAX_DEPTH:
            raise value_error(f"JSON is nested deeper than {_MAX_DEPTH} levels")
        children: Iterable[Any] = node
        if isinstance(node, Mapping):
            found.update(node)
            children = node.values()
        waiting.extend((child, depth + 1) for child in children)
    for name in found:
        if not isinstance(name, str) or len(name.encode()) > _MAX_NAME:
            raise value_error(f"a JSON field name must be text of up to {_MAX_NAME} bytes")
    return sorted(found, key=_order)


def _order(name: str) -> tuple[int, int, bytes]:
    data = name.encode()
    return _hash(data), len(data), data


def _hash(name: bytes) -> int:
    """Return the last byte of the FNV-1a hash, by which a server finds a name."""
    value = 0x811C9DC5
    for byte in name:
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value & 0xFF


def _tree(value: Any, numbers: Mapping[str, int], id_size: int) -> bytearray:
    """Lay out all nodes; a container comes before its children and is told where each begins."""
    tree = bytearray()
    waiting: list[tuple[int | None, Any]] = [(None, value)]
    while waiting:
        place, node = waiting.pop()
        if place is not None:
            tree[place : place + _OFFSET_SIZE] = len(tree).to_bytes(_OFFSET_SIZE, "big")
        if not _is_container(node):
            tree += _encode_scalar(node)
            continue
        count_size = _size_of(len(node))
        count_bits = {1: 0x00, 2: 0x08, 4: 0x10}[count_size]
        kind = _OBJECT if isinstance(node, Mapping) else _ARRAY
        tree.append(kind | _LARGE_OFFSETS | count_bits)
        tree += len(node).to_bytes(count_size, "big")
        children: Iterable[Any] = node
        if isinstance(node, Mapping):
            tree += b"".join(numbers[name].to_bytes(id_size, "big") for name in node)
            children = node.values()
        start = len(tree)
        tree += bytes(_OFFSET_SIZE * len(node))
        places = range(start, len(tree), _OFFSET_SIZE)
        # In reverse, for the first child to be the next: the order in which the driver writes.
        waiting.extend(reversed(list(zip(places, children, strict=True))))
    return tree


def _encode_scalar(value: Any) -> bytes:
    if value is None or isinstance(value, bool):
        return bytes((_NULL if value is None else _TRUE if value else _FALSE,))
    if isinstance(value, str):
        return _with_length(value.encode(), _TEXTS)
    if isinstance(value, (int, Decimal)):
        data = encode_number(value)
        return bytes((_NUMBER, len(data))) + data
    if isinstance(value, float):
        return bytes((_DOUBLE,)) + encode_float(value, ">d")
    if isinstance(value, (bytes, bytearray)):
        return _with_length(bytes(value), _BINARIES)
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            return bytes((_TIMESTAMP_TZ,)) + encode_timestamp_tz(value)
        return bytes((_TIMESTAMP,)) + encode_timestamp(value)
    if isinstance(value, dt.date):
        return bytes((_DATE,)) + encode_date(dt.datetime(value.year, value.month, value.day))
    if isinstance(value, dt.timedelta):
        return bytes((_INTERVAL,)) + encode_interval(value)
    raise value_error(f"{type(value).__name__} is no JSON value")


def _with_length(data: bytes, kinds: Mapping[int, int]) -> bytes:
    size = max(_size_of(len(data)), min(kinds))
    return bytes((kinds[size],)) + len(data).to_bytes(size, "big") + data


def decode(image: bytes) -> Any:
    """Return the value of an image that a client sent; numbers are ``Decimal``.

    Raises:
        OracleError: ORA-03115 for an image that is not of the form described above.
    """
    try:
        return _Image(image).value()
    except (ArithmeticError, LookupError, ValueError, struct.error) as error:
        raise OracleError(3115, "unsupported network datatype or representation") from error


class _Image:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0
        self._names: list[str] = []
        self._id_size = 1

    def value(self) -> Any:
        """Read the whole image."""
        if self._take(len(_MAGIC)) != _MAGIC:
            raise ValueError("not an image, or of a version with long field names")
        flags = self._int(2)
        if flags & _RELATIVE_OFFSETS:
            raise ValueError("offsets are relative")
        if flags & _IS_SCALAR:
            self._int(4 if flags & _LARGE_TREE else 2)
        else:
            self._read_names(flags)
        return self._read_tree(self._position)

    def _take(self, count: int) -> bytes:
        start, self._position = self._position, self._position + count
        if self._position > len(self._data):
            raise ValueError("the image ends too early")
        return self._data[start : self._position]

    def _int(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def _read_names(self, flags: int) -> None:
        self._id_size = 4 if flags & _MANY_NAMES else 2 if flags & _SOME_NAMES else 1
        count = self._int(self._id_size)
        offset_size = 4 if flags & _LARGE_NAMES else 2
        segment_size = self._int(offset_size)
        self._int(4 if flags & _LARGE_TREE else 2)
        self._int(2)
        self._take(count)
        offsets = struct.unpack(
            f">{count}{'I' if flags & _LARGE_NAMES else 'H'}", self._take(count * offset_size)
        )
        segment = self._take(segment_size)
        self._names = [
            segment[offset + 1 : offset + 1 + segment[offset]].decode() for offset in offsets
        ]

    def _read_tree(self, start: int) -> Any:
        root: list[Any] = [None]
        waiting: list[tuple[Any, Any, int]] = [(root, 0, 0)]
        # No two containers share a child, so that there is at least a byte for each node.
        nodes = 0
        while waiting:
            container, key, offset = waiting.pop()
            nodes += 1
            if nodes > len(self._data):
                raise ValueError("the nodes are no tree")
            self._position = start + offset
            kind = self._int(1)
            if kind & _IS_CONTAINER:
                made, keys, offsets = self._read_container(kind)
                waiting.extend((made, *child) for child in zip(keys, offsets, strict=True))
            else:
                made = self._read_scalar(kind)
            container[key] = made
        return root[0]

    def _read_container(self, kind: int) -> tuple[Any, Iterable[Any], Iterable[int]]:
        """Return an empty container, and the keys and offsets of its children."""
        count = self._int(_COUNT_SIZES[kind & _COUNT_BITS])
        keys: Iterable[Any] = range(count)
        made: Any = None
        if not kind & _IS_ARRAY:
            keys = [self._names[self._int(self._id_size) - 1] for _ in range(count)]
            made = dict.fromkeys(keys)
        code, size = ("I", 4) if kind & _LARGE_OFFSETS else ("H", 2)
        offsets = struct.unpack(f">{count}{code}", self._take(count * size))
        return ([None] * count if made is None else made), keys, offsets

    def _read_scalar(self, kind: int) -> Any:
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind in _FIXED:
            size, decode_fixed = _FIXED[kind]
            return decode_fixed(self._take(size))
        size, decode_sized = _SIZED[kind]
        return decode_sized(self._take(self._int(size)))


_CONSTANTS = {_NULL: None, _TRUE: True, _FALSE: False}
#: Size of a value, and what decodes it.
_FIXED: dict[int, tuple[int, Callable[[bytes], Any]]] = {
    _DATE: (7, decode_datetime),
    _TIMESTAMP_7: (7, decode_datetime),
    _TIMESTAMP: (11, decode_datetime),
    _TIMESTAMP_TZ: (13, decode_datetime),
    _INTERVAL: (11, decode_interval),
    _DOUBLE: (8, lambda data: decode_float(data, ">d")),
    _FLOAT: (4, lambda data: decode_float(data, ">f")),
}
#: Size of a value's length, and what decodes the value.
_SIZED: dict[int, tuple[int, Callable[[bytes], Any]]] = {
    _NUMBER: (1, decode_number),
    _IDENTIFIER: (1, bytes),
    **{kind: (size, bytes.decode) for size, kind in _TEXTS.items()},
    **{kind: (size, bytes) for size, kind in _BINARIES.items()},
}
