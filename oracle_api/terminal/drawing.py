"""Draws tables on a terminal. Slow to load: only for somebody who looks."""

from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from oracle_api.terminal.text import cell, printable

# No terminal is wider: a table has its natural width.
_UNBOUNDED_COLUMNS = 100_000


def draw_pairs(stream: TextIO, pairs: Iterable[tuple[str, Any]]) -> None:
    """Draw names and their values, side by side."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", overflow="fold")
    table.add_column(overflow="fold")
    for name, value in pairs:
        table.add_row(_drawn(name), _drawn(value))
    _console(stream).print(table)


def draw_table(
    stream: TextIO, columns: Sequence[str], rows: Sequence[Sequence[Any]], title: str | None
) -> None:
    """Draw a table as wide as the terminal at most; what does not fit goes on in the next line."""
    heading = None if title is None else Text(printable(title))
    table = Table(title=heading, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for number, name in enumerate(columns):
        is_number = bool(rows) and all(_is_number(row[number]) for row in rows)
        table.add_column(_drawn(name), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(_drawn, row))
    _console(stream).print(table)


def draw_list(stream: TextIO, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Draw a table with one line for each row, however narrow the terminal is."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        table.add_column(_drawn(name), no_wrap=True)
    for row in rows:
        table.add_row(*map(_drawn, row))
    _console(stream, _UNBOUNDED_COLUMNS).print(table)


def _console(stream: TextIO, width: int | None = None) -> Console:
    # Only with a height too does rich take a width for a terminal that it holds for dumb.
    height = None if width is None else 1
    return Console(
        file=stream, width=width, height=height, highlight=False, emoji=False, markup=False
    )


def _drawn(value: Any) -> Text:
    return Text("NULL", style="dim") if value is None else Text(cell(value))


def _is_number(value: Any) -> bool:
    return not isinstance(value, str | bool | list | dict)
