"""Query strings: their values read, and refused by their names."""

import re

from oracle_api.exceptions import InvalidRequest
from oracle_api.jobs.job import JobStatus


def statuses(text: str | None) -> tuple[JobStatus, ...]:
    """Read a comma list of job states; empty is none.

    Raises:
        InvalidRequest: one is no state.
    """
    words = [word.strip().lower() for word in (text or "").split(",") if word.strip()]
    try:
        return tuple(JobStatus(word) for word in words)
    except ValueError:
        raise InvalidRequest("status is a comma list of: " + ", ".join(JobStatus) + ".") from None


def number(text: str | None, name: str, *, default: float, highest: float) -> float:
    """Read a number from a query; more than the highest counts as the highest.

    Raises:
        InvalidRequest: it is no number, or below 0.
    """
    if text is None or not text.strip():
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not value >= 0:
        raise InvalidRequest(f"{name} must be a number from 0 to {highest:g}.")
    return min(value, highest)


def whole_number(text: str | None, name: str, *, default: int, highest: int) -> int:
    """Read a whole number of at least 1; more than the highest counts as the highest.

    Raises:
        InvalidRequest: it is none.
    """
    if text is None or not text.strip():
        return default
    match = re.fullmatch(r"0*([1-9][0-9]*)", text.strip())
    if match is None:
        raise InvalidRequest(f"{name} must be a whole number from 1 to {highest}.")
    # Python reads no number of thousands of digits; the first of them are more than any limit.
    return min(int(match[1][:18]), highest)


def id_prefix(text: str | None) -> str | None:
    """Read how the ids that are looked for begin, in any case; None is no such wish.

    Raises:
        InvalidRequest: no id begins so.
    """
    if text is None:
        return None
    if not re.fullmatch(r"[0-9a-fA-F]{1,32}", text):
        raise InvalidRequest("id must be the first 1 to 32 hex digits of a job's id.")
    return text.lower()


def page_cursor(text: str | None) -> int | None:
    """Read the ``cursor`` of a page, which is what ``next`` of the page before was.

    Raises:
        InvalidRequest: it is not.
    """
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise InvalidRequest("cursor must be what `next` of the page before was.")
    return int(text)
