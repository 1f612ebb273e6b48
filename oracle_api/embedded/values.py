"""The encodings of values: NUMBER, DATE, TIMESTAMP and the other scalar types."""

from __future__ import annotations

import datetime as dt
import struct
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import NamedTuple

from oracle_api.embedded.errors import OracleError, year_error
from oracle_api.embedded.nanotime import fraction_of, with_fraction

#: Arithmetic with the digits of NUMBER; Python's default of 28 digits would lose some.
NUMBER_CONTEXT = Context(prec=40, rounding=ROUND_HALF_UP)
_ZERO = b"\x80"
_MAX_DIGITS = 40
_MAX_EXPONENT_PAIRS = 63
_MIN_EXPONENT_PAIRS = -64
_NEGATIVE_END = 102
_MAX_NEGATIVE_PAIRS = 20
_INTERVAL_BASE = 0x80000000


def encode_number(value: Decimal | int) -> bytes:
    """Return a number in Oracle's format: an exponent, then digits in base 100.

    Raises:
        OracleError: ORA-01426 for a number out of NUMBER's range, infinities included.
    """
    if isinstance(value, int):
        negative = value < 0
        digits = str(abs(value))
        point = len(digits)
    else:
        sign, digit_tuple, exponent = value.as_tuple()
        if not isinstance(exponent, int):
            raise OracleError(1426, "numeric overflow")
        negative = bool(sign)
        digits = "".join(map(str, digit_tuple))
        point = len(digits) + exponent
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    stripped = stripped.rstrip("0")
    if not stripped:
        return _ZERO
    limit = _MAX_DIGITS - point % 2
    if len(stripped) > limit:
        context = Context(prec=limit, rounding=ROUND_HALF_UP)
        return encode_number(context.create_decimal(value))
    return _pack_number(stripped, point, negative)


def _pack_number(digits: str, point: int, negative: bool) -> bytes:
    if point % 2:
        digits = "0" + digits
        point += 1
    if len(digits) % 2:
        digits += "0"
    pairs_before = point // 2
    if pairs_before > _MAX_EXPONENT_PAIRS:
        raise OracleError(1426, "numeric overflow")
    if pairs_before < _MIN_EXPONENT_PAIRS:
        return _ZERO
    head = 192 + pairs_before
    pairs = [int(digits[i : i + 2]) for i in range(0, len(digits), 2)]
    if not negative:
        return bytes([head, *[pair + 1 for pair in pairs]])
    tail = [_NEGATIVE_END] if len(pairs) < _MAX_NEGATIVE_PAIRS else []
    return bytes([255 - head, *[101 - pair for pair in pairs], *tail])


def decode_number(data: bytes) -> Decimal:
    """Return the number that ``encode_number`` wrote."""
    head = data[0]
    if data == _ZERO:
        return Decimal(0)
    negative = head < 0x80
    if negative:
        head = 255 - head
        body = data[1:-1] if data[-1] == _NEGATIVE_END else data[1:]
        pairs = [101 - byte for byte in body]
    else:
        pairs = [byte - 1 for byte in data[1:]]
    digits = "".join([f"{pair:02d}" for pair in pairs])
    exponent = (head - 192) * 2 - len(digits)
    stripped = digits.rstrip("0")
    exponent += len(digits) - len(stripped)
    stripped = stripped.lstrip("0")
    if exponent > 0:
        stripped += "0" * exponent
        exponent = 0
    return Decimal((int(negative), tuple(map(int, stripped)), exponent))


def encode_date(value: dt.datetime) -> bytes:
    """Return the 7 bytes of a DATE, which has no fraction of a second."""
    return bytes(
        (
            value.year // 100 + 100,
            value.year % 100 + 100,
            value.month,
            value.day,
            value.hour + 1,
            value.minute + 1,
            value.second + 1,
        )
    )


def encode_timestamp(value: dt.datetime) -> bytes:
    """Return the 11 bytes of a TIMESTAMP: a DATE and nanoseconds."""
    return encode_date(value) + fraction_of(value).to_bytes(4, "big")


def encode_timestamp_tz(value: dt.datetime) -> bytes:
    """Return the 13 bytes of a TIMESTAMP WITH TIME ZONE: the clock in UTC, and the offset."""
    offset = value.utcoffset() or dt.timedelta(0)
    minutes = int(offset.total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = -1 if minutes < 0 else 1
    clock = encode_timestamp(value.astimezone(dt.UTC))
    return clock + bytes((20 + sign * hours, 60 + sign * rest))


def decode_datetime(data: bytes) -> dt.datetime:
    """Return the datetime in 7, 11 or 13 bytes; aware if it comes with an offset.

    Raises:
        OracleError: ORA-01841 for a year that Python has not.
    """
    year = (data[0] - 100) * 100 + data[1] - 100
    if not dt.MINYEAR <= year <= dt.MAXYEAR:
        raise year_error()
    whole = dt.datetime(year, data[2], data[3], data[4] - 1, data[5] - 1, data[6] - 1)
    value = with_fraction(whole, int.from_bytes(data[7:11], "big"))
    if len(data) < 13:
        return value
    offset = dt.timedelta(hours=data[11] - 20, minutes=data[12] - 60)
    return value.replace(tzinfo=dt.UTC).astimezone(dt.timezone(offset))


def encode_float(value: float, layout: str) -> bytes:
    """Return a BINARY_FLOAT (layout ``>f``) or BINARY_DOUBLE (``>d``) that sorts as bytes."""
    data = bytearray(struct.pack(layout, value))
    if data[0] & 0x80:
        return bytes(255 - byte for byte in data)
    data[0] |= 0x80
    return bytes(data)


def decode_float(data: bytes, layout: str) -> float:
    """Return the number that ``encode_float`` wrote."""
    if data[0] & 0x80:
        data = bytes((data[0] & 0x7F,)) + data[1:]
    else:
        data = bytes(255 - byte for byte in data)
    return float(struct.unpack(layout, data)[0])


def encode_interval(value: dt.timedelta) -> bytes:
    """Return the 11 bytes of an INTERVAL DAY TO SECOND; all parts have the sign of the whole."""
    sign = -1 if value < dt.timedelta(0) else 1
    value = abs(value)
    hours, rest = divmod(value.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return (
        (_INTERVAL_BASE + sign * value.days).to_bytes(4, "big")
        + bytes((60 + sign * hours, 60 + sign * minutes, 60 + sign * seconds))
        + (_INTERVAL_BASE + sign * value.microseconds * 1000).to_bytes(4, "big")
    )


class IntervalYM(NamedTuple):
    """An INTERVAL YEAR TO MONTH; both parts have the same sign."""

    years: int
    months: int


def encode_interval_ym(value: IntervalYM) -> bytes:
    """Return the 5 bytes of an INTERVAL YEAR TO MONTH."""
    return (_INTERVAL_BASE + value.years).to_bytes(4, "big") + bytes((60 + value.months,))


def decode_interval_ym(data: bytes) -> IntervalYM:
    """Return the interval that ``encode_interval_ym`` wrote."""
    return IntervalYM(int.from_bytes(data[:4], "big") - _INTERVAL_BASE, data[4] - 60)


def decode_interval(data: bytes) -> dt.timedelta:
    """Return the interval that ``encode_interval`` wrote."""
    return dt.timedelta(
        days=int.from_bytes(data[:4], "big") - _INTERVAL_BASE,
        hours=data[4] - 60,
        minutes=data[5] - 60,
        seconds=data[6] - 60,
        microseconds=(int.from_bytes(data[7:11], "big") - _INTERVAL_BASE) // 1000,
    )
