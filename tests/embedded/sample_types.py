"""Types for the tests, and procedures that have them as parameters."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from oracle_api.embedded.call import Call
from oracle_api.embedded.procedures import Catalog, ProcedureError

catalog = Catalog(owner="DWH")
catalog.statement(
    "CREATE TABLE CLIENTES (ID NUMBER(10) PRIMARY KEY, NOMBRE VARCHAR2(20) NOT NULL, ALTA DATE, "
    "SALDO NUMBER(12,2), TASA FLOAT, HUELLA RAW(8), CUANDO TIMESTAMP(3), NOTAS CLOB, "
    "APODO NVARCHAR2(10), CUENTA INTEGER)"
)
catalog.synonym("T_SYNONYM", for_="DWH.T_NUMS")
catalog.synonym("PKG_SYNONYM", for_="DWH.PKG_TYPES")
for _declaration in (
    "T_NUMS AS TABLE OF NUMBER",
    "T_NAMES AS VARRAY(3) OF VARCHAR2(40)",
    "T_PERSON AS OBJECT (id NUMBER, nombre VARCHAR2(400), nacido DATE)",
    "T_COUPLE AS OBJECT (one T_PERSON, names T_NAMES, other T_PERSON, score NUMBER(5,2))",
    "T_LEADING AS OBJECT (couple T_COUPLE, n NUMBER)",
    "T_PEOPLE AS TABLE OF T_PERSON",
    "T_COUPLES IS TABLE OF T_COUPLE",
    "T_MATRIX AS TABLE OF T_NUMS",
    "PKG_TYPES.T_REC IS RECORD (id NUMBER, nombre VARCHAR2(40))",
    "PKG_TYPES.T_ALL IS RECORD (n NUMBER(9) NOT NULL := 1, i PLS_INTEGER, f BOOLEAN DEFAULT TRUE, "
    "v VARCHAR2(4000), c CHAR(5), nv NVARCHAR2(2000), d DATE, t TIMESTAMP(9), "
    "tz TIMESTAMP WITH TIME ZONE, l TIMESTAMP WITH LOCAL TIME ZONE, r RAW(300), "
    "bd BINARY_DOUBLE, bf BINARY_FLOAT, cl CLOB, bl BLOB, nc NCLOB, w INTEGER, x FLOAT, "
    "y CLIENTES.SALDO%TYPE)",
    "PKG_TYPES.T_OUTER IS RECORD (rec T_REC, nums T_NUMS, people T_PEOPLE, fila CLIENTES%ROWTYPE)",
    "PKG_TYPES.T_ARR IS TABLE OF VARCHAR2(100) INDEX BY PLS_INTEGER",
    "PKG_TYPES.T_NUM_ARR IS TABLE OF NUMBER INDEX BY BINARY_INTEGER",
    "PKG_TYPES.T_RECS IS TABLE OF PKG_TYPES.T_REC",
    "PKG_TYPES.T_REC_ARR IS TABLE OF T_REC INDEX BY PLS_INTEGER",
    "PKG_TYPES.T_ROWS IS TABLE OF CLIENTES%ROWTYPE INDEX BY PLS_INTEGER;",
    "PKG_TYPES.T_LIMITED IS VARYING ARRAY (2) OF DATE NOT NULL",
    "PKG_TYPES.T_FLAGS IS TABLE OF BOOLEAN",
    "PKG_TYPES.T_INTS IS TABLE OF PLS_INTEGER",
    "PKG_TYPES.T_CLOBS IS TABLE OF NCLOB",
    "PKG_TYPES.T_BY_NAME IS TABLE OF NUMBER INDEX BY VARCHAR2(30)",
    "PKG_TYPES.T_SPANS IS RECORD (span INTERVAL DAY TO SECOND)",
    "PKG_TYPES.T_SIZED IS RECORD (n NUMBER(3,1), r RAW(20))",
    "PKG_TYPES.T_CUR IS REF CURSOR RETURN CLIENTES%ROWTYPE",
    "PKG_TYPES.T_ID IS NUMBER(10)",
    "PKG_TYPES.T_IDS IS TABLE OF T_ID INDEX BY PLS_INTEGER",
    "PKG_TYPES.T_MORE_IDS IS T_IDS",
):
    catalog.type(_declaration)

#: Types with an ECHO procedure.
ECHOED = (
    "ODCINUMBERLIST", "SYS.ODCIVARCHAR2LIST", "DBMS_SQL.VARCHAR2_TABLE",
    "T_NUMS", "T_NAMES", "T_PERSON", "T_COUPLE", "T_LEADING", "T_PEOPLE", "T_COUPLES", "T_MATRIX",
    "PKG_TYPES.T_REC", "PKG_TYPES.T_ALL", "PKG_TYPES.T_OUTER", "PKG_TYPES.T_ARR",
    "PKG_TYPES.T_NUM_ARR", "PKG_TYPES.T_RECS", "PKG_TYPES.T_REC_ARR", "PKG_TYPES.T_ROWS",
    "PKG_TYPES.T_LIMITED", "PKG_TYPES.T_FLAGS", "PKG_TYPES.T_INTS", "PKG_TYPES.T_CLOBS",
    "CLIENTES%ROWTYPE",
)  # fmt: skip
#: Scalar types with an ECHO procedure.
SCALARS = {
    "BINARY_FLOAT": "BINARY_FLOAT",
    "INTERVAL_DS": "INTERVAL DAY (9) TO SECOND (6)",
    "INTERVAL_YM": "INTERVAL YEAR TO MONTH",
    "NVARCHAR2": "NVARCHAR2",
    "NCHAR": "NCHAR",
    "NCLOB": "NCLOB",
    "ROWID": "ROWID",
    "UROWID": "UROWID",
    "XMLTYPE": "XMLTYPE",
    "JSON": "JSON",
    "FLOAT": "DOUBLE PRECISION",
    "ID": "PKG_TYPES.T_ID",
    "COLUMN": "CLIENTES.NOMBRE%TYPE",
    "TIMESTAMP9": "TIMESTAMP(9)",
}
#: What the ECHO procedures were given last.
received: dict[str, Any] = {}


def echo_name(type_name: str) -> str:
    """Return the name of the procedure that copies values of a type."""
    return "PKG_ECHO.E_" + type_name.replace(".", "_").replace("%", "_")


def _register_echo(name: str) -> None:
    """Register a procedure that copies its input, and keeps the IN OUT parameter as it is."""

    @catalog.procedure(f"{echo_name(name)}(value IN {name}, copy OUT {name}, both IN OUT {name})")
    def echo(call: Call, value: Any, both: Any) -> dict[str, Any]:
        del call
        received.update(value=value, both=both)
        return {"copy": value, "both": both}


def _register_scalar(name: str, declared: str) -> None:
    """Register a procedure of the same kind for a scalar type."""

    @catalog.procedure(
        f"PKG_SCALARS.E_{name}(value IN {declared}, copy OUT {declared}, both IN OUT {declared})"
    )
    def echo(call: Call, value: Any, both: Any) -> dict[str, Any]:
        del call
        received.update(value=value, both=both)
        return {"copy": value, "both": both}


for _name in ECHOED:
    _register_echo(_name)
for _name, _declared in SCALARS.items():
    _register_scalar(_name, _declared)


@catalog.procedure("PKG_TYPES.OPEN_IT(n IN T_ID, c OUT T_CUR, ids IN T_MORE_IDS)")
def open_it(call: Call, n: Decimal, ids: dict[int, Decimal]) -> dict[str, Any]:
    rows = ((index, f"n{index}") for index in [n, *ids.values()])
    return {"c": call.cursor([("ID", "NUMBER(10)"), ("NOMBRE", "VARCHAR2(20)")], rows)}


@catalog.procedure("PKG_TYPES.RETURN_TWO(n IN NUMBER)")
def return_two(call: Call, n: Decimal) -> None:
    """Returns implicit results, one with a LOB; fails afterwards for a negative number."""
    columns = [("I", "NUMBER(10)"), ("TEXT", "CLOB")]
    call.return_result(call.cursor([("N", "NUMBER(10)")], [(n,)]))
    call.return_result(call.cursor(columns, ((i, "x" * i) for i in range(int(n)))))
    if n < 0:
        raise ProcedureError(20001, "negative")


@catalog.procedure("PKG_TYPES.SUM_ALL(nums IN T_NUMS) RETURN NUMBER")
def sum_all(call: Call, nums: list[Decimal | None] | None) -> Decimal | None:
    return None if nums is None else sum((each for each in nums if each is not None), Decimal(0))


@catalog.procedure("PKG_TYPES.MAKE_REC(id IN NUMBER, nombre IN VARCHAR2) RETURN T_REC")
def make_rec(call: Call, id: Decimal, nombre: str) -> dict[str, Any]:
    return {"id": id, "NOMBRE": nombre}


@catalog.procedure("PKG_TYPES.OVERLOADED(a IN T_NUMS) RETURN VARCHAR2")
def overloaded_nums(call: Call, a: Any) -> str:
    return "nums"


@catalog.procedure("PKG_TYPES.OVERLOADED(a IN T_REC) RETURN VARCHAR2")
def overloaded_rec(call: Call, a: Any) -> str:
    return "rec"


@catalog.procedure("PKG_TYPES.OVERLOADED(a IN T_ARR) RETURN VARCHAR2")
def overloaded_array(call: Call, a: Any) -> str:
    return "array"


@catalog.procedure("PKG_TYPES.WRONG(kind IN VARCHAR2, nums OUT T_NUMS, names OUT T_NAMES, "
                   "rec OUT T_REC, arr OUT T_ARR)")  # fmt: skip
def wrong(call: Call, kind: str) -> dict[str, Any]:
    """Returns values that are none of their type."""
    return {
        "text": {"nums": "12"},
        "number": {"nums": 12},
        "list": {"rec": [1]},
        "attribute": {"rec": {"nope": 1}},
        "long": {"names": ["a", "b", "c", "d"]},
        "element": {"nums": ["x"]},
        "index": {"arr": 5},
        "key": {"arr": {"x": "a"}},
        "null key": {"arr": {None: "a"}},
        "high key": {"arr": {2**31: "a"}},
        "text size": {"rec": {"nombre": "ñ" * 21}},
        "element size": {"names": ["x" * 41]},
    }[kind]


@catalog.procedure("PKG_TYPES.SPARSE(first IN NUMBER, arr OUT T_ARR)")
def sparse(call: Call, first: Decimal) -> dict[str, Any]:
    return {"arr": {int(first) + 2: "second", int(first): "first"}}


@catalog.procedure("PKG_TYPES.MEASURE(width IN NUMBER, rec OUT T_SIZED)")
def measure(call: Call, width: Decimal) -> dict[str, Any]:
    return {"rec": {"n": width, "r": b"x" * int(width)}}


@catalog.procedure("PKG_TYPES.BY_NAME(a IN T_BY_NAME, s IN T_SPANS)")
def by_name(call: Call, a: Any, s: Any) -> None:
    """Has types that clients cannot use."""


@catalog.procedure("PKG_TYPES.REPEAT_NAMES(n IN NUMBER, people OUT T_PEOPLE)")
def repeat_names(call: Call, n: Decimal) -> dict[str, Any]:
    return {"people": [{"id": index, "nombre": "ñ" * (index % 200)} for index in range(int(n))]}


@catalog.procedure("PKG_TYPES.ODD_COLUMNS(rows_ OUT T_CUR)")
def odd_columns(call: Call) -> dict[str, Any]:
    """Columns of types that tables do not have here."""
    columns = [
        ("DS", "INTERVAL DAY TO SECOND"), ("YM", "INTERVAL YEAR TO MONTH"), ("X", "XMLTYPE"),
        ("BF", "BINARY_FLOAT"), ("NV", "NVARCHAR2(10)"),
    ]  # fmt: skip
    full = (dt.timedelta(1), (1, 2), "<a>€</a>", 0.1, "ñ€")
    return {"rows_": call.cursor(columns, [full, (None,) * 5, full])}
