"""Progress of long operations, shown in V$SESSION_LONGOPS."""

from __future__ import annotations

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

#: Rows that are kept; the oldest go first, as in the fixed area of a real database.
MAX_ROWS = 1000


@dataclass
class LongOperation:
    """One row of V$SESSION_LONGOPS."""

    sid: int
    serial: int
    opname: str
    username: str
    sofar: Decimal = Decimal(0)
    totalwork: Decimal = Decimal(0)
    units: str | None = None
    target: str | None = None
    target_desc: str | None = None
    text: str | None = None
    context: int = 0
    start_time: dt.datetime = field(default_factory=dt.datetime.now)
    last_update_time: dt.datetime = field(default_factory=dt.datetime.now)

    @property
    def elapsed(self) -> float:
        """Seconds from the first to the last report."""
        return (self.last_update_time - self.start_time).total_seconds()

    @property
    def remaining(self) -> int | None:
        """Seconds still to go at the same speed, None if nothing was done yet."""
        if not self.sofar:
            return None
        rest = float((self.totalwork - self.sofar) / self.sofar)
        return round(self.elapsed * max(0.0, rest))

    @property
    def message(self) -> str:
        """The procedure's own message, or one built like Oracle's."""
        if self.text is not None:
            return self.text
        target = f" {self.target}:" if self.target else ""
        units = f" {self.units}" if self.units else ""
        return f"{self.opname}:{target} {self.sofar:f} out of {self.totalwork:f}{units} done"


class LongOperations:
    """All rows of a server; a row belongs to a session, a call and an operation's name."""

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[int, int, str], LongOperation] = OrderedDict()
        self._lock = threading.Lock()

    def update(self, call_id: int, operation: LongOperation) -> None:
        """Add a row, or bring the one of the same call and name up to date."""
        key = (operation.sid, call_id, operation.opname)
        with self._lock:
            known = self._rows.get(key)
            if known is not None:
                operation.start_time = known.start_time
            self._rows[key] = operation
            while len(self._rows) > MAX_ROWS:
                self._rows.popitem(last=False)

    def rows(self) -> Iterator[LongOperation]:
        """Return the rows as they are now."""
        with self._lock:
            return iter(list(self._rows.values()))
