"""Objects, records and collections as parameters, through the driver."""

from __future__ import annotations

import asyncio
import datetime as dt
from decimal import Decimal
from typing import Any

import oracledb
import pytest

from tests.embedded.sample_types import ECHOED, echo_name, received

_WHEN = dt.datetime(2025, 12, 10, 1, 2, 3, 456789)
_PERSON = {"id": 7, "nombre": "ñandú €", "nacido": dt.datetime(1990, 5, 4)}
_COUPLE = {"one": None, "names": ["a", None, "b"], "other": _PERSON, "score": Decimal("1.5")}
_REC = {"id": Decimal("-0.5"), "nombre": "uno"}
_ROW = {
    "id": 3, "nombre": "x", "alta": dt.datetime(2025, 1, 2), "saldo": Decimal("10.25"),
    "tasa": Decimal("0.5"), "huella": b"\x00\x01", "cuando": _WHEN.replace(microsecond=123000),
    "notas": "notas €" * 100, "apodo": "€", "cuenta": 12345,
}  # fmt: skip
_NO_ROW = dict.fromkeys(_ROW)
_ALL = {
    "n": 123456789, "i": 77, "f": True, "v": "v" * 245, "c": "c", "nv": "n€" * 200,
    "d": dt.datetime(2025, 12, 10), "t": _WHEN, "tz": _WHEN, "l": _WHEN, "r": b"r" * 246,
    "bd": -0.1, "bf": 0.5, "cl": "clob €" * 9000, "bl": b"\x00\x01" * 9000, "nc": "nclob",
    "w": 5, "x": Decimal("1.5"), "y": Decimal("2.25"),
}  # fmt: skip
_VALUES: dict[str, list[Any]] = {
    "ODCINUMBERLIST": [[1, 2]],
    "SYS.ODCIVARCHAR2LIST": [["a", None]],
    "DBMS_SQL.VARCHAR2_TABLE": [{1: "a"}],
    "T_NUMS": [[1, None, Decimal("2.5")], [], None, list(range(300))],
    "T_NAMES": [["uno", "dos"], []],
    "T_PERSON": [_PERSON, dict.fromkeys(_PERSON), None, {**_PERSON, "nombre": "x" * 400}],
    "T_COUPLE": [_COUPLE, {**_COUPLE, "one": _PERSON, "names": None, "other": None}],
    "T_LEADING": [{"couple": {**_COUPLE, "one": _PERSON}, "n": 1}, {"couple": None, "n": 1}],
    "T_PEOPLE": [[_PERSON, None, _PERSON], [_PERSON] * 300],
    "T_COUPLES": [[_COUPLE, None]],
    "T_MATRIX": [[[1, 2], [], None, [None]], []],
    "PKG_TYPES.T_REC": [_REC, dict.fromkeys(_REC)],
    "PKG_TYPES.T_ALL": [_ALL, dict.fromkeys(_ALL), {**_ALL, "f": False, "v": "v" * 246}],
    "PKG_TYPES.T_OUTER": [
        {"rec": _REC, "nums": [1, 2], "people": [_PERSON], "fila": _ROW},
        {"rec": dict.fromkeys(_REC), "nums": None, "people": [], "fila": _NO_ROW},
    ],
    "PKG_TYPES.T_ARR": [{1: "uno", 2: None}, {}, {-5: "a", 0: "b", 2000000: "c"}],
    "PKG_TYPES.T_NUM_ARR": [{index: index * 2 for index in range(1, 600, 2)}],
    "PKG_TYPES.T_RECS": [[_REC, _REC], [], None],
    "PKG_TYPES.T_REC_ARR": [{-1: _REC, 70000: _REC}, {}],
    "PKG_TYPES.T_ROWS": [{5: _ROW, 9: _NO_ROW}],
    "PKG_TYPES.T_LIMITED": [[dt.datetime(2025, 1, 2)]],
    "PKG_TYPES.T_FLAGS": [[True, False, None]],
    "PKG_TYPES.T_INTS": [[1, -2, None, 2**31 - 1]],
    "PKG_TYPES.T_CLOBS": [["nclob €", None]],
    "CLIENTES%ROWTYPE": [_ROW, _NO_ROW],
}


def to_object(value: Any, kind: Any, connection: oracledb.Connection) -> Any:
    """Make what the driver binds of a plain value."""
    if value is None or not isinstance(kind, oracledb.DbObjectType):
        lobs = (oracledb.DB_TYPE_CLOB, oracledb.DB_TYPE_NCLOB, oracledb.DB_TYPE_BLOB)
        return connection.createlob(kind, value) if value and kind in lobs else value
    made = kind.newobject()
    if isinstance(value, list):
        made.extend([to_object(each, kind.element_type, connection) for each in value])
    elif kind.iscollection:
        for index, each in value.items():
            made.setelement(index, to_object(each, kind.element_type, connection))
    else:
        for attribute in kind.attributes:
            part = value[attribute.name.lower()]
            setattr(made, attribute.name, to_object(part, attribute.type, connection))
    return made


def from_object(value: Any) -> Any:
    """Make a plain value of what the driver returned; all collections become dicts."""
    if isinstance(value, oracledb.LOB):
        return value.read()
    if not isinstance(value, oracledb.DbObject):
        return value
    if value.type.iscollection:
        return {index: from_object(each) for index, each in value.asdict().items()}
    return {
        each.name.lower(): from_object(getattr(value, each.name)) for each in value.type.attributes
    }


def _naive(value: Any) -> Any:
    """Take the time zones off, which the driver does not show."""
    if isinstance(value, dict):
        return {key: _naive(each) for key, each in value.items()}
    return value.replace(tzinfo=None) if isinstance(value, dt.datetime) else value


def _plain(value: Any) -> Any:
    """Make dicts of lists, with indexes from 0 as the driver has them."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return {i: _plain(each) for i, each in enumerate(value)} if isinstance(value, list) else value


@pytest.mark.parametrize("name", ECHOED)
@pytest.mark.parametrize("sdu", [512, 8192])
def test_every_type_in_every_direction(name: str, sdu: int, embedded: Any) -> None:
    with oracledb.connect(user="dwh", password="dwh", dsn=embedded.dsn, sdu=sdu) as opened:
        cursor = opened.cursor()
        kind = opened.gettype(name)
        for value in _VALUES[name] * 2:
            variables = [cursor.var(kind) for _ in range(3)]
            variables[0].setvalue(0, to_object(value, kind, opened))
            variables[2].setvalue(0, to_object(value, kind, opened))
            cursor.callproc(echo_name(name), variables)
            assert _naive(received) == {"value": value, "both": value}
            outputs = [from_object(variable.getvalue()) for variable in variables[1:]]
            assert outputs == [_plain(value)] * 2
        opened.ping()


def test_description_of_a_record(local: oracledb.Connection) -> None:
    kind = local.gettype("pkg_types.t_all")
    assert (kind.schema, kind.package_name, kind.name) == ("DWH", "PKG_TYPES", "T_ALL")
    described = {each.name: (each.type.name, each.precision, each.scale, each.max_size)
                 for each in kind.attributes}  # fmt: skip
    assert described["N"] == ("DB_TYPE_NUMBER", 9, 0, None)
    assert described["V"] == ("DB_TYPE_VARCHAR", None, None, 4000)
    assert described["NV"][0] == "DB_TYPE_NVARCHAR"
    assert described["I"][0] == "DB_TYPE_BINARY_INTEGER"
    assert described["TZ"][0] == "DB_TYPE_TIMESTAMP_TZ"
    assert described["W"] == ("DB_TYPE_NUMBER", 38, 0, None)
    assert described["X"] == ("DB_TYPE_NUMBER", 126, -127, None)
    assert described["Y"] == ("DB_TYPE_NUMBER", 12, 2, None)


@pytest.mark.parametrize(
    "name", ["CLIENTES%ROWTYPE", "DWH.CLIENTES%ROWTYPE", "clientes%rowtype", '"CLIENTES"%ROWTYPE']
)
def test_description_of_a_row(name: str, local: oracledb.Connection) -> None:
    # The driver recognises a row only by the suffix in upper case.
    kind = local.gettype(name.replace("rowtype", "ROWTYPE"))
    described = {
        each.name: (each.type.name, each.precision, each.scale) for each in kind.attributes
    }
    assert described["ID"] == ("DB_TYPE_NUMBER", 10, 0)
    assert described["CUENTA"] == ("DB_TYPE_NUMBER", 38, 0)
    assert described["TASA"] == ("DB_TYPE_NUMBER", 126, -127)
    assert described["CUANDO"] == ("DB_TYPE_TIMESTAMP", 0, 3)
    assert described["APODO"][0] == "DB_TYPE_NVARCHAR"


def test_description_of_collections(local: oracledb.Connection) -> None:
    assert local.gettype("T_PEOPLE").element_type.name == "T_PERSON"
    assert local.gettype("PKG_TYPES.T_ROWS").element_type.name == "CLIENTES%ROWTYPE"
    assert local.gettype("PKG_TYPES.T_CLOBS").element_type is oracledb.DB_TYPE_NCLOB
    assert local.gettype("T_SYNONYM") == local.gettype("T_NUMS")
    assert local.gettype("PKG_SYNONYM.T_REC") == local.gettype("DWH.PKG_TYPES.T_REC")
    names = local.gettype("T_NAMES").newobject(["a", "b", "c"])
    with pytest.raises(oracledb.Error, match="DPY-2039"):
        names.append("d")


@pytest.mark.parametrize(
    "name",
    ["NOPE", "PKG_TYPES.NOPE", "NOPE.T_REC", "NOPE%ROWTYPE", "NUMBER", "a b", "A.B.C.D", "1%",
     "PKG_TYPES.T_BY_NAME", "T_NUMS%ROWTYPE"],
)  # fmt: skip
def test_unknown_type(name: str, local: oracledb.Connection) -> None:
    with pytest.raises(oracledb.ProgrammingError, match="DPY-2035: invalid object type name"):
        local.gettype(name)
    assert local.gettype("T_NUMS").iscollection


def test_interval_within_a_record(local: oracledb.Connection) -> None:
    with pytest.raises(oracledb.NotSupportedError, match="DPY-3018"):
        local.gettype("PKG_TYPES.T_SPANS")


def test_functions(cursor: oracledb.Cursor, local: oracledb.Connection) -> None:
    nums = local.gettype("T_NUMS")
    assert cursor.callfunc("PKG_TYPES.SUM_ALL", Decimal, [nums.newobject([1, None, 2])]) == 3
    assert cursor.callfunc("PKG_TYPES.SUM_ALL", Decimal, [nums.newobject()]) == 0
    rec = local.gettype("PKG_TYPES.T_REC")
    for _ in range(3):
        made = cursor.callfunc("PKG_TYPES.MAKE_REC", rec, [1, "uno"])
        assert (made.ID, made.NOMBRE) == (1, "uno")
    cursor.execute("DECLARE r PKG_TYPES.T_REC; BEGIN r := PKG_TYPES.MAKE_REC(2, 'dos'); "
                   ":r := r; END;", r=(result := cursor.var(rec)))  # fmt: skip
    assert result.getvalue().NOMBRE == "dos"


def test_overloads(cursor: oracledb.Cursor, local: oracledb.Connection) -> None:
    nums, rec, array = (
        local.gettype(name) for name in ("T_NUMS", "PKG_TYPES.T_REC", "PKG_TYPES.T_ARR")
    )
    call = cursor.callfunc
    assert call("PKG_TYPES.OVERLOADED", str, [nums.newobject()]) == "nums"
    # The driver takes this for the same statement, as it does not compare the types of objects.
    with pytest.raises(oracledb.DatabaseError, match="ORA-00932"):
        call("PKG_TYPES.OVERLOADED", str, [rec.newobject()])
    assert call("PKG_TYPES.OVERLOADED", str, [rec.newobject()]) == "rec"
    assert call("pkg_types.overloaded", str, [array.newobject()]) == "array"
    assert call("PKG_TYPES.OVERLOADED", str, [cursor.arrayvar(str, ["a"])]) == "array"
    for wrong in ("text", 5, None, local.gettype("T_PEOPLE").newobject()):
        with pytest.raises(oracledb.DatabaseError, match="PLS-00306"):
            call("PKG_TYPES.Overloaded", str, [wrong])


def test_wrong_types(cursor: oracledb.Cursor, local: oracledb.Connection) -> None:
    kind = local.gettype("T_PEOPLE")
    people = cursor.var(kind)
    with pytest.raises(oracledb.DatabaseError, match="PLS-00382"):
        cursor.callfunc("PKG_TYPES.MAKE_REC", kind, [1, "uno"])
    with pytest.raises(oracledb.DatabaseError, match="PLS-00382"):
        cursor.callfunc("PKG_TYPES.MAKE_REC", str, [1, "uno"])
    with pytest.raises(oracledb.DatabaseError, match="PLS-00306"):
        cursor.execute(f"BEGIN {echo_name('T_NUMS')}(:a, :b, :c); END;", [people] * 3)
    with pytest.raises(oracledb.DatabaseError, match="PLS-00306"):
        cursor.execute(f"BEGIN {echo_name('T_NUMS')}(NULL, :b, :b); END;", [cursor.var(str)])


@pytest.mark.parametrize(
    ("kind", "message"),
    [("text", "ORA-06502"), ("number", "ORA-06502"), ("list", "ORA-06502"),
     ("attribute", "T_REC has no attribute NOPE"), ("long", "ORA-22165"),
     ("element", "ORA-06502"), ("index", "ORA-06502"), ("key", "ORA-06502"),
     ("null key", "NULL index table key"), ("high key", "ORA-01426"),
     ("text size", "buffer too small"),
     ("element size", "buffer too small")],
)  # fmt: skip
def test_values_that_do_not_fit(
    kind: str, message: str, cursor: oracledb.Cursor, local: oracledb.Connection
) -> None:
    names = ("T_NUMS", "T_NAMES", "PKG_TYPES.T_REC", "PKG_TYPES.T_ARR")
    variables = [cursor.var(local.gettype(name)) for name in names]
    with pytest.raises(oracledb.DatabaseError, match=message):
        cursor.callproc("PKG_TYPES.WRONG", [kind, *variables])


def test_null_records_have_null_fields(cursor: oracledb.Cursor, local: oracledb.Connection) -> None:
    for name, given, expected in (
        ("PKG_TYPES.T_REC", dict.fromkeys(_REC), dict.fromkeys(_REC)),
        ("PKG_TYPES.T_ARR", {}, {}),
        ("T_PERSON", None, None),
        ("PKG_TYPES.T_RECS", None, None),
    ):
        variables = [cursor.var(local.gettype(name)) for _ in range(3)]
        cursor.callproc(echo_name(name), variables)
        assert received["value"] == given
        assert from_object(variables[1].getvalue()) == expected


def test_null_object_at_the_start_of_an_object(
    cursor: oracledb.Cursor, local: oracledb.Connection
) -> None:
    """The driver takes a null at the start of an embedded object for that of the object."""
    kind = local.gettype("T_LEADING")
    value = to_object({"couple": {**_COUPLE, "one": None}, "n": 1}, kind, local)
    variables = [cursor.var(kind) for _ in range(3)]
    with pytest.raises(oracledb.DatabaseError, match="ORA-03115"):
        cursor.callproc(echo_name("T_LEADING"), [value, *variables[1:]])
    local.ping()


def test_sizes_of_attributes(cursor: oracledb.Cursor, local: oracledb.Connection) -> None:
    rec = cursor.var(local.gettype("PKG_TYPES.T_SIZED"))
    for given, expected in ((Decimal("12.345"), 12.3), (0, 0), (Decimal("0.04"), 0)):
        cursor.callproc("PKG_TYPES.MEASURE", [given, rec])
        assert expected == rec.getvalue().N
    for wrong, message in ((Decimal("99.96"), "number precision"), (21, "raw variable length")):
        with pytest.raises(oracledb.DatabaseError, match=f"ORA-06502.*{message}"):
            cursor.callproc("PKG_TYPES.MEASURE", [wrong, rec])


def test_arrays(cursor: oracledb.Cursor) -> None:
    name = echo_name("PKG_TYPES.T_ARR")
    for given in (["uno", None, "tres"], [], ["x"] * 10):
        variables = [cursor.arrayvar(str, 10) for _ in range(3)]
        variables[0].setvalue(0, given)
        variables[2].setvalue(0, given)
        cursor.callproc(name, variables)
        assert received["both"] == dict(enumerate(given, 1))
        assert [each.getvalue() for each in variables] == [given] * 3
    with pytest.raises(oracledb.DatabaseError, match="host bind array too small"):
        cursor.callproc(name, [["a", "b"], cursor.arrayvar(str, 1), cursor.arrayvar(str, 1)])
    numbers = cursor.arrayvar(Decimal, [Decimal("1.5"), Decimal(2)], 4)
    out = cursor.arrayvar(Decimal, 4)
    cursor.callproc(echo_name("PKG_TYPES.T_NUM_ARR"), [numbers, out, numbers])
    assert out.getvalue() == [Decimal("1.5"), 2]


def test_sparse_arrays(cursor: oracledb.Cursor, local: oracledb.Connection) -> None:
    array = cursor.arrayvar(str, 5)
    cursor.callproc("PKG_TYPES.SPARSE", [1, array])
    assert array.getvalue() == ["first", None, "second"]
    with pytest.raises(oracledb.DatabaseError, match="ORA-06513"):
        cursor.callproc("PKG_TYPES.SPARSE", [0, array])
    table = cursor.var(local.gettype("PKG_TYPES.T_ARR"))
    cursor.callproc("PKG_TYPES.SPARSE", [-8, table])
    assert table.getvalue().asdict() == {-8: "first", -6: "second"}


def test_values_longer_than_a_packet(cursor: oracledb.Cursor, local: oracledb.Connection) -> None:
    people = cursor.var(local.gettype("T_PEOPLE"))
    cursor.callproc("PKG_TYPES.REPEAT_NAMES", [260, people])
    names = [each.NOMBRE for each in people.getvalue()]
    assert names == ["ñ" * (index % 200) or None for index in range(260)]


def test_types_are_shared_by_several_calls(local: oracledb.Connection) -> None:
    kind = local.gettype("T_PEOPLE")
    with local.cursor() as cursor:
        cursor.setinputsizes(kind, kind, kind)
        block = f"BEGIN {echo_name('T_PEOPLE')}(:1, :2, :3); END;"
        rows = [[to_object([_PERSON] * n, kind, local), None, None] for n in range(3)]
        for row in rows:
            cursor.execute(block, row)
            assert len(received["value"]) == len(row[0].aslist())


def test_objects_are_not_for_sql(cursor: oracledb.Cursor, local: oracledb.Connection) -> None:
    with pytest.raises(oracledb.DatabaseError, match="ORA-00932"):
        cursor.execute("SELECT :1 FROM DUAL", [local.gettype("T_NUMS").newobject([1])])


def test_negative_integers_within_records(
    cursor: oracledb.Cursor, local: oracledb.Connection
) -> None:
    """The driver cannot pack them, and breaks off in the middle of its request."""
    kind = local.gettype("PKG_TYPES.T_ALL")
    record, variables = kind.newobject(), [cursor.var(kind) for _ in range(2)]
    for number in (-1, 5, -1, 6):
        record.I = number
        if number < 0:
            with pytest.raises(OverflowError):
                cursor.callproc(echo_name("PKG_TYPES.T_ALL"), [record, *variables])
        else:
            cursor.callproc(echo_name("PKG_TYPES.T_ALL"), [record, *variables])
            assert number == variables[0].getvalue().I


def test_arrays_of_executions(cursor: oracledb.Cursor, local: oracledb.Connection) -> None:
    kind = local.gettype("T_NUMS")
    results, values = cursor.var(int, arraysize=5), cursor.var(kind, arraysize=5)
    for number in range(5):
        values.setvalue(number, kind.newobject([number, number]))
    cursor.setinputsizes(results, values)
    cursor.executemany("BEGIN :1 := PKG_TYPES.SUM_ALL(:2); END;", 5)
    assert [results.getvalue(number) for number in range(5)] == [0, 2, 4, 6, 8]


def test_asyncio(embedded: Any) -> None:
    async def call() -> Any:
        async with oracledb.connect_async(
            user="dwh", password="dwh", dsn=embedded.dsn
        ) as connection:
            kind = await connection.gettype("PKG_TYPES.T_REC_ARR")
            record = (await connection.gettype("PKG_TYPES.T_REC")).newobject()
            record.ID = 1
            table = kind.newobject([record])
            cursor = connection.cursor()
            out = cursor.var(kind)
            arguments = [table, out, cursor.var(kind)]
            await cursor.callproc(echo_name("PKG_TYPES.T_REC_ARR"), arguments)
            return from_object(out.getvalue())

    # The first element that the driver appends to an index-by table has the index 0.
    assert asyncio.run(call()) == {0: {"id": 1, "nombre": None}}
