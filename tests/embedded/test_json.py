"""JSON: its images against the driver's own, and values through the driver and a socket."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import oracledb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle_api.embedded.call import Call
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.oson import decode, encode
from oracle_api.embedded.procedures import Catalog
from oracle_api.embedded.server import EmbeddedServer
from tests.embedded.test_values import driver_settings, numbers, texts

_names = st.one_of(
    texts.filter(lambda text: len(text.encode()) <= 255), st.sampled_from(["", "x" * 255])
)
_scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
_documents = st.recursive(
    _scalars, lambda inner: st.lists(inner) | st.dictionaries(_names, inner), max_leaves=30
)


def _nested(depth: int) -> Any:
    value: Any = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


# What brings about the forms that depend on sizes. The driver's encoder takes time with the
# square of the number of containers, so that none of these has many.
_LARGE: dict[str, Any] = {
    "exact": [Decimal("1234567890.1234567890123456789012345678"), Decimal(10**38 - 1),
              Decimal("-1E-130"), Decimal("9.9E+125"), 10**100],
    "unicode": {"ñ€😀\0": "ñ€😀\0", "": ""},
    "long names": {"n" * 255: {"n" * 254: 1}},
    "deep": _nested(60),
    "texts": ["x" * size for size in (0, 1, 251, 252, 253, 254, 255, 256, 65535, 65536, 100_000)],
    "many fields": {f"field {n}": n for n in range(300)},
    "names above 64K": {f"{n:0200}": None for n in range(400)},
    "above 65535 fields": {f"{n}": n for n in range(65_540)},
    "many elements": list(range(70_000)),
}  # fmt: skip
_catalog = Catalog(owner="DWH")
_received: list[Any] = []
_returned: list[Any] = []


@_catalog.procedure("ECHO(value IN JSON, copy OUT JSON, both IN OUT JSON)")
def _echo(call: Call, value: Any, both: Any) -> dict[str, Any]:
    _received[:] = [value, both]
    return {"copy": value, "both": both}


@_catalog.procedure("GIVE RETURN JSON")
def _give(call: Call) -> Any:
    return _returned[0]


@_catalog.procedure("KIND(value IN VARCHAR2) RETURN VARCHAR2")
def _kind(call: Call, value: str) -> str:
    return "text"


@_catalog.procedure("PKG.KIND(value IN VARCHAR2) RETURN VARCHAR2")
def _kind_text(call: Call, value: str) -> str:
    return "text"


@_catalog.procedure("PKG.KIND(value IN JSON) RETURN VARCHAR2")
def _kind_json(call: Call, value: Any) -> str:
    return "json"


@_catalog.procedure("DOCUMENTS(rows_ OUT SYS_REFCURSOR, n IN NUMBER DEFAULT 3)")
def _documents_of(call: Call, n: Decimal) -> dict[str, Any]:
    rows = ((i, None if i % 3 == 1 else {"i": i, "text": "x" * i}) for i in range(int(n)))
    return {"rows_": call.cursor([("I", "NUMBER(10)"), ("DOC", "JSON")], rows)}


@pytest.fixture(scope="module")
def dsn() -> Iterator[str]:
    """A server of its own: what its procedures receive and give is kept in this module."""
    with EmbeddedServer(catalog=_catalog) as server:
        yield server.dsn


@pytest.fixture(scope="module", params=[512, 8192])
def opened(request: pytest.FixtureRequest, dsn: str) -> Iterator[oracledb.Connection]:
    """A connection with small packets, and one with packets of the usual size."""
    with oracledb.connect(user="dwh", password="dwh", dsn=dsn, sdu=request.param) as connection:
        yield connection


@pytest.fixture(scope="module")
def connection(dsn: str) -> Iterator[oracledb.Connection]:
    with oracledb.connect(user="dwh", password="dwh", dsn=dsn) as connection:
        yield connection


def _send(cursor: oracledb.Cursor, value: Any) -> None:
    """Have a value copied, and check that every party saw the same."""
    variables = [cursor.var(oracledb.DB_TYPE_JSON) for _ in range(3)]
    variables[0].setvalue(0, value)
    variables[2].setvalue(0, value)
    cursor.callproc("ECHO", variables)
    assert _received == [value, value]
    assert [each.getvalue() for each in variables] == [value] * 3


@given(_documents)
@driver_settings
def test_images_are_those_of_the_driver(connection: oracledb.Connection, value: Any) -> None:
    assert decode(connection.encode_oson(value)) == value
    assert connection.decode_oson(encode(value)) == value
    assert decode(encode(value)) == value


@given(
    _names, st.recursive(_scalars, lambda inner: st.lists(inner) | st.just("field"), max_leaves=20)
)
@driver_settings
def test_images_have_the_same_bytes(connection: oracledb.Connection, name: str, item: Any) -> None:
    """Of several names the driver writes the text in another order."""
    value = [item, {name: item}, {}]
    assert encode(value) == connection.encode_oson(value)
    assert encode(item) == connection.encode_oson(item)


@given(_documents)
@driver_settings
def test_any_document_through_the_driver(connection: oracledb.Connection, value: Any) -> None:
    with connection.cursor() as cursor:
        _send(cursor, value)


@pytest.mark.parametrize("name", _LARGE)
def test_sizes(name: str, connection: oracledb.Connection) -> None:
    value = _LARGE[name]
    assert decode(connection.encode_oson(value)) == value
    assert connection.decode_oson(encode(value)) == value


@pytest.mark.parametrize(
    "value",
    [_LARGE["exact"], _LARGE["texts"], {}, [], "", "text",
     Decimal("0.1"), 0, True, False, [None], {"a": {}}],
)  # fmt: skip
def test_values_and_nulls_in_turn(value: Any, opened: oracledb.Connection) -> None:
    with opened.cursor() as cursor:
        for each in (value, None, value):
            _send(cursor, each)


def test_booleans_are_no_numbers(connection: oracledb.Connection) -> None:
    [one, true] = decode(connection.encode_oson([1, True]))
    assert (type(one), type(true)) == (Decimal, bool)


def test_values_beyond_json(connection: oracledb.Connection) -> None:
    """The driver sends these as they are, but takes the offset of a moment to be its clock's."""
    document = {
        "moment": dt.datetime(2025, 12, 10, 8, 30, 1, 500000),
        "second": dt.datetime(2025, 12, 10, 8, 30, 1),
        "raw": b"\x00\xff" * 40_000,
        "id": oracledb.JsonId(b"12 bytes....")[:],
        "span": dt.timedelta(days=-1, microseconds=3),
    }
    assert decode(connection.encode_oson(document)) == document
    assert decode(connection.encode_oson(dt.date(2025, 12, 10))) == dt.datetime(2025, 12, 10)
    assert decode(connection.encode_oson(oracledb.JsonId(b"abc"))) == b"abc"
    assert connection.decode_oson(encode(document)) == document
    zone = dt.timezone(dt.timedelta(hours=-3))
    moment = dt.datetime(2025, 12, 10, 8, 30, tzinfo=zone)
    assert decode(encode(moment)) == moment
    _returned[:] = [[0.5, dt.date(2025, 12, 10), moment, b"", bytearray(b"b"), (1, 2)]]
    with connection.cursor() as cursor:
        given_ = cursor.callfunc("GIVE", oracledb.DB_TYPE_JSON)
    midnight, clock = dt.datetime(2025, 12, 10), dt.datetime(2025, 12, 10, 8, 30)
    assert given_ == [0.5, midnight, clock, b"", b"b", [1, 2]]


@pytest.mark.parametrize(
    ("value", "code"),
    [({1: 2}, 6502), ({"n" * 256: 1}, 6502), (object(), 6502), ([{1, 2}], 6502),
     (_nested(1001), 6502), ([Decimal("1E+200")], 1426)],
    ids=["number as a name", "long name", "object", "set", "deep", "number"],
)  # fmt: skip
def test_what_is_no_json_is_refused(value: Any, code: int, connection: oracledb.Connection) -> None:
    with connection.cursor() as cursor:
        _returned[:] = [value]
        with pytest.raises(oracledb.DatabaseError, match=f"ORA-0{code}"):
            cursor.callfunc("GIVE", oracledb.DB_TYPE_JSON)
        _returned[:] = [[1]]
        assert cursor.callfunc("GIVE", oracledb.DB_TYPE_JSON) == [1]


def test_many_containers_come_out(opened: oracledb.Connection) -> None:
    _returned[:] = [[{"id": n, "nombre": f"n{n}", "activo": n % 2 == 0} for n in range(5000)]]
    with opened.cursor() as cursor:
        assert cursor.callfunc("GIVE", oracledb.DB_TYPE_JSON) == _returned[0]


def test_a_thousand_levels_come_out(connection: oracledb.Connection) -> None:
    _returned[:] = [_nested(1000)]
    with connection.cursor() as cursor:
        value = cursor.callfunc("GIVE", oracledb.DB_TYPE_JSON)
    for _ in range(1000):
        [value] = value.values() if isinstance(value, dict) else value
    assert value == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.50, true, null, "\\u00f1"]}', {"a": [1, Decimal("2.5"), True, None, "ñ"]}),
        ("12345678901234567890123456789012345678", 12345678901234567890123456789012345678),
        ('""', ""),
        (None, None),
    ],
)
def test_json_of_text(text: str | None, value: Any, connection: oracledb.Connection) -> None:
    with connection.cursor() as cursor:
        copies = [cursor.var(oracledb.DB_TYPE_JSON) for _ in range(2)]
        block = "DECLARE v JSON := JSON(:text); BEGIN ECHO(v, :copy, v); :both := v; END;"
        cursor.execute(block, [text, *copies])
        assert [each.getvalue() for each in copies] == [value] * 2


@pytest.mark.parametrize("text", [" ", "{", "{'a': 1}", "[NaN]", "[1,]", "[" * 30_000])
def test_text_that_is_no_json(text: str, connection: oracledb.Connection) -> None:
    with connection.cursor() as cursor:
        copy = cursor.var(oracledb.DB_TYPE_JSON)
        with pytest.raises(oracledb.DatabaseError, match="ORA-40441"):
            cursor.execute("BEGIN ECHO(JSON(:text), :copy, :copy); END;", [text, copy])


def test_a_name_that_the_driver_refuses(connection: oracledb.Connection) -> None:
    """No image of this version has long names; the driver breaks its own request off."""
    with connection.cursor() as cursor:
        with pytest.raises(oracledb.NotSupportedError, match="DPY-3020"):
            _send(cursor, {"n" * 256: 1})
        _send(cursor, {"n" * 255: 1})


def test_overloads_and_types_that_do_not_fit(connection: oracledb.Connection) -> None:
    with connection.cursor() as cursor:
        document = cursor.var(oracledb.DB_TYPE_JSON)
        document.setvalue(0, {"a": 1})
        assert cursor.callfunc("PKG.KIND", str, [document]) == "json"
    # A cursor of its own: the driver puts a value into the variable of the last time if it can.
    with connection.cursor() as cursor:
        assert cursor.callfunc("PKG.KIND", str, ["{}"]) == "text"
        with pytest.raises(oracledb.DatabaseError, match="PLS-00306"):
            cursor.callfunc("KIND", str, [document])
        with pytest.raises(oracledb.DatabaseError, match="PLS-00306"):
            cursor.callproc("ECHO", ["{}", document, document])
    with connection.cursor() as cursor:
        # A null without a type fits every one.
        cursor.callproc("ECHO", [None, document, document])
        assert document.getvalue() == {"a": 1}


def test_columns_of_a_ref_cursor(opened: oracledb.Connection) -> None:
    with opened.cursor() as cursor:
        for count in (0, 3, 700):
            rows = cursor.var(oracledb.DB_TYPE_CURSOR)
            cursor.callproc("DOCUMENTS", [rows, count])
            with rows.getvalue() as result:
                result.arraysize = 200
                assert result.description[1][1] is oracledb.DB_TYPE_JSON
                assert result.description[1].is_json
                assert result.fetchall() == [
                    (i, None if i % 3 == 1 else {"i": i, "text": "x" * i}) for i in range(count)
                ]


def test_a_column_is_not_fetched_as_text(connection: oracledb.Connection) -> None:
    def as_text(cursor: oracledb.Cursor, column: Any) -> Any:
        return cursor.var(str, arraysize=cursor.arraysize) if column.is_json else None

    with connection.cursor() as cursor:
        rows = cursor.var(oracledb.DB_TYPE_CURSOR)
        cursor.callproc("DOCUMENTS", [rows])
        with rows.getvalue() as result:
            result.outputtypehandler = as_text
            with pytest.raises(oracledb.DatabaseError, match="ORA-03115"):
                result.fetchall()
        _send(cursor, [1])


def test_several_iterations(connection: oracledb.Connection) -> None:
    documents = [{"n": n} for n in range(5)]
    with connection.cursor() as cursor:
        cursor.setinputsizes(oracledb.DB_TYPE_JSON)
        copies = cursor.var(oracledb.DB_TYPE_JSON, arraysize=5)
        nulls = cursor.var(oracledb.DB_TYPE_JSON, arraysize=5)
        cursor.setinputsizes(oracledb.DB_TYPE_JSON, copies, nulls)
        block = "BEGIN ECHO(:1, :2, :3); END;"
        cursor.executemany(block, [(document, None, None) for document in documents])
        assert copies.values == documents


def test_arguments(connection: oracledb.Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT argument_name, data_type, in_out FROM all_arguments "
                       "WHERE object_name = 'ECHO' ORDER BY position")  # fmt: skip
        assert cursor.fetchall() == [
            ("VALUE", "JSON", "IN"), ("COPY", "JSON", "OUT"), ("BOTH", "JSON", "IN/OUT")
        ]  # fmt: skip


@given(st.binary(max_size=80), st.booleans())
@settings(deadline=None)
def test_any_bytes_are_decoded_or_refused(data: bytes, is_scalar: bool) -> None:
    flags = b"\x00\x16\x00\x00" if is_scalar else b"\x21\x06"
    with contextlib.suppress(OracleError):
        decode(b"\xffJZ\x01" + flags + data)


@given(_documents, st.data())
@settings(deadline=None)
def test_a_damaged_image_is_decoded_or_refused(value: Any, data: st.DataObject) -> None:
    image = bytearray(encode(value))
    image[data.draw(st.integers(0, len(image) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(OracleError):
        decode(bytes(image))


def test_children_that_are_shared_do_not_multiply() -> None:
    """Each array names the next one twice: read as a tree, its leaves would be without end."""
    tree = b"".join(b"\xc0\x02" + (6 * n).to_bytes(2, "big") * 2 for n in range(1, 60)) + b"\x30"
    image = b"\xffJZ\x01\x21\x06" + b"\0\0\0" + len(tree).to_bytes(2, "big") + b"\0\0" + tree
    with pytest.raises(OracleError, match="ORA-03115"):
        decode(image)
