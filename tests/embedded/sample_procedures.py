"""Procedures for the tests, registered as a user of the embedded database would."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from oracle_api.embedded.call import Call
from oracle_api.embedded.procedures import Catalog, ProcedureError

catalog = Catalog(owner="DWH")
catalog.synonym("DEMO_SYNONYM", for_="DWH.PKG_SAMPLE")
catalog.synonym("ECHO_SYNONYM", for_="DWH.ECHO_NUMBER")
catalog.statement("CREATE TABLE SAMPLE (ID NUMBER(10) PRIMARY KEY, NAME VARCHAR2(20) NOT NULL)")
catalog.statement("INSERT INTO SAMPLE (ID, NAME) VALUES (1, 'uno')")

_TYPES = {
    "VARCHAR2": "VARCHAR2",
    "CHAR": "CHAR",
    "NUMBER": "NUMBER",
    "INTEGER": "PLS_INTEGER",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP",
    "TIMESTAMP_TZ": "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMP_LTZ": "TIMESTAMP WITH LOCAL TIME ZONE",
    "RAW": "RAW",
    "BOOLEAN": "BOOLEAN",
    "CLOB": "CLOB",
    "BLOB": "BLOB",
    "DOUBLE": "BINARY_DOUBLE",
}


def _register_echo(name: str, declared: str) -> None:
    """Register ECHO_x(value IN, copy OUT, both IN OUT): copies its input, doubles the other."""

    @catalog.procedure(
        f"ECHO_{name}(value IN {declared}, copy OUT {declared}, both IN OUT {declared})"
    )
    def echo(call: Call, value: Any, both: Any) -> dict[str, Any]:
        del call
        return {"copy": value, "both": both if both is not None else value}


for _name, _declared in _TYPES.items():
    _register_echo(_name, _declared)


@catalog.procedure("PKG_SAMPLE.DEFAULTS(a IN NUMBER, b IN VARCHAR2 DEFAULT 'two', "
                   "c IN DATE DEFAULT SYSDATE, d IN NUMBER := -4, r OUT VARCHAR2)")  # fmt: skip
def defaults(
    call: Call, a: Decimal, b: str | None, c: dt.datetime | None, d: Decimal | None
) -> dict[str, Any]:
    return {"r": f"{a} {b} {isinstance(c, dt.datetime)} {d}"}


@catalog.procedure("PKG_SAMPLE.OVERLOADED(n IN NUMBER) RETURN VARCHAR2")
def overloaded_number(call: Call, n: Decimal) -> str:
    return f"number {n}"


@catalog.procedure("PKG_SAMPLE.OVERLOADED(s IN VARCHAR2) RETURN VARCHAR2")
def overloaded_text(call: Call, s: str) -> str:
    return f"text {s}"


@catalog.procedure("PKG_SAMPLE.OVERLOADED(n IN NUMBER, m IN NUMBER) RETURN VARCHAR2")
def overloaded_two(call: Call, n: Decimal, m: Decimal) -> str:
    return f"numbers {n} {m}"


@catalog.procedure("PKG_SAMPLE.WITH_OUT(n IN NUMBER, twice OUT NUMBER) RETURN NUMBER")
def with_out(call: Call, n: Decimal) -> tuple[Decimal, dict[str, Any]]:
    return n + 1, {"twice": n * 2}


@catalog.procedure("PKG_SAMPLE.NEGATED(flag IN BOOLEAN) RETURN BOOLEAN")
def negated(call: Call, flag: bool | None) -> bool | None:
    return None if flag is None else not flag


@catalog.procedure("OTHER.PKG.WHOAMI RETURN VARCHAR2")
def whoami(call: Call) -> str:
    return f"{call.session.user} in {call.session.sid}"


@catalog.procedure("NOTHING")
def nothing(call: Call) -> None:
    call.check()


@catalog.procedure("COMPUTE(units IN NUMBER)")
def compute(call: Call, units: Decimal) -> None:
    for _ in range(int(units)):
        sum(range(2000))
        call.check()


@catalog.procedure("SCAN_FOREVER")
def scan_forever(call: Call) -> None:
    """A query that takes very long, all of it inside of SQLite."""
    call.execute("WITH n (i) AS (SELECT 1 FROM DUAL UNION ALL SELECT i + 1 FROM n) "
                 "SELECT COUNT(*) FROM n")  # fmt: skip


@catalog.procedure("BROKEN")
def broken(call: Call) -> None:
    raise KeyError("a mistake in the procedure")


@catalog.procedure("DIVIDE(a IN NUMBER, b IN NUMBER, r OUT NUMBER)")
def divide(call: Call, a: Decimal, b: Decimal) -> dict[str, Any]:
    return {"r": a / b}


@catalog.procedure("INSERT_AND_FAIL(n IN NUMBER)")
def insert_and_fail(call: Call, n: Decimal) -> None:
    call.execute("INSERT INTO SAMPLE (ID, NAME) VALUES (:1, 'lost')", [n])
    raise ProcedureError(20100, "after the insert")


@catalog.procedure("INSERT_AND_SLEEP(n IN NUMBER)")
def insert_and_sleep(call: Call, n: Decimal) -> None:
    call.execute("INSERT INTO SAMPLE (ID, NAME) VALUES (:1, 'lost')", [n])
    call.longop("INSERT_AND_SLEEP", 1, 2)
    call.sleep(60)


@catalog.procedure("INSERT_AND_COMMIT(n IN NUMBER)")
def insert_and_commit(call: Call, n: Decimal) -> None:
    call.execute("INSERT INTO SAMPLE (ID, NAME) VALUES (:n, 'kept')", {"n": n})
    call.commit()
    call.execute("INSERT INTO SAMPLE (ID, NAME) VALUES (:n, 'lost')", {"n": n + 1})
    raise ProcedureError(20101, "after the commit")


@catalog.procedure("MANY_ROWS(n IN NUMBER, rows_ OUT SYS_REFCURSOR)")
def many_rows(call: Call, n: Decimal) -> dict[str, Any]:
    def rows() -> Iterator[tuple[int, str]]:
        for number in range(int(n)):
            yield number, f"row {number}"

    return {"rows_": call.cursor([("N", "NUMBER(10)"), ("TEXT", "VARCHAR2(20)")], rows())}


@catalog.procedure("ALL_TYPES(rows_ OUT SYS_REFCURSOR)")
def all_types(call: Call) -> dict[str, Any]:
    columns = [
        ("N", "NUMBER(12,2)"), ("V", "VARCHAR2(20)"), ("D", "DATE"), ("T", "TIMESTAMP"),
        ("R", "RAW(16)"), ("C", "CLOB"), ("B", "BLOB"), ("F", "BINARY_DOUBLE"),
    ]  # fmt: skip
    full = (
        Decimal("1.25"), "ñandú", dt.datetime(2025, 12, 10, 8, 30),
        dt.datetime(2025, 1, 2, 3, 4, 5, 6),
        b"\x01\x02", "clob" * 5000, b"blob" * 5000, 0.5,
    )  # fmt: skip
    return {"rows_": call.cursor(columns, iter([full, (None,) * 8, full]))}


@catalog.procedure("FAILING_ROWS(rows_ OUT SYS_REFCURSOR)")
def failing_rows(call: Call) -> dict[str, Any]:
    def rows() -> Iterator[tuple[int]]:
        yield from ((number,) for number in range(10))
        raise ProcedureError(20102, "in the middle")

    return {"rows_": call.cursor([("N", "NUMBER")], rows())}


@catalog.procedure("BROKEN_ROWS(rows_ OUT SYS_REFCURSOR)")
def broken_rows(call: Call) -> dict[str, Any]:
    """Rows with a value too many."""
    return {"rows_": call.cursor([("N", "NUMBER")], iter([(1,), (2, 3)]))}


@catalog.procedure("NO_CURSOR(rows_ OUT SYS_REFCURSOR)")
def no_cursor(call: Call) -> None:
    call.check()


@catalog.procedure("COUNT_ROWS(rows_ IN SYS_REFCURSOR) RETURN NUMBER")
def count_rows(call: Call, rows_: Any) -> int:
    return len(rows_.fetch(1000))
