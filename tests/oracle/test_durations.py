"""Intervals as ISO 8601 durations."""

from datetime import timedelta

import oracledb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.oracle import durations


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("P1DT2H3M4.5S", timedelta(days=1, hours=2, minutes=3, seconds=4, microseconds=500_000)),
        ("PT30M", timedelta(minutes=30)),
        ("-PT30M", timedelta(minutes=-30)),
        ("P2D", timedelta(days=2)),
        ("PT36H", timedelta(hours=36)),
        ("PT0,000001S", timedelta(microseconds=1)),
        ("+P999999998DT23H59M59.999999S", timedelta(days=999_999_999) - timedelta(microseconds=1)),
    ],
)
def test_day_to_second_is_read(text: str, length: timedelta) -> None:
    assert durations.parse_day_to_second(text) == length


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "1D", "P1Y", "P1DT", "PT1.5H", "P1D2H", "P-1D", "P999999999DT1S", "PT²S"],
)
def test_what_is_no_day_to_second_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"ISO 8601|longer than"):
        durations.parse_day_to_second(text)


@given(st.timedeltas(timedelta(days=-999_999_998), timedelta(days=999_999_998)))
def test_day_to_second_comes_back_as_it_was(length: timedelta) -> None:
    assert durations.parse_day_to_second(durations.render_day_to_second(length)) == length


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(0), "PT0S"),
        (timedelta(days=1), "P1D"),
        (timedelta(hours=-36), "-P1DT12H"),
        (timedelta(seconds=90, microseconds=50), "PT1M30.00005S"),
    ],
)
def test_day_to_second_is_written_in_its_shortest_form(length: timedelta, text: str) -> None:
    assert durations.render_day_to_second(length) == text


@pytest.mark.parametrize(
    ("text", "years", "months"),
    [("P1Y2M", 1, 2), ("P18M", 1, 6), ("-P18M", -1, -6), ("P0M", 0, 0)],
)
def test_year_to_month_is_read(text: str, years: int, months: int) -> None:
    assert durations.parse_year_to_month(text) == oracledb.IntervalYM(years, months)


@pytest.mark.parametrize("text", ["", "P", "P1D", "P1M1Y", "PT1M", "P1.5Y", "P1000000000Y"])
def test_what_is_no_year_to_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"ISO 8601|longer than"):
        durations.parse_year_to_month(text)


@given(st.integers(-12 * 10**9 + 1, 12 * 10**9 - 1))
def test_year_to_month_comes_back_as_it_was(months: int) -> None:
    sign = -1 if months < 0 else 1
    length = oracledb.IntervalYM(sign * (abs(months) // 12), sign * (abs(months) % 12))
    assert durations.parse_year_to_month(durations.render_year_to_month(length)) == length
