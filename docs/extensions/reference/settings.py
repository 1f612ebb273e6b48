"""The settings, in the groups of ``.env.example``."""

import re
from dataclasses import fields
from itertools import groupby
from pathlib import Path
from typing import Any

from oracle_api.settings import Range, Settings
from reference.markdown import heading, paragraphs

_EXAMPLE = Path(__file__).parents[3] / ".env.example"
_LINE = re.compile(r"^# --- ([^(;]+?) (?:---|\()|^#?([A-Z_]+)=", re.MULTILINE)


def settings() -> str:
    """Describe every setting."""
    groups = _groups()
    known = list(fields(Settings))
    known.sort(key=lambda item: list(groups).index(item.metadata["variable"]))
    parts = []
    for name, members in groupby(known, key=lambda item: groups[item.metadata["variable"]]):
        parts.append(heading(2, name))
        parts += [_one(item) for item in members]
    return paragraphs(*parts)


def written(default: Any) -> str:
    """Write a default as it would stand in the environment."""
    if isinstance(default, bool):
        return "1" if default else "0"
    if isinstance(default, tuple):
        return ",".join(map(written, default))
    return f"{default:g}" if isinstance(default, float) else str(default)


def _one(item: Any) -> str:
    default = written(item.default)
    cast = item.metadata["cast"]
    limits = f" From {cast.lowest:,} to {cast.highest:,}." if isinstance(cast, Range) else ""
    # It is written as seen from README.md.
    purpose = item.metadata["purpose"].replace("](docs/", "](/")
    return paragraphs(
        heading(3, f"`{item.metadata['variable']}`"),
        purpose,
        (f"Default: `{default}`." if default else "Default: empty.") + limits,
    )


def _groups() -> dict[str, str]:
    """Find the group of each variable."""
    found: dict[str, str] = {}
    group = ""
    for line in _LINE.finditer(_EXAMPLE.read_text("utf-8")):
        group = line[1] or group
        if line[2]:
            found[line[2]] = group
    return found
