"""Fills a file of docs/deploy in, as its reader is told to: only lines marked EDIT change."""

import re
from collections.abc import Mapping
from pathlib import Path

DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"


def edited(name: str, changes: Mapping[str, str]) -> str:
    """Give a file's text with changes.

    Args:
        name: of the file in docs/deploy.
        changes: new texts by old ones; each old one must be on exactly one marked line, and
            every marked line must be changed.
    """
    lines = (DEPLOY / name).read_text().splitlines()
    marked = [number for number, line in enumerate(lines) if re.search(r"# EDIT\b", line)]
    left = set(marked)
    for old, new in changes.items():
        [number] = [number for number in marked if old in lines[number]]
        lines[number] = lines[number].replace(old, new)
        left.discard(number)
    assert not left, [lines[number] for number in left]
    return "\n".join(lines) + "\n"
