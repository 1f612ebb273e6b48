"""Anonymous blocks: calls, parameters of every type, and the compiler's errors."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import oracledb
import pytest

_VALUES: dict[str, tuple[Any, Any]] = {
    "VARCHAR2": (oracledb.DB_TYPE_VARCHAR, "ñandú €"),
    "CHAR": (oracledb.DB_TYPE_CHAR, "abc"),
    "NUMBER": (oracledb.DB_TYPE_NUMBER, Decimal("-12345678901234567890.123456789")),
    "INTEGER": (oracledb.DB_TYPE_BINARY_INTEGER, 77),
    "DATE": (oracledb.DB_TYPE_DATE, dt.datetime(2025, 12, 10, 23, 59, 59)),
    "TIMESTAMP": (oracledb.DB_TYPE_TIMESTAMP, dt.datetime(2025, 12, 10, 1, 2, 3, 456789)),
    "TIMESTAMP_TZ": (oracledb.DB_TYPE_TIMESTAMP_TZ, dt.datetime(2025, 12, 10, 1, 2, 3, 456789)),
    "TIMESTAMP_LTZ": (oracledb.DB_TYPE_TIMESTAMP_LTZ, dt.datetime(2025, 12, 10, 1, 2, 3)),
    "RAW": (oracledb.DB_TYPE_RAW, b"\x00\xff\x10"),
    "BOOLEAN": (oracledb.DB_TYPE_BOOLEAN, True),
    "CLOB": (oracledb.DB_TYPE_CLOB, "clob €" * 10000),
    "BLOB": (oracledb.DB_TYPE_BLOB, b"\x00\x01" * 30000),
    "DOUBLE": (oracledb.DB_TYPE_BINARY_DOUBLE, -0.1),
}


def _read(variable: oracledb.Var) -> Any:
    value = variable.getvalue()
    return value.read() if isinstance(value, oracledb.LOB) else value


@pytest.mark.parametrize("name", _VALUES)
@pytest.mark.parametrize("sdu", [512, 8192])
def test_every_type_three_times(name: str, sdu: int, embedded: Any) -> None:
    kind, value = _VALUES[name]
    with oracledb.connect(user="dwh", password="dwh", dsn=embedded.dsn, sdu=sdu) as opened:
        cursor = opened.cursor()
        for given in (value, None, value):
            variables = [cursor.var(Decimal if name == "NUMBER" else kind) for _ in range(3)]
            bound = given
            if given is not None and kind in (oracledb.DB_TYPE_CLOB, oracledb.DB_TYPE_BLOB):
                bound = opened.createlob(kind, given)
            variables[0].setvalue(0, bound)
            variables[2].setvalue(0, bound)
            cursor.execute(f"begin echo_{name}(:a, :b, :c); end;", variables)
            assert [_read(variable) for variable in variables] == [given] * 3
            assert cursor.rowcount == 0 or cursor.rowcount == 1
        opened.ping()


@pytest.mark.parametrize("name", [name for name in _VALUES if name != "BOOLEAN"])
def test_untyped_null_fits_every_type(name: str, cursor: oracledb.Cursor) -> None:
    kind, _ = _VALUES[name]
    copy, both = cursor.var(kind), cursor.var(kind)
    cursor.execute(f"BEGIN ECHO_{name}(NULL, :b, :c); END;", [copy, both])
    cursor.execute(f"BEGIN ECHO_{name}(:a, :b, :c); END;", [None, copy, both])
    assert copy.getvalue() is None


def test_false_is_not_null(cursor: oracledb.Cursor) -> None:
    assert cursor.callfunc("PKG_SAMPLE.NEGATED", bool, [True]) is False
    assert cursor.callfunc("PKG_SAMPLE.NEGATED", bool, [False]) is True
    result = cursor.var(bool)
    cursor.execute("BEGIN :r := PKG_SAMPLE.NEGATED(TRUE); END;", [result])
    assert result.getvalue() is False


@pytest.mark.parametrize(
    "name",
    ["SUMA_SIMPLE", "dwh.suma_simple", '"DWH"."SUMA_SIMPLE"', "Suma_Simple"],
)
def test_names_of_standalone_procedures(name: str, cursor: oracledb.Cursor) -> None:
    result = cursor.var(Decimal)
    cursor.execute(f"BEGIN {name}(1, b => :b, resultado => :r); END;", [Decimal("2.5"), result])
    assert result.getvalue() == Decimal("3.5")


@pytest.mark.parametrize(
    "name", ["PKG_SAMPLE.WITH_OUT", "DWH.PKG_SAMPLE.WITH_OUT", "demo_synonym.with_out",
             '"DWH"."PKG_SAMPLE"."WITH_OUT"'],
)  # fmt: skip
def test_names_of_packaged_functions(name: str, cursor: oracledb.Cursor) -> None:
    result, twice = cursor.var(int), cursor.var(int)
    cursor.execute(f"BEGIN :r := {name}(:n, :t); END;", [result, 20, twice])
    assert (result.getvalue(), twice.getvalue()) == (21, 40)


def test_other_schema_and_synonym_of_procedure(local: oracledb.Connection) -> None:
    cursor = local.cursor()
    assert cursor.callfunc("OTHER.PKG.WHOAMI", str) == f"DWH in {local.session_id}"
    with pytest.raises(oracledb.DatabaseError, match=r"PLS-00201: identifier 'PKG.WHOAMI'"):
        cursor.callfunc("PKG.WHOAMI", str)
    local.current_schema = "OTHER"
    assert cursor.callfunc("PKG.WHOAMI", str) == f"DWH in {local.session_id}"
    copy, both = cursor.var(int), cursor.var(int)
    cursor.callproc("ECHO_SYNONYM", [5, copy, both])
    assert copy.getvalue() == 5


def test_defaults(cursor: oracledb.Cursor) -> None:
    result = cursor.var(str)
    cursor.callproc("PKG_SAMPLE.DEFAULTS", [1], {"r": result})
    assert result.getvalue() == "1 two True -4"
    cursor.callproc("PKG_SAMPLE.DEFAULTS", [], {"d": 7, "r": result, "b": None, "a": 2})
    assert result.getvalue() == "2 None True 7"


def test_overloads(cursor: oracledb.Cursor) -> None:
    call = cursor.callfunc
    assert call("PKG_SAMPLE.OVERLOADED", str, [1]) == "number 1"
    assert call("PKG_SAMPLE.OVERLOADED", str, ["x"]) == "text x"
    assert call("PKG_SAMPLE.OVERLOADED", str, [1, 2]) == "numbers 1 2"
    assert call("PKG_SAMPLE.OVERLOADED", str, [], {"s": 5}) == "text 5"
    with pytest.raises(oracledb.DatabaseError, match="PLS-00307"):
        cursor.execute("BEGIN :r := PKG_SAMPLE.OVERLOADED(NULL); END;", [cursor.var(str)])


def test_several_statements_and_literals(cursor: oracledb.Cursor) -> None:
    text, number = cursor.var(str), cursor.var(Decimal)
    for _ in range(3):
        cursor.execute(
            """
            BEGIN
              NULL;
              proc_test('it''s', :t);   -- a comment with :no bind
              proc_test(:t || q'[ and 'more']', :t);
              suma_simple(-1.5, :n, :n); /* :nor this */
              nothing; nothing();
              BEGIN :m := SYSDATE; END;
            END;""",
            t=text, n=number, m=cursor.var(dt.datetime),
        )  # fmt: skip
        assert text.getvalue() == "Procesado: Procesado: it's and 'more'"
    assert number.getvalue() is None
    number.setvalue(0, 10)
    cursor.execute("BEGIN SUMA_SIMPLE(-1.5, :n, :n); END;", n=number)
    assert number.getvalue() == Decimal("8.5")


def test_call_statement(cursor: oracledb.Cursor) -> None:
    text, result = cursor.var(str), cursor.var(int)
    cursor.execute("CALL PROC_TEST('x', :t)", [text])
    cursor.execute("CALL PKG_SAMPLE.WITH_OUT(1, :t) INTO :r", [cursor.var(int), result])
    assert (text.getvalue(), result.getvalue()) == ("Procesado: x", 2)


def _echo(cursor: oracledb.Cursor, name: str, value: Any, *kinds: Any) -> list[Any]:
    variables = [cursor.var(kind) for kind in kinds]
    cursor.execute(f"BEGIN ECHO_{name}(:a, :b, :c); END;", [value, *variables])
    return [variable.getvalue() for variable in variables]


def test_conversions(cursor: oracledb.Cursor) -> None:
    half = Decimal("0.5")
    moment = dt.datetime(2025, 12, 10, 9, 8, 7)
    day = dt.datetime(2025, 12, 10)
    assert _echo(cursor, "NUMBER", "12.50", str, Decimal) == ["12.5", Decimal("12.5")]
    assert _echo(cursor, "VARCHAR2", half, str, Decimal) == [".5", half]
    assert _echo(cursor, "TIMESTAMP", moment, dt.datetime, str) == [moment, "10-DEC-25"]
    assert _echo(cursor, "DATE", "10-DEC-25", dt.datetime, str) == [day, "10-DEC-25"]
    assert _echo(cursor, "DOUBLE", half, float, Decimal) == [0.5, half]
    assert _echo(cursor, "RAW", "00ff", bytes, str) == [b"\x00\xff", "00FF"]
    cursor.execute("ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS'")
    text = "2025-12-10 01:02:03"
    assert _echo(cursor, "DATE", text, str, dt.datetime) == [
        text,
        day.replace(hour=1, minute=2, second=3),
    ]


@pytest.mark.parametrize(
    ("block", "binds", "message"),
    [
        ("BEGIN ECHO_NUMBER('x', :b, :c); END;", (int, int), "ORA-06502.*number conversion"),
        ("BEGIN PROC_TEST('xxxxx', :b); END;", (1,), "ORA-06502.*buffer too small"),
        ("BEGIN ECHO_DATE('foo', :b, :c); END;", (str, str), "ORA-01858"),
        ("BEGIN ECHO_INTEGER(99999999999, :b, :c); END;", (int, int), "ORA-01426"),
        ("BEGIN NOPE; END;", (), "line 1, column 7:\nPLS-00201: identifier 'NOPE' must be"),
        ("BEGIN\n  A.B.C(1); END;", (), "line 2, column 3:\nPLS-00201: identifier 'A.B.C'"),
        ("BEGIN PKG_ETL.NOPE; END;", (), "PLS-00302: component 'NOPE' must be declared"),
        ("BEGIN PROC_TEST('x'); END;", (), "PLS-00306: wrong number or types.*'PROC_TEST'"),
        ("BEGIN PROC_TEST('x', nope => 1); END;", (), "PLS-00306"),
        ("BEGIN PROC_TEST('x', 'y'); END;", (), "PLS-00363"),
        ("BEGIN PROC_TEST(TRUE, :b); END;", (str,), "PLS-00306"),
        ("BEGIN FUNC_TEST_FECHA; END;", (), "PLS-00221"),
        ("BEGIN :a := NOTHING; END;", (str,), "PLS-00222"),
        ("BEGIN PKG_ETL; END;", (), "PLS-00221"),
        ("BEGIN LOOP NULL; END LOOP; END;", (), 'PLS-00103: Encountered the symbol "LOOP"'),
        ("BEGIN NULL END;", (), 'PLS-00103: Encountered the symbol "END"'),
        ("BEGIN NULL;", (), 'PLS-00103: Encountered the symbol "end-of-file"'),
        ("DECLARE x Y; BEGIN NULL; END;", (), "PLS-00201"),
        ("BEGIN NOTHING(; END;", (), "PLS-00103"),
        ("BEGIN BROKEN; END;", (), 'ORA-06501.*\nORA-06512: at "DWH.BROKEN", line'),
        ("BEGIN DIVIDE(1, 0, :r); END;", (int,), "ORA-01476"),
        ("BEGIN PROC_TEST_ERROR(1); END;", (),
         r'^ORA-20001: Error intencional de prueba\nORA-06512: at "DWH.PROC_TEST_ERROR", line \d+'
         r"\nORA-06512: at line 1$"),
        ("BEGIN RAISE_APPLICATION_ERROR(-20500, 'mine'); END;", (), "^ORA-20500: mine\n"),
        ("BEGIN RAISE_APPLICATION_ERROR(-1, 'mine'); END;", (), "ORA-21000"),
    ],
)  # fmt: skip
def test_errors_then_the_session_goes_on(
    block: str, binds: tuple[Any, ...], message: str, cursor: oracledb.Cursor
) -> None:
    variables = [cursor.var(str, 1) if kind == 1 else cursor.var(kind) for kind in binds]
    for _ in range(3):
        with pytest.raises(oracledb.DatabaseError) as caught:
            cursor.execute(block, variables)
        assert re.search(message, str(caught.value), re.DOTALL)
        output = cursor.var(str)
        cursor.execute("BEGIN PROC_TEST('still', :o); END;", [output])
        assert output.getvalue() == "Procesado: still"


def test_reexecution_after_an_error(cursor: oracledb.Cursor) -> None:
    block = "BEGIN PROC_TEST_ERROR(:n); END;"
    for number in (0, 1, 0, 0, 1, 1, 0):
        if number:
            with pytest.raises(oracledb.DatabaseError, match="ORA-20001"):
                cursor.execute(block, [number])
        else:
            cursor.execute(block, [number])


def test_executemany(cursor: oracledb.Cursor) -> None:
    block = "BEGIN SUMA_SIMPLE(:1, :2, :3); END;"
    results = cursor.var(int, arraysize=4)
    cursor.setinputsizes(None, None, results)
    cursor.executemany(block, [(1, 2), (3, 4), (5, 6), (7, 8)])
    assert results.values == [3, 7, 11, 15]
    with pytest.raises(oracledb.DatabaseError, match="ORA-20001") as caught:
        cursor.executemany("BEGIN PROC_TEST_ERROR(:1); END;", [(0,), (0,), (1,), (0,)])
    assert caught.value.args[0].offset == 2


def test_commit_and_rollback_in_blocks(local: oracledb.Connection) -> None:
    cursor = local.cursor()
    cursor.execute("INSERT INTO SAMPLE VALUES (500, 'five')")
    assert local.transaction_in_progress
    cursor.execute("BEGIN ROLLBACK; END;")
    assert not local.transaction_in_progress
    cursor.execute("SELECT COUNT(*) FROM SAMPLE WHERE ID = 500")
    assert cursor.fetchone() == (0,)


def test_failed_procedure_leaves_no_trace(local: oracledb.Connection) -> None:
    cursor = local.cursor()
    cursor.execute("INSERT INTO SAMPLE VALUES (600, 'before')")
    with pytest.raises(oracledb.DatabaseError, match="ORA-20100"):
        cursor.callproc("INSERT_AND_FAIL", [601])
    assert local.transaction_in_progress
    cursor.execute("SELECT ID FROM SAMPLE WHERE ID >= 600 AND ID < 700")
    assert cursor.fetchall() == [(600,)]
    local.rollback()
    with pytest.raises(oracledb.DatabaseError, match="ORA-20100"):
        cursor.callproc("INSERT_AND_FAIL", [601])
    assert not local.transaction_in_progress


def test_commit_inside_a_procedure_stays(local: oracledb.Connection) -> None:
    cursor = local.cursor()
    with pytest.raises(oracledb.DatabaseError, match="ORA-20101"):
        cursor.callproc("INSERT_AND_COMMIT", [700])
    assert not local.transaction_in_progress
    cursor.execute("SELECT ID FROM SAMPLE WHERE ID IN (700, 701)")
    assert cursor.fetchall() == [(700,)]
    cursor.execute("DELETE SAMPLE WHERE ID = 700")
    local.commit()


def test_dbms_output(cursor: oracledb.Cursor) -> None:
    cursor.callproc("DBMS_OUTPUT.PUT_LINE", ["not yet enabled"])
    cursor.callproc("dbms_output.enable")
    lines = ["one", None, "three", "€" * 1000]
    for line in lines:
        cursor.callproc("dbms_output.put_line", [line])
    text, status = cursor.var(str, size=32767), cursor.var(int)
    cursor.callproc("dbms_output.get_line", [text, status])
    assert (text.getvalue(), status.getvalue()) == ("one", 0)
    array, count = cursor.arrayvar(str, 10), cursor.var(int)
    count.setvalue(0, 10)
    cursor.callproc("dbms_output.get_lines", (array, count))
    assert count.getvalue() == 3
    assert array.getvalue() == [None, "three", "€" * 1000]
    cursor.callproc("dbms_output.get_line", [text, status])
    assert status.getvalue() == 1
    cursor.callproc("dbms_output.enable", [None])


def test_array_that_does_not_fit(cursor: oracledb.Cursor) -> None:
    cursor.callproc("dbms_output.enable")
    for _ in range(3):
        cursor.callproc("dbms_output.put_line", ["x"])
    count = cursor.var(int)
    count.setvalue(0, 3)
    with pytest.raises(oracledb.DatabaseError, match=r"ORA-06502.*array too small"):
        cursor.callproc("dbms_output.get_lines", (cursor.arrayvar(str, 2), count))


def test_set_module_in_plsql(cursor: oracledb.Cursor) -> None:
    cursor.callproc("DBMS_APPLICATION_INFO.SET_MODULE", ["m" * 60, "an action"])
    cursor.callproc("DBMS_APPLICATION_INFO.SET_CLIENT_INFO", ["some info"])
    cursor.callproc("DBMS_SESSION.SET_IDENTIFIER", ["job 1"])
    cursor.execute("SELECT MODULE, ACTION, CLIENT_INFO, CLIENT_IDENTIFIER FROM V$SESSION "
                   "WHERE SID = SYS_CONTEXT('USERENV', 'SID')")  # fmt: skip
    assert cursor.fetchall() == [("m" * 48, "an action", "some info", "job 1")]
    cursor.callproc("DBMS_APPLICATION_INFO.SET_ACTION", ["another"])
    cursor.callproc("DBMS_SESSION.SLEEP", [0.001])
