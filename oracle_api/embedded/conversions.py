"""Conversions between values of different data types, as PL/SQL makes them implicitly."""

from __future__ import annotations

import datetime as dt
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from oracle_api.embedded.datatypes import (
    BINARY_TYPES,
    DATETIME_TYPES,
    FLOAT_TYPES,
    NUMBER_TYPES,
    TEXT_TYPES,
    DataType,
)
from oracle_api.embedded.errors import OracleError, value_error
from oracle_api.embedded.formats import format_datetime, number_text, parse_datetime
from oracle_api.embedded.nanotime import fraction_of
from oracle_api.embedded.oson import encode as encode_json
from oracle_api.embedded.values import IntervalYM

_TO_NUMBER = "character to number conversion error"


@dataclass
class Nls:
    """The settings of a session that conversions depend on (ALTER SESSION SET …)."""

    date_format: str = "DD-MON-RR"
    timestamp_format: str = "DD-MON-RR HH.MI.SSXFF AM"
    timestamp_tz_format: str = "DD-MON-RR HH.MI.SSXFF AM TZR"
    time_zone: dt.tzinfo = field(default_factory=lambda: dt.UTC)


def convert(value: Any, target: DataType, nls: Nls) -> Any:
    """Return a value in the Python type that stands for the target data type.

    Args:
        value: what a client bound, or a procedure returned; None is null.
        target: the type to convert to.
        nls: settings of the session.

    Raises:
        OracleError: ORA-06502 or an error of the date when it is not possible.
    """
    if value is None or (value == "" and target != DataType.JSON):
        return None
    return _CONVERTERS[target](value, nls)


def _to_text(value: Any, nls: Nls) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        raise value_error(_TO_NUMBER.replace("number", "boolean"))
    if isinstance(value, (Decimal, int)):
        return number_text(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dt.datetime):
        if value.tzinfo is not None:
            return format_datetime(value, nls.timestamp_tz_format)
        has_fraction = fraction_of(value) != 0
        return format_datetime(value, nls.timestamp_format if has_fraction else nls.date_format)
    if isinstance(value, (bytes, bytearray)):
        return value.hex().upper()
    raise value_error()


def _to_number(value: Any, _nls: Nls) -> Decimal:
    if isinstance(value, bool):
        raise value_error(_TO_NUMBER)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise OracleError(1426, "numeric overflow")
        return value
    if isinstance(value, int):
        return Decimal(value)
    try:
        if isinstance(value, float):
            number = Decimal(repr(value))
        elif isinstance(value, str) and "_" not in value:
            number = Decimal(value.strip())
        else:
            raise value_error(_TO_NUMBER)
    except InvalidOperation:
        raise value_error(_TO_NUMBER) from None
    if not number.is_finite():
        raise value_error(_TO_NUMBER)
    return number


def _to_integer(value: Any, nls: Nls) -> Decimal:
    number = _to_number(value, nls).to_integral_value("ROUND_HALF_UP")
    if not -(2**31) <= number < 2**31:
        raise OracleError(1426, "numeric overflow")
    return number


def _to_float(value: Any, nls: Nls) -> float:
    return value if isinstance(value, float) else float(_to_number(value, nls))


def _to_single(value: Any, nls: Nls) -> float:
    number = _to_float(value, nls)
    try:
        return float(struct.unpack(">f", struct.pack(">f", number))[0])
    except OverflowError:
        return math.copysign(math.inf, number)


def _to_datetime(value: Any, model: str) -> dt.datetime:
    if isinstance(value, dt.datetime):
        return value
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)
    if isinstance(value, str):
        return parse_datetime(value, model)
    raise value_error()


def _to_date(value: Any, nls: Nls) -> dt.datetime:
    return _to_datetime(value, nls.date_format).replace(microsecond=0, tzinfo=None)


def _to_timestamp(value: Any, nls: Nls) -> dt.datetime:
    return _to_datetime(value, nls.timestamp_format).replace(tzinfo=None)


def _to_timestamp_tz(value: Any, nls: Nls) -> dt.datetime:
    moment = _to_datetime(value, nls.timestamp_tz_format)
    return moment if moment.tzinfo else moment.replace(tzinfo=nls.time_zone)


def _to_timestamp_ltz(value: Any, nls: Nls) -> dt.datetime:
    return _to_timestamp_tz(value, nls).astimezone(nls.time_zone)


def _to_bytes(value: Any, _nls: Nls) -> bytes:
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if isinstance(value, str):
        try:
            return bytes.fromhex(value if len(value) % 2 == 0 else "0" + value)
        except ValueError:
            raise value_error("hex to raw conversion error") from None
    raise value_error()


def _to_boolean(value: Any, _nls: Nls) -> bool:
    if isinstance(value, bool):
        return value
    raise value_error()


def _to_interval(value: Any, _nls: Nls) -> dt.timedelta:
    if isinstance(value, dt.timedelta):
        return value
    raise value_error()


def _to_interval_ym(value: Any, _nls: Nls) -> IntervalYM:
    if not isinstance(value, tuple) or len(value) != 2:
        raise value_error()
    months = value[0] * 12 + value[1]
    years, rest = divmod(abs(months), 12)
    if years >= 10**9:
        raise OracleError(1873, "the leading precision of the interval is too small")
    return IntervalYM(-years, -rest) if months < 0 else IntervalYM(years, rest)


def _to_cursor(value: Any, _nls: Nls) -> Any:
    if hasattr(value, "fetch") and hasattr(value, "columns"):
        return value
    raise value_error()


def _to_json(value: Any, _nls: Nls) -> Any:
    # Refused here, where the procedure can be told of it, is what could not be written later.
    encode_json(value)
    return value


_CONVERTERS: dict[DataType, Callable[[Any, Nls], Any]] = {
    **dict.fromkeys(TEXT_TYPES, _to_text),
    **dict.fromkeys(NUMBER_TYPES, _to_number),
    **dict.fromkeys(FLOAT_TYPES, _to_float),
    **dict.fromkeys(BINARY_TYPES, _to_bytes),
    DataType.BINARY_INTEGER: _to_integer,
    DataType.DATE: _to_date,
    DataType.TIMESTAMP: _to_timestamp,
    DataType.TIMESTAMP_TZ: _to_timestamp_tz,
    DataType.TIMESTAMP_LTZ: _to_timestamp_ltz,
    DataType.BOOLEAN: _to_boolean,
    DataType.INTERVAL_DS: _to_interval,
    DataType.INTERVAL_YM: _to_interval_ym,
    DataType.BINARY_FLOAT: _to_single,
    DataType.XMLTYPE: _to_text,
    DataType.CURSOR: _to_cursor,
    DataType.JSON: _to_json,
}

_FAMILIES = (
    TEXT_TYPES,
    NUMBER_TYPES | FLOAT_TYPES,
    DATETIME_TYPES,
    BINARY_TYPES,
    frozenset({DataType.BOOLEAN}),
    frozenset({DataType.CURSOR}),
    frozenset({DataType.INTERVAL_DS}),
    frozenset({DataType.INTERVAL_YM}),
    frozenset({DataType.XMLTYPE}),
    frozenset({DataType.JSON}),
)


def same_family(one: DataType, other: DataType) -> bool:
    """Return whether two types are of one kind, as far as overloads tell them apart."""
    return any(one in family and other in family for family in _FAMILIES)


_EXCLUSIVE = frozenset({DataType.BOOLEAN, DataType.CURSOR, DataType.XMLTYPE, DataType.JSON})


def convertible(one: DataType, other: DataType) -> bool:
    """Return whether PL/SQL would try to convert one type to the other (else PLS-00306)."""
    if one in _EXCLUSIVE or other in _EXCLUSIVE:
        return one == other
    return same_family(one, other) or one in TEXT_TYPES or other in TEXT_TYPES
