"""Format models of dates and numbers."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.formats import (
    format_datetime,
    format_number,
    number_text,
    parse_datetime,
)

_MODELS = [
    "YYYY-MM-DD HH24:MI:SS.FF6",
    'YYYY-MM-DD"T"HH24:MI:SSXFF',
    "DD/MM/YYYY HH12:MI:SS.FF AM",
    "MONTH DD, YYYY HH24 MI SS FF",
    "DD-Mon-YYYY HH24.MI.SS.FF6",
    "YYYYMMDDHH24MISSFF6",
]
moments = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31))


@pytest.mark.parametrize("model", _MODELS)
@given(value=moments)
@settings(deadline=None)
def test_what_is_written_can_be_read(model: str, value: dt.datetime) -> None:
    text = format_datetime(value, model)
    assert parse_datetime(" ".join(text.split()), model) == value


@given(moments)
@settings(deadline=None)
def test_agrees_with_strftime(value: dt.datetime) -> None:
    assert format_datetime(value, "MM/DD HH24:MI:SS DDD") == value.strftime("%m/%d %H:%M:%S %j")
    assert format_datetime(value, "HH12 AM DY") == value.strftime("%I %p %a").upper()
    assert format_datetime(value, "Day Month fmDD").split()[0] == value.strftime("%A")


@pytest.mark.parametrize(
    ("text", "model", "expected"),
    [
        ("10-DEC-25", "DD-MON-RR", dt.datetime(2025, 12, 10)),
        ("10-dec-99", "DD-MON-RR", dt.datetime(1999, 12, 10)),
        ("10/12/2025", "DD/MM/YYYY", dt.datetime(2025, 12, 10)),
        ("2025-12-10", "YYYY-MM-DD HH24:MI:SS", dt.datetime(2025, 12, 10)),
        ("1/2/2025", "DD/MM/YYYY", dt.datetime(2025, 2, 1)),
        (
            "2025-12-10 01:02:03 -03:30",
            "YYYY-MM-DD HH24:MI:SS TZH:TZM",
            dt.datetime(2025, 12, 10, 4, 32, 3, tzinfo=dt.UTC),
        ),
    ],
)
def test_parsing(text: str, model: str, expected: dt.datetime) -> None:
    assert parse_datetime(text, model) == expected


@pytest.mark.parametrize(
    ("text", "model", "code"),
    [
        ("2025-13-01", "YYYY-MM-DD", 1843),
        ("2025-02-30", "YYYY-MM-DD", 1847),
        ("2025-02-28 24:00", "YYYY-MM-DD HH24:MI", 1850),
        ("2025-02-28 13:00", "YYYY-MM-DD HH12:MI", 1849),
        ("2025-02-28 12:60", "YYYY-MM-DD HH24:MI", 1851),
        ("2025-02-28 x", "YYYY-MM-DD", 1830),
        ("2025", "YYYY-MM", 1840),
        ("foo", "YYYY", 1858),
        ("10 FOO 2025", "DD MON YYYY", 1843),
        ("2025", "YYYY FOO", 1821),
    ],
)
def test_errors(text: str, model: str, code: int) -> None:
    with pytest.raises(OracleError) as caught:
        parse_datetime(text, model)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("value", "text"),
    [("0", "0"), ("-0.5", "-.5"), ("12.50", "12.5"), ("100", "100"), ("1E+3", "1000")],
)
def test_numbers_without_a_model(value: str, text: str) -> None:
    assert number_text(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "model", "text"),
    [
        ("1234.5", "9,999.99", " 1,234.50"),
        ("1234.5", "FM9,999.99", "1,234.5"),
        ("-7", "000", "-007"),
        ("12345", "999", "####"),
        ("0.5", "FM0.00", "0.50"),
        ("5", "99", "  5"),
    ],
)
def test_numbers_with_a_model(value: str, model: str, text: str) -> None:
    assert format_number(Decimal(value), model) == text
