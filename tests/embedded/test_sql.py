"""SQL: queries, DML, types of columns, transactions and errors."""

from __future__ import annotations

import datetime as dt
import re
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import oracledb
import pytest

from oracle_api.embedded.server import EmbeddedServer


def _names(cursor: oracledb.Cursor) -> list[str]:
    return [column[0] for column in cursor.description or ()]


@pytest.fixture
def table(cursor: oracledb.Cursor) -> Iterator[str]:
    cursor.execute(
        """CREATE TABLE dwh.things (
             id NUMBER(10) CONSTRAINT things_pk PRIMARY KEY, name VARCHAR2(40 CHAR) NOT NULL,
             price NUMBER(12,2), exact NUMBER, born DATE DEFAULT SYSDATE, stamp TIMESTAMP(6),
             zoned TIMESTAMP WITH TIME ZONE, raw_data RAW(16), notes CLOB, data BLOB,
             factor BINARY_DOUBLE, kind CHAR(1) CHECK (kind IN ('A', 'B')))"""
    )
    yield "THINGS"
    cursor.connection.rollback()
    cursor.execute("DROP TABLE things")


def test_describe(table: str, cursor: oracledb.Cursor) -> None:
    cursor.execute('SELECT t.*, id + 1, id AS "Quoted", name n FROM things t')
    described = {column[0]: column[1:] for column in cursor.description or ()}
    expected = {
        "ID": (oracledb.DB_TYPE_NUMBER, 10, 0),
        "NAME": (oracledb.DB_TYPE_VARCHAR, None, None),
        "PRICE": (oracledb.DB_TYPE_NUMBER, 12, 2),
        "EXACT": (oracledb.DB_TYPE_NUMBER, 0, -127),
        "BORN": (oracledb.DB_TYPE_DATE, None, None),
        "STAMP": (oracledb.DB_TYPE_TIMESTAMP, None, None),
        "ZONED": (oracledb.DB_TYPE_TIMESTAMP_TZ, None, None),
        "RAW_DATA": (oracledb.DB_TYPE_RAW, None, None),
        "NOTES": (oracledb.DB_TYPE_CLOB, None, None),
        "DATA": (oracledb.DB_TYPE_BLOB, None, None),
        "FACTOR": (oracledb.DB_TYPE_BINARY_DOUBLE, None, None),
        "KIND": (oracledb.DB_TYPE_CHAR, None, None),
    }
    for name, (kind, precision, scale) in expected.items():
        assert described[name][0] == kind, name
        if precision is not None:
            assert (described[name][3], described[name][4]) == (precision, scale)
    assert described["NAME"][1] == 40
    cursor.execute('SELECT id AS "Quoted", name n, COUNT(*) total, price FROM things '
                   "GROUP BY id, name, price")  # fmt: skip
    assert _names(cursor) == ["Quoted", "N", "TOTAL", "PRICE"]
    cursor.execute("select id + 1, upper( 'a b' ), t.name from things t")
    assert _names(cursor) == ["ID+1", "UPPER('a b')", "NAME"]


def test_values_of_every_column_type(table: str, cursor: oracledb.Cursor) -> None:
    cursor.setinputsizes(stamp=oracledb.DB_TYPE_TIMESTAMP, zoned=oracledb.DB_TYPE_TIMESTAMP_TZ,
                         factor=oracledb.DB_TYPE_BINARY_DOUBLE)  # fmt: skip
    stamp = dt.datetime(2025, 1, 2, 3, 4, 5, 678)
    cursor.execute(
        "INSERT INTO things (id, name, price, exact, stamp, zoned, raw_data, notes, data, factor, "
        "kind) VALUES (:id, :name, :price, :exact, :stamp, :zoned, :bytes, :notes, :data, :factor, "
        ":kind)",
        id=1, name="ñ", price=Decimal("12.30"), exact=Decimal("1234567890123456789012345678.0123"),
        stamp=stamp, zoned=stamp, bytes=b"\x01\x02", notes="n" * 50000, data=b"d" * 50000,
        factor=0.1, kind="A",
    )  # fmt: skip
    cursor.execute("SELECT * FROM things", fetch_lobs=False, fetch_decimals=True)
    row = dict(zip(_names(cursor), cursor.fetchone(), strict=True))
    assert isinstance(row.pop("BORN"), dt.datetime)
    assert row == {
        "ID": 1, "NAME": "ñ", "PRICE": Decimal("12.3"),
        "EXACT": Decimal("1234567890123456789012345678.0123"), "STAMP": stamp, "ZONED": stamp,
        "RAW_DATA": b"\x01\x02", "NOTES": "n" * 50000, "DATA": b"d" * 50000, "FACTOR": 0.1,
        "KIND": "A",
    }  # fmt: skip


@pytest.mark.parametrize("sdu", [512, 8192])
@pytest.mark.parametrize("fetch_lobs", [True, False])
def test_lob_columns(sdu: int, fetch_lobs: bool, table: str, embedded: EmbeddedServer) -> None:
    with oracledb.connect(user="dwh", password="dwh", dsn=embedded.dsn, sdu=sdu) as opened:
        cursor = opened.cursor()
        texts = [("x" * 10, 1), ("€" * 20000, 2), (None, 3)]
        cursor.setinputsizes(oracledb.DB_TYPE_CLOB)
        cursor.executemany("INSERT INTO things (notes, id, name) VALUES (:1, :2, 'n')", texts)
        opened.commit()
        for _ in range(3):
            cursor.execute("SELECT notes, id FROM things ORDER BY id", fetch_lobs=fetch_lobs)
            found = [(_text(notes), number) for notes, number in cursor]
            assert found == texts
        cursor.execute("DELETE FROM things")
        opened.commit()


def _text(value: Any) -> Any:
    return value.read() if isinstance(value, oracledb.LOB) else value


def test_lob_operations(local: oracledb.Connection) -> None:
    lob = local.createlob(oracledb.DB_TYPE_CLOB, "hello")
    lob.write("HELLO, world", 1)
    assert (lob.size(), lob.read(), lob.read(8), lob.read(1, 5)) == (
        12, "HELLO, world", "world", "HELLO",
    )  # fmt: skip
    lob.trim(5)
    assert lob.read() == "HELLO"
    assert lob.getchunksize() > 0
    lob.open()
    assert lob.isopen()
    lob.close()
    assert not lob.isopen()
    data = local.createlob(oracledb.DB_TYPE_BLOB, b"\x00\x01")
    data.write(b"\x05", 4)
    assert data.read() == b"\x00\x01\x00\x05"


def test_temporary_lobs_are_freed(
    embedded: EmbeddedServer, local: oracledb.Connection, wait_until: Callable[..., None]
) -> None:
    cursor = local.cursor()
    (session,) = [each for each in embedded.sessions() if each.sid == local.session_id]
    for _ in range(20):
        copy = cursor.var(oracledb.DB_TYPE_CLOB)
        cursor.execute("BEGIN ECHO_CLOB('x', :1, :2); END;", [copy, cursor.var(str)])
        assert copy.getvalue().read() == "x"
        del copy
    local.ping()
    assert len(session.lobs) < 5


@pytest.mark.parametrize("prefetch", [0, 1, 2, 3, 100])
@pytest.mark.parametrize("arraysize", [1, 2, 7, 100])
def test_fetching_in_pieces(prefetch: int, arraysize: int, cursor: oracledb.Cursor) -> None:
    rows = cursor.var(oracledb.DB_TYPE_CURSOR)
    numbers = " UNION ALL ".join(f"SELECT {number} AS n FROM DUAL" for number in range(10))
    cursor.prefetchrows, cursor.arraysize = prefetch, arraysize
    for _ in range(3):
        cursor.execute(f"SELECT n FROM ({numbers}) WHERE n < :1 ORDER BY n", [7])
        assert [number for (number,) in cursor] == list(range(7))
        assert cursor.rowcount == 7
    cursor.execute("BEGIN MANY_ROWS(7, :1); END;", [rows])
    assert len(rows.getvalue().fetchall()) == 7


def test_bind_variables_are_per_occurrence(cursor: oracledb.Cursor) -> None:
    cursor.execute("SELECT :a, :b, :a FROM DUAL", a=1, b="two")
    assert cursor.fetchone() == (1, "two", 1)
    cursor.execute("SELECT ':no', :1 /* :no */ FROM DUAL -- :no", [3])
    assert cursor.fetchone() == (":no", 3)
    with pytest.raises(oracledb.DatabaseError, match=r"ORA-01008|DPY-4009"):
        cursor.execute("SELECT :1, :2 FROM DUAL", [3])


def test_row_counts_and_executemany(table: str, cursor: oracledb.Cursor) -> None:
    rows = [(number, f"n{number}", Decimal(number) / 4) for number in range(20)]
    cursor.executemany("INSERT INTO things (id, name, price) VALUES (:1, :2, :3)", rows,
                       arraydmlrowcounts=True)  # fmt: skip
    assert (cursor.rowcount, cursor.getarraydmlrowcounts()) == (20, [1] * 20)
    cursor.execute("UPDATE things SET price = price + 1 WHERE id < :1", [5])
    assert cursor.rowcount == 5
    cursor.execute("DELETE things WHERE id >= 15")
    assert cursor.rowcount == 5
    cursor.execute("SELECT SUM(price), AVG(price), MIN(price) FROM things", fetch_decimals=True)
    total, average, least = cursor.fetchone()
    assert (total, least) == (Decimal("31.25"), Decimal("1"))
    assert abs(average - total / 15) < Decimal("1e-20")
    cursor.execute("SELECT COUNT(*), MAX(id) FROM things")
    assert cursor.fetchone() == (15, 14)


def test_batch_errors(table: str, cursor: oracledb.Cursor) -> None:
    rows = [(1, "a"), (1, "b"), (2, None), (3, "c")]
    cursor.executemany("INSERT INTO things (id, name) VALUES (:1, :2)", rows, batcherrors=True)
    found = [(error.offset, error.full_code) for error in cursor.getbatcherrors()]
    assert found == [(1, "ORA-00001"), (2, "ORA-01400")]
    assert cursor.rowcount == 2
    with pytest.raises(oracledb.IntegrityError, match="ORA-00001") as caught:
        cursor.executemany("INSERT INTO things (id, name) VALUES (:1, :2)", [(9, "x"), (9, "y")])
    assert caught.value.args[0].offset == 1


def test_returning(table: str, cursor: oracledb.Cursor) -> None:
    number, name = cursor.var(int), cursor.var(str)
    for identity in (1, 2, 3):
        cursor.execute(
            "INSERT INTO things (id, name) VALUES (:1, :2) RETURNING id, name INTO :3, :4",
            [identity, "x", number, name],
        )
        assert (number.getvalue(), name.getvalue()) == ([identity], ["x"])
    cursor.execute("UPDATE things SET name = 'y' RETURNING id INTO :1", [number])
    assert number.getvalue() == [1, 2, 3]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT 1 FROM dual", 1),
        ("SELECT dummy FROM sys.dual", "X"),
        ("SELECT 0.1 + 0.2 FROM DUAL", Decimal("0.3")),
        ("SELECT 1 / 2 FROM DUAL", Decimal("0.5")),
        ("SELECT 10 - 2 - 3 FROM DUAL", 5),
        ("SELECT 2 + 3 * 4 - 8 / 2 FROM DUAL", 10),
        ("SELECT (1 + 2) * -(3) FROM DUAL", -9),
        ("SELECT -5 + +3 FROM DUAL", -2),
        ("SELECT NULL + 1 FROM DUAL", None),
        ("SELECT 12345678901234567890123456789012345677 + 1 FROM DUAL",
         Decimal("12345678901234567890123456789012345678")),
        ("SELECT 'a' || NULL || 1 || 'b' FROM DUAL", "a1b"),
        ("SELECT COUNT(*) OVER () + 1 FROM DUAL", 2),
        ("SELECT CASE WHEN 1 + 1 = 2 THEN 1 ELSE 0 END + 1 FROM DUAL", 2),
        ("SELECT TO_DATE('2025-12-31', 'YYYY-MM-DD') + 1.5 FROM DUAL",
         dt.datetime(2026, 1, 1, 12)),
        ("SELECT DATE '2025-12-31' - DATE '2025-12-01' FROM DUAL", 30),
        ("SELECT TRUNC(SYSDATE) - TRUNC(SYSDATE - 7) FROM DUAL", 7),
        ("SELECT COUNT(*) FROM DUAL WHERE SYSDATE - 1 < SYSDATE AND 'X' = DUMMY", 1),
        ("SELECT NVL(NULL, 'x') FROM DUAL", "x"),
        ("SELECT NVL('', 'x') FROM DUAL", "x"),
        ("SELECT 'a' || 'b' FROM DUAL", "ab"),
        ("SELECT DECODE(2, 1, 'a', 2, 'b', 'c') FROM DUAL", "b"),
        ("SELECT CASE WHEN 1 = 2 THEN 'a' ELSE 'b' END FROM DUAL", "b"),
        ("SELECT TO_CHAR(DATE '2025-12-10', 'DD/MM/YYYY') FROM DUAL", "10/12/2025"),
        ("SELECT TO_CHAR(1234.5, 'FM9,999.00') FROM DUAL", "1,234.50"),
        ("SELECT TO_CHAR(12) FROM DUAL", "12"),
        ("SELECT TO_DATE('10/12/2025 13:14', 'DD/MM/YYYY HH24:MI') FROM DUAL",
         dt.datetime(2025, 12, 10, 13, 14)),
        ("SELECT TO_TIMESTAMP('2025-12-10 13:14:15.5', 'YYYY-MM-DD HH24:MI:SS.FF') FROM DUAL",
         dt.datetime(2025, 12, 10, 13, 14, 15, 500000)),
        ("SELECT TIMESTAMP '2025-12-10 01:02:03.25' FROM DUAL",
         dt.datetime(2025, 12, 10, 1, 2, 3, 250000)),
        ("SELECT TO_NUMBER('12.5') FROM DUAL", Decimal("12.5")),
        ("SELECT UPPER('ñ') || LPAD('7', 3, '0') FROM DUAL", "Ñ007"),
        ("SELECT ROUND(2.567, 2), 1 FROM DUAL", Decimal("2.57")),
        ("SELECT TRUNC(2.567, 1) FROM DUAL", Decimal("2.5")),
        ("SELECT MOD(7, 3) FROM DUAL", 1),
        ("SELECT FLOOR(-7 / 2) FROM DUAL", -4),
        ("SELECT CEIL(-7 / 2) FROM DUAL", -3),
        ("SELECT SIGN(-3) + SIGN(0) + SIGN(5) FROM DUAL", 0),
        ("SELECT POWER(2, 10) FROM DUAL", 1024),
        ("SELECT BITAND(12, 10) FROM DUAL", 8),
        ("SELECT FLOOR(NULL) FROM DUAL", None),
        ("SELECT COUNT(*) FROM DUAL WHERE (1, 'a') IN ((2, 'a'), (1, 'a'))", 1),
        ("SELECT COUNT(*) FROM DUAL WHERE (1, 'a') NOT IN ((2, 'a'), (1, 'b'))", 1),
        ("SELECT COUNT(*) FROM DUAL WHERE (1) IN ((2), (1))", 1),
        ("SELECT COUNT(*) FROM DUAL WHERE (1, 2) IN (SELECT 1, 2 FROM DUAL)", 1),
        ("SELECT CASE WHEN NOT (EXISTS (SELECT 1 FROM DUAL)) THEN 1 ELSE 2 END FROM DUAL", 2),
        ("SELECT USER FROM DUAL", "DWH"),
        ("SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') FROM DUAL", "DWH"),
        ("SELECT SYS_CONTEXT('USERENV', 'SESSION_USER') FROM DUAL", "DWH"),
        ("SELECT CAST('5' AS NUMBER) FROM DUAL", 5),
        ("SELECT CAST(5 AS VARCHAR2(10)) FROM DUAL", "5"),
        ("SELECT 12345678901234567890123456789012345678 FROM DUAL",
         Decimal("12345678901234567890123456789012345678")),
        ("SELECT COUNT(*) FROM (SELECT 1 FROM DUAL MINUS SELECT 1 FROM DUAL)", 0),
        ("WITH t (n) AS (SELECT 5 FROM DUAL) SELECT n FROM t", 5),
        ("SELECT n FROM (SELECT 1 n FROM DUAL UNION ALL SELECT NULL FROM DUAL) "
         "ORDER BY n DESC FETCH FIRST 1 ROWS ONLY", None),
        ("SELECT n FROM (SELECT 1 n FROM DUAL UNION ALL SELECT NULL FROM DUAL) "
         "ORDER BY n OFFSET 0 ROWS FETCH NEXT 1 ROW ONLY", 1),
    ],
)  # fmt: skip
def test_expressions(query: str, expected: Any, cursor: oracledb.Cursor) -> None:
    cursor.execute(query, fetch_decimals=True)
    row = cursor.fetchone()
    assert row is not None
    assert row[0] == expected


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("EXCEPT ALL", [1, 1, 3]), ("MINUS ALL", [1, 1, 3]), ("INTERSECT ALL", [2, 2]),
        ("EXCEPT", [1, 3]), ("MINUS", [1, 3]),
    ],
)  # fmt: skip
def test_equal_rows_are_counted(
    operation: str, expected: list[int], cursor: oracledb.Cursor
) -> None:
    left = " UNION ALL ".join(f"SELECT {number} AS n FROM DUAL" for number in (1, 1, 2, 2, 3))
    right = " UNION ALL ".join("SELECT 2 AS n FROM DUAL" for _ in range(2))
    cursor.execute(f"SELECT n FROM ({left}) WHERE n > :a {operation} "
                   f"SELECT n FROM ({right}) WHERE n < :b", [0, 9])  # fmt: skip
    assert [column[0] for column in cursor.description or ()] == ["N"]
    assert sorted(number for (number,) in cursor) == expected


def test_a_case_of_lobs_is_a_lob(table: str, cursor: oracledb.Cursor) -> None:
    rows = [(number, b"d" * number if number > 90 else None) for number in range(1, 100)]
    cursor.executemany("INSERT INTO things (id, name, data) VALUES (:1, 'n', :2)", rows)
    query = "SELECT CASE WHEN id < 99 THEN data END FROM things ORDER BY id"
    cursor.execute(query)
    assert cursor.description[0][1] == oracledb.DB_TYPE_BLOB
    cursor.execute(f"{query} ASC", fetch_lobs=False)
    assert [data for (data,) in cursor] == [data for _, data in rows[:-1]] + [None]


def test_now(cursor: oracledb.Cursor) -> None:
    before = dt.datetime.now() - dt.timedelta(seconds=2)
    cursor.execute("SELECT SYSDATE, SYSTIMESTAMP, SYSDATE + 1, SYSDATE - 1/24 FROM DUAL")
    sysdate, timestamp, tomorrow, hour_ago = cursor.fetchone()
    assert before < sysdate < before + dt.timedelta(seconds=20)
    assert isinstance(timestamp, dt.datetime)
    assert abs(tomorrow - sysdate - dt.timedelta(days=1)) <= dt.timedelta(seconds=1)
    assert abs(sysdate - hour_ago - dt.timedelta(hours=1)) <= dt.timedelta(seconds=1)
    assert [column[1] for column in cursor.description or ()] == [
        oracledb.DB_TYPE_DATE, oracledb.DB_TYPE_TIMESTAMP_TZ,
        oracledb.DB_TYPE_DATE, oracledb.DB_TYPE_DATE,
    ]  # fmt: skip


def test_pagination_with_binds(cursor: oracledb.Cursor) -> None:
    numbers = " UNION ALL ".join(f"SELECT {number} n FROM DUAL" for number in range(10))
    cursor.execute(f"SELECT n FROM ({numbers}) WHERE n > :low ORDER BY n DESC "
                   "OFFSET :skip ROWS FETCH NEXT :take ROWS ONLY", [1, 2, 3])  # fmt: skip
    assert cursor.fetchall() == [(7,), (6,), (5,)]


_ERRORS = [
    ("SELECT * FROM nope", 942),
    ("SELECT nope FROM DUAL", 904),
    ("SELECT NOPE(1) FROM DUAL", 904),
    ("SELECT ROWNUM FROM DUAL", 904),
    ('SELECT "nope" FROM DUAL', 904),
    ("SELECT 1 FROM DUAL WHERE", 936),
    ("SELECT 1 FROM DUAL FOR DELETE", 933),
    ("SELECT 1 FROM DUAL;", 911),
    ("FOO", 900),
    ("MERGE INTO things USING DUAL ON (1 = 1)", 900),
    ("INSERT INTO things (nope) VALUES (1)", 904),
    ("INSERT INTO things (id) VALUES (1, 2)", 913),
    ("INSERT INTO things (id, name) VALUES (1)", 947),
    ("INSERT INTO things (id) VALUES (1)", 1400),
    ("INSERT INTO things (id, name) VALUES (1, 'x', )", 933),
    ("INSERT INTO things (id, name, kind) VALUES (1, 'x', 'Z')", 2290),
    ("INSERT INTO things (id, name) VALUES ('x', 'x')", 1722),
    ("INSERT INTO things (id, name) VALUES (12345678901, 'x')", 1438),
    ("INSERT INTO things (id, name) VALUES (1, RPAD('x', 41, 'x'))", 12899),
    ("INSERT INTO things (id, name, born) VALUES (1, 'x', 'foo')", 1861),
    ("UPDATE things SET nope = 1", 904),
    ("SELECT ADD(1, 2) FROM DUAL", 904),
    ("SELECT (1 + 2 FROM DUAL", 907),
    ("SELECT 1 / 0 FROM DUAL", 1476),
    ("SELECT SYSDATE + SYSDATE FROM DUAL", 975),
    ("SELECT SYSDATE * 2 FROM DUAL", 932),
    ("SELECT 'x' + 1 FROM DUAL", 1722),
    ("SELECT CASE WHEN 1 = 1 THEN 2 FROM DUAL", 905),
    ("CREATE TABLE things (id NUMBER)", 955),
    ("CREATE TABLE other (id FOO)", 902),
    ("CREATE TABLE other (id NUMBER) TABLESPACE users", 922),
    ("CREATE PROCEDURE p AS BEGIN NULL; END;", 901),
    ("DROP TABLE nope", 942),
    ("ALTER SESSION SET TIME_ZONE = 'nowhere'", 1882),
    ("GRANT SELECT ON things TO other", 900),
    ("SELECT TO_DATE('x', 'YYYY') FROM DUAL", 1858),
    ("SELECT TO_NUMBER('x') FROM DUAL", 1722),
]


@pytest.mark.parametrize(("statement", "code"), _ERRORS)
def test_errors(statement: str, code: int, table: str, cursor: oracledb.Cursor) -> None:
    for _ in range(3):
        with pytest.raises(oracledb.DatabaseError) as caught:
            cursor.execute(statement)
        assert caught.value.args[0].full_code == f"ORA-{code:05d}"
    cursor.execute("SELECT COUNT(*) FROM things")
    assert cursor.fetchone() == (0,)


def test_constraint_messages(cursor: oracledb.Cursor) -> None:
    with pytest.raises(oracledb.IntegrityError, match=r"ORA-00001: unique constraint \(DWH\."):
        cursor.execute("INSERT INTO sample (id, name) VALUES (1, 'x')")
    message = re.escape('ORA-01400: cannot insert NULL into ("DWH"."SAMPLE"."NAME")')
    with pytest.raises(oracledb.IntegrityError, match=message):
        cursor.execute("INSERT INTO sample (id) VALUES (2)")
    message = re.escape('ORA-01407: cannot update ("DWH"."SAMPLE"."NAME") to NULL')
    with pytest.raises(oracledb.DatabaseError, match=message):
        cursor.execute("UPDATE sample SET name = NULL")


def test_failed_statement_keeps_the_transaction(local: oracledb.Connection) -> None:
    cursor = local.cursor()
    cursor.execute("INSERT INTO sample (id, name) VALUES (50, 'x')")
    with pytest.raises(oracledb.IntegrityError):
        cursor.execute("INSERT INTO sample (id, name) SELECT id + 49, name FROM sample")
    assert local.transaction_in_progress
    cursor.execute("SELECT COUNT(*) FROM sample WHERE id >= 50 AND id < 100")
    assert cursor.fetchone() == (1,)
    local.rollback()


def test_failed_first_statement_leaves_no_transaction(local: oracledb.Connection) -> None:
    cursor = local.cursor()
    with pytest.raises(oracledb.IntegrityError):
        cursor.execute("INSERT INTO sample (id, name) VALUES (1, 'x')")
    assert not local.transaction_in_progress


def test_sessions_see_only_what_is_committed(
    local: oracledb.Connection, embedded: EmbeddedServer
) -> None:
    cursor = local.cursor()
    count = "SELECT COUNT(*) FROM sample WHERE id = 60"
    with oracledb.connect(user="dwh", password="dwh", dsn=embedded.dsn) as other:
        reader = other.cursor()
        cursor.execute("INSERT INTO sample (id, name) VALUES (60, 'x')")
        assert reader.execute(count).fetchone() == (0,)
        local.commit()
        assert reader.execute(count).fetchone() == (1,)
        reader.execute("DELETE FROM sample WHERE id = 60")
        other.commit()


def test_autocommit(local: oracledb.Connection) -> None:
    local.autocommit = True
    cursor = local.cursor()
    for _ in range(3):
        cursor.execute("INSERT INTO sample (id, name) VALUES (:1, 'x')", [70])
        assert not local.transaction_in_progress
        cursor.execute("DELETE FROM sample WHERE id = :1", [70])


def test_open_query_survives_changes_and_rollback(local: oracledb.Connection) -> None:
    numbers = " UNION ALL ".join(f"SELECT {number} n FROM DUAL" for number in range(300))
    reader, writer = local.cursor(), local.cursor()
    reader.arraysize = 10
    reader.execute(f"SELECT n FROM ({numbers}) ORDER BY n")
    assert reader.fetchone() == (0,)
    writer.execute("INSERT INTO sample (id, name) VALUES (80, 'x')")
    local.rollback()
    writer.execute("CREATE TABLE short_lived (id NUMBER)")
    writer.execute("DROP TABLE short_lived")
    assert len(reader.fetchall()) == 299


def test_lock_is_waited_for_and_can_be_cancelled(
    local: oracledb.Connection, embedded: EmbeddedServer
) -> None:
    cursor = local.cursor()
    cursor.execute("UPDATE sample SET name = 'locked' WHERE id = 1")
    with oracledb.connect(user="dwh", password="dwh", dsn=embedded.dsn) as other:
        other.call_timeout = 100
        waiting = other.cursor()
        with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
            waiting.execute("UPDATE sample SET name = 'mine' WHERE id = 1")
        other.call_timeout = 0
        done = threading.Event()

        def update() -> None:
            waiting.execute("UPDATE sample SET name = 'mine' WHERE id = 1")
            done.set()

        thread = threading.Thread(target=update)
        thread.start()
        assert not done.wait(0.05)
        local.rollback()
        assert done.wait(60)
        thread.join()
        other.rollback()


def test_ddl_commits(local: oracledb.Connection, table: str) -> None:
    cursor = local.cursor()
    cursor.execute("INSERT INTO things (id, name) VALUES (1, 'x')")
    cursor.execute("CREATE INDEX things_name ON things (name)")
    assert not local.transaction_in_progress
    local.rollback()
    cursor.execute("SELECT COUNT(*) FROM things")
    assert cursor.fetchone() == (1,)
    cursor.execute("TRUNCATE TABLE things")
    cursor.execute("SELECT COUNT(*) FROM things")
    assert cursor.fetchone() == (0,)


def test_parse_only(cursor: oracledb.Cursor) -> None:
    cursor.parse("SELECT id, name FROM sample WHERE id = :1")
    assert _names(cursor) == ["ID", "NAME"]
    with pytest.raises(oracledb.DatabaseError, match="ORA-00942"):
        cursor.parse("SELECT * FROM nope")


def test_more_statements_than_the_cache_holds(cursor: oracledb.Cursor) -> None:
    for _ in range(2):
        for number in range(60):
            cursor.execute(f"SELECT {number} FROM DUAL")
            assert cursor.fetchone() == (number,)


def test_too_many_cursors(local: oracledb.Connection) -> None:
    local.stmtcachesize = 0
    held = []
    for number in range(300):
        cursor = local.cursor()
        cursor.prefetchrows = 0
        cursor.execute(f"SELECT {number} FROM DUAL")
        held.append(cursor)
    with pytest.raises(oracledb.DatabaseError, match="ORA-01000"):
        local.cursor().execute("SELECT 300 FROM DUAL")
    for cursor in held:
        cursor.close()
    local.cursor().execute("SELECT 1 FROM DUAL")


def test_time_zone_of_the_session(local: oracledb.Connection) -> None:
    cursor = local.cursor()
    cursor.execute("ALTER SESSION SET TIME_ZONE = '+05:30'")
    cursor.execute("SELECT CURRENT_TIMESTAMP FROM DUAL")
    (moment,) = cursor.fetchone()
    expected = dt.datetime.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(hours=5, minutes=30)
    assert abs(moment - expected) < dt.timedelta(seconds=10)
