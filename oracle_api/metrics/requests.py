"""Counts and times requests in memory, and moves that in groups to what processes share.

A series that processes share costs a lock, a look at the process's id and a write to a mapped file
for each value: more than all else that is noted about a request.
"""

import logging
import threading
from collections import defaultdict, deque

from prometheus_client import CollectorRegistry

from oracle_api.metrics import catalogue

log = logging.getLogger(__name__)

# How late the other processes know of a request.
_SETTLE_SECONDS = 0.25

# Who comes when so many wait, as nobody moves them, moves them itself.
_MOST_WAITING = 10_000


class RequestTally:
    """The requests of this process. May be used by any thread.

    Args:
        registry: where their metrics are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._count = catalogue.REQUESTS.make(registry)
        self._spread = catalogue.REQUEST_SECONDS.make(registry)
        self._waiting: deque[tuple[str, str, int, float]] = deque()
        # Whoever has settled may be sure that all is there that was noted before.
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._settle_often, name="metrics", daemon=True)

    def note(self, route: str, method: str, status: int, seconds: float) -> None:
        """Note a request.

        Args:
            route: its template, never its path.
            method: one of a known few.
            status: of the answer.
            seconds: until the answer was ready.
        """
        self._waiting.append((route, method, status, seconds))
        if len(self._waiting) > _MOST_WAITING:
            self.settle()

    def settle(self) -> None:
        """Move what was noted to the metrics."""
        with self._lock:
            groups: defaultdict[tuple[str, str, int], list[float]] = defaultdict(list)
            # No more than are there now, however fast others come.
            for _ in range(len(self._waiting)):
                route, method, status, seconds = self._waiting.popleft()
                groups[route, method, status].append(seconds)
            try:
                for (route, method, status), spread in groups.items():
                    self._count.labels(route, method, status).inc(len(spread))
                    self._spread.labels(route, method).observe_all(spread)
            except Exception:
                # Such as a full disk below them.
                log.exception("The metrics of requests could not be kept.")

    def start(self) -> None:
        """Begin to settle a few times a second, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Settle once more, and no more by itself."""
        self._stopped.set()
        self._thread.join()
        self.settle()

    def _settle_often(self) -> None:
        while not self._stopped.wait(_SETTLE_SECONDS):
            self.settle()
