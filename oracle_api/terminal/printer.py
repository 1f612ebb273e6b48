"""Prints tables and lines: drawn on a terminal, tab-separated into a pipe or a file."""

import itertools
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from oracle_api.terminal.text import cell, printable

if TYPE_CHECKING:
    from rich.console import Console

# A drawn table is as wide as its widest row: all of them are in memory.
_DRAWN_ROWS = 200


class Printer:
    """Prints results to one stream, and remarks to another.

    Args:
        out: for results.
        err: for remarks, which are one line each.
    """

    def __init__(self, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        self._is_drawn = self._out.isatty()
        self._console: Console | None = None

    def document(self, body: bytes) -> None:
        """Print JSON as the service wrote it."""
        self._out.flush()
        self._out.buffer.write(body + b"\n")
        self._out.buffer.flush()

    def line(self, text: str) -> None:
        """Print a line."""
        self._out.write(printable(text) + "\n")

    def remark(self, text: str) -> None:
        """Say something beside the results."""
        self._err.write(printable(text) + "\n")
        self._err.flush()

    def pairs(self, pairs: Iterable[tuple[str, Any]]) -> None:
        """Print names and their values."""
        if self._is_drawn:
            self._draw(None, None, None, pairs)
        else:
            self._separate(pairs)

    def table(
        self,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        *,
        title: str | None = None,
        unbroken: str | None = None,
        has_plain_head: bool = True,
    ) -> None:
        """Print a table.

        Args:
            columns: their names.
            rows: values of JSON. A terminal gets the first of them, with a remark.
            title: above it.
            unbroken: the column whose values a terminal gets on one line, to be copied.
            has_plain_head: whether title and names are printed into a pipe too.
        """
        if self._is_drawn:
            waiting = iter(rows)
            self._draw(title, columns, unbroken, itertools.islice(waiting, _DRAWN_ROWS))
            if next(waiting, None) is not None:
                self.remark(f"Only the first {_DRAWN_ROWS} rows are shown; a pipe gets all.")
            return
        if has_plain_head:
            if title is not None:
                self.line(f"# {title}")
            self._separate([columns])
        self._separate(rows)

    def _separate(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            self._out.write("\t".join(map(cell, row)) + "\n")

    def _draw(
        self,
        title: str | None,
        columns: Sequence[str] | None,
        unbroken: str | None,
        rows: Iterable[Sequence[Any]],
    ) -> None:
        # Only here: drawing is the slowest part to load.
        from rich import box  # noqa: PLC0415
        from rich.console import Console  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Table(
            title=None if title is None else Text(printable(title)),
            title_justify="left",
            box=box.SIMPLE_HEAD if columns is not None else None,
            show_header=columns is not None,
            pad_edge=False,
        )
        kept = list(rows)
        width = len(columns) if columns is not None else max(map(len, kept), default=0)
        for number in range(width):
            is_number = bool(kept) and all(
                number < len(row) and _is_number(row[number]) for row in kept
            )
            table.add_column(
                Text(printable(columns[number])) if columns is not None else "",
                justify="right" if is_number and columns is not None else "left",
                overflow="fold",
                no_wrap=columns is not None and columns[number] == unbroken,
                style="bold" if columns is None and number == 0 else None,
            )
        for row in kept:
            table.add_row(*(_drawn(value, Text) for value in row))
        if self._console is None:
            self._console = Console(file=self._out, highlight=False, emoji=False, markup=False)
        self._console.print(table)


def _drawn(value: Any, text: Any) -> Any:
    return text("NULL", style="dim") if value is None else text(cell(value))


def _is_number(value: Any) -> bool:
    return not isinstance(value, str | bool | list | dict)


def flat(pages: Iterable[Sequence[Any]]) -> Iterator[Any]:
    """Give what is on pages, one after the other."""
    return itertools.chain.from_iterable(pages)
