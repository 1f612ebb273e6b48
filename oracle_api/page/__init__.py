"""The jobs page: what its shell and its scripts are made of. It holds no data itself."""

import json
import re
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

_IMPORT = re.compile(r'^(?:import|\}) .*?from "\./([\w.]+)";$', re.MULTILINE)

#: A catalogue for each language: every text of the page by its key.
LOCALES = _HERE / "locales"


def language_for(accepted: LanguageAccept) -> str:
    """Choose a language of the page by ``Accept-Language`` (RFC 9110, section 12.5.4)."""
    # werkzeug's best match prefers `es` to a more wanted `en-GB`.
    wanted = (tag.partition("-")[0].lower() for tag, quality in accepted if quality > 0)
    return next((language for language in wanted if language in LANGUAGES), LANGUAGES[0])


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Read the texts of the page in one of :data:`LANGUAGES`."""
    texts: dict[str, str] = json.loads((LOCALES / f"{language}.json").read_text("utf-8"))
    return texts


@cache
def modules_of(script: str) -> tuple[str, ...]:
    """Name the modules that a script cannot start without: they are asked for at the same time.

    Args:
        script: in :data:`STATIC`; what it imports while it runs is not counted.
    """
    found, wanted = list[str](), [script]
    while wanted:
        text = (STATIC / wanted.pop()).read_text("utf-8")
        new = sorted(set(_IMPORT.findall(text)) - {script, *found})
        found += new
        wanted += new
    return tuple(found)
