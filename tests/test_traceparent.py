"""The traceparent header, as W3C Trace Context has it."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.traceparent import TraceParent, parse_traceparent

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
VALID = f"00-{TRACE}-{PARENT}-01"


def lower_hex(digits: int) -> st.SearchStrategy[str]:
    return st.text("0123456789abcdef", min_size=digits, max_size=digits)


ids = st.tuples(
    lower_hex(32).filter(lambda text: text.strip("0")),
    lower_hex(16).filter(lambda text: text.strip("0")),
)


@given(ids, st.integers(0, 255))
def test_a_valid_header_is_read(both: tuple[str, str], flags: int) -> None:
    trace, parent = both
    assert parse_traceparent(f"00-{trace}-{parent}-{flags:02x}") == TraceParent(
        trace, parent, flags
    )


@given(ids, st.integers(0, 255))
def test_what_is_written_is_valid_and_means_the_same(both: tuple[str, str], flags: int) -> None:
    written = str(TraceParent(*both, flags))
    assert len(written) == 55
    # Flags that version 00 does not define are not passed on.
    assert parse_traceparent(written) == TraceParent(*both, flags & 0b11)


@given(ids, st.integers(1, 254), st.text(string.printable.replace("\n", "")))
def test_a_later_version_is_read_as_far_as_it_is_known(
    both: tuple[str, str], version: int, more: str
) -> None:
    header = f"{version:02x}-{both[0]}-{both[1]}-01"
    expected = TraceParent(*both, 1)
    assert parse_traceparent(header) == expected
    more = re.sub(r"[\r\x0b\x0c]", "", more)
    assert parse_traceparent(f"{header}-{more}") == expected
    assert str(expected).startswith("00-")


@given(st.integers(0, len(VALID) - 1), st.characters(codec="latin-1"))
def test_any_other_letter_makes_it_invalid_or_another_valid_one(place: int, letter: str) -> None:
    header = VALID[:place] + letter + VALID[place + 1 :]
    found = parse_traceparent(header)
    if found is not None:
        assert letter in "0123456789abcdef" or header == VALID
        assert header[2:] == f"-{found.trace_id}-{found.parent_id}-{found.flags:02x}"


@given(st.text(max_size=80))
def test_no_text_makes_it_fail(text: str) -> None:
    found = parse_traceparent(text)
    assert found is None or found.trace_id in text


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        VALID.upper(),
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{PARENT}-01",
        f"{VALID}-more",
        f"{VALID}-",
        f"{VALID}\n",
        f"01-{TRACE}-{PARENT}-01.more",
        f"01-{TRACE}-{PARENT}-01\n",
        f"{VALID},{VALID}",
        f"cc-{TRACE}-{PARENT}-01,{VALID}",
        VALID[:-1],
        VALID[3:],
        f" {VALID}",
    ],
)
def test_these_are_ignored(header: str | None) -> None:
    assert parse_traceparent(header) is None
