"""Text of the database as a terminal may get it: nothing in it can be a command to the terminal."""

import re
from typing import Any

from oracle_api.remote.documents import compact

# C0, DEL and C1 (ECMA-48), which begin every escape sequence; surrogates, which cannot be written;
# and what turns the direction of text around it (Unicode TR 9), or breaks lines.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: str) -> str:
    """Write a text on one line, with every control character as a backslash and its code."""
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    letter = match[0]
    code = f"\\x{ord(letter):02x}" if ord(letter) < 0x100 else f"\\u{ord(letter):04x}"
    return _SHORT.get(letter, code)


def cell(value: Any) -> str:
    """Write a value of JSON for people: text as it is, null as nothing, numbers with all digits.

    Args:
        value: of JSON; arrays and objects are written as JSON.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return printable(value)
    return printable(compact(value))
