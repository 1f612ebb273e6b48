"""TIMESTAMP values as text, which PL/SQL reads and writes to the nanosecond.

The driver's ``datetime`` ends at microseconds. Sources: Oracle Database SQL Language Reference,
"Datetime Format Models" and "Datetime and Interval Data Types".
"""

from datetime import UTC, datetime, timedelta

from oracle_api.oracle.dates import Moment, extended, naive_utc

# The longest is what encode_instant gives, of 35.
BYTES = 40

# Not SYYYY on the way in: a year that a client can write has no sign.
_CLOCK = 'YYYY-MM-DD"T"HH24:MI:SS.FF9'
# PL/SQL expressions: a value of the text {}, and the text of the value {}.
TO_CLOCK = f"TO_TIMESTAMP({{}}, '{_CLOCK}')"
TO_INSTANT = f"TO_TIMESTAMP_TZ({{}}, '{_CLOCK}TZH:TZM')"
OF_CLOCK = f"TO_CHAR({{}}, 'S{_CLOCK}')"
OF_INSTANT = f"TO_CHAR(SYS_EXTRACT_UTC({{}}), 'S{_CLOCK}')"

_OFFSETS = (timedelta(hours=-12), timedelta(hours=14))


def encode_clock(moment: Moment) -> str:
    """Write the clock as the client wrote it for ``TO_CLOCK``; an offset is dropped."""
    return _digits(moment.clock.replace(tzinfo=None), moment)


def encode_instant(moment: Moment) -> str:
    """Write an instant for ``TO_INSTANT`` with the client's own offset; without one it is UTC.

    Raises:
        ValueError: UTC of it is before year 1 or after year 9999.
    """
    utc = naive_utc(moment.clock).replace(tzinfo=UTC)
    offset = moment.clock.utcoffset()
    is_known = offset is not None and _OFFSETS[0] <= offset <= _OFFSETS[1]
    return _digits(moment.clock if is_known else utc, moment)


def _digits(clock: datetime, moment: Moment) -> str:
    return extended(clock, f"{moment.nanoseconds:03d}")


def decode(text: str) -> Moment:
    """Read what ``OF_CLOCK`` or ``OF_INSTANT`` wrote, without a zone.

    Raises:
        ValueError: it is before year 1.
    """
    clock, _, fraction = text.strip().partition(".")
    if clock.startswith("-"):
        raise ValueError(f"year {clock[:5]} is out of range")
    return Moment(datetime.fromisoformat(f"{clock}.{fraction[:6]}"), int(fraction[6:]))
