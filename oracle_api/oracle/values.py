"""JSON value to bind variable and back, by Oracle type. To add a type is to add a row."""

import base64
import binascii
import math
import re
from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias, TypeVar

import oracledb

from oracle_api.exceptions import ProcedureFailed
from oracle_api.oracle import dates, durations, timestamps
from oracle_api.oracle.documents import map_scalars, refuse_deep, text_where_quicker

VARCHAR2_BYTES = 32767
_ROWID_BYTES = 5267
_ROWID = re.compile(r"[A-Za-z0-9+/*=]{1,5267}", re.ASCII)
_NUMBER_DIGITS = 38
_NUMBER_EXPONENTS = range(-130, 126)

# As Cursor.var takes it. A NUMBER is asked for as Decimal: DB_TYPE_NUMBER would come as a float.
DriverType: TypeAlias = oracledb.DbType | type


_LOBS = (oracledb.DB_TYPE_CLOB, oracledb.DB_TYPE_NCLOB, oracledb.DB_TYPE_BLOB)


@dataclass(frozen=True)
class OracleType:
    """How one Oracle type travels.

    Args:
        name: as ``ALL_ARGUMENTS.DATA_TYPE`` writes it.
        bind: the driver's type of an IN or IN OUT bind.
        out: the driver's type of an OUT bind.
        encode: JSON value (never null) to what the driver binds; ValueError if it does not fit.
        decode: what the driver gives (never None) to a JSON value; second, DATE_FORMAT.
        size: of a bind variable in bytes, 0 where the type tells.
        expression: PL/SQL that makes an IN value of the bind variable ``{}``.
        takes_null: whether it makes a null of a null.
        local: PL/SQL type of a variable of the block that stands for a parameter which comes
            out; empty where the bind variable itself can.
        give: PL/SQL that makes of that variable ``{}`` what the bind variable is given.
    """

    name: str
    bind: DriverType
    out: DriverType
    encode: Callable[[Any], Any]
    decode: Callable[[Any, str], Any]
    size: int = 0
    expression: str = "{}"
    takes_null: bool = True
    local: str = ""
    give: str = "{}"

    @property
    def is_lob(self) -> bool:
        """Whether a value is sent ahead as a temporary LOB."""
        return self.bind in _LOBS

    @property
    def lob_type(self) -> oracledb.DbType:
        """The driver's type of such a LOB."""
        assert isinstance(self.bind, oracledb.DbType)  # noqa: S101 - true of every LOB
        return self.bind


def _encode_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        if isinstance(value, int):
            return str(value)
        if abs(value.adjusted()) > VARCHAR2_BYTES:  # format() would write every zero of it
            raise ValueError(f"is longer than {VARCHAR2_BYTES} bytes")
        return format(value, "f")
    raise ValueError("must be text")


_NUMBER_TEXT = re.compile(
    r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:E[+-]?\d+)?|NaN|Inf(?:inity)?)", re.IGNORECASE | re.ASCII
)


def _number(value: Any) -> Decimal:
    if isinstance(value, str):
        value = value.strip()
        if not _NUMBER_TEXT.fullmatch(value):
            raise ValueError("must be a number")
    elif isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("must be a number")
    try:
        return Decimal(value)
    except InvalidOperation:
        raise ValueError("must be a number") from None


def _encode_number(value: Any) -> Decimal | int:
    number = _number(value)
    if not number.is_finite():
        raise ValueError("must be a finite number")
    if number == 0:
        return 0
    digits = number.as_tuple().digits
    significant = len("".join(map(str, digits)).strip("0"))
    if significant > _NUMBER_DIGITS or number.adjusted() not in _NUMBER_EXPONENTS:
        raise ValueError(f"does not fit a NUMBER of {_NUMBER_DIGITS} digits")
    return number


def decode_number(value: Any, _date_format: str = "") -> int | Decimal:
    """Give a NUMBER as an ``int`` where it is whole, else with all its digits."""
    if isinstance(value, int):
        return value
    number = value if isinstance(value, Decimal) else Decimal(repr(value))
    return int(number) if number == number.to_integral_value() else number


def _encode_attribute_integer(value: Any) -> int:
    number = _number(value)
    # The driver sends no negative one within an object (OverflowError).
    if not (number.is_finite() and 0 <= number < 2**31 and number == int(number)):
        raise ValueError("must be a whole number from 0 to 2147483647")
    return int(number)


def _encode_float(value: Any) -> float:
    exact = _number(value)
    number = float(exact)
    if math.isinf(number) and exact.is_finite():
        raise ValueError("does not fit a BINARY_DOUBLE")
    return number


def _decode_float(value: Any, _date_format: str = "") -> float | str:
    number = float(value)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return number


def _moment(value: Any) -> dates.Moment:
    if not isinstance(value, str):
        raise ValueError(f"must be a date as text: {dates.ACCEPTED}")
    return dates.parse(value)


def _encode_date(value: Any) -> datetime:
    # A DATE has neither zone nor fraction: the clock as the client wrote it.
    return _moment(value).clock.replace(tzinfo=None, microsecond=0)


def _encode_timestamp(value: Any) -> str:
    return timestamps.encode_clock(_moment(value))


def _encode_instant(value: Any) -> str:
    return timestamps.encode_instant(_moment(value))


def _encode_attribute_timestamp(value: Any) -> datetime:
    return _moment(value).clock.replace(tzinfo=None)


def _encode_attribute_instant(value: Any) -> datetime:
    # The driver sends it without its offset; the session's time zone is UTC.
    return dates.naive_utc(_moment(value).clock)


def _decode_date(value: Any, date_format: str) -> str:
    return dates.render(value, date_format)


def _decode_utc(value: Any, date_format: str) -> str:
    return dates.render(value.replace(tzinfo=UTC), date_format)


def _decode_timestamp(value: Any, date_format: str) -> str:
    moment = timestamps.decode(value)
    return dates.render(moment.clock, date_format, moment.nanoseconds)


def _decode_instant(value: Any, date_format: str) -> str:
    moment = timestamps.decode(value)
    return dates.render(moment.clock.replace(tzinfo=UTC), date_format, moment.nanoseconds)


def _encode_bytes(value: Any) -> bytes:
    if not isinstance(value, str):
        raise ValueError("must be base64 text")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("must be base64 text (RFC 4648, section 4)") from None


def _encode_raw(value: Any) -> bytes:
    data = _encode_bytes(value)
    if len(data) > VARCHAR2_BYTES:
        raise ValueError(f"is longer than {VARCHAR2_BYTES} bytes")
    return data


def _decode_bytes(value: Any, _date_format: str = "") -> str:
    return base64.b64encode(value).decode("ascii")


def _encode_varchar2(value: Any) -> str:
    text = _encode_text(value)
    if len(text.encode()) > VARCHAR2_BYTES:
        raise ValueError(f"is longer than {VARCHAR2_BYTES} bytes")
    return text


def _encode_interval_ds(value: Any) -> timedelta:
    return durations.parse_day_to_second(_text(value))


def _decode_interval_ds(value: Any, _date_format: str = "") -> str:
    return durations.render_day_to_second(value)


def _encode_interval_ym(value: Any) -> oracledb.IntervalYM:
    return durations.parse_year_to_month(_text(value))


def _decode_interval_ym(value: Any, _date_format: str = "") -> str:
    return durations.render_year_to_month(value)


def _encode_rowid(value: Any) -> str:
    text = _text(value)
    if not _ROWID.fullmatch(text):
        raise ValueError("must be a ROWID")
    return text


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    return value


def _encode_boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise ValueError("must be true or false")


def _encode_json(value: Any) -> Any:
    refuse_deep(value)
    return map_scalars(value, _encode_json_scalar)


def _encode_json_scalar(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | str) else _encode_number(value)


def _decode_json(value: Any, _date_format: str = "") -> Any:
    try:
        refuse_deep(value)
    except ValueError as exc:
        raise ProcedureFailed(f"A JSON value {exc}.") from exc
    return map_scalars(value, _decode_json_scalar)


def _decode_json_scalar(value: Any) -> Any:
    """Make JSON of what Oracle's JSON holds beside JSON's own types."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | Decimal):
        return decode_number(value)
    if isinstance(value, float):
        return _decode_float(value)
    if isinstance(value, bytes):
        return _decode_bytes(value)
    if isinstance(value, datetime):
        return dates.render(value, "")
    if isinstance(value, timedelta):
        return _decode_interval_ds(value)
    return list(value) if isinstance(value, array) else str(value)


def _no_input(value: Any) -> Any:
    raise ValueError("cannot be passed in: a REF CURSOR only comes out")


def _decode_text(value: Any, _date_format: str = "") -> str:
    return str(value)


def _as_is(value: Any, _date_format: str = "") -> Any:
    return value


def _same(
    name: str,
    db_type: DriverType,
    encode: Callable[[Any], Any],
    decode: Callable[[Any, str], Any],
    size: int = 0,
) -> OracleType:
    return OracleType(name, db_type, db_type, encode, decode, size)


def _instants(name: str, local: str) -> OracleType:
    return OracleType(
        name,
        oracledb.DB_TYPE_VARCHAR,
        oracledb.DB_TYPE_VARCHAR,
        _encode_instant,
        _decode_instant,
        timestamps.BYTES,
        timestamps.TO_INSTANT,
        local=local,
        give=timestamps.OF_INSTANT,
    )


VARCHAR2 = _same("VARCHAR2", oracledb.DB_TYPE_VARCHAR, _encode_varchar2, _as_is, VARCHAR2_BYTES)
NUMBER = _same("NUMBER", Decimal, _encode_number, decode_number)
BOOLEAN = _same("PL/SQL BOOLEAN", oracledb.DB_TYPE_BOOLEAN, _encode_boolean, _as_is)
DATE = _same("DATE", oracledb.DB_TYPE_DATE, _encode_date, _decode_date)
REF_CURSOR = _same("REF CURSOR", oracledb.DB_TYPE_CURSOR, _no_input, _as_is)
CLOB = _same("CLOB", oracledb.DB_TYPE_CLOB, _encode_text, _as_is)
BLOB = _same("BLOB", oracledb.DB_TYPE_BLOB, _encode_bytes, _decode_bytes)
RAW = _same("RAW", oracledb.DB_TYPE_RAW, _encode_raw, _decode_bytes, VARCHAR2_BYTES)
JSON = _same("JSON", oracledb.DB_TYPE_JSON, _encode_json, _decode_json)
_JSON_TEXT = replace(
    JSON, bind=oracledb.DB_TYPE_CLOB, expression="JSON({})", takes_null=False, local="JSON"
)

_TYPES = (
    VARCHAR2,
    NUMBER,
    BOOLEAN,
    DATE,
    REF_CURSOR,
    CLOB,
    BLOB,
    RAW,
    JSON,
    _same("CHAR", oracledb.DB_TYPE_CHAR, _encode_varchar2, _as_is, VARCHAR2_BYTES),
    _same("NVARCHAR2", oracledb.DB_TYPE_NVARCHAR, _encode_varchar2, _as_is, VARCHAR2_BYTES),
    _same("NCHAR", oracledb.DB_TYPE_NCHAR, _encode_varchar2, _as_is, VARCHAR2_BYTES),
    _same("LONG", oracledb.DB_TYPE_VARCHAR, _encode_varchar2, _as_is, VARCHAR2_BYTES),
    _same("NCLOB", oracledb.DB_TYPE_NCLOB, _encode_text, _as_is),
    _same("FLOAT", Decimal, _encode_number, decode_number),
    _same("BINARY_INTEGER", Decimal, _encode_number, decode_number),
    _same("BINARY_FLOAT", oracledb.DB_TYPE_BINARY_FLOAT, _encode_float, _decode_float),
    _same("BINARY_DOUBLE", oracledb.DB_TYPE_BINARY_DOUBLE, _encode_float, _decode_float),
    OracleType(
        "TIMESTAMP",
        oracledb.DB_TYPE_VARCHAR,
        oracledb.DB_TYPE_VARCHAR,
        _encode_timestamp,
        _decode_timestamp,
        timestamps.BYTES,
        timestamps.TO_CLOCK,
        local="TIMESTAMP(9)",
        give=timestamps.OF_CLOCK,
    ),
    _instants("TIMESTAMP WITH TIME ZONE", "TIMESTAMP(9) WITH TIME ZONE"),
    _instants("TIMESTAMP WITH LOCAL TIME ZONE", "TIMESTAMP(9) WITH LOCAL TIME ZONE"),
    _same(
        "INTERVAL DAY TO SECOND",
        oracledb.DB_TYPE_INTERVAL_DS,
        _encode_interval_ds,
        _decode_interval_ds,
    ),
    _same(
        "INTERVAL YEAR TO MONTH",
        oracledb.DB_TYPE_INTERVAL_YM,
        _encode_interval_ym,
        _decode_interval_ym,
    ),
    # The driver reads an XMLTYPE but sends none: one goes in as the CLOB that it is made of.
    OracleType(
        "OPAQUE/XMLTYPE",
        oracledb.DB_TYPE_CLOB,
        oracledb.DB_TYPE_XMLTYPE,
        _encode_text,
        _as_is,
        expression="XMLTYPE({})",
        takes_null=False,
        local="XMLTYPE",
    ),
    # Oracle converts a ROWID from and to text by itself.
    _same("ROWID", oracledb.DB_TYPE_VARCHAR, _encode_rowid, _as_is, _ROWID_BYTES),
    _same("UROWID", oracledb.DB_TYPE_VARCHAR, _encode_rowid, _as_is, _ROWID_BYTES),
)
_BY_NAME = {item.name: item for item in _TYPES}

# Other names for the same types: PL/SQL subtypes, and what clients write in `type`.
_ALIASES = {
    "STRING": "VARCHAR2", "VARCHAR": "VARCHAR2", "TEXT": "VARCHAR2",
    "INTEGER": "NUMBER", "INT": "NUMBER", "DECIMAL": "NUMBER", "NUMERIC": "NUMBER",
    "SMALLINT": "NUMBER", "REAL": "NUMBER", "DOUBLE": "NUMBER", "DOUBLE PRECISION": "NUMBER",
    "PLS_INTEGER": "BINARY_INTEGER",
    "BOOLEAN": "PL/SQL BOOLEAN", "BOOL": "PL/SQL BOOLEAN",
    "DATETIME": "TIMESTAMP", "TIMESTAMP_UNCONSTRAINED": "TIMESTAMP",
    "TIMESTAMP_TZ_UNCONSTRAINED": "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMP_LTZ_UNCONSTRAINED": "TIMESTAMP WITH LOCAL TIME ZONE",
    "CURSOR": "REF CURSOR", "REFCURSOR": "REF CURSOR", "REF_CURSOR": "REF CURSOR",
    "SYS_REFCURSOR": "REF CURSOR",
    "LONG RAW": "RAW",
    "XMLTYPE": "OPAQUE/XMLTYPE",
}  # fmt: skip


_PRECISION = re.compile(r"\([^)]*\)?")


def type_named(name: str) -> OracleType | None:
    """Find a type by the dictionary's name for it or by a client's, in any case.

    Returns:
        The type, or None for one that is not supported.
    """
    key = " ".join(_PRECISION.sub(" ", name.upper()).split())
    return _BY_NAME.get(_ALIASES.get(key, key))


_Kind = TypeVar("_Kind")


def carried(kind: _Kind, value: Any) -> "tuple[_Kind | OracleType, Any]":
    """Choose how a value travels that was encoded: a JSON document with much in it as text.

    Args:
        kind: its type.
        value: what the type's ``encode`` gave.

    Returns:
        The type to bind it with, and what to bind.
    """
    text = text_where_quicker(value) if kind is JSON else None
    return (kind, value) if text is None else (_JSON_TEXT, text)


# Of attributes and elements the driver tells its own types. It gives those WITH TIME ZONE as the
# clock of the value without the offset, so none is claimed; within them it knows no JSON.
_BY_DRIVER_TYPE: dict[Any, OracleType] = {
    **{one.bind: one for one in reversed(_TYPES) if one.bind is not Decimal and one is not JSON},
    oracledb.DB_TYPE_NUMBER: NUMBER,
    oracledb.DB_TYPE_BINARY_INTEGER: _same(
        "BINARY_INTEGER",
        oracledb.DB_TYPE_BINARY_INTEGER,
        _encode_attribute_integer,
        decode_number,
    ),
    oracledb.DB_TYPE_VARCHAR: VARCHAR2,
    oracledb.DB_TYPE_TIMESTAMP: _same(
        "TIMESTAMP", oracledb.DB_TYPE_TIMESTAMP, _encode_attribute_timestamp, _decode_date
    ),
    oracledb.DB_TYPE_TIMESTAMP_TZ: _same(
        "TIMESTAMP WITH TIME ZONE",
        oracledb.DB_TYPE_TIMESTAMP_TZ,
        _encode_attribute_instant,
        _decode_date,
    ),
    oracledb.DB_TYPE_TIMESTAMP_LTZ: _same(
        "TIMESTAMP WITH LOCAL TIME ZONE",
        oracledb.DB_TYPE_TIMESTAMP_LTZ,
        _encode_attribute_instant,
        _decode_utc,
    ),
}


def type_of_attribute(driver_type: Any) -> OracleType | None:
    """Find the type of an attribute or element by what the driver says of it."""
    return _BY_DRIVER_TYPE.get(driver_type)


def type_of_value(value: Any) -> OracleType:
    """Choose a type by a JSON value alone, where neither dictionary nor request names one."""
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, int | Decimal):
        return NUMBER
    if isinstance(value, str) and len(value.encode()) > VARCHAR2_BYTES:
        return CLOB
    return VARCHAR2


_COLUMN_DECODERS: dict[oracledb.DbType, Callable[[Any, str], Any]] = {
    oracledb.DB_TYPE_NUMBER: decode_number,
    oracledb.DB_TYPE_DATE: _decode_date,
    oracledb.DB_TYPE_TIMESTAMP: _decode_date,
    # The driver gives the clock of the row without its offset, so none is claimed.
    oracledb.DB_TYPE_TIMESTAMP_TZ: _decode_date,
    oracledb.DB_TYPE_TIMESTAMP_LTZ: _decode_utc,
    oracledb.DB_TYPE_RAW: _decode_bytes,
    oracledb.DB_TYPE_BLOB: _decode_bytes,
    oracledb.DB_TYPE_LONG_RAW: _decode_bytes,
    oracledb.DB_TYPE_BINARY_FLOAT: _decode_float,
    oracledb.DB_TYPE_BINARY_DOUBLE: _decode_float,
    oracledb.DB_TYPE_INTERVAL_DS: _decode_interval_ds,
    oracledb.DB_TYPE_INTERVAL_YM: _decode_interval_ym,
    oracledb.DB_TYPE_ROWID: _decode_text,
    oracledb.DB_TYPE_JSON: _decode_json,
}


# What the driver gives for these is a JSON value as it is.
_PLAIN_COLUMNS = {
    oracledb.DB_TYPE_VARCHAR,
    oracledb.DB_TYPE_CHAR,
    oracledb.DB_TYPE_LONG,
    oracledb.DB_TYPE_NVARCHAR,
    oracledb.DB_TYPE_NCHAR,
    oracledb.DB_TYPE_CLOB,
    oracledb.DB_TYPE_NCLOB,
    oracledb.DB_TYPE_BOOLEAN,
    oracledb.DB_TYPE_XMLTYPE,
}


def column_decoder(type_code: Any) -> Callable[[Any, str], Any] | None:
    """Find what turns a fetched column's values into JSON, None where nothing has to.

    A type that is not known is given as the text that the driver makes of it.
    """
    if type_code in _PLAIN_COLUMNS:
        return None
    decoder: Callable[[Any, str], Any] = _COLUMN_DECODERS.get(type_code, _decode_text)
    return decoder
