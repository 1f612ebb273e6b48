"""Rows of a query on SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import Decimal
from typing import Any, Protocol

from oracle_api.embedded.conversions import Nls, convert
from oracle_api.embedded.datatypes import Column, DataType
from oracle_api.embedded.storage import Stored, from_storage, infer_column
from oracle_api.embedded.values import NUMBER_CONTEXT

# Rows that are looked at to find the type of a column without a declared one.
_SAMPLE_ROWS = 50


class _Guard(Protocol):
    def __call__(self, *, interruptible: bool = True) -> AbstractContextManager[None]: ...


class QueryRows:
    """The rows of a query, read as they are fetched; a REF CURSOR's row source too.

    Args:
        cursor: the executed SQLite cursor.
        guard: a context manager that turns SQLite's errors into Oracle's.
        nls: settings of the session.
    """

    def __init__(self, cursor: sqlite3.Cursor, guard: _Guard, nls: Nls) -> None:
        self.columns: list[Column] = []
        self._cursor: sqlite3.Cursor | None = cursor
        self._ready: list[tuple[Stored, ...]] = []
        self._guard = guard
        self._nls = nls

    def describe(self, names: Sequence[str], declared: Sequence[Column | None]) -> None:
        """Describe the columns: by their declared types, the others by some of the values."""
        known = declared if len(declared) == len(names) else [None] * len(names)
        samples = self.peek(_SAMPLE_ROWS) if None in known else []
        for index, (name, column) in enumerate(zip(names, known, strict=True)):
            if column is None:
                self.columns.append(infer_column(name, [row[index] for row in samples]))
            else:
                self.columns.append(replace(column, name=name))

    def fetch(self, count: int) -> list[tuple[Any, ...]]:
        """Return up to ``count`` further rows."""
        rows = self._ready[:count]
        del self._ready[:count]
        if len(rows) < count and self._cursor is not None:
            with self._guard():
                more = self._cursor.fetchmany(count - len(rows))
            if len(more) < count - len(rows):
                self.close()
            rows += more
        return [self._decode(row) for row in rows]

    def peek(self, count: int) -> list[tuple[Stored, ...]]:
        """Return the stored values of the next rows without consuming them."""
        if self._cursor is not None:
            with self._guard():
                self._ready += self._cursor.fetchmany(count)
        return self._ready

    def detach(self, *, interruptible: bool = False) -> None:
        """Read all rows into memory, so that the query no longer holds its snapshot."""
        if self._cursor is not None:
            with self._guard(interruptible=interruptible):
                self._ready += self._cursor.fetchall()
            self._cursor.close()
            self._cursor = None

    def close(self) -> None:
        """Give up the rows that were not fetched."""
        if self._cursor is not None:
            self._cursor.close()
            self._cursor = None

    def _decode(self, row: tuple[Stored, ...]) -> tuple[Any, ...]:
        nls = self._nls
        return tuple(
            [
                None if stored is None else _decode(stored, column, nls)
                for stored, column in zip(row, self.columns, strict=True)
            ]
        )


def _decode(stored: Stored, column: Column, nls: Nls) -> Any:
    if isinstance(stored, float) and column.type in (DataType.BINARY_DOUBLE, DataType.BINARY_FLOAT):
        return stored
    value = convert(from_storage(stored), column.type, nls)
    if column.precision and column.scale > -column.precision and isinstance(value, Decimal):
        return NUMBER_CONTEXT.quantize(value, Decimal(1).scaleb(-column.scale))
    return value
