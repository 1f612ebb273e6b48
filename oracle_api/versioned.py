"""Keeps what was made of something for as long as that has the same version."""

import threading
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

# Beside what is kept: its entry, its key, and the objects in it.
_ENTRY_BYTES = 1024


@dataclass(frozen=True, slots=True)
class _Entry(Generic[T]):
    version: int
    value: T
    size: int


class VersionedCache(Generic[T]):
    """Values by key and version; those that were kept first make room. May be used by any thread.

    It never decides what is current: whoever asks has just read the present version.

    Args:
        most_bytes: that all values may have together; one of more than an eighth is not kept.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry[T]] = {}
        self._size = 0

    def get(self, key: str, version: int) -> T | None:
        """Give what was made of this very version; None where it is not kept."""
        entry = self._entries.get(key)
        return None if entry is None or entry.version != version else entry.value

    def keep(self, key: str, version: int, value: T, size: int) -> None:
        """Keep a value in place of any other version's.

        Args:
            key: of what it was made.
            version: of that.
            value: what was made of it.
            size: of the value, in bytes.
        """
        size += _ENTRY_BYTES
        with self._lock:
            self._drop(key)
            if size > self._most // 8:
                return
            self._entries[key] = _Entry(version, value, size)
            self._size += size
            while self._size > self._most:
                self._drop(next(iter(self._entries)))

    @property
    def size(self) -> int:
        """The bytes of all that is kept."""
        return self._size

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size -= entry.size
