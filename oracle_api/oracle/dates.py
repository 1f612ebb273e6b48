"""Dates and times between JSON text and ``datetime``: ISO 8601 and the forms old clients use."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

_TIME = (
    r"(?:[T ](?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<zone>Z|z|[+-]\d{2}(?::?[0-5]\d)?)?)?"
)
_FORMS = tuple(
    re.compile(date + _TIME, re.ASCII)
    for date in (
        r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})",
        r"(?P<year>\d{4})/(?P<month>\d{1,2})/(?P<day>\d{1,2})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?P<day>\d{1,2})/(?P<month>\d{1,2})/(?P<year>\d{4})",
        r"(?P<day>\d{1,2})-(?P<month>\d{1,2})-(?P<year>\d{4})",
    )
)

ACCEPTED = "ISO 8601, DD/MM/YYYY, DD-MM-YYYY or YYYY/MM/DD, with or without a time"

# Elements of an Oracle datetime format model that DATE_FORMAT may use, longest first.
_ELEMENTS = {
    "YYYY": "{0.year:04d}",
    "HH24": "{0.hour:02d}",
    "FF": "{0.microsecond:06d}{1}",
    "MM": "{0.month:02d}",
    "DD": "{0.day:02d}",
    "MI": "{0.minute:02d}",
    "SS": "{0.second:02d}",
}
_ELEMENT = re.compile("|".join(_ELEMENTS), re.IGNORECASE)
_TO_MICROSECONDS = len("YYYY-MM-DDTHH:MM:SS.ffffff")


@dataclass(frozen=True)
class Moment:
    """A date or a moment with the nine digits of a second that Oracle knows.

    Args:
        clock: to the microsecond, as a datetime holds it; aware where there is a zone.
        nanoseconds: what comes after that, 0 to 999.
    """

    clock: datetime
    nanoseconds: int = 0


def parse(text: str) -> Moment:
    """Read a date or a moment.

    Args:
        text: one of the accepted forms; a zone, where there is one, makes the clock aware.

    Raises:
        ValueError: the text has no such form, or there is no such day.
    """
    for form in _FORMS:
        match = form.fullmatch(text.strip())
        if match is not None:
            return _moment(match)
    raise ValueError(f"is not a date: {ACCEPTED}")


def _moment(match: re.Match[str]) -> Moment:
    fraction = (match["fraction"] or "").ljust(9, "0")
    try:
        clock = datetime(
            int(match["year"]),
            int(match["month"]),
            int(match["day"]),
            int(match["hour"] or 0),
            int(match["minute"] or 0),
            int(match["second"] or 0),
            int(fraction[:6]),
            tzinfo=_zone(match["zone"]),
        )
    except ValueError as exc:
        raise ValueError(f"is not a date: {exc}") from None
    return Moment(clock, int(fraction[6:]))


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text in "Zz":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def naive_utc(moment: datetime) -> datetime:
    """Give an aware moment as UTC without a zone; leave a naive one as it is.

    Raises:
        ValueError: UTC of it is before year 1 or after year 9999.
    """
    if moment.tzinfo is None:
        return moment
    try:
        return moment.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise ValueError("is out of range") from None


def render(clock: datetime, date_format: str = "", nanoseconds: int = 0) -> str:
    """Write a date as text, with six digits of a second, or more where there are more.

    Args:
        clock: from the database; an aware one is written with its offset.
        date_format: an Oracle format model of YYYY, MM, DD, HH24, MI, SS and FF; empty is
            ISO 8601.
        nanoseconds: what the clock has no place for, 0 to 999.
    """
    more = f"{nanoseconds:03d}".rstrip("0") if nanoseconds else ""
    if date_format:
        return _ELEMENT.sub(
            lambda match: _ELEMENTS[match[0].upper()].format(clock, more), date_format
        )
    text = extended(clock, more) if more else clock.isoformat()
    return text.replace("+00:00", "Z")


def extended(clock: datetime, digits: str) -> str:
    """Write a clock as ISO 8601 does, with further digits after the six of its microseconds."""
    text = clock.isoformat(timespec="microseconds")
    return text[:_TO_MICROSECONDS] + digits + text[_TO_MICROSECONDS:]
