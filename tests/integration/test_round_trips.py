"""Any value of any scalar type goes in and comes out as it was, through the real service."""

import base64
import math
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .service import Service
from .type_cases import SCALARS, from_json, to_json

_BATCH = 40
_ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


def _as_is(value: Any) -> Any:
    return value


@dataclass(frozen=True)
class Trip:
    """Values of a type.

    Args:
        values: what goes in, as Python values.
        write: gives the JSON value that goes in.
        read: makes of the JSON value that came out what can be compared with the value.
    """

    values: st.SearchStrategy[Any]
    write: Callable[[Any], Any] = _as_is
    read: Callable[[Any], Any] = _as_is


def _text() -> Trip:
    return Trip(_ANY, read=lambda text: text or "")


def _bytes() -> Trip:
    return Trip(
        st.binary(max_size=200),
        lambda data: base64.b64encode(data).decode(),
        lambda text: base64.b64decode(text or ""),
    )


@st.composite
def _numbers(draw: st.DrawFn) -> Decimal:
    """Draw what a NUMBER holds: 38 digits, and exponents from -130 to 125."""
    digits = draw(st.integers(-(10**38) + 1, 10**38 - 1))
    number = Decimal(digits).scaleb(draw(st.integers(-130, 100)))
    # An even exponent is the least that Oracle keeps.
    return number if number == 0 or -130 <= number.adjusted() <= 125 else Decimal(digits)


def _float(width: Any) -> Trip:
    # Oracle has no subnormal numbers, and no negative zero.
    floats = st.floats(width=width, allow_subnormal=False).map(lambda number: number or 0.0)
    return Trip(floats, _write_float, lambda read: read if read == "NaN" else float(read))


def _write_float(number: float) -> float | str:
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return number


def _moments(*, is_whole: bool = False) -> st.SearchStrategy[datetime]:
    moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))
    return moments.map(lambda moment: moment.replace(microsecond=0)) if is_whole else moments


def _instant() -> Trip:
    offsets = st.integers(-14 * 60, 14 * 60).map(lambda n: timezone(timedelta(minutes=n)))
    moments = st.builds(lambda moment, zone: moment.replace(tzinfo=zone), _moments(), offsets)
    return Trip(moments, datetime.isoformat, _read_instant)


def _read_instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo == UTC
    return moment


def _nine_digits(zone: str) -> Trip:
    """Make a trip of moments of whole seconds beside their nanoseconds."""
    moments = st.tuples(_moments(is_whole=True), st.integers(0, 999_999_999))
    return Trip(
        moments, lambda moment: f"{moment[0].isoformat()}.{moment[1]:09d}{zone}", _read_nine
    )


def _read_nine(text: str) -> tuple[datetime, int]:
    clock, _, fraction = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(clock), int(fraction.ljust(9, "0"))


def _documents() -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | _numbers() | _ANY
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=5)
            | st.dictionaries(_ANY.filter(lambda name: len(name.encode()) < 256), inner, max_size=5)
        ),
        max_leaves=10,
    )


def _write_length(length: timedelta) -> str:
    sign = "-" if length < timedelta(0) else ""
    length = abs(length)
    return f"{sign}P{length.days}DT{length.seconds}.{length.microseconds:06d}S"


def _read_length(text: str) -> timedelta:
    sign = -1 if text[0] == "-" else 1
    days, _, time = text.lstrip("-P").partition("T")
    length = timedelta(days=int(days.rstrip("D") or 0))
    for unit, seconds in (("H", 3600), ("M", 60), ("S", 1)):
        if unit in time:
            number, _, time = time.partition(unit)
            length += timedelta(microseconds=int(Decimal(number) * seconds * 1_000_000))
    return length * sign


def _read_months(text: str) -> int:
    sign = -1 if text[0] == "-" else 1
    years, _, months = text.lstrip("-P").rpartition("Y")
    return sign * (int(years or 0) * 12 + int(months.rstrip("M") or 0))


_ALPHANUMERIC = string.ascii_letters + string.digits
_LENGTHS = st.timedeltas(timedelta(days=-99, hours=-23), timedelta(days=99, hours=23))

TRIPS = {
    "VARCHAR2": _text(),
    "NVARCHAR2": _text(),
    "CHAR": _text(),
    "NCHAR": _text(),
    "CLOB": _text(),
    "NCLOB": _text(),
    "RAW": _bytes(),
    "BLOB": _bytes(),
    "NUMBER": Trip(_numbers()),
    "INTEGER": Trip(st.integers(-(10**38) + 1, 10**38 - 1)),
    "FLOAT": Trip(st.decimals(-(10**20), 10**20, places=10)),
    "PLS_INTEGER": Trip(st.integers(-(2**31), 2**31 - 1)),
    "BINARY_FLOAT": _float(32),
    "BINARY_DOUBLE": _float(64),
    "BOOLEAN": Trip(st.booleans()),
    "DATE": Trip(_moments(is_whole=True), datetime.isoformat, datetime.fromisoformat),
    "TIMESTAMP": Trip(_moments(), datetime.isoformat, datetime.fromisoformat),
    "TIMESTAMP WITH TIME ZONE": _instant(),
    "TIMESTAMP WITH LOCAL TIME ZONE": _instant(),
    # A parameter of these has two digits of days or years (DAY(2), YEAR(2)).
    "INTERVAL DAY TO SECOND": Trip(_LENGTHS, _write_length, _read_length),
    "INTERVAL YEAR TO MONTH": Trip(
        st.integers(-1199, 1199), lambda n: f"{'-' if n < 0 else ''}P{abs(n)}M", _read_months
    ),
    "ROWID": Trip(st.text(_ALPHANUMERIC + "+/", min_size=18, max_size=18)),
    "TIMESTAMP_UNCONSTRAINED": _nine_digits(""),
    "TIMESTAMP_TZ_UNCONSTRAINED": _nine_digits("Z"),
    "TIMESTAMP_LTZ_UNCONSTRAINED": _nine_digits("Z"),
    "JSON": Trip(_documents()),
    "XMLTYPE": Trip(st.text(_ALPHANUMERIC + "ñ€🐦").map(lambda text: f"<a>{text}|</a>")),
}


def test_no_scalar_type_is_left_out() -> None:
    assert TRIPS.keys() == {case.name for case in SCALARS}


@pytest.mark.parametrize("case", SCALARS, ids=lambda case: case.name)
def test_any_value_there_and_back(service: Service, case: Any) -> None:
    trip = TRIPS[case.name]

    # Each example is one request with many values: what takes time is the request.
    @settings(max_examples=8, suppress_health_check=list(HealthCheck))
    @given(values=st.lists(trip.values, min_size=_BATCH, max_size=_BATCH))
    def goes_there_and_back(values: list[Any]) -> None:
        written = [trip.write(value) for value in values]
        batch = [
            {"p_in": one, "p_both": other}
            for one, other in zip(written, reversed(written), strict=True)
        ]
        answer = service.request(
            "POST",
            "/procedure",
            data=to_json({"name": f"PKG_TYPES.{case.procedure}", "batch": batch}).encode(),
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 200, answer.text
        outs = from_json(answer.text)["out"]
        expected = ["NaN" if value != value else value for value in values]
        assert [trip.read(out["p_both"]) for out in outs] == expected
        assert [trip.read(out["P_OUT"]) for out in outs] == expected[::-1]

    goes_there_and_back()
