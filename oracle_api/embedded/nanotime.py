"""A datetime with the nine digits of a second that a TIMESTAMP has."""

from __future__ import annotations

import datetime as dt
from typing import Any, Self

from oracle_api.embedded.errors import year_error

_DIGITS = 9
_PER_SECOND = 10**_DIGITS


class Nanotime(dt.datetime):
    """A datetime and what comes after its microseconds.

    Comparisons, ``replace`` and ``astimezone`` know of it; arithmetic drops it.
    """

    #: 0 to 999; not part of any method's arguments.
    nanosecond = 0

    def replace(self, *args: Any, **changes: Any) -> Self:
        """Return it with some fields changed; a new microsecond has no nanoseconds."""
        changed = super().replace(*args, **changes)
        if len(args) < 7 and "microsecond" not in changes:
            changed.nanosecond = self.nanosecond
        return changed

    def astimezone(self, tz: dt.tzinfo | None = None) -> Self:
        """Return the same moment in another time zone."""
        moved = super().astimezone(tz)
        moved.nanosecond = self.nanosecond
        return moved

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, dt.datetime):
            return NotImplemented
        return _key(self) == _key(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = dt.datetime.__hash__

    def __lt__(self, other: Any) -> bool:
        return _key(self) < _key(other)

    def __le__(self, other: Any) -> bool:
        return _key(self) <= _key(other)

    def __gt__(self, other: Any) -> bool:
        return _key(self) > _key(other)

    def __ge__(self, other: Any) -> bool:
        return _key(self) >= _key(other)


def _key(value: dt.datetime) -> tuple[dt.datetime, int]:
    return dt.datetime.combine(value.date(), value.timetz()), nanosecond_of(value)


def nanosecond_of(value: dt.datetime) -> int:
    """Return what comes after the microseconds of a value, 0 to 999."""
    return value.nanosecond if isinstance(value, Nanotime) else 0


def fraction_of(value: dt.datetime) -> int:
    """Return the nanoseconds of a value's second, 0 to 999999999."""
    return value.microsecond * 1000 + nanosecond_of(value)


def with_fraction(value: dt.datetime, fraction: int) -> dt.datetime:
    """Return a value with another fraction of its second.

    Args:
        value: any datetime.
        fraction: nanoseconds, 0 to 999999999; only what needs it becomes a ``Nanotime``.
    """
    microsecond, nanosecond = divmod(fraction, 1000)
    plain = dt.datetime.combine(value.date(), value.timetz()).replace(microsecond=microsecond)
    if not nanosecond:
        return plain
    exact = Nanotime.combine(plain.date(), plain.timetz())
    exact.nanosecond = nanosecond
    return exact


def rounded(value: dt.datetime, digits: int) -> dt.datetime:
    """Return a value with so many digits of a second, the last one rounded.

    Raises:
        OracleError: ORA-01841 if that is in the year 10000.
    """
    unit = 10 ** (_DIGITS - digits)
    seconds, fraction = divmod((fraction_of(value) + unit // 2) // unit * unit, _PER_SECOND)
    try:
        return with_fraction(value + dt.timedelta(seconds=seconds), fraction)
    except OverflowError:
        raise year_error() from None
