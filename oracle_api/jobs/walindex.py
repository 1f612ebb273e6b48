"""Tells whether anybody has committed to a SQLite database, without asking SQLite.

In WAL mode all processes share an index of the log in memory, a file whose name ends in ``-shm``.
Its header changes with every commit, before the commit returns, and two equal headers mean the
same state: it has a count of transactions, the log's length, its salts and its checksum. Source:
https://sqlite.org/walformat.html, section 2.1.
"""

import mmap
import os
import struct
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

# The start of the header: version, unused, count of transactions, "is initialised".
_START = struct.Struct("=III?")
_VERSION = 3007000
_HEADER_BYTES = 48


@dataclass(slots=True)
class _Mapped:
    view: mmap.mmap
    file: int
    users: int = 0


# When a process closes a file, all its locks on it are gone, SQLite's too, whoever has opened it
# (https://sqlite.org/howtocorrupt.html, section 2.2). So it is closed after its last user only.
_lock = threading.Lock()
_mapped: dict[tuple[int, int], _Mapped] = {}


class WalIndex:
    """The header of one database's index.

    The caller has a connection that has read from the database, so that the index is there, keeps
    it open as long as this, and closes this after all its connections.

    Args:
        path: of the database.

    Raises:
        OSError: there is no index: the database is not in WAL mode, or on a system without one.
        ValueError: the index is not of the version that is known here.
    """

    def __init__(self, path: str) -> None:
        name = f"{path}-shm"
        with _lock:
            status = os.stat(name)
            self._key = (status.st_dev, status.st_ino)
            mapped = _mapped.get(self._key)
            if mapped is None:
                mapped = _mapped[self._key] = _map(name)
            mapped.users += 1
            self._view = mapped.view
        version, _, _, is_ready = _START.unpack_from(self._view)
        if version != _VERSION or not is_ready:
            # It stays open: SQLite has locks on it.
            raise ValueError(f"{name} is not of version {_VERSION}")

    def mark(self) -> bytes:
        """Give what is different after each commit of whatever process."""
        return self._view[:_HEADER_BYTES]

    def close(self) -> None:
        """Let go of the file."""
        with _lock:
            mapped = _mapped[self._key]
            mapped.users -= 1
            if not mapped.users:
                del _mapped[self._key]
                mapped.view.close()
                os.close(mapped.file)


def open_index(path: str) -> WalIndex | None:
    """Open a database's index, see :class:`WalIndex`; None where there is none to be used."""
    if not path or sys.platform == "win32" or not Path(f"{path}-shm").exists():
        return None
    try:
        return WalIndex(path)
    except (OSError, ValueError):
        return None


def _map(name: str) -> _Mapped:
    file = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
    # It is not closed where that fails, either.
    return _Mapped(mmap.mmap(file, _HEADER_BYTES, mmap.MAP_SHARED, mmap.PROT_READ), file)
