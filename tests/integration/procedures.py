"""Procedures that only tests call, registered beside the demo ones."""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from oracle_api.embedded.errors import CallBrokenError
from oracle_api.embedded.procedures import Catalog, ProcedureError

catalog = Catalog(owner="DWH")

# How soon a call ends that a test releases.
_LOOK_SECONDS = 0.05


class Tally:
    """What truly happened inside the database, counted by the procedures themselves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.started: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.released: set[str] = set()
        self.now = 0
        self.most_at_once = 0

    def __enter__(self) -> "Tally":
        with self._lock:
            self.now += 1
            self.most_at_once = max(self.most_at_once, self.now)
        return self

    def __exit__(self, *exc: object) -> None:
        with self._lock:
            self.now -= 1

    def start(self, key: str) -> None:
        with self._lock:
            self.started[key] += 1

    def end(self, key: str) -> None:
        with self._lock:
            self.ended[key] += 1

    def release(self, *keys: str) -> None:
        """Let calls of these keys work no longer."""
        with self._lock:
            self.released.update(keys)

    def reset(self) -> None:
        with self._lock:
            self.released.clear()
            self.started.clear()
            self.ended.clear()
            self.most_at_once = 0


tally = Tally()


@catalog.procedure("TEST_TALLY(p_key IN VARCHAR2, p_seconds IN NUMBER DEFAULT 0)")
def test_tally(call: Any, p_key: str, p_seconds: Decimal) -> None:
    """Count a start, work a while, count an end."""
    with tally:
        tally.start(p_key)
        until = time.monotonic() + float(p_seconds)
        while p_key not in tally.released and (left := until - time.monotonic()) > 0:
            call.sleep(min(left, _LOOK_SECONDS))
        tally.end(p_key)


@catalog.procedure("TEST_JOURNAL(p_path IN VARCHAR2, p_key IN VARCHAR2, p_seconds IN NUMBER)")
def test_journal(call: Any, p_path: str, p_key: str, p_seconds: Decimal) -> None:
    """Note a start in a file, work a while, note an end: what is noted outlives the database."""

    def note(what: str) -> None:
        # One write to a file that is only appended to: no process can break another's line.
        file = os.open(p_path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(file, f"{what} {p_key}\n".encode())
        finally:
            os.close(file)

    note("start")
    if p_seconds:
        call.sleep(float(p_seconds))
    note("end")


@catalog.procedure(
    "PKG_ECHO.ALL_TYPES("
    "p_varchar2 IN OUT VARCHAR2, p_number IN OUT NUMBER, p_date IN OUT DATE, "
    "p_timestamp IN OUT TIMESTAMP, p_zoned IN OUT TIMESTAMP WITH TIME ZONE, p_raw IN OUT RAW, "
    "p_boolean IN OUT BOOLEAN, p_clob IN OUT CLOB, p_blob IN OUT BLOB)"
)
def all_types(call: Any, **values: Any) -> dict[str, Any]:
    """Give every value back as it came."""
    return values


@catalog.procedure(
    "PKG_ECHO.COPY_TYPES(p_varchar2 IN VARCHAR2, p_number IN NUMBER, p_date IN DATE, "
    "p_timestamp IN TIMESTAMP, p_zoned IN TIMESTAMP WITH TIME ZONE, p_raw IN RAW, "
    "p_boolean IN BOOLEAN, p_clob IN CLOB, p_blob IN BLOB, "
    "o_varchar2 OUT VARCHAR2, o_number OUT NUMBER, o_date OUT DATE, "
    "o_timestamp OUT TIMESTAMP, o_zoned OUT TIMESTAMP WITH TIME ZONE, o_raw OUT RAW, "
    "o_boolean OUT BOOLEAN, o_clob OUT CLOB, o_blob OUT BLOB)"
)
def copy_types(call: Any, **values: Any) -> dict[str, Any]:
    """Give every value back under another name."""
    return {name.replace("p_", "o_", 1): value for name, value in values.items()}


@catalog.procedure("PKG_ROWS.MANY(p_count IN NUMBER, p_rows OUT SYS_REFCURSOR)")
def many(call: Any, p_count: Decimal) -> dict[str, Any]:
    """Open a cursor over so many rows, with two columns of the same name."""
    rows = ((number, f"row {number}", number) for number in range(1, int(p_count) + 1))
    columns = [("ID", "NUMBER"), ("NAME", "VARCHAR2(40)"), ("ID", "NUMBER")]
    return {"p_rows": call.cursor(columns=columns, rows=rows)}


@catalog.procedure("PKG_ROWS.ODD(p_rows OUT SYS_REFCURSOR)")
def odd(call: Any) -> dict[str, Any]:
    """Open a cursor over values that a CSV file must quote."""
    rows = [
        ("plain", 1),
        ("with, comma", Decimal("-0.5")),
        ('with "quotes"', Decimal("12345678901234567890.123")),
        ("two\nlines", None),
        ("ñ🐦", 0),
        (None, 7),
    ]
    return {
        "p_rows": call.cursor(columns=[("TEXT", "VARCHAR2(40)"), ("NUMBER", "NUMBER")], rows=rows)
    }


@catalog.procedure(
    "PKG_ROWS.SLOW(p_count IN NUMBER, p_seconds IN NUMBER, p_rows OUT SYS_REFCURSOR)"
)
def slow(call: Any, p_count: Decimal, p_seconds: Decimal) -> dict[str, Any]:
    """Open a cursor whose rows come slowly."""

    def rows() -> Iterator[tuple[int]]:
        for number in range(1, int(p_count) + 1):
            if number % 500 == 0:
                call.sleep(float(p_seconds) * 500 / float(p_count))
            yield (number,)

    return {"p_rows": call.cursor(columns=[("ID", "NUMBER")], rows=rows())}


@catalog.procedure("PKG_ROWS.NOT_OPENED(p_rows OUT SYS_REFCURSOR)")
def not_opened(call: Any) -> dict[str, Any]:
    """Leave its cursor closed."""
    return {"p_rows": None}


@catalog.procedure("TEST_STUBBORN(p_key IN VARCHAR2, p_raises IN BOOLEAN)")
def test_stubborn(call: Any, p_key: str, p_raises: bool) -> None:
    """Catch a break as WHEN OTHERS would; then raise an error of its own, or none."""
    tally.start(p_key)
    try:
        call.sleep(60)
    except CallBrokenError:
        tally.end(p_key)
        if p_raises:
            raise ProcedureError(20002, "caught the break") from None


@catalog.procedure("PKG_OUT.WRITES(p_lines IN NUMBER, p_fails IN NUMBER DEFAULT 0)")
def writes(call: Any, p_lines: Decimal, p_fails: Decimal) -> None:
    """Write lines with DBMS_OUTPUT."""
    for number in range(int(p_lines)):
        call.put_line(f"línea {number}")
    if p_fails:
        raise ProcedureError(20004, "after writing")


@catalog.procedure("PKG_BATCH.ADD_ROW(p_id IN NUMBER, p_text IN VARCHAR2, p_seen OUT NUMBER)")
def add_row(call: Any, p_id: Decimal, p_text: str) -> dict[str, Any]:
    """Insert a row, and count the rows of this text that its transaction sees."""
    if p_text == "bad":
        raise ProcedureError(20005, f"row {p_id} is bad")
    values = {"id": p_id, "text": p_text}
    call.execute("INSERT INTO test_dml (id, descripcion) VALUES (:id, :text)", values)
    [row] = call.execute(
        "SELECT COUNT(*) FROM test_dml WHERE descripcion = :text", {"text": p_text}
    )
    return {"p_seen": row[0]}


@catalog.procedure("PKG_BIG.CLOB_OF(p_text IN VARCHAR2, p_times IN NUMBER, p_clob OUT CLOB)")
def clob_of(call: Any, p_text: str, p_times: Decimal) -> dict[str, str]:
    """Give a text so many times."""
    return {"p_clob": p_text * int(p_times)}


@catalog.procedure("PKG_BIG.BLOB_OF(p_bytes IN NUMBER, p_blob OUT BLOB)")
def blob_of(call: Any, p_bytes: Decimal) -> dict[str, bytes]:
    """Give so many bytes that count up."""
    return {"p_blob": bytes(number % 251 for number in range(int(p_bytes)))}


@catalog.procedure("PKG_OVER.F(a IN NUMBER, r OUT VARCHAR2)")
def over_a(call: Any, a: Decimal) -> dict[str, str]:
    """Answer with the overload's parameters."""
    return {"r": "a"}


@catalog.procedure("PKG_OVER.F(a IN NUMBER, b IN NUMBER, r OUT VARCHAR2)")
def over_ab(call: Any, a: Decimal, b: Decimal) -> dict[str, str]:
    """Answer with the overload's parameters."""
    return {"r": "ab"}


@catalog.procedure("PKG_OVER.F(a IN NUMBER, c IN DATE, r OUT VARCHAR2)")
def over_ac(call: Any, a: Decimal, c: datetime) -> dict[str, str]:
    """Answer with the overload's parameters."""
    return {"r": "ac"}


@catalog.procedure("VENTAS.PKG_MES.TOTAL(p_mes IN NUMBER) RETURN NUMBER")
def total(call: Any, p_mes: Decimal) -> Decimal:
    """Stand in another schema, behind synonyms."""
    return p_mes * Decimal("1000.01")


@catalog.procedure("PKG_FAIL.RAISES(p_code IN NUMBER, p_text IN VARCHAR2)")
def raises(call: Any, p_code: Decimal, p_text: str) -> None:
    """Raise what it is told."""
    raise ProcedureError(int(p_code), p_text)


@catalog.procedure("PKG_DML.INSERT_AND_FAIL(p_table IN VARCHAR2)")
def insert_and_fail(call: Any, p_table: str) -> None:
    """Do work, then fail: the work must not be there afterwards."""
    call.execute(f"INSERT INTO {p_table} (id, descripcion) VALUES (-1, 'lost')", {})
    raise ProcedureError(20003, "after an insert")


catalog.synonym("MES", for_="VENTAS.PKG_MES", owner="PUBLIC")
catalog.synonym("PKG_MES_PROPIO", for_="DWH.PKG_MES_VIEJO", owner="DWH")
catalog.synonym("PKG_MES_VIEJO", for_="VENTAS.PKG_MES", owner="DWH")


# ---- collections, records, object types

catalog.statement("CREATE TABLE clientes (id NUMBER(9), nombre VARCHAR2(40), alta DATE)")
catalog.type("T_NUMS AS TABLE OF NUMBER")
catalog.type("T_NAMES AS VARRAY(3) OF VARCHAR2(10)")
catalog.type("T_PERSON AS OBJECT (id NUMBER, nombre VARCHAR2(40), nacido DATE)")
catalog.type("T_PEOPLE AS TABLE OF T_PERSON")
catalog.type("PKG_OBJ.T_REC IS RECORD (id NUMBER, nombre VARCHAR2(40), activo BOOLEAN)")
catalog.type("PKG_OBJ.T_IDX IS TABLE OF VARCHAR2(100) INDEX BY PLS_INTEGER")
catalog.type("PKG_OBJ.T_RECS IS TABLE OF PKG_OBJ.T_REC INDEX BY PLS_INTEGER")
catalog.type("PKG_OBJ.T_DEEP IS RECORD (titulo VARCHAR2(20), lineas PKG_OBJ.T_RECS)")


def echo(signature: str) -> None:
    """Register a procedure that gives its IN parameter back as its OUT parameter."""

    def procedure(call: Any, p_in: Any) -> dict[str, Any]:
        return {"p_out": p_in}

    catalog.procedure(signature)(procedure)


for name, kind in (
    ("NUMS", "T_NUMS"),
    ("NAMES", "T_NAMES"),
    ("PERSON", "T_PERSON"),
    ("PEOPLE", "T_PEOPLE"),
    ("REC", "PKG_OBJ.T_REC"),
    ("IDX", "PKG_OBJ.T_IDX"),
    ("RECS", "PKG_OBJ.T_RECS"),
    ("DEEP", "PKG_OBJ.T_DEEP"),
    ("FILA", "CLIENTES%ROWTYPE"),
    ("DS", "INTERVAL DAY TO SECOND"),
    ("YM", "INTERVAL YEAR TO MONTH"),
    ("ROWID_", "ROWID"),
    ("NVARCHAR2_", "NVARCHAR2"),
    ("NCLOB_", "NCLOB"),
    ("CHAR_", "CHAR"),
    ("BINARY_FLOAT_", "BINARY_FLOAT"),
    ("BINARY_DOUBLE_", "BINARY_DOUBLE"),
    ("PLS_INTEGER_", "PLS_INTEGER"),
    ("FLOAT_", "FLOAT"),
    ("XML", "XMLTYPE"),
    ("JSON_", "JSON"),
):
    echo(f"PKG_OBJ.{name}(p_in IN {kind}, p_out OUT {kind})")


@catalog.procedure("PKG_OBJ.SUMA(p_nums IN OUT T_NUMS) RETURN PKG_OBJ.T_REC")
def suma(call: Any, p_nums: list[Any]) -> Any:
    """Double the numbers, and give their sum in a record."""
    doubled = [number * 2 for number in p_nums]
    return {"id": sum(p_nums), "nombre": "suma", "activo": True}, {"p_nums": doubled}


@catalog.procedure("PKG_OBJ.MOVE(p_moment IN OUT TIMESTAMP WITH TIME ZONE)")
def move(call: Any, p_moment: datetime) -> dict[str, datetime]:
    """Give the same moment back, as the clock of another zone shows it."""
    return {"p_moment": p_moment.astimezone(timezone(timedelta(hours=-3)))}


@catalog.procedure("PKG_OBJ.JSON_IN_OUT(p_doc IN OUT JSON) RETURN NUMBER")
def json_in_out(call: Any, p_doc: Any) -> Any:
    """Put a document into an array, and count its members or elements."""
    return len(p_doc or ()), {"p_doc": [p_doc]}


@catalog.procedure("PKG_OBJ.XML_IN_OUT(p_xml IN OUT XMLTYPE)")
def xml_in_out(call: Any, p_xml: str | None) -> dict[str, str]:
    """Put a document into an element."""
    return {"p_xml": f"<in>{p_xml or ''}</in>"}


@catalog.procedure("PKG_OBJ.JSON_DEEP(p_levels IN NUMBER) RETURN JSON")
def json_deep(call: Any, p_levels: Decimal) -> Any:
    """Give a document of so many levels."""
    document: Any = 1
    for _ in range(int(p_levels)):
        document = [document]
    return document


@catalog.procedure("PKG_ROWS.DOCUMENTS(p_rows OUT SYS_REFCURSOR, p_doc OUT JSON)")
def documents(call: Any) -> dict[str, Any]:
    """Give documents, also with what JSON itself does not have."""
    rich = {
        "when": datetime(2025, 12, 10, 8, 30, 1, 500000),
        "span": timedelta(days=1, hours=2),
        "raw": b"hi",
        "double": 0.1,
        "exact": Decimal("1234567890.1234567890123456789012345678"),
    }
    rows = [(1, rich), (2, None), (3, "text"), (4, [True, {"a": None}])]
    columns = [("ID", "NUMBER"), ("DOC", "JSON")]
    return {"p_rows": call.cursor(columns=columns, rows=rows), "p_doc": rich}


@catalog.procedure("PKG_OBJ.RESULTS(p_rows IN NUMBER)")
def results(call: Any, p_rows: Decimal) -> None:
    """Return two implicit results."""
    for count in (int(p_rows), 1):
        rows = ((number,) for number in range(count))
        call.return_result(call.cursor(columns=[("N", "NUMBER")], rows=rows))
