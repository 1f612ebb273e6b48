"""OUT values, REF CURSORs and LOBs become JSON values; the caller says where large ones go."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import oracledb

from oracle_api.exceptions import ProcedureFailed
from oracle_api.oracle.composites import Composite
from oracle_api.oracle.documents import map_scalars
from oracle_api.oracle.handle import Deadline
from oracle_api.oracle.plan import Bind
from oracle_api.oracle.values import OracleType, column_decoder

_FETCH_ROWS = 1000
_LOB_CHUNK = 256 * 1024

Rows = list[list[Any]]

# Takes a REF CURSOR's rows and gives what stands for them in the result: the parameter's name as
# the client knows it, the columns' names (they may repeat), and rows of JSON values in batches
# that are fetched as they are asked for.
RowReader = Callable[[str, list[str], Iterator[Rows]], Any]


@dataclass(frozen=True)
class Lob:
    """A CLOB or BLOB that came back and has not been read yet.

    Args:
        size: in characters or bytes.
        is_text: whether it is a CLOB.
        chunks: its content, ``str`` or ``bytes``, read as it is asked for.
    """

    size: int
    is_text: bool
    chunks: Iterator[Any]

    def read(self) -> Any:
        """Read it whole."""
        return ("" if self.is_text else b"").join(self.chunks)


# Takes a LOB and gives its content, or a JSON object that stands for it in the result.
LobReader = Callable[[str, Lob], Any]


@dataclass(frozen=True)
class Readers:
    """What becomes of what is too large for a bind variable."""

    rows: RowReader
    lob: LobReader


def rows_up_to(limit: int) -> RowReader:
    """Make a reader that keeps the rows in the result, up to a limit.

    Args:
        limit: most rows; where there are more, ``truncated`` is true.
    """

    def read(_label: str, columns: list[str], batches: Iterator[Rows]) -> dict[str, Any]:
        rows: Rows = []
        for batch in batches:
            rows.extend(batch)
            if len(rows) > limit:
                return {"columns": columns, "rows": rows[:limit], "truncated": True}
        return {"columns": columns, "rows": rows}

    return read


def lobs_up_to(limit: int) -> LobReader:
    """Make a reader that keeps LOBs in the result, and refuses larger ones.

    Args:
        limit: largest size, in characters or bytes.
    """

    def read(label: str, lob: Lob) -> Any:
        if lob.size > limit:
            raise ProcedureFailed(
                f"{label} has a size of {lob.size}; MAX_LOB_BYTES allows {limit}. "
                "A job has no such limit."
            )
        return lob.read()

    return read


class ResultReader:
    """Turns what came back into JSON values; LOBs and cursors take round trips of their own.

    Args:
        connection: that the call ran on.
        readers: what becomes of large values.
        deadline: by when all must be read.
        date_format: how dates are written, empty for ISO 8601.
        numbers_as_text: write numbers as JSON strings.
    """

    def __init__(
        self,
        connection: oracledb.Connection,
        readers: Readers,
        deadline: Deadline,
        *,
        date_format: str,
        numbers_as_text: bool,
    ) -> None:
        self._connection = connection
        self._readers = readers
        self._deadline = deadline
        self._date_format = date_format
        self._numbers_as_text = numbers_as_text

    def read(self, bind: Bind, value: Any, label: str) -> Any:
        """Give the JSON value of an OUT bind.

        Args:
            bind: what was bound.
            value: what the driver gives for it.
            label: names large values.
        """
        if value is None:
            return None
        if isinstance(bind.type, Composite):
            return bind.type.decode(value, self._leaf)
        if isinstance(value, oracledb.Cursor):
            return self.read_cursor(value, label)
        if isinstance(value, oracledb.LOB):
            value = self._lob(value, label)
            if value is None or isinstance(value, dict):
                return value
        try:
            decoded = bind.type.decode(value, self._date_format)
        except ValueError as exc:
            # Such as a date before the year 1.
            raise ProcedureFailed(f"{label} holds a value that cannot be given: {exc}.") from exc
        return self._finish(decoded)

    def _leaf(self, kind: OracleType, value: Any) -> Any:
        if isinstance(value, oracledb.LOB):
            self._deadline.arm(self._connection)
            value = value.read()
            if not value:
                return None
        return self._finish(kind.decode(value, self._date_format))

    def read_cursor(self, cursor: oracledb.Cursor, label: str) -> Any:
        """Give what stands for a REF CURSOR; null for one that the procedure never opened."""
        with cursor:
            # Such a one has no columns; fetching from it would be ORA-24338.
            if not cursor.description:
                return None
            cursor.arraysize = _FETCH_ROWS
            columns = [column[0] for column in cursor.description]
            decoders = [column_decoder(column[1]) for column in cursor.description]
            return self._readers.rows(label, columns, self._batches(cursor, decoders))

    def _batches(
        self, cursor: oracledb.Cursor, decoders: Sequence[Callable[[Any, str], Any] | None]
    ) -> Iterator[Rows]:
        date_format, finish = self._date_format, self._finish
        while True:
            self._deadline.arm(self._connection)
            batch = _fetch(cursor)
            if not batch:
                return
            yield [
                [
                    value if value is None or decode is None else finish(decode(value, date_format))
                    for value, decode in zip(row, decoders, strict=True)
                ]
                for row in batch
            ]

    def _lob(self, lob: oracledb.LOB, label: str) -> Any:
        self._deadline.arm(self._connection)
        size = lob.size()
        if not size:
            return None
        is_text = lob.type is not oracledb.DB_TYPE_BLOB
        return self._readers.lob(label, Lob(size, is_text, self._chunks(lob, size)))

    def _chunks(self, lob: oracledb.LOB, size: int) -> Iterator[Any]:
        # Offsets count from 1, in UTF-16 units for a CLOB, and so does the size.
        offset = 1
        while offset <= size:
            self._deadline.arm(self._connection)
            amount = _LOB_CHUNK
            try:
                chunk = lob.read(offset, amount)
            except UnicodeDecodeError:
                # The chunk ended between the two units of one character.
                amount += 1
                chunk = lob.read(offset, amount)
            yield chunk
            offset += amount

    def _finish(self, value: Any) -> Any:
        if not self._numbers_as_text or isinstance(value, bool):
            return value
        if isinstance(value, dict | list):
            return map_scalars(value, self._finish)
        if isinstance(value, Decimal):
            return format(value, "f")
        return str(value) if isinstance(value, int | float) else value


def _fetch(cursor: oracledb.Cursor) -> list[Any]:
    try:
        return list(cursor.fetchmany(_FETCH_ROWS))
    except ValueError as exc:
        # Such as a date before the year 1.
        raise ProcedureFailed(f"A row holds a value that cannot be given: {exc}.") from exc
