"""Every text of the page is in every language, and none is there for nothing."""

import re
from pathlib import Path

import pytest
from werkzeug.datastructures import LanguageAccept

from oracle_api.page import LANGUAGES, LOCALES, STATIC, catalogue, language_for

SOURCES = [*STATIC.glob("*.js"), *(STATIC.parent / "templates").glob("*.html")]
TEXT = "\n".join(path.read_text() for path in SOURCES)

#: Keys as `t` is given them, keys that go to it by a name, and beginnings such as `state.${…}`.
CALLED = set(re.findall(r"""\bt\(\s*["'`]([\w.]+)["'`]""", TEXT))
NAMED = set(re.findall(r"""["'`]([a-z_]+(?:\.\w+)+)["'`]""", TEXT))
BEGUN = tuple(re.findall(r"`([a-z_.]+\.)\$\{", TEXT))


def test_the_languages_have_the_same_texts() -> None:
    english, *others = (catalogue(language) for language in LANGUAGES)
    for other in others:
        assert other.keys() == english.keys()
        for key, text in english.items():
            assert other[key].strip()
            assert set(re.findall(r"\{\w+\}", other[key])) == set(re.findall(r"\{\w+\}", text)), key


def test_every_text_that_is_asked_for_is_there() -> None:
    assert len(CALLED) > 50
    assert sorted(key for key in CALLED if key not in catalogue("en")) == []
    for beginning in BEGUN:
        assert any(key.startswith(beginning) for key in catalogue("en")), beginning


def test_every_text_is_asked_for() -> None:
    unused = [
        key
        for key in catalogue("en")
        if key not in CALLED | NAMED and not (BEGUN and key.startswith(BEGUN))
    ]
    assert unused == []


@pytest.mark.parametrize("path", sorted(LOCALES.glob("*.json")), ids=lambda path: path.name)
def test_keys_are_in_order(path: Path) -> None:
    assert path.stem in LANGUAGES
    keys = re.findall(r'^  "([\w.]+)": ".*",?$', path.read_text(), re.MULTILINE)
    assert keys == sorted(catalogue(path.stem))


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ([], "en"),
        ([("es-AR", 1)], "es"),
        ([("es", 0.5), ("en-GB", 0.9)], "en"),
        ([("de", 1), ("es", 0.3)], "es"),
        ([("de", 1)], "en"),
        ([("es", 0), ("*", 0.1)], "en"),
    ],
)
def test_the_language_is_the_browsers(asked: list[tuple[str, float]], language: str) -> None:
    assert language_for(LanguageAccept(asked)) == language
