"""TIMESTAMP values as text that PL/SQL reads and writes."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.oracle import timestamps
from oracle_api.oracle.dates import Moment, parse

ZONES = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
NANOSECONDS = st.integers(0, 999)


@given(st.datetimes(timezones=st.none() | ZONES), NANOSECONDS)
def test_a_clock_is_sent_with_nine_digits_and_without_offset(
    clock: datetime, nanoseconds: int
) -> None:
    text = timestamps.encode_clock(Moment(clock, nanoseconds))
    assert len(text) == len("YYYY-MM-DDTHH:MM:SS.fffffffff")
    assert parse(text) == Moment(clock.replace(tzinfo=None), nanoseconds)


@given(st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES), NANOSECONDS)
def test_an_instant_is_sent_with_an_offset_that_oracle_knows(
    clock: datetime, nanoseconds: int
) -> None:
    text = timestamps.encode_instant(Moment(clock, nanoseconds))
    assert len(text) <= timestamps.BYTES
    sent = parse(text)
    offset = sent.clock.utcoffset()
    assert sent == Moment(clock, nanoseconds)
    assert offset is not None
    assert timedelta(hours=-12) <= offset <= timedelta(hours=14)
    assert offset in (clock.utcoffset(), timedelta(0))


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("2025-12-10", "2025-12-10T00:00:00.000000000+00:00"),
        ("2025-12-10T14:30:15Z", "2025-12-10T14:30:15.000000000+00:00"),
        ("2025-12-10T14:30:15.123456789+02:00", "2025-12-10T14:30:15.123456789+02:00"),
        ("2025-12-10T14:30:15-03:30", "2025-12-10T14:30:15.000000000-03:30"),
        ("2025-12-10T14:30:15+14:00", "2025-12-10T14:30:15.000000000+14:00"),
        ("2025-12-10T14:30:15+14:01", "2025-12-10T00:29:15.000000000+00:00"),
        ("2025-12-10T14:30:15-23:59", "2025-12-11T14:29:15.000000000+00:00"),
    ],
)
def test_the_clients_own_offset_arrives(text: str, sent: str) -> None:
    assert timestamps.encode_instant(parse(text)) == sent


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_an_instant_out_of_the_calendar_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="out of range"):
        timestamps.encode_instant(parse(text))


@given(st.datetimes(), NANOSECONDS, st.sampled_from(["", " "]))
def test_what_plsql_writes_is_read(clock: datetime, nanoseconds: int, sign: str) -> None:
    moment = Moment(clock, nanoseconds)
    assert timestamps.decode(sign + timestamps.encode_clock(moment)) == moment


def test_a_year_before_the_first_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="year -0044 is out of range"):
        timestamps.decode("-0044-03-15T12:00:00.000000000")
