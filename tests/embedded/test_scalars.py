"""Intervals, national text, row identifiers, XML and other scalars; implicit results."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import oracledb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.embedded.values import IntervalYM, decode_interval_ym, encode_interval_ym
from tests.embedded.sample_types import SCALARS, received
from tests.embedded.test_values import driver_settings

_VALUES: dict[str, tuple[oracledb.DbType, list[Any]]] = {
    "BINARY_FLOAT": (oracledb.DB_TYPE_BINARY_FLOAT, [0.5, -1.25e5, math.inf]),
    "INTERVAL_DS": (
        oracledb.DB_TYPE_INTERVAL_DS,
        [dt.timedelta(5, 4, 3), dt.timedelta(-5, 4, 3), dt.timedelta(0)],
    ),
    "INTERVAL_YM": (
        oracledb.DB_TYPE_INTERVAL_YM,
        [oracledb.IntervalYM(3, 11), oracledb.IntervalYM(-3, -11), oracledb.IntervalYM(0, 0)],
    ),
    "NVARCHAR2": (oracledb.DB_TYPE_NVARCHAR, ["ñandú €", "😀" * 100]),
    "NCHAR": (oracledb.DB_TYPE_NCHAR, ["ñandú €"]),
    "NCLOB": (oracledb.DB_TYPE_NCLOB, ["ñandú €😀" * 5000]),
    "ROWID": (oracledb.DB_TYPE_VARCHAR, ["AAAR3sAAEAAAACXAAA"]),
    "FLOAT": (oracledb.DB_TYPE_NUMBER, [0.5]),
    "ID": (oracledb.DB_TYPE_NUMBER, [12]),
    "COLUMN": (oracledb.DB_TYPE_VARCHAR, ["text"]),
    "TIMESTAMP9": (oracledb.DB_TYPE_TIMESTAMP, [dt.datetime(2025, 1, 2, 3, 4, 5, 123456)]),
}


def _read(value: Any) -> Any:
    return value.read() if isinstance(value, oracledb.LOB) else value


@pytest.mark.parametrize("name", _VALUES)
@pytest.mark.parametrize("sdu", [512, 8192])
def test_every_scalar(name: str, sdu: int, embedded: Any) -> None:
    kind, values = _VALUES[name]
    with oracledb.connect(user="dwh", password="dwh", dsn=embedded.dsn, sdu=sdu) as opened:
        cursor = opened.cursor()
        for value in [*values, None, *values]:
            bound = value
            if value is not None and kind is oracledb.DB_TYPE_NCLOB:
                bound = opened.createlob(kind, value)
            variables = [cursor.var(kind) for _ in range(3)]
            variables[0].setvalue(0, bound)
            variables[2].setvalue(0, bound)
            cursor.callproc(f"PKG_SCALARS.E_{name}", variables)
            assert received == {"value": value, "both": value}
            assert [_read(each.getvalue()) for each in variables] == [value] * 3


def test_xml(cursor: oracledb.Cursor) -> None:
    text = "<a>ñ€</a>" * 1000
    for given_ in (text, None, "<b/>"):
        copy, both = (cursor.var(oracledb.DB_TYPE_XMLTYPE) for _ in range(2))
        block = "BEGIN PKG_SCALARS.E_XMLTYPE(XMLTYPE(:value), :copy, :two); END;"
        cursor.execute(block, [given_, copy, both])
        assert received == {"value": given_, "both": None}
        assert (copy.getvalue(), both.getvalue()) == (given_, None)
        copy, both = (cursor.var(oracledb.DB_TYPE_XMLTYPE) for _ in range(2))
        block = """
            DECLARE v XMLTYPE := XMLTYPE(:value); c XMLTYPE;
            BEGIN PKG_SCALARS.E_XMLTYPE(v, c, v); :copy := c; :two := v; END;"""
        cursor.execute(block, [given_, copy, both])
        assert received == {"value": given_, "both": given_}
        assert (copy.getvalue(), both.getvalue()) == (given_, given_)
    nulls = [cursor.var(oracledb.DB_TYPE_XMLTYPE) for _ in range(2)]
    with pytest.raises(oracledb.DatabaseError, match="PLS-00306"):
        cursor.callproc("PKG_SCALARS.E_XMLTYPE", ["<a/>", *nulls])


@pytest.mark.parametrize("name", ["ROWID", "UROWID"])
def test_row_identifiers(name: str, cursor: oracledb.Cursor) -> None:
    """The driver sends text, and takes either type for what it gets."""
    text = "AAAR3sAAEAAAACXAAA"
    copy, both = cursor.var(getattr(oracledb, f"DB_TYPE_{name}")), cursor.var(str)
    both.setvalue(0, text)
    for _ in range(3):
        cursor.callproc(f"PKG_SCALARS.E_{name}", [text, copy, both])
        assert received == {"value": text, "both": text}
        assert copy.getvalue() == both.getvalue() == text


@given(st.integers(-(10**9) + 1, 10**9 - 1), st.integers(0, 11))
def test_interval_survives(years: int, months: int) -> None:
    value = IntervalYM(years, -months if years < 0 else months)
    assert decode_interval_ym(encode_interval_ym(value)) == value


@given(st.floats(width=32, allow_nan=False))
@driver_settings
def test_floats_through_the_driver(cursor: oracledb.Cursor, value: float) -> None:
    variables = [cursor.var(oracledb.DB_TYPE_BINARY_FLOAT) for _ in range(3)]
    variables[0].setvalue(0, value)
    cursor.callproc("PKG_SCALARS.E_BINARY_FLOAT", variables)
    assert variables[1].getvalue() == received["value"] == value


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
@driver_settings
def test_national_text_through_the_driver(cursor: oracledb.Cursor, text: str) -> None:
    variables = [cursor.var(oracledb.DB_TYPE_NVARCHAR, 1000) for _ in range(3)]
    variables[0].setvalue(0, text)
    cursor.callproc("PKG_SCALARS.E_NVARCHAR2", variables)
    assert variables[1].getvalue() == received["value"] == (text or None)


def test_conversions(cursor: oracledb.Cursor) -> None:
    single, other = (cursor.var(oracledb.DB_TYPE_BINARY_FLOAT) for _ in range(2))
    for number, expected in ((0.1, 0.10000000149011612), (1e100, math.inf)):
        cursor.callproc("PKG_SCALARS.E_BINARY_FLOAT", [number, single, other])
        assert received["value"] == single.getvalue() == expected
    span = cursor.var(oracledb.DB_TYPE_INTERVAL_YM)
    for wrong, message in (("1-2", "ORA-06502"), (5, "PLS-00306")):
        with pytest.raises(oracledb.DatabaseError, match=message):
            cursor.callproc("PKG_SCALARS.E_INTERVAL_YM", [wrong, span, span])


def test_arguments(cursor: oracledb.Cursor) -> None:
    cursor.execute("SELECT object_name, data_type, character_set_name FROM all_arguments "
                   "WHERE package_name = 'PKG_SCALARS' AND position = 1")  # fmt: skip
    rows = {name.removeprefix("E_"): rest for name, *rest in cursor}
    assert rows.keys() == SCALARS.keys()
    assert rows["NVARCHAR2"] == ["NVARCHAR2", "NCHAR_CS"]
    assert rows["NCLOB"] == ["NCLOB", "NCHAR_CS"]
    assert rows["INTERVAL_DS"] == ["INTERVAL DAY TO SECOND", None]
    assert rows["XMLTYPE"] == ["OPAQUE/XMLTYPE", None]
    assert rows["COLUMN"] == ["VARCHAR2", "CHAR_CS"]
    assert rows["FLOAT"] == ["NUMBER", None]


def test_ref_cursor_types_and_subtypes(cursor: oracledb.Cursor) -> None:
    opened = cursor.var(oracledb.DB_TYPE_CURSOR)
    ids = cursor.arrayvar(Decimal, [Decimal(5), Decimal(6)])
    cursor.callproc("PKG_TYPES.OPEN_IT", [1, opened, ids])
    assert opened.getvalue().fetchall() == [(1, "n1"), (5, "n5"), (6, "n6")]


def test_columns_of_a_ref_cursor(cursor: oracledb.Cursor) -> None:
    opened = cursor.var(oracledb.DB_TYPE_CURSOR)
    full = (dt.timedelta(1), oracledb.IntervalYM(1, 2), "<a>€</a>", 0.10000000149011612, "ñ€")
    for _ in range(3):
        cursor.callproc("PKG_TYPES.ODD_COLUMNS", [opened])
        assert opened.getvalue().description[2][1] is oracledb.DB_TYPE_XMLTYPE
        assert opened.getvalue().fetchall() == [full, (None,) * 5, full]


@pytest.mark.parametrize(
    "declared", ["JSON", "XMLTYPE", "INTERVAL DAY TO SECOND", "BOOLEAN", "PLS_INTEGER"]
)
def test_types_that_tables_do_not_have(declared: str, cursor: oracledb.Cursor) -> None:
    with pytest.raises(oracledb.DatabaseError, match=r"ORA-009[02]2"):
        cursor.execute(f"CREATE TABLE odd (a {declared})")


@pytest.mark.parametrize("sdu", [512, 8192])
def test_implicit_results(sdu: int, embedded: Any) -> None:
    with oracledb.connect(user="dwh", password="dwh", dsn=embedded.dsn, sdu=sdu) as opened:
        cursor = opened.cursor()
        for count in (3, 0, 400):
            cursor.callproc("PKG_TYPES.RETURN_TWO", [count])
            first, second = cursor.getimplicitresults()
            assert first.fetchall() == [(count,)]
            assert [column[0] for column in second.description] == ["I", "TEXT"]
            rows = [(number, text and text.read()) for number, text in second]
            assert rows == [(i, "x" * i or None) for i in range(count)]
        opened.ping()


def test_implicit_results_of_a_block(cursor: oracledb.Cursor) -> None:
    cursor.execute("DECLARE c SYS_REFCURSOR; BEGIN ALL_TYPES(c); DBMS_SQL.RETURN_RESULT(c); "
                   "PKG_TYPES.RETURN_TWO(1); END;")  # fmt: skip
    assert [len(each.fetchall()) for each in cursor.getimplicitresults()] == [3, 1, 1]


def test_no_implicit_results(local: oracledb.Connection) -> None:
    with local.cursor() as cursor:
        cursor.callproc("NOTHING")
        # The driver makes no difference between this and no call at all.
        with pytest.raises(oracledb.InterfaceError, match="DPY-1004"):
            cursor.getimplicitresults()
        with pytest.raises(oracledb.DatabaseError, match="ORA-20001"):
            cursor.callproc("PKG_TYPES.RETURN_TWO", [-1])
        with pytest.raises(oracledb.DatabaseError, match="ORA-01001"):
            cursor.execute("DECLARE c SYS_REFCURSOR; BEGIN DBMS_SQL.RETURN_RESULT(c); END;")
