"""The demo procedures; these tests run against a real Oracle too, if one is configured."""

from __future__ import annotations

import datetime as dt
import re
import threading
import time
from decimal import Decimal
from pathlib import Path

import oracledb
import pytest

from oracle_api.embedded import demo


def test_proceso_largo(connection: oracledb.Connection) -> None:
    result = connection.cursor().var(Decimal)
    connection.cursor().execute(
        'BEGIN "PKG_ETL"."PROCESO_LARGO"("VFECHA" => :p1, "VRESULTADO" => :p2, "VSEGUNDOS" => :p3);'
        " END;",
        p1=dt.datetime(2025, 12, 10), p2=result, p3=Decimal("0.02"),
    )  # fmt: skip
    assert result.getvalue() == 12500


def test_proc_test(connection: oracledb.Connection) -> None:
    cursor = connection.cursor()
    output = cursor.var(str, size=32767)
    for text in ("hola", None, "ñandú " * 100):
        cursor.callproc("PROC_TEST", [text, output])
        assert output.getvalue() == "Procesado: " + (text or "")


def test_proc_test_params(connection: oracledb.Connection) -> None:
    output = connection.cursor().var(str)
    arguments = [1, "x", dt.datetime(2025, 12, 10), output]
    connection.cursor().callproc("PROC_TEST_PARAMS", arguments)
    assert output.getvalue() == "Number: 1, String: x, Date: 10/12/2025"


def test_proc_test_cursor(connection: oracledb.Connection) -> None:
    cursor = connection.cursor()
    for limit in (0, 1, 5, 250):
        rows = cursor.var(oracledb.DB_TYPE_CURSOR)
        cursor.callproc("PROC_TEST_CURSOR", [limit, rows])
        opened = rows.getvalue()
        assert [column[0] for column in opened.description] == ["ID", "NOMBRE", "FECHA"]
        found = opened.fetchall()
        assert [row[:2] for row in found] == [(n, f"Item {n}") for n in range(1, limit + 1)]
        assert all(isinstance(row[2], dt.datetime) for row in found)


def test_proc_test_error(connection: oracledb.Connection) -> None:
    cursor = connection.cursor()
    cursor.callproc("PROC_TEST_ERROR", [0])
    with pytest.raises(oracledb.DatabaseError) as caught:
        cursor.callproc("PROC_TEST_ERROR", [1])
    error = caught.value.args[0]
    assert error.code == 20001
    lines = error.message.splitlines()
    assert lines[0] == "ORA-20001: Error intencional de prueba"
    assert re.fullmatch(r'ORA-06512: at "\w+\.PROC_TEST_ERROR", line \d+', lines[1])
    assert lines[2] == "ORA-06512: at line 1"


def test_proc_test_dml(connection: oracledb.Connection) -> None:
    cursor = connection.cursor()
    created = cursor.var(int)
    cursor.execute("SELECT COUNT(*) FROM test_dml")
    (before,) = cursor.fetchone()
    cursor.callproc("PROC_TEST_DML", ["test_dml", created])
    assert created.getvalue() == 100
    assert connection.transaction_in_progress
    cursor.execute("SELECT COUNT(*) FROM test_dml")
    assert cursor.fetchone() == (before + 100,)
    connection.rollback()
    cursor.execute("SELECT COUNT(*) FROM test_dml")
    assert cursor.fetchone() == (before,)
    for name, message in (("no_such_table", "ORA-00942"), ("dual; --", "ORA-44003")):
        with pytest.raises(oracledb.DatabaseError, match=message):
            cursor.callproc("PROC_TEST_DML", [name, created])


def test_suma_simple(connection: oracledb.Connection) -> None:
    cursor = connection.cursor()
    result = cursor.var(Decimal)
    for a, b in (("0.1", "0.2"), ("12345678901234567890123456789012345678", "1"), ("-5", "5")):
        cursor.callproc("SUMA_SIMPLE", [Decimal(a), Decimal(b), result])
        expected = int(Decimal(a) * 10) + int(Decimal(b) * 10) if len(a) < 10 else None
        if expected is None:
            assert str(result.getvalue()) == "12345678901234567890123456789012345679"
        else:
            assert result.getvalue() * 10 == expected


def test_func_test_fecha(connection: oracledb.Connection) -> None:
    cursor = connection.cursor()
    fecha = cursor.callfunc("FUNC_TEST_FECHA", dt.datetime)
    cursor.execute("SELECT SYSDATE FROM DUAL")
    (now,) = cursor.fetchone()
    assert abs(now - fecha) < dt.timedelta(seconds=60)


def test_unknown_procedure(connection: oracledb.Connection) -> None:
    message = r"ORA-06550: line 1, column 7:\nPLS-00201: identifier 'NO_SUCH_PROC' must be declared"
    with pytest.raises(oracledb.DatabaseError, match=message):
        connection.cursor().callproc("NO_SUCH_PROC")
    with pytest.raises(oracledb.DatabaseError, match="PLS-00306"):
        connection.cursor().callproc("PROC_TEST", [1, 2, 3])


def test_cancel(connection: oracledb.Connection) -> None:
    cursor = connection.cursor()
    timer = threading.Timer(0.1, connection.cancel)
    timer.start()
    started = time.monotonic()
    with pytest.raises(oracledb.OperationalError, match="ORA-01013"):
        cursor.callproc("PROC_TEST_DEMORA", [300])
    timer.join()
    assert time.monotonic() - started < 60
    cursor.execute("SELECT 1 FROM DUAL")
    assert cursor.fetchone() == (1,)


def test_call_timeout(connection: oracledb.Connection) -> None:
    cursor = connection.cursor()
    connection.call_timeout = 200
    with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
        cursor.callproc("PROC_TEST_DEMORA", [30])
    connection.call_timeout = 0
    connection.ping()


def test_dictionary_describes_the_procedures(connection: oracledb.Connection) -> None:
    cursor = connection.cursor()
    cursor.execute(
        "SELECT argument_name, position, data_type, in_out, defaulted FROM all_arguments "
        "WHERE owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') AND package_name = :package "
        "AND object_name = :name AND data_level = 0 ORDER BY sequence",
        package="PKG_ETL", name="PROCESO_LARGO",
    )  # fmt: skip
    assert cursor.fetchall() == [
        ("VFECHA", 1, "DATE", "IN", "N"),
        ("VRESULTADO", 2, "NUMBER", "OUT", "N"),
        ("VSEGUNDOS", 3, "NUMBER", "IN", "Y"),
    ]


def test_script_has_the_same_procedures_as_the_embedded_database() -> None:
    script = (Path(__file__).parents[2] / "docs" / "sql" / "demo_procedures.sql").read_text()
    for stored in demo.catalog.objects.values():
        for subprogram in stored.subprograms:
            pattern = rf"(PROCEDURE|FUNCTION) {subprogram.name}\b(?:\((.*?)\))?"
            match = re.search(pattern, script, re.IGNORECASE | re.DOTALL)
            assert match is not None, subprogram.name
            names = re.findall(r"^\s*(\w+)\s+(?:IN|OUT)\b", match[2] or "", re.MULTILINE)
            assert [name.upper() for name in names] == [
                parameter.name for parameter in subprogram.parameters
            ]
