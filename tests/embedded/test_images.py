"""Images of objects: against each other, and through the driver's own packing."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import oracledb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle_api.embedded.codec import Codec
from oracle_api.embedded.conversions import Nls
from oracle_api.embedded.cursors import CursorTable
from oracle_api.embedded.datatypes import BindType, DataType, TypeSpec
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.images import pack, unpack
from oracle_api.embedded.lobs import LobStore
from oracle_api.embedded.namedtypes import Attribute, NamedType, TypeKind
from oracle_api.embedded.wire import Reader, Writer
from tests.embedded.sample_types import echo_name, received
from tests.embedded.test_objects import from_object, to_object
from tests.embedded.test_values import datetimes, driver_settings, numbers

# Lengths around those where the form of a length changes.
_lengths = st.sampled_from([0, 1, 244, 245, 246, 247, 252, 253, 254, 255, 256, 400])
_texts = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=50),
                   _lengths.map(lambda length: "x" * length))  # fmt: skip
_raws = st.one_of(
    st.binary(min_size=1, max_size=50), _lengths.map(lambda length: b"r" * (length or 1))
)
_SCALARS: list[tuple[TypeSpec, st.SearchStrategy[Any]]] = [
    (TypeSpec(DataType.VARCHAR2, "VARCHAR2"), _texts),
    (TypeSpec(DataType.VARCHAR2, "NVARCHAR2"), _texts),
    (TypeSpec(DataType.NUMBER, "NUMBER"), numbers),
    (TypeSpec(DataType.BINARY_INTEGER, "PLS_INTEGER"), st.integers(-(2**31), 2**31 - 1)),
    (TypeSpec(DataType.BOOLEAN, "BOOLEAN"), st.booleans()),
    (TypeSpec(DataType.RAW, "RAW"), _raws),
    (TypeSpec(DataType.TIMESTAMP, "TIMESTAMP"), datetimes),
    (TypeSpec(DataType.DATE, "DATE"), datetimes.map(lambda value: value.replace(microsecond=0))),
    (TypeSpec(DataType.BINARY_DOUBLE, "BINARY_DOUBLE"), st.floats(allow_nan=False)),
    (TypeSpec(DataType.BINARY_FLOAT, "BINARY_FLOAT"), st.floats(width=32, allow_nan=False)),
    (TypeSpec(DataType.CLOB, "CLOB"), _texts),
    (TypeSpec(DataType.BLOB, "BLOB"), _raws),
    (TypeSpec(DataType.INTERVAL_DS, "INTERVAL DAY TO SECOND"),
     st.timedeltas(dt.timedelta(-1000), dt.timedelta(1000))),
]  # fmt: skip
_Pair = tuple[TypeSpec, st.SearchStrategy[Any]]


def _collection(kind: TypeKind, element: _Pair) -> _Pair:
    spec, values = element
    named = NamedType("X", "P", "T", kind, element=spec)
    nullable = st.one_of(st.none(), values)
    if kind is TypeKind.INDEX_TABLE:
        keys = st.integers(-(2**31), 2**31 - 1)
        return named.spec, st.dictionaries(keys, nullable, max_size=4)
    return named.spec, st.lists(nullable, max_size=4)


def _object(kind: TypeKind, parts: list[_Pair]) -> _Pair:
    attributes = tuple(Attribute(f"A{i}", spec) for i, (spec, _) in enumerate(parts))
    named = NamedType("X", "P", "T", kind, attributes=attributes)
    values = {
        attribute.key: st.one_of(st.none(), strategy)
        for attribute, (_, strategy) in zip(attributes, parts, strict=True)
    }
    return named.spec, st.fixed_dictionaries(values)


def _composite(inner: st.SearchStrategy[_Pair]) -> st.SearchStrategy[_Pair]:
    collections = (TypeKind.INDEX_TABLE, TypeKind.NESTED_TABLE, TypeKind.VARRAY)
    return st.one_of(
        st.builds(_collection, st.sampled_from(collections), inner),
        st.builds(_object, st.sampled_from([TypeKind.OBJECT, TypeKind.RECORD]),
                  st.lists(inner, min_size=1, max_size=4)),
    )  # fmt: skip


_composites = st.recursive(st.sampled_from(_SCALARS), _composite, max_leaves=6).filter(
    lambda pair: pair[0].named is not None
)


def _first_is_null_object(value: Any, spec: TypeSpec) -> bool:
    """Whether an embedded object begins with a null one, which an image cannot tell apart."""
    named = spec.named
    if named is None or value is None:
        return False
    if named.element is not None:
        elements = value.values() if isinstance(value, dict) else value
        return any(_first_is_null_object(each, named.element) for each in elements)
    for attribute in named.attributes:
        inner, part = attribute.spec.named, value[attribute.key]
        if inner and part and not inner.is_collection:
            first = inner.attributes[0]
            if first.spec.named and not first.spec.named.is_collection and not part[first.key]:
                return True
        if _first_is_null_object(part, attribute.spec):
            return True
    return False


def _codec(named: NamedType | None = None) -> Codec:
    return Codec(LobStore(), CursorTable(), Nls(), lambda oid: named)


@given(_composites.flatmap(lambda pair: st.tuples(st.just(pair[0]), pair[1])))
@settings(deadline=None)
def test_any_value_survives(pair: tuple[TypeSpec, Any]) -> None:
    spec, raw = pair
    named = spec.named
    assert named is not None
    value = named.convert(raw, Nls())
    bind = BindType(DataType.OBJECT, 0, oid=named.oid)
    codec = _codec(named)
    writer = Writer()
    writer.u8(7)
    codec.write_output(writer, value, bind)
    reader = Reader(bytes(writer.data))
    read = codec.read_row(reader, [bind], is_plsql=True, omitted=set())[0]
    assert reader.ub() == 0
    assert reader.exhausted
    # A null at the start of an embedded object comes back as an object of nulls.
    if not _first_is_null_object(value, spec):
        assert named.convert(read, Nls()) == value


_REC = NamedType("X", "P", "R", TypeKind.RECORD, (
    Attribute("A", TypeSpec(DataType.VARCHAR2, "VARCHAR2")),
    Attribute("B", TypeSpec(DataType.RAW, "RAW")),
))  # fmt: skip


def _encode(value: Any, spec: TypeSpec) -> bytes:
    return value.encode() if isinstance(value, str) else bytes(value)


@pytest.mark.parametrize(
    ("length", "prefix"),
    [(0, b""), (245, b"\xf5"), (246, b"\xfe\0\0\0\xf6"), (254, b"\xfe\0\0\0\xfe"),
     (70000, b"\xfe\0\x01\x11\x70")],
)  # fmt: skip
def test_lengths(length: int, prefix: bytes) -> None:
    image = pack({"a": "x" * length, "b": None}, _REC, _encode)
    assert image == (
        b"\x84\x01\xfe" + len(image).to_bytes(4, "big") + (prefix or b"\0") + b"x" * length
        + b"\xff"
    )  # fmt: skip


def test_prefix_segment_is_skipped() -> None:
    image = b"\x80\x01\x0c\x02\x09\x09" + b"\x01a\xff"
    assert unpack(image, _REC, lambda data, bind: data.decode()) == {"a": "a", "b": None}


@pytest.mark.parametrize("image", [b"", b"\x84", b"\x84\x01\x05\x0aabc", b"\x84\x01\x05\xff\xff.",
                                   b"\x94\x01\x05\xff\xff"])  # fmt: skip
def test_broken_images(image: bytes) -> None:
    with pytest.raises(OracleError, match="ORA-03115"):
        unpack(image, _REC, lambda data, bind: data)


@given(st.binary(max_size=60))
@settings(deadline=None)
def test_any_bytes_are_unpacked_or_refused(data: bytes) -> None:
    with contextlib.suppress(OracleError):
        unpack(b"\x84\x01" + data, _REC, lambda part, bind: part)


@given(
    st.lists(st.one_of(st.none(), st.fixed_dictionaries({
        "id": st.one_of(st.none(), st.integers(-(10**15), 10**15)),
        "nombre": st.one_of(st.none(), _texts.filter(lambda text: len(text.encode()) <= 400)),
        "nacido": st.one_of(st.none(), datetimes.map(lambda each: each.replace(microsecond=0))),
    })), max_size=5)
)  # fmt: skip
@driver_settings
def test_objects_through_the_driver(
    local: oracledb.Connection, people: list[dict[str, Any] | None]
) -> None:
    expected = [each and {**each, "nombre": each["nombre"] or None} for each in people]
    _round_trip(local, "T_PEOPLE", people, expected, list)


@given(st.dictionaries(st.integers(-(2**31), 2**31 - 1), st.one_of(st.none(), _texts.filter(
    lambda text: len(text.encode()) <= 100)), max_size=300))  # fmt: skip
@driver_settings
def test_index_by_tables_through_the_driver(
    local: oracledb.Connection, table: dict[int, str | None]
) -> None:
    expected = {index: text or None for index, text in table.items()}
    _round_trip(local, "PKG_TYPES.T_ARR", table, expected, dict)


def _round_trip(
    local: oracledb.Connection, name: str, value: Any, expected: Any, shape: Callable[..., Any]
) -> None:
    kind = local.gettype(name)
    with local.cursor() as cursor:
        variables = [cursor.var(kind) for _ in range(3)]
        variables[0].setvalue(0, to_object(value, kind, local))
        variables[2].setvalue(0, to_object(value, kind, local))
        cursor.callproc(echo_name(name), variables)
        assert received["value"] == expected
        for variable in variables[1:]:
            copied = from_object(variable.getvalue())
            assert shape(copied.values() if shape is list else copied) == expected


def test_exact_numbers_within_objects(local: oracledb.Connection) -> None:
    """The driver sends decimals exactly, but returns floats."""
    kind = local.gettype("T_NUMS")
    exact = Decimal("12345678901234567890.123456789")
    with local.cursor() as cursor:
        out = cursor.var(kind)
        cursor.callproc(echo_name("T_NUMS"), [kind.newobject([exact]), out, cursor.var(kind)])
        assert received["value"] == [exact]
        assert out.getvalue().aslist() == [float(exact)]
