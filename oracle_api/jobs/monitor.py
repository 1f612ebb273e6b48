"""Watches running calls' long operations over a second connection."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from oracle_api.exceptions import DatabaseUnavailable, OracleApiError
from oracle_api.oracle.call import Stage
from oracle_api.oracle.longops import Session, Work, read_work
from oracle_api.oracle.pool import Identity, OraclePool

log = logging.getLogger(__name__)

_IDENTITY = Identity("progress", "")


@dataclass(frozen=True, slots=True)
class _Watched:
    session: Session
    since: float
    report: Callable[[int, Work], None]


class WorkMonitor:
    """One thread that reads V$SESSION_LONGOPS for every running call of this process.

    It asks nothing while nothing runs, and a call that ends before the first look costs nothing.

    Args:
        pool: where the second connection comes from.
        interval: seconds between two looks.
    """

    def __init__(self, pool: OraclePool, interval: float = 1.0) -> None:
        self._pool = pool
        self._interval = interval
        self._lock = threading.Lock()
        self._watched: dict[str, _Watched] = {}
        self._said_why = False
        self._wanted = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="work-monitor", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, wait_seconds: float = 5.0) -> None:
        """Stop the thread; a silent database is not waited for longer than this."""
        self._stopping.set()
        self._wanted.set()
        self._thread.join(wait_seconds)

    @contextmanager
    def watching(
        self, job_id: str, session: Session, report: Callable[[int, Work], None]
    ) -> Iterator[None]:
        """Watch a session for the length of a block.

        Args:
            job_id: the job that runs in it.
            session: as the database knows it.
            report: told the progress in percent and the true figures, from the monitor's thread.
        """
        with self._lock:
            self._watched[job_id] = _Watched(session, time.monotonic(), report)
            self._wanted.set()
        try:
            yield
        finally:
            with self._lock:
                self._watched.pop(job_id, None)
                if not self._watched and not self._stopping.is_set():
                    self._wanted.clear()

    def _loop(self) -> None:
        while self._wanted.wait() and not self._stopping.wait(self._interval):
            with self._lock:
                watched = list(self._watched.items())
            if watched:
                self._look(watched)

    def _look(self, watched: list[tuple[str, _Watched]]) -> None:
        try:
            with self._pool.lend(_IDENTITY) as connection:
                for job_id, item in watched:
                    elapsed = time.monotonic() - item.since
                    work = read_work(connection, item.session, elapsed)
                    with self._lock:
                        is_running = self._watched.get(job_id) is item
                    if work is not None and is_running:
                        item.report(_progress(work), work)
        except DatabaseUnavailable as exc:
            log.debug("Long operations are not read now: %s", exc.detail)
        except OracleApiError as exc:
            if not self._said_why:
                self._said_why = True
                log.warning(
                    "Long operations cannot be read (%s), so jobs show no `work`. It needs "
                    "GRANT SELECT ON SYS.V_$SESSION_LONGOPS.",
                    exc.code or exc.detail,
                )


def _progress(work: Work) -> int:
    """Give the progress between the call being sent and having returned."""
    if work.totalwork <= 0:
        return Stage.SENT
    done = min(1.0, max(0.0, work.sofar / work.totalwork))
    return int(Stage.SENT + (Stage.RETURNED - Stage.SENT) * done)
