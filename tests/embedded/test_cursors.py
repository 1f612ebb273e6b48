"""REF CURSORs."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import oracledb
import pytest


def _open(cursor: oracledb.Cursor, procedure: str, *arguments: Any) -> Any:
    rows = cursor.var(oracledb.DB_TYPE_CURSOR)
    cursor.callproc(procedure, [*arguments, rows])
    return rows.getvalue()


@pytest.mark.parametrize("count", [0, 1, 2, 99, 100, 101, 1000])
@pytest.mark.parametrize("arraysize", [1, 100, 333])
def test_any_number_of_rows(count: int, arraysize: int, cursor: oracledb.Cursor) -> None:
    rows = _open(cursor, "MANY_ROWS", count)
    assert [(column[0], column[1]) for column in rows.description] == [
        ("N", oracledb.DB_TYPE_NUMBER), ("TEXT", oracledb.DB_TYPE_VARCHAR),
    ]  # fmt: skip
    rows.arraysize = arraysize
    assert rows.fetchall() == [(number, f"row {number}") for number in range(count)]


def test_all_types_with_lobs(cursor: oracledb.Cursor) -> None:
    full = (
        Decimal("1.25"), "ñandú", dt.datetime(2025, 12, 10, 8, 30),
        dt.datetime(2025, 1, 2, 3, 4, 5, 6), b"\x01\x02", "clob" * 5000, b"blob" * 5000, 0.5,
    )  # fmt: skip
    for arraysize in (1, 2, 100):
        rows = _open(cursor, "ALL_TYPES")
        rows.arraysize = arraysize
        found = [
            tuple(each.read() if isinstance(each, oracledb.LOB) else each for each in row)
            for row in rows
        ]
        assert found == [full, (None,) * 8, full]


def test_rows_are_taken_lazily(cursor: oracledb.Cursor) -> None:
    rows = _open(cursor, "MANY_ROWS", 10**9)
    rows.arraysize = 10
    assert [number for number, _ in rows.fetchmany(25)] == list(range(25))
    rows.close()
    cursor.execute("SELECT 1 FROM DUAL")
    assert cursor.fetchone() == (1,)


def test_error_while_fetching(cursor: oracledb.Cursor) -> None:
    rows = _open(cursor, "FAILING_ROWS")
    rows.arraysize = 4
    found = []
    with pytest.raises(oracledb.DatabaseError, match="ORA-20102: in the middle"):
        found.extend(rows)
    cursor.callproc("NOTHING")


def test_mistake_while_fetching(cursor: oracledb.Cursor) -> None:
    rows = _open(cursor, "BROKEN_ROWS")
    with pytest.raises(oracledb.DatabaseError, match="ORA-06501"):
        rows.fetchall()
    cursor.callproc("NOTHING")


def test_cursor_that_was_never_opened(cursor: oracledb.Cursor) -> None:
    rows = _open(cursor, "NO_CURSOR")
    with pytest.raises(oracledb.Error):
        rows.fetchall()
    cursor.callproc("NOTHING")


def test_cursor_as_argument(cursor: oracledb.Cursor) -> None:
    rows = _open(cursor, "MANY_ROWS", 12)
    assert cursor.callfunc("COUNT_ROWS", int, [rows]) == 12


def test_two_cursors_at_once(cursor: oracledb.Cursor) -> None:
    one, other = _open(cursor, "MANY_ROWS", 5), _open(cursor, "MANY_ROWS", 6)
    one.arraysize = other.arraysize = 1
    assert [(a, b) for (a, _), (b, _) in zip(one, other, strict=False)] == [
        (number, number) for number in range(5)
    ]
