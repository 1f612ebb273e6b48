"""The engine of one process: a pool of threads that take the oldest waiting jobs by themselves."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from oracle_api.exceptions import StoreUnavailable
from oracle_api.jobs.engine import EngineState, Take

log = logging.getLogger(__name__)


class ThreadEngine:
    """Wakes threads for waiting jobs, as many as are free.

    Waiting jobs are only in the store. A thread that is free takes the oldest one there, so any
    process may run a job that another accepted.

    Args:
        workers: how many jobs may run at once here.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="job")
        self._lock = threading.Lock()
        self._busy = 0
        self._wakes = 0
        self._stopping = False

    def start(self, take: Take) -> None:
        """Begin; see ``JobEngine``."""
        self._take = take

    def offer(self, job_id: str) -> None:
        """Have a thread look for it."""
        self.look(1)

    def look(self, pending: int) -> None:
        """Have waiting jobs looked for, on as many more threads as are free."""
        with self._lock:
            self._wakes += 1
            if self._stopping:
                return
            more = min(pending, self._workers - self._busy)
            self._busy += more
        for _ in range(more):
            self._executor.submit(self._work)

    def state(self) -> EngineState:
        """Say that there is no broker."""
        return EngineState("threads")

    def stop(self) -> None:
        """Begin no more."""
        with self._lock:
            self._stopping = True

    def close(self) -> None:
        """Let go of the threads; one in a call that does not come back is left behind."""
        self.stop()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _work(self) -> None:
        """Run waiting jobs until there is none."""
        try:
            while self._work_until_none():
                pass
        except StoreUnavailable as exc:
            log.error("No job could be taken: %s", exc.detail)
        except Exception:
            log.exception("A worker thread met a bug; the next wake starts another.")
        finally:
            with self._lock:
                self._busy -= 1

    def _work_until_none(self) -> bool:
        """Run jobs; whether there may be more, as one came after the last look.

        It found no free thread but this one.
        """
        with self._lock:
            seen = self._wakes
        while self._take(None):
            pass
        with self._lock:
            return seen != self._wakes and not self._stopping
