"""Every type, with values that go in and what comes out: the tests and docs/types.md use these.

To add a type is to add a case here, and its twin to docs/sql/test_procedures.sql; then
``make types-doc``.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="number")


def to_json(value: Any) -> str:
    """Write JSON as a client would; a ``Decimal`` is a number with all its digits."""
    return _encoder.encode(value).decode()


def from_json(text: str) -> Any:
    """Read JSON without losing digits."""
    return json.loads(text, parse_float=Decimal)


class _Same(Enum):
    SAME = 0


SAME = _Same.SAME


@dataclass(frozen=True, eq=False)
class Example:
    """One value.

    Args:
        goes_in: the JSON value of an IN or IN OUT parameter.
        comes_out: that of an OUT or IN OUT parameter afterwards; ``SAME``: just that.
    """

    goes_in: Any
    comes_out: Any = SAME

    @property
    def expected(self) -> Any:
        """What must come out."""
        return self.goes_in if self.comes_out is SAME else self.comes_out


@dataclass(frozen=True, eq=False)
class TypeCase:
    """A type, and a procedure of PKG_TYPES with an IN, an OUT and an IN OUT parameter of it.

    Args:
        name: as a PL/SQL parameter declares it.
        procedure: of PKG_TYPES; it swaps: ``p_out := p_both; p_both := p_in``.
        examples: values that are not NULL.
        null: what a NULL comes out as.
        kind: of a composite, what it is.
        declared: what ``type`` in a request calls it; None where only the dictionary can tell.
        declarations: the types that it needs, as ``Catalog.type`` takes them.
    """

    name: str
    procedure: str
    examples: tuple[Example, ...]
    null: Any = None
    kind: str = ""
    declared: str | None = None
    declarations: tuple[str, ...] = ()

    def rows(self) -> list[Example]:
        """Give the examples, and NULL."""
        return [*self.examples, Example(None, self.null)]

    @property
    def signature(self) -> str:
        """The procedure as PL/SQL declares it."""
        name = self.name
        return f"PKG_TYPES.{self.procedure}(p_in IN {name}, p_out OUT {name}, p_both IN OUT {name})"


def _scalar(name: str, procedure: str, *examples: Any, declared: str | None = None) -> TypeCase:
    made = tuple(one if isinstance(one, Example) else Example(one) for one in examples)
    return TypeCase(name, procedure, made, declared=declared or name)


def _composite(
    kind: str, name: str, *examples: Any, declarations: Any = (), null: Any = None
) -> TypeCase:
    made = tuple(one if isinstance(one, Example) else Example(one) for one in examples)
    procedure = kind.replace(" ", "_").upper() + "_"
    return TypeCase(name, procedure, made, null, kind, declarations=tuple(declarations))


_DIGITS = Decimal("12345678901234567890123456789012345678")
_FRACTION = Decimal("-0.12345678901234567890123456789012345678")
_TEXT = "ñ 🐦 text"
# More than a megabyte: three UTF-16 units, six bytes, or three bytes of base64 each.
_MANY = 400_000
_EMPTY = Example("", None)

SCALARS = (
    _scalar("VARCHAR2", "VARCHAR2_", _TEXT, "  blanks  ", Example(5, "5"), _EMPTY, "x" * 32767),
    _scalar("NVARCHAR2", "NVARCHAR2_", _TEXT, _EMPTY),
    _scalar("CHAR", "CHAR_", "abc  ", _EMPTY),
    _scalar("NCHAR", "NCHAR_", "ñ  "),
    _scalar(
        "NUMBER",
        "NUMBER_",
        _DIGITS,
        _FRACTION,
        Example("1e3", 1000),
        Decimal("1E-130"),
        0,
    ),
    _scalar("INTEGER", "INTEGER_", _DIGITS, -1),
    _scalar("FLOAT", "FLOAT_", Decimal("1.25")),
    _scalar(
        "BINARY_FLOAT",
        "BINARY_FLOAT_",
        0.5,
        Example(0.1, Decimal("0.10000000149011612")),
        "NaN",
        "Infinity",
        "-Infinity",
    ),
    _scalar("BINARY_DOUBLE", "BINARY_DOUBLE_", 0.1, "NaN", "Infinity", "-Infinity"),
    _scalar("PLS_INTEGER", "PLS_INTEGER_", 2147483647, -2147483648),
    _scalar("BOOLEAN", "BOOLEAN_", True, False, Example("true", True), Example(0, False)),
    _scalar(
        "DATE",
        "DATE_",
        "2025-12-10T23:59:59",
        Example("10/12/2025", "2025-12-10T00:00:00"),
        Example("2025-12-10T01:02:03.9", "2025-12-10T01:02:03"),
    ),
    _scalar("TIMESTAMP", "TIMESTAMP_", "2025-12-10T01:02:03.123456"),
    _scalar(
        "TIMESTAMP WITH TIME ZONE",
        "TIMESTAMP_TZ_",
        Example("2024-07-01T12:00:00.5-05:30", "2024-07-01T17:30:00.500000Z"),
        "2024-07-01T12:00:00Z",
    ),
    _scalar(
        "TIMESTAMP WITH LOCAL TIME ZONE",
        "TIMESTAMP_LTZ_",
        Example("2024-07-01T12:00:00.5-05:30", "2024-07-01T17:30:00.500000Z"),
        "2024-07-01T12:00:00Z",
    ),
    _scalar("INTERVAL DAY TO SECOND", "INTERVAL_DS_", "P1DT2H3M4.5S", "-PT0.000001S", "PT0S"),
    _scalar("INTERVAL YEAR TO MONTH", "INTERVAL_YM_", "P1Y2M", "-P11M"),
    _scalar("RAW", "RAW_", "AP8Q", _EMPTY),
    _scalar("ROWID", "ROWID_", "AAAAECAABAAAAgiAAA"),
    _scalar("CLOB", "CLOB_", _TEXT, _EMPTY, "ñ🐦" * _MANY),
    _scalar("NCLOB", "NCLOB_", _TEXT, _EMPTY, "ñ🐦" * _MANY),
    _scalar("BLOB", "BLOB_", "AP8Q", _EMPTY, "AP8Q" * _MANY),
    _scalar("TIMESTAMP_UNCONSTRAINED", "TIMESTAMP_9_", "2025-12-10T01:02:03.123456789"),
    _scalar(
        "TIMESTAMP_TZ_UNCONSTRAINED",
        "TIMESTAMP_TZ_9_",
        Example("2024-07-01T12:00:00.000000001-05:30", "2024-07-01T17:30:00.000000001Z"),
    ),
    _scalar(
        "TIMESTAMP_LTZ_UNCONSTRAINED",
        "TIMESTAMP_LTZ_9_",
        Example("2024-07-01T12:00:00.123456789+02:00", "2024-07-01T10:00:00.123456789Z"),
    ),
    _scalar(
        "JSON",
        "JSON_",
        {"a": [1, _FRACTION, None, True], "ñ": {"b": "🐦"}},
        [],
        {},
        _TEXT,
        _DIGITS,
        False,
    ),
    _scalar("XMLTYPE", "XMLTYPE_", "<a>ñ</a>", "<a>" + "x" * 40_000 + "</a>"),
)

_PERSON = {"ID": 7, "NOMBRE": "Ana", "NACIDO": "1990-02-28T00:00:00"}
_NOBODY = {"ID": None, "NOMBRE": None, "NACIDO": None}
_RECORD = {"ID": Decimal("1.5"), "NOMBRE": "uno ñ", "ACTIVO": True}
_NO_RECORD = {"ID": None, "NOMBRE": None, "ACTIVO": None}
_ROW = {"ID": 5, "NOMBRE": "Eva", "ALTA": "2024-05-06T07:08:09"}
_ALL = {
    "TEXTO": _TEXT,
    "NUMERO": -5,
    "ENTERO": 7,
    "DOBLE": 0.1,
    "FECHA": "2025-12-10T23:59:59",
    "MOMENTO": "2025-12-10T01:02:03.123456",
    "DATOS": "AP8Q",
    "ACTIVO": False,
    "LARGO": "ñ",
    "BINARIO": "AP8Q",
}

COMPOSITES = (
    _composite(
        "varray",
        "PKG_TYPES.T_NAMES",
        ["a", "ñ", None],
        [],
        declarations=("PKG_TYPES.T_NAMES IS VARRAY(3) OF VARCHAR2(10)",),
    ),
    _composite(
        "nested table",
        "T_TYPES_NUMS",
        [1, Decimal("2.5"), -3, None],
        [],
        # The driver gives numbers within these that are not whole as floats.
        Example([_DIGITS, _FRACTION], [_DIGITS, Decimal("-0.12345678901234568")]),
        declarations=("T_TYPES_NUMS AS TABLE OF NUMBER",),
    ),
    _composite(
        "associative array",
        "PKG_TYPES.T_INDEXED",
        ["first", None, "third"],
        [],
        null=[],
        declarations=("PKG_TYPES.T_INDEXED IS TABLE OF VARCHAR2(100) INDEX BY PLS_INTEGER",),
    ),
    _composite(
        "record",
        "PKG_TYPES.T_REC",
        _RECORD,
        Example({"id": 1}, {**_NO_RECORD, "ID": 1}),
        null=_NO_RECORD,
        declarations=(
            "PKG_TYPES.T_REC IS RECORD (id NUMBER, nombre VARCHAR2(40), activo BOOLEAN)",
        ),
    ),
    _composite(
        "record of scalars",
        "PKG_TYPES.T_ALL",
        _ALL,
        {**_ALL, "LARGO": "ñ" * 40_000},
        null=dict.fromkeys(_ALL),
        declarations=(
            "PKG_TYPES.T_ALL IS RECORD (texto VARCHAR2(40), numero NUMBER, entero PLS_INTEGER, "
            "doble BINARY_DOUBLE, fecha DATE, momento TIMESTAMP, datos RAW(20), activo BOOLEAN, "
            "largo CLOB, binario BLOB)",
        ),
    ),
    _composite("row", "CLIENTES%ROWTYPE", _ROW, null=dict.fromkeys(_ROW)),
    _composite(
        "object type",
        "T_TYPES_PERSON",
        _PERSON,
        _NOBODY,
        declarations=("T_TYPES_PERSON AS OBJECT (id NUMBER, nombre VARCHAR2(40), nacido DATE)",),
    ),
    _composite(
        "table of records",
        "PKG_TYPES.T_RECS",
        [_RECORD, _NO_RECORD],
        [],
        null=[],
        declarations=("PKG_TYPES.T_RECS IS TABLE OF PKG_TYPES.T_REC INDEX BY PLS_INTEGER",),
    ),
    _composite(
        "table of objects",
        "T_TYPES_PEOPLE",
        [_PERSON, None],
        [],
        declarations=("T_TYPES_PEOPLE AS TABLE OF T_TYPES_PERSON",),
    ),
)

CASES = (*SCALARS, *COMPOSITES)

#: A REF CURSOR only comes out: of PKG_TYPES.REF_CURSOR_, by the number of its rows.
CURSOR = "SYS_REFCURSOR"
CURSOR_EXAMPLES = (
    Example(2, {"columns": ["ID", "NAME"], "rows": [[1, "row 1"], [2, "row 2"]]}),
    Example(0, {"columns": ["ID", "NAME"], "rows": []}),
    Example(None, None),
)
