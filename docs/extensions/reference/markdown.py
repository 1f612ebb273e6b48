"""Pieces of Markdown."""

import json
from collections.abc import Iterable, Sequence
from typing import Any


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; without rows, nothing."""
    lines = [_row(row) for row in rows]
    return "\n".join([_row(head), "|" + "---|" * len(head), *lines]) if lines else ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def paragraphs(*parts: str) -> str:
    """Put blank lines between the parts that are there."""
    return "\n\n".join(part.strip("\n") for part in parts if part)


def heading(level: int, text: str, target: str = "") -> str:
    """Write a heading, and the name by which links find it."""
    return (f"({target})=\n" if target else "") + f"{'#' * level} {text}"


def code(value: Any) -> str:
    """Write a value as a block of JSON."""
    return f"```json\n{json.dumps(value, indent=2, ensure_ascii=False)}\n```"
