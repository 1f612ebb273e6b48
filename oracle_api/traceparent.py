"""The ``traceparent`` header: which trace a request belongs to.

Source: W3C Trace Context, section 3.2 (Recommendation, 23 November 2021); the flag ``random`` is
from its Level 2.
"""

import re
from dataclasses import dataclass

_SAMPLED = 0x01
_RANDOM = 0x02

_HEADER = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace>[0-9a-f]{32})-(?P<parent>[0-9a-f]{16})"
    r"-(?P<flags>[0-9a-f]{2})(?P<more>-.*)?",
)
_FORBIDDEN_VERSION = "ff"
_OUR_VERSION = "00"


@dataclass(frozen=True, slots=True)
class TraceParent:
    """Where in which trace the caller is.

    Args:
        trace_id: 32 lower-case hex digits, not all zero.
        parent_id: the caller's span: 16 lower-case hex digits, not all zero.
        flags: 8 bits.
    """

    trace_id: str
    parent_id: str
    flags: int = 0

    def __str__(self) -> str:
        """Write it in version 00, with only the flags that are defined (section 3.2.2.5)."""
        flags = self.flags & (_SAMPLED | _RANDOM)
        return f"{_OUR_VERSION}-{self.trace_id}-{self.parent_id}-{flags:02x}"


def parse_traceparent(header: str | None) -> TraceParent | None:
    """Read a header.

    Args:
        header: its value; several headers, joined by commas, are no valid one.

    Returns:
        What it says, or None where it must be ignored. A later version may say more behind what
        version 00 has (section 3.2.4).
    """
    found = _HEADER.fullmatch(header or "")
    if found is None or found["version"] == _FORBIDDEN_VERSION:
        return None
    if found["more"] is not None and found["version"] == _OUR_VERSION:
        return None
    if not found["trace"].strip("0") or not found["parent"].strip("0"):
        return None
    return TraceParent(found["trace"], found["parent"], int(found["flags"], 16))
