"""Nothing of the database can command a terminal."""

import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.terminal.text import cell, printable


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    written = printable(text)
    assert not {unicodedata.category(letter) for letter in written} & {"Cc", "Cs", "Zl", "Zp"}
    assert not {unicodedata.bidirectional(letter) for letter in written} & {
        "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI",
    }  # fmt: skip


@given(st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp"))))
def test_other_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x9b2J", "\\x9b2J"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\tb\nc\r", "a\\tb\\nc\\r"),
        ("abc\u202edef", "abc\\u202edef"),
        ("ñ 🐦", "ñ 🐦"),
    ],
)
def test_control_characters_are_shown_as_codes(text: str, written: str) -> None:
    assert printable(text) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        (True, "true"),
        (12345678901234567890123456789012345678, "12345678901234567890123456789012345678"),
        (Decimal("-0.10"), "-0.10"),
        (Decimal("1E-130"), "1E-130"),
        ({"a": [Decimal("1.50"), None]}, '{"a":[1.50,null]}'),
        (["\x9b"], '["\\x9b"]'),
    ],
)
def test_values_are_written_whole(value: object, written: str) -> None:
    assert cell(value) == written
