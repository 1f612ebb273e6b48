"""Dates between text and datetime."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.oracle import dates

ZONES = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
MOMENTS = st.datetimes()
SECONDS = MOMENTS.map(lambda moment: moment.replace(microsecond=0))


def _zone(hours: int, minutes: int = 0) -> timezone:
    return timezone(timedelta(hours=hours, minutes=minutes))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-12-10", datetime(2025, 12, 10)),
        ("2025-1-2", datetime(2025, 1, 2)),
        ("20251210", datetime(2025, 12, 10)),
        ("2025/12/10", datetime(2025, 12, 10)),
        ("10/12/2025", datetime(2025, 12, 10)),
        ("10-12-2025", datetime(2025, 12, 10)),
        ("1/2/2025", datetime(2025, 2, 1)),
        ("29/02/2024", datetime(2024, 2, 29)),
        (" 10/12/2025 \n", datetime(2025, 12, 10)),
        ("2025-12-10T14:30", datetime(2025, 12, 10, 14, 30)),
        ("2025-12-10 14:30:15", datetime(2025, 12, 10, 14, 30, 15)),
        ("10/12/2025 9:05", datetime(2025, 12, 10, 9, 5)),
        ("10-12-2025 23:59:59", datetime(2025, 12, 10, 23, 59, 59)),
        ("2025-12-10T14:30:15.5", datetime(2025, 12, 10, 14, 30, 15, 500_000)),
        ("2025-12-10T14:30:15,25", datetime(2025, 12, 10, 14, 30, 15, 250_000)),
        ("2025-12-10T14:30:15.123456", datetime(2025, 12, 10, 14, 30, 15, 123_456)),
        ("2025-12-10T14:30:00Z", datetime(2025, 12, 10, 14, 30, tzinfo=UTC)),
        ("2025-12-10T14:30:00z", datetime(2025, 12, 10, 14, 30, tzinfo=UTC)),
        ("2025-12-10T14:30:00+02", datetime(2025, 12, 10, 14, 30, tzinfo=_zone(2))),
        ("2025-12-10T14:30:00+0530", datetime(2025, 12, 10, 14, 30, tzinfo=_zone(5, 30))),
        ("2025-12-10T14:30:00-03:30", datetime(2025, 12, 10, 14, 30, tzinfo=_zone(-3, -30))),
        ("10/12/2025 14:30:00 -05:00", datetime(2025, 12, 10, 14, 30, tzinfo=_zone(-5))),
    ],
)
def test_every_accepted_form_is_read(text: str, moment: datetime) -> None:
    parsed = dates.parse(text)
    assert parsed == dates.Moment(moment)
    assert parsed.clock.utcoffset() == moment.utcoffset()


@pytest.mark.parametrize(
    ("fraction", "microsecond", "nanoseconds"),
    [
        ("123456789", 123_456, 789),
        ("1234567", 123_456, 700),
        ("000000001", 0, 1),
        ("999999999", 999_999, 999),
    ],
)
def test_nine_digits_of_a_second_are_read(
    fraction: str, microsecond: int, nanoseconds: int
) -> None:
    clock = datetime(2025, 12, 10, 14, 30, 15, microsecond, UTC)
    assert dates.parse(f"2025-12-10T14:30:15.{fraction}Z") == dates.Moment(clock, nanoseconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "today",
        "2025",
        "2025-12",
        "2025-13-01",
        "2025-02-29",
        "31/04/2025",
        "12/31/2025",
        "0000-01-01",
        "10/12/25",
        "10.12.2025",
        "2025-12/10",
        "2025-12-10T",
        "2025-12-10T14",
        "2025-12-10T24:00",
        "2025-12-10T14:60",
        "2025-12-10T14:30:61",
        "2025-12-10T14:30:00.",
        "2025-12-10T14:30:00.1234567890",
        "2025-12-10T14:30:00+24:00",
        "2025-12-10T14:30:00+05:75",
        "2025-12-10Z",
        "2025-12-10T14:30:00 Europe/Madrid",
        "\u0662\u0660\u0662\u0665-12-10",
        "2025-12-10; DROP TABLE T",
        "0" * 10_000,
    ],
)
def test_anything_else_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        dates.parse(text)


@given(st.text(st.characters()) | st.text("0123456789-/:.TZ+ ", max_size=32))
def test_any_text_is_a_date_or_a_value_error(text: str) -> None:
    try:
        moment = dates.parse(text)
    except ValueError:
        return
    assert isinstance(moment, dates.Moment)


@given(st.datetimes(timezones=st.none() | ZONES), st.integers(0, 999))
def test_iso_text_is_read_back_as_the_same_moment(clock: datetime, nanoseconds: int) -> None:
    parsed = dates.parse(dates.render(clock, nanoseconds=nanoseconds))
    assert parsed == dates.Moment(clock, nanoseconds)
    assert parsed.clock.utcoffset() == clock.utcoffset()


@given(SECONDS)
def test_all_accepted_forms_agree(moment: datetime) -> None:
    year, month, day = f"{moment.year:04d}", f"{moment.month:02d}", f"{moment.day:02d}"
    clock = f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d}"
    days = (
        f"{year}-{month}-{day}",
        f"{year}/{month}/{day}",
        f"{year}{month}{day}",
        f"{day}/{month}/{year}",
        f"{day}-{month}-{year}",
    )
    midnight = moment.replace(hour=0, minute=0, second=0)
    assert {dates.parse(text).clock for text in days} == {midnight}
    assert {dates.parse(f"{text}{gap}{clock}").clock for text in days for gap in "T "} == {moment}


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2025, 12, 10), "2025-12-10T00:00:00"),
        (datetime(2025, 12, 10, 14, 30, 15, 500), "2025-12-10T14:30:15.000500"),
        (datetime(2025, 12, 10, 14, 30, tzinfo=UTC), "2025-12-10T14:30:00Z"),
        (datetime(2025, 12, 10, 14, 30, tzinfo=_zone(-3)), "2025-12-10T14:30:00-03:00"),
        (datetime(1, 1, 1), "0001-01-01T00:00:00"),
    ],
)
def test_dates_go_out_as_iso_8601(moment: datetime, text: str) -> None:
    assert dates.render(moment) == text


@pytest.mark.parametrize(
    ("nanoseconds", "fraction"),
    [(0, "000007"), (8, "000007008"), (80, "00000708"), (800, "0000078")],
)
def test_more_than_six_digits_of_a_second_are_written_where_there_are_more(
    nanoseconds: int, fraction: str
) -> None:
    clock = datetime(2025, 12, 10, 14, 30, 15, 7, UTC)
    assert dates.render(clock, nanoseconds=nanoseconds) == f"2025-12-10T14:30:15.{fraction}Z"
    assert dates.render(clock, "SS.FF", nanoseconds) == f"15.{fraction}"


@pytest.mark.parametrize(
    ("date_format", "text"),
    [
        ("DD/MM/YYYY", "10/02/2025"),
        ("dd/mm/yyyy hh24:mi:ss", "10/02/2025 04:05:06"),
        ("YYYYMMDDHH24MISSFF", "20250210040506007008"),
        ("DD-MM-YYYY", "10-02-2025"),
        ("HH24:MI", "04:05"),
        ("MI MM", "05 02"),
    ],
)
def test_date_format_is_an_oracle_format_model(date_format: str, text: str) -> None:
    assert dates.render(datetime(2025, 2, 10, 4, 5, 6, 7008), date_format) == text


@given(SECONDS, st.sampled_from(["DD/MM/YYYY", "DD-MM-YYYY", "YYYY/MM/DD", "YYYY-MM-DD"]))
def test_what_date_format_writes_can_be_sent_back(moment: datetime, day: str) -> None:
    assert dates.parse(dates.render(moment, f"{day} HH24:MI:SS")).clock == moment


@given(MOMENTS)
def test_a_moment_without_a_zone_is_left_as_it_is(moment: datetime) -> None:
    assert dates.naive_utc(moment) is moment


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES))
def test_an_offset_becomes_utc(moment: datetime) -> None:
    naive = dates.naive_utc(moment)
    assert naive.tzinfo is None
    assert naive.replace(tzinfo=UTC) == moment


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_an_offset_that_leads_out_of_the_calendar_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="out of range"):
        dates.naive_utc(dates.parse(text).clock)
