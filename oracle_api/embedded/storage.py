"""How Oracle's values are kept in SQLite, so that they stay exact and comparable.

A value describes itself, whatever column or expression it is in:

* numbers are INTEGER or, with up to 15 digits, REAL; any other is a BLOB with a mark and
  Oracle's own encoding, which is exact, and sorts correctly among its like;
* dates and timestamps are TEXT in ISO format behind a mark, which sorts by time; those with
  a time zone have the clock in UTC and their offset at the end;
* text and binary data are TEXT and BLOB.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from oracle_api.embedded.datatypes import Column, DataType
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.nanotime import fraction_of, nanosecond_of, with_fraction
from oracle_api.embedded.values import decode_number, encode_number

Stored = None | int | float | str | bytes

_NUMBER_MARK = b"\x00NUMBER\x00"
_DATE_MARK = "\x01"
_EXACT_DIGITS = 15
_MAX_INTEGER = 2**63
_INFERRED_TEXT_SIZE = 4000
_MAX_TEXT_SIZE = 32767


def to_storage(value: Any) -> Stored:
    """Return the SQLite value for a value of Oracle.

    Raises:
        OracleError: ORA-00932 for a type that SQL does not know.
    """
    if value is None or value == "":
        return None
    if isinstance(value, (Decimal, int)):
        return _store_number(Decimal(value))
    if isinstance(value, (str, float)):
        return value
    if isinstance(value, dt.datetime):
        return _store_datetime(value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    raise OracleError(932, f"inconsistent datatypes: got {type(value).__name__}")


def _store_number(value: Decimal) -> Stored:
    if not value.is_finite():
        raise OracleError(1426, "numeric overflow")
    if value.as_tuple().exponent >= 0 or value == value.to_integral_value():  # type: ignore[operator]
        if abs(value) < _MAX_INTEGER:
            return int(value)
    elif len(str(value).replace(".", "").lstrip("-0").split("E", maxsplit=1)[0]) <= _EXACT_DIGITS:
        return float(value)
    return _NUMBER_MARK + encode_number(value)


def _store_datetime(value: dt.datetime) -> str:
    offset = ""
    if value.tzinfo is not None:
        offset = value.strftime("%z")
        offset = f"{offset[:3]}:{offset[3:5]}"
        value = value.astimezone(dt.UTC)
    digits = f"{fraction_of(value):09d}"
    # Six of them where they are enough; without any it sorts first all the same.
    fraction = f".{digits if nanosecond_of(value) else digits[:6]}" if int(digits) else ""
    return f"{_DATE_MARK}{value.year:04d}-{value:%m-%d %H:%M:%S}{fraction}{offset}"


def from_storage(stored: Stored) -> Any:
    """Return the value that ``to_storage`` was given."""
    if isinstance(stored, int):
        return Decimal(stored)
    if isinstance(stored, float):
        return Decimal(f"{stored:.15g}")
    if isinstance(stored, str) and stored.startswith(_DATE_MARK):
        return _load_datetime(stored[1:])
    if isinstance(stored, bytes) and stored.startswith(_NUMBER_MARK):
        return decode_number(stored[len(_NUMBER_MARK) :])
    return stored


def _load_datetime(text: str) -> dt.datetime:
    # The date takes 10 characters; a sign after it can only belong to an offset.
    if "+" in text[10:] or "-" in text[10:]:
        clock, offset = _load_clock(text[:-6]), text[-6:]
        minutes = int(offset[1:3]) * 60 + int(offset[4:6])
        zone = dt.timezone(dt.timedelta(minutes=-minutes if offset[0] == "-" else minutes))
        return clock.replace(tzinfo=dt.UTC).astimezone(zone)
    return _load_clock(text)


def _load_clock(text: str) -> dt.datetime:
    whole, _, fraction = text.partition(".")
    return with_fraction(dt.datetime.fromisoformat(whole), int(fraction.ljust(9, "0")))


def infer_column(name: str, samples: list[Stored]) -> Column:
    """Describe a column without a declared type by some of its values."""
    values = [from_storage(stored) for stored in samples if stored is not None]
    if values and all(isinstance(value, Decimal) for value in values):
        return Column(name, DataType.NUMBER)
    if values and all(isinstance(value, dt.datetime) for value in values):
        if any(value.tzinfo for value in values):
            return Column(name, DataType.TIMESTAMP_TZ, scale=6)
        if any(fraction_of(value) for value in values):
            return Column(name, DataType.TIMESTAMP, scale=6)
        return Column(name, DataType.DATE)
    if values and all(isinstance(value, bytes) for value in values):
        return Column(name, DataType.RAW, size=max(2000, *(len(value) for value in values)))
    longest = max((len(value) for value in values if isinstance(value, str)), default=0)
    size = _INFERRED_TEXT_SIZE if longest <= _INFERRED_TEXT_SIZE else _MAX_TEXT_SIZE
    return Column(name, DataType.VARCHAR2, size=size)
