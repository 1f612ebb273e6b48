"""The jobs page: what its shell and its scripts are made of. It holds no data itself."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from werkzeug.datastructures import LanguageAccept

#: The languages that the page speaks; the first one where the browser asks for another.
LANGUAGES = ("en", "es")

_HERE = Path(str(files(__name__)))

#: Scripts, style sheets and icons.
STATIC = _HERE / "static"

#: A catalogue for each language: every text of the page by its key.
LOCALES = _HERE / "locales"


def language_for(accepted: LanguageAccept) -> str:
    """Choose a language of the page by ``Accept-Language`` (RFC 9110, section 12.5.4)."""
    return accepted.best_match(LANGUAGES, LANGUAGES[0])


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Read the texts of the page in one of :data:`LANGUAGES`."""
    texts: dict[str, str] = json.loads((LOCALES / f"{language}.json").read_text("utf-8"))
    return texts
