"""Anonymous blocks with declarations, conditions, queries and exception handlers."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import oracledb
import pytest


def _run(cursor: oracledb.Cursor, block: str, **inputs: Any) -> Any:
    result = cursor.var(str)
    cursor.execute(block, {**inputs, "r": result})
    return result.getvalue()


@pytest.mark.parametrize(
    ("number", "expected"), [(1, "one"), (2, "even"), (3, "many"), (-4, "even"), (None, "null")]
)
def test_conditions(number: int | None, expected: str, cursor: oracledb.Cursor) -> None:
    block = """
        BEGIN
            IF :n IS NULL THEN :r := 'null';
            ELSIF :n = 1 THEN :r := 'one';
            ELSIF mod(:n, 2) = 0 AND NOT :n IS NULL THEN :r := 'even';
            ELSE :r := 'many';
            END IF;
        END;"""
    for _ in range(3):
        bound = cursor.var(int)
        bound.setvalue(0, number)
        assert _run(cursor, block, n=bound) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3 - 4 / 2", 5),
        ("-(1 + 2) * 2", -6),
        ("length('ñandú') - 1", 4),
        ("instr('a.b', '.')", 2),
        ("DATE '2025-01-02' - DATE '2025-01-01'", 1),
    ],
)
def test_arithmetic(expression: str, expected: int, cursor: oracledb.Cursor) -> None:
    assert _run(cursor, f"BEGIN :r := {expression}; END;") == str(expected)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("1 < 2 OR 1 = 0 AND NULL = 1", "yes"),
        ("NOT (1 >= 2)", "yes"),
        ("NULL = NULL", "no"),
        ("NOT NULL = 1", "no"),
        ("NULL = 1 OR FALSE", "no"),
        ("'10' > 9", "yes"),
        ("'a' || 'b' <> 'ab'", "no"),
        ("'x' IS NOT NULL AND '' IS NULL", "yes"),
        ("DATE '2025-01-02' > DATE '2025-01-01'", "yes"),
        ("TRUE = TRUE", "yes"),
        ("substr('PKG%ROWTYPE', length('PKG%ROWTYPE') - 7) = '%ROWTYPE'", "yes"),
    ],
)
def test_truth(condition: str, expected: str, cursor: oracledb.Cursor) -> None:
    block = f"BEGIN IF {condition} THEN :r := 'yes'; ELSE :r := 'no'; END IF; END;"
    assert _run(cursor, block) == expected


def test_variables(cursor: oracledb.Cursor) -> None:
    block = """
        DECLARE
            n NUMBER := 2;
            text VARCHAR2(10) DEFAULT 'x';
        BEGIN
            n := n + :n;
            DECLARE
                n VARCHAR2(20);
            BEGIN
                n := 'inner';
                text := text || n;
            END;
            :r := text || n;
        END;"""
    assert _run(cursor, block, n=3) == "xinner5"
    block = ("DECLARE t NUMBER; n NUMBER; BEGIN n := PKG_SAMPLE.WITH_OUT(4, t); "
             ":r := n || '/' || t; END;")  # fmt: skip
    assert _run(cursor, block) == "5/8"


def test_select_into(cursor: oracledb.Cursor) -> None:
    block = """
        DECLARE wanted NUMBER := 1; found VARCHAR2(20);
        BEGIN
            SELECT s.name, id + :n INTO found, :m FROM sample s WHERE s.id = wanted;
            :r := found;
        END;"""
    number = cursor.var(Decimal)
    for _ in range(3):
        assert _run(cursor, block, n=5, m=number) == "uno"
        assert number.getvalue() == 6


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT name INTO :r FROM sample WHERE id = -1", "none"),
        ("SELECT name INTO :r FROM (SELECT 'a' name FROM DUAL UNION ALL SELECT 'b' FROM DUAL)",
         "many"),
        ("RAISE_APPLICATION_ERROR(-20001, 'x')", "others"),
        (":r := 1 / 0", "others"),
        ("BEGIN SELECT name INTO :r FROM sample WHERE id = -1; EXCEPTION WHEN TOO_MANY_ROWS THEN "
         "NULL; END", "none"),
        (":r := 'fine'", "fine"),
    ],
)  # fmt: skip
def test_exceptions(statement: str, expected: str, cursor: oracledb.Cursor) -> None:
    block = f"""
        BEGIN
            {statement};
        EXCEPTION
            WHEN NO_DATA_FOUND THEN :r := 'none';
            WHEN TOO_MANY_ROWS OR VALUE_ERROR THEN :r := 'many';
            WHEN OTHERS THEN :r := 'others';
        END;"""
    assert _run(cursor, block) == expected


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("BEGIN\nSELECT name INTO :r FROM sample WHERE id = -1;\nEND;",
         r"^ORA-01403: no data found\nORA-06512: at line 2$"),
        ("BEGIN SELECT id, name INTO :r FROM sample WHERE id = 1; END;", "ORA-00913"),
        ("BEGIN SELECT nope INTO :r FROM sample; END;", "ORA-00904"),
        ("BEGIN SELECT id FROM sample; :r := 1; END;", "PLS-00103"),
        ("DECLARE v VARCHAR2(2); BEGIN v := 'abc'; :r := v; END;", "ORA-06502.*too small"),
        ("DECLARE n NUMBER(2,1) := 9.95; BEGIN :r := n; END;", "ORA-06502.*precision too large"),
        ("BEGIN v := 1; :r := 1; END;", "PLS-00201: identifier 'V' must be declared"),
        ("DECLARE v PKG.NOPE; BEGIN :r := 1; END;", "PLS-00201: identifier 'PKG.NOPE' must"),
        ("BEGIN :r := 1; EXCEPTION WHEN NOPE THEN NULL; END;", "PLS-00201: identifier 'NOPE'"),
        ("BEGIN IF 'a' THEN :r := 1; END; END;", "PLS-00103"),
        ("BEGIN :r := LENGTH(1, 2); END;", "ORA-"),
        ("BEGIN IF TRUE = 'x' THEN :r := 1; END IF; END;", "ORA-06502"),
        ("BEGIN IF NOT 'x' THEN :r := 1; END IF; END;", "ORA-06502"),
        ("BEGIN IF FALSE OR 'x' THEN :r := 1; END IF; END;", "ORA-06502"),
    ],
)  # fmt: skip
def test_errors(block: str, message: str, cursor: oracledb.Cursor) -> None:
    with pytest.raises(oracledb.DatabaseError) as caught:
        _run(cursor, block)
    (error,) = caught.value.args
    text = error.message.partition("\nHelp:")[0]
    assert re.search(message, text, re.DOTALL), text
