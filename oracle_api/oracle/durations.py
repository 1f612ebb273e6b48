"""Intervals between JSON text and the driver's values: ISO 8601 durations.

Sources: ISO 8601-1, section 5.5.2; Oracle Database SQL Language Reference, "Interval Data Types".
"""

import re
from datetime import timedelta

import oracledb

_DAY_TO_SECOND = re.compile(
    r"(?P<sign>[+-])?P(?:(?P<days>\d{1,9})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?"
    r"(?:(?P<seconds>\d{1,9})(?:[.,](?P<fraction>\d{1,9}))?S)?)?",
    re.ASCII,
)
_YEAR_TO_MONTH = re.compile(
    r"(?P<sign>[+-])?P(?:(?P<years>\d{1,9})Y)?(?:(?P<months>\d{1,9})M)?", re.ASCII
)
_LARGEST = timedelta(days=10**9 - 1)
_LARGEST_MONTHS = 12 * 10**9 - 1


def parse_day_to_second(text: str) -> timedelta:
    """Read an INTERVAL DAY TO SECOND such as ``P1DT2H3M4.5S`` or ``-PT30M``.

    Raises:
        ValueError: the text is no such duration, or is longer than 999999999 days.
    """
    match = _DAY_TO_SECOND.fullmatch(text.strip())
    if match is None or not any(match.group("days", "hours", "minutes", "seconds")):
        raise ValueError("must be an ISO 8601 duration of days and less, such as P1DT2H3M4.5S")
    try:
        length = timedelta(
            days=int(match["days"] or 0),
            hours=int(match["hours"] or 0),
            minutes=int(match["minutes"] or 0),
            seconds=int(match["seconds"] or 0),
            microseconds=int((match["fraction"] or "").ljust(6, "0")[:6]),
        )
    except OverflowError:
        length = timedelta.max
    if length > _LARGEST:
        raise ValueError("is longer than 999999999 days")
    return -length if match["sign"] == "-" else length


def render_day_to_second(length: timedelta) -> str:
    """Write an INTERVAL DAY TO SECOND as ISO 8601 does, ``PT0S`` where it is nothing."""
    sign = "-" if length < timedelta(0) else ""
    length = abs(length)
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{length.microseconds:06d}".rstrip("0") if length.microseconds else ""
    days = f"{length.days}D" if length.days else ""
    time = "".join(
        (
            f"{hours}H" if hours else "",
            f"{minutes}M" if minutes else "",
            f"{seconds}{fraction}S" if seconds or fraction else "",
        )
    )
    return f"{sign}P{days}T{time}" if time else f"{sign}P{days}" if days else "PT0S"


def parse_year_to_month(text: str) -> oracledb.IntervalYM:
    """Read an INTERVAL YEAR TO MONTH such as ``P1Y2M`` or ``-P18M``.

    Raises:
        ValueError: the text is no such duration, or has more than nine digits of years.
    """
    match = _YEAR_TO_MONTH.fullmatch(text.strip())
    if match is None or not any(match.group("years", "months")):
        raise ValueError("must be an ISO 8601 duration of years and months, such as P1Y2M")
    months = int(match["years"] or 0) * 12 + int(match["months"] or 0)
    if months > _LARGEST_MONTHS:
        raise ValueError("is longer than nine digits of years")
    years, months = divmod(months, 12)
    if match["sign"] == "-":
        years, months = -years, -months
    return oracledb.IntervalYM(years, months)


def render_year_to_month(length: oracledb.IntervalYM) -> str:
    """Write an INTERVAL YEAR TO MONTH as ISO 8601 does, ``P0M`` where it is nothing."""
    sign = "-" if length.years < 0 or length.months < 0 else ""
    years, months = abs(length.years), abs(length.months)
    text = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
    return f"{sign}P{text or '0M'}"
