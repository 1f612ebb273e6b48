"""Bounds how many values a label can have."""

import threading

OTHER = "other"


class FirstNames:
    """Gives the first few names a label of their own, and all others one in common.

    Args:
        limit: how many have their own.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._names: set[str] = set()

    def label(self, name: str, *, may_enter: bool = True) -> str:
        """Give the label for a name.

        Args:
            name: whose.
            may_enter: whether it may take one of the places if it has none yet.
        """
        with self._lock:
            if name in self._names:
                return name
            if not may_enter or len(self._names) >= self._limit:
                return OTHER
            self._names.add(name)
            return name
