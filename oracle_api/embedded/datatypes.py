"""The Oracle data types that the embedded database knows, and descriptions built on them."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from oracle_api.embedded.namedtypes import NamedType

CHARSET_UTF8 = 873
CHARSET_UTF16 = 2000
FORM_IMPLICIT = 1
FORM_NATIONAL = 2
MAX_VARCHAR2 = 32767
NO_SCALE = -127


class DataType(enum.IntEnum):
    """Data types by their number in the protocol."""

    VARCHAR2 = 1
    NUMBER = 2
    BINARY_INTEGER = 3
    LONG = 8
    ROWID = 11
    DATE = 12
    RAW = 23
    LONG_RAW = 24
    XMLTYPE = 58
    CHAR = 96
    BINARY_FLOAT = 100
    BINARY_DOUBLE = 101
    CURSOR = 102
    OBJECT = 109
    CLOB = 112
    BLOB = 113
    JSON = 119
    TIMESTAMP = 180
    TIMESTAMP_TZ = 181
    INTERVAL_YM = 182
    INTERVAL_DS = 183
    UROWID = 208
    TIMESTAMP_LTZ = 231
    BOOLEAN = 252


D = DataType
TEXT_TYPES = frozenset({D.VARCHAR2, D.CHAR, D.LONG, D.CLOB, D.ROWID, D.UROWID})
NUMBER_TYPES = frozenset({D.NUMBER, D.BINARY_INTEGER})
FLOAT_TYPES = frozenset({D.BINARY_FLOAT, D.BINARY_DOUBLE})
DATETIME_TYPES = frozenset({D.DATE, D.TIMESTAMP, D.TIMESTAMP_TZ, D.TIMESTAMP_LTZ})
BINARY_TYPES = frozenset({D.RAW, D.LONG_RAW, D.BLOB})
LOB_TYPES = frozenset({D.CLOB, D.BLOB})

#: Names as they are written in declarations, and the type each stands for.
TYPES_BY_NAME = {
    "VARCHAR2": D.VARCHAR2,
    "VARCHAR": D.VARCHAR2,
    "NVARCHAR2": D.VARCHAR2,
    "STRING": D.VARCHAR2,
    "CHAR": D.CHAR,
    "NCHAR": D.CHAR,
    "NUMBER": D.NUMBER,
    "NUMERIC": D.NUMBER,
    "DECIMAL": D.NUMBER,
    "INTEGER": D.NUMBER,
    "INT": D.NUMBER,
    "SMALLINT": D.NUMBER,
    "FLOAT": D.NUMBER,
    "REAL": D.NUMBER,
    "PLS_INTEGER": D.BINARY_INTEGER,
    "BINARY_INTEGER": D.BINARY_INTEGER,
    "NATURAL": D.BINARY_INTEGER,
    "POSITIVE": D.BINARY_INTEGER,
    "BINARY_DOUBLE": D.BINARY_DOUBLE,
    "BINARY_FLOAT": D.BINARY_FLOAT,
    "DATE": D.DATE,
    "TIMESTAMP": D.TIMESTAMP,
    "TIMESTAMP WITH TIME ZONE": D.TIMESTAMP_TZ,
    "TIMESTAMP WITH LOCAL TIME ZONE": D.TIMESTAMP_LTZ,
    "TIMESTAMP_UNCONSTRAINED": D.TIMESTAMP,
    "TIMESTAMP_TZ_UNCONSTRAINED": D.TIMESTAMP_TZ,
    "TIMESTAMP_LTZ_UNCONSTRAINED": D.TIMESTAMP_LTZ,
    "RAW": D.RAW,
    "LONG": D.LONG,
    "LONG RAW": D.LONG_RAW,
    "CLOB": D.CLOB,
    "NCLOB": D.CLOB,
    "BLOB": D.BLOB,
    "BOOLEAN": D.BOOLEAN,
    "SYS_REFCURSOR": D.CURSOR,
    "INTERVAL DAY TO SECOND": D.INTERVAL_DS,
    "INTERVAL YEAR TO MONTH": D.INTERVAL_YM,
    "XMLTYPE": D.XMLTYPE,
    "JSON": D.JSON,
    "ROWID": D.ROWID,
    "UROWID": D.UROWID,
}
NATIONAL_NAMES = frozenset({"NCHAR", "NVARCHAR2", "NCLOB"})
INTEGER_NAMES = frozenset({"INTEGER", "INT", "SMALLINT"})


class RowSource(Protocol):
    """What a REF CURSOR value is: described columns and rows still to be fetched."""

    columns: list[Column]

    def fetch(self, count: int) -> list[tuple[Any, ...]]:
        """Return up to ``count`` further rows."""

    def close(self) -> None:
        """Give up the rows that were not fetched."""


@dataclass(frozen=True)
class Column:
    """A column as it is described to the client.

    ``size`` is in bytes for RAW and in characters for text; ``precision`` and ``scale``
    are those of NUMBER (0 and -127 when it has none), or the digits of a TIMESTAMP's
    fraction in ``scale``.
    """

    name: str
    type: DataType
    size: int = 0
    precision: int = 0
    scale: int = NO_SCALE
    nullable: bool = True

    @property
    def buffer_size(self) -> int:
        """Bytes that a client needs for a value; never 0, which would mean 'always null'."""
        if self.type in (D.VARCHAR2, D.CHAR):
            return max(1, min(self.size * 4, MAX_VARCHAR2))
        if self.type in BINARY_TYPES or self.type in TEXT_TYPES:
            return max(1, self.size) if self.type == D.RAW else MAX_VARCHAR2
        return _FIXED_SIZES.get(self.type, 22)


_FIXED_SIZES = {
    D.DATE: 7,
    D.TIMESTAMP: 11,
    D.TIMESTAMP_LTZ: 11,
    D.TIMESTAMP_TZ: 13,
    D.INTERVAL_DS: 11,
    D.INTERVAL_YM: 5,
    D.BINARY_DOUBLE: 8,
    D.BINARY_FLOAT: 4,
    D.BOOLEAN: 4,
}


@dataclass(frozen=True)
class BindType:
    """The type of a bind variable, or of a column as the client wants it defined.

    ``oid`` identifies the named type of an object, record or collection.
    """

    type: DataType
    buffer_size: int
    is_array: bool = False
    max_elements: int = 0
    national: bool = False
    oid: bytes = b""


@dataclass(frozen=True)
class TypeSpec:
    """A data type as declared: ``NUMBER(10,2)``, ``VARCHAR2(40)``, ``TIMESTAMP WITH TIME ZONE``.

    ``named`` is the object, record or collection that it stands for, if it does.
    """

    type: DataType
    name: str
    size: int = 0
    precision: int = 0
    scale: int = NO_SCALE
    named: NamedType | None = None

    @property
    def national(self) -> bool:
        """Whether its text is in the national character set."""
        return self.name in NATIONAL_NAMES

    def column(self, name: str, nullable: bool = True) -> Column:
        """Return the description of a column of this type."""
        return Column(name, self.type, self.size, self.precision, self.scale, nullable)


def type_spec(name: str, numbers: list[int]) -> TypeSpec:
    """Return the type with a declared name and the numbers in its parentheses.

    Args:
        name: an upper-case name of ``TYPES_BY_NAME``.
        numbers: length, or precision and scale.

    Raises:
        KeyError: there is no such type.
    """
    data_type = TYPES_BY_NAME[name]
    first = numbers[0] if numbers else None
    if data_type == D.NUMBER:
        if name in INTEGER_NAMES:
            return TypeSpec(data_type, name, precision=38, scale=0)
        if name == "FLOAT":
            return TypeSpec(data_type, name, precision=first or 126)
        if first is None:
            return TypeSpec(data_type, name)
        scale = numbers[1] if len(numbers) > 1 else 0
        return TypeSpec(data_type, name, precision=first, scale=scale)
    if data_type in (D.TIMESTAMP, D.TIMESTAMP_TZ, D.TIMESTAMP_LTZ):
        if name.endswith("UNCONSTRAINED"):
            return TypeSpec(data_type, name, scale=9)
        return TypeSpec(data_type, name, scale=6 if first is None else first)
    if data_type in (D.INTERVAL_DS, D.INTERVAL_YM):
        scale = numbers[1] if len(numbers) > 1 else 6
        return TypeSpec(data_type, name, precision=2 if first is None else first, scale=scale)
    if data_type == D.CHAR:
        return TypeSpec(data_type, name, size=first or 1)
    return TypeSpec(data_type, name, size=first or 0)
