"""Prints tables and lines: drawn on a terminal, tab-separated into a pipe or a file."""

import itertools
import sys
from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType
from typing import Any, TextIO

from oracle_api.terminal.text import cell, printable

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
            _drawing().draw_pairs(self._out, pairs)
        else:
            self._separate(pairs)

    def table(
        self,
        columns: Sequence[str],
        rows: Iterable[Sequence[Any]],
        *,
        title: str | None = None,
        is_list: bool = False,
    ) -> None:
        """Print a table.

        Args:
            columns: their names.
            rows: values of JSON. A terminal gets the first of them, with a remark.
            title: above it.
            is_list: a terminal gets all rows, each on one line, so that it can be copied; a pipe
                gets the rows alone.
        """
        if self._is_drawn and is_list:
            _drawing().draw_list(self._out, columns, rows)
            return
        if self._is_drawn:
            waiting = iter(rows)
            shown = list(itertools.islice(waiting, _DRAWN_ROWS))
            _drawing().draw_table(self._out, columns, shown, title)
            if next(waiting, None) is not None:
                self.remark(f"Only the first {_DRAWN_ROWS} rows are shown; a pipe gets all.")
            return
        if not is_list:
            if title is not None:
                self.line(f"# {title}")
            self._separate([columns])
        self._separate(rows)

    def _separate(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            self._out.write("\t".join(map(cell, row)) + "\n")


def _drawing() -> ModuleType:
    from oracle_api.terminal import drawing  # noqa: PLC0415 - slow to load, seldom needed

    return drawing


def flat(pages: Iterable[Sequence[Any]]) -> Iterator[Any]:
    """Give what is on pages, one after the other."""
    return itertools.chain.from_iterable(pages)
