"""Cursors of a session: statements that the client refers to by number."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from oracle_api.embedded.conversions import Nls, convert
from oracle_api.embedded.datatypes import BindType, Column, RowSource
from oracle_api.embedded.errors import CallBrokenError, ClientGoneError, OracleError
from oracle_api.embedded.frames import Program
from oracle_api.embedded.lexer import StatementKind, statement_kind
from oracle_api.embedded.messages import BatchError
from oracle_api.embedded.translate import Translation

_log = logging.getLogger(__name__)
#: Announced at logon, and enforced with ORA-01000.
MAX_OPEN_CURSORS = 300


class GeneratedRows:
    """The rows of a REF CURSOR that a procedure opened, taken one by one from an iterable.

    Args:
        columns: their description.
        rows: the rows, each with as many values as there are columns.
        nls: settings of the session, for conversions to the columns' types.
    """

    def __init__(self, columns: list[Column], rows: Iterable[Sequence[Any]], nls: Nls) -> None:
        self.columns = columns
        self._iterator: Iterator[Sequence[Any]] = iter(rows)
        self._nls = nls

    def fetch(self, count: int) -> list[tuple[Any, ...]]:
        """Return up to ``count`` further rows.

        Raises:
            OracleError: what the iterable raised, or a value that does not fit its column.
        """
        try:
            return [self._convert(row) for row in itertools.islice(self._iterator, count)]
        except (OracleError, CallBrokenError, ClientGoneError):
            raise
        except Exception as error:
            _log.exception("the rows of a REF CURSOR failed")
            raise OracleError(6501, "PL/SQL: program error") from error

    def _convert(self, row: Sequence[Any]) -> tuple[Any, ...]:
        nls = self._nls
        return tuple(
            [
                convert(value, column.type, nls)
                for value, column in zip(row, self.columns, strict=True)
            ]
        )

    def close(self) -> None:
        """Give up the rows that were not fetched."""
        close = getattr(self._iterator, "close", None)
        if close is not None:
            close()
        self._iterator = iter(())


@dataclass
class Cursor:
    """A statement with all that belongs to it between calls."""

    id: int
    text: str | None
    kind: StatementKind
    bind_types: list[BindType] = field(default_factory=list)
    defines: list[BindType] | None = None
    program: Program | None = None
    compiled_at: int = 0
    translation: Translation | None = None
    rows: RowSource | None = None
    described: list[Column] | None = None
    rows_sent: int = 0
    row_count: int = 0
    batch_errors: list[BatchError] = field(default_factory=list)

    def close(self) -> None:
        """Give up the rows that were not fetched."""
        if self.rows is not None:
            self.rows.close()
            self.rows = None


class CursorTable:
    """The open cursors of one session."""

    def __init__(self) -> None:
        self._cursors: dict[int, Cursor] = {}
        self._ids = itertools.cycle(range(1, 65535))

    def __len__(self) -> int:
        return len(self._cursors)

    def open(self, text: str) -> Cursor:
        """Open a cursor for a statement.

        Raises:
            OracleError: ORA-01000 if there are too many.
        """
        return self._add(text, statement_kind(text))

    def open_rows(self, rows: RowSource) -> Cursor:
        """Open a cursor with rows that wait to be fetched."""
        cursor = self._add(None, StatementKind.QUERY)
        cursor.rows = rows
        cursor.described = rows.columns
        return cursor

    def _add(self, text: str | None, kind: StatementKind) -> Cursor:
        if len(self._cursors) >= MAX_OPEN_CURSORS:
            raise OracleError(1000, "maximum open cursors exceeded")
        number = next(number for number in self._ids if number not in self._cursors)
        cursor = self._cursors[number] = Cursor(number, text, kind)
        return cursor

    def get(self, number: int) -> Cursor:
        """Return an open cursor.

        Raises:
            OracleError: ORA-01001 if there is none of this number.
        """
        cursor = self._cursors.get(number)
        if cursor is None:
            raise OracleError(1001, "invalid cursor")
        return cursor

    def close(self, number: int) -> None:
        """Close a cursor; unknown numbers do not matter."""
        cursor = self._cursors.pop(number, None)
        if cursor is not None:
            cursor.close()

    def close_all(self) -> None:
        """Close all cursors."""
        for number in list(self._cursors):
            self.close(number)
