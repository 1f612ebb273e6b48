"""Counts of requests in a file that all worker processes share: a storage for ``limits``."""

import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

from limits.storage import Storage

_SCHEMA = """
CREATE TABLE IF NOT EXISTS counters (
    key TEXT PRIMARY KEY, count INTEGER NOT NULL, expiry REAL NOT NULL, length REAL NOT NULL
) WITHOUT ROWID"""

# A window ends at its expiry; one that is much further off than its length was made before the
# clock was set back. A little further is one that another thread, which looked at the clock later,
# has begun first.
_COUNT = """
INSERT INTO counters VALUES (:key, :amount, :now + :length, :length)
ON CONFLICT (key) DO UPDATE SET
    count = :amount + CASE WHEN expiry BETWEEN :now AND :now + length + :slack THEN count
                           ELSE 0 END,
    expiry = CASE WHEN expiry BETWEEN :now AND :now + length + :slack THEN expiry
                  ELSE excluded.expiry END
RETURNING count"""
_LIVING = """
SELECT count, expiry FROM counters
 WHERE key = :key AND expiry BETWEEN :now AND :now + length + :slack"""
_PURGE = "DELETE FROM counters WHERE expiry NOT BETWEEN :now AND :now + length + :slack"

_BUSY_SECONDS = 1.0
_SLACK_SECONDS = 5.0
_PURGE_SECONDS = 60.0


class SharedCounters(Storage):
    """Fixed windows in a SQLite file; nothing waits for the disk, and a power cut resets them.

    Args:
        path: the file; its folder is made where it is missing.
        clock: gives seconds since 1970, the same for all processes.

    Raises:
        sqlite3.Error, OSError: the file cannot be used.
    """

    STORAGE_SCHEME = None

    def __init__(self, path: str, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = OFF", _SCHEMA):
            self._connection.execute(statement)
        self._purged = clock()

    @property
    def base_exceptions(self) -> type[Exception]:
        """What goes wrong with a file of this kind."""
        return sqlite3.Error

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count, and give the count of the present window.

        Args:
            key: what is counted.
            expiry: the window's length in seconds, from its first count on.
            amount: how much is counted.
        """
        now = self._clock()
        values = {"key": key, "amount": amount, "length": expiry, **self._moment(now)}
        with self._lock:
            if abs(now - self._purged) > _PURGE_SECONDS:
                self._purged = now
                self._connection.execute(_PURGE, self._moment(now))
            [[count]] = self._connection.execute(_COUNT, values).fetchall()
        return int(count)

    def get(self, key: str) -> int:
        """Give the count of the present window."""
        return int(self._living(key)[0])

    def get_expiry(self, key: str) -> float:
        """Give when the present window ends, seconds since 1970; now where there is none."""
        return self._living(key)[1]

    def _living(self, key: str) -> tuple[int, float]:
        now = self._clock()
        with self._lock:
            rows = self._connection.execute(_LIVING, {"key": key, **self._moment(now)}).fetchall()
        return rows[0] if rows else (0, now)

    @staticmethod
    def _moment(now: float) -> dict[str, float]:
        return {"now": now, "slack": _SLACK_SECONDS}

    def check(self) -> bool:
        """Say whether the file can be read."""
        with self._lock:
            self._connection.execute("SELECT COUNT(*) FROM counters")
        return True

    def reset(self) -> int | None:
        """Forget everything; gives how many windows there were."""
        with self._lock:
            return self._connection.execute("DELETE FROM counters").rowcount

    def clear(self, key: str) -> None:
        """Forget a window."""
        with self._lock:
            self._connection.execute("DELETE FROM counters WHERE key = ?", (key,))

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()
