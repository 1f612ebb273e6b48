"""The process's pulse: it shows that it lives, and sees to what other processes left."""

import logging
import threading
import time
from collections.abc import Callable

from oracle_api.exceptions import StoreUnavailable
from oracle_api.jobs.job import interrupted
from oracle_api.jobs.owners import OwnerStore
from oracle_api.jobs.registry import DIED, JobRegistry
from oracle_api.jobs.store import JobStore

log = logging.getLogger(__name__)

# After so many intervals without a beat of its own a process has no opinion of the others.
_MISSED_BEATS = 3


class Heartbeat:
    """Beats every second, and acts on what it learns.

    It breaks off jobs that somebody asked another process to cancel, ends the jobs of owners
    whose beat stands still, and has waiting jobs looked for.

    Args:
        registry: this process's jobs.
        store: where jobs are.
        owners: where owners beat.
        lease_seconds: an owner whose count of beats stands still for so long is dead.
        interval: seconds between two beats.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        registry: JobRegistry,
        store: JobStore,
        owners: OwnerStore,
        lease_seconds: float,
        *,
        interval: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registry = registry
        self._store = store
        self._owners = owners
        self._lease_seconds = lease_seconds
        self._interval = interval
        self._clock = clock
        self._seen: dict[str, tuple[int, float]] = {}
        self._last_beat = clock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Start beating."""
        self._thread.start()

    def stop(self) -> None:
        """Stop beating."""
        self._stopping.set()
        self._thread.join()

    @property
    def is_beating(self) -> bool:
        """Whether the last beat could be written lately, so that the store takes writes."""
        return self._clock() - self._last_beat < self._lease_seconds

    def beat(self) -> None:
        """Beat once.

        Raises:
            StoreUnavailable: the store cannot be written to.
        """
        if not self._registry.owner:
            self._registry.join()
        me = self._registry.owner
        look = self._registry.begin_look()
        pulse = self._owners.pulse(me)
        if not pulse.alive:
            log.error("Other processes took this one for dead; its running calls are broken off.")
            self._registry.break_off_all()
            self._registry.join()
            return
        for job_id in pulse.cancelled:
            self._registry.break_off(job_id)
        if lost := self._registry.never_got(pulse.running, look):
            again = self._store.give_back(lost, me)
            if again:
                # The others have ended since the beat.
                log.warning("%d jobs were taken without an answer; they wait again.", again)
        if pulse.orphans:
            ended = self._owners.end_orphans(interrupted(DIED))
            log.warning("%d running jobs belonged to no process.", ended)
        for owner in self._dead(me, pulse.beats):
            ended = self._owners.bury(owner, interrupted(DIED))
            log.warning("The process %s is dead; %d of its jobs were running.", owner[:8], ended)
        self._registry.look(pulse.pending)

    def _dead(self, me: str, beats: dict[str, int]) -> list[str]:
        now = self._clock()
        if now - self._last_beat > _MISSED_BEATS * self._interval:
            # The store was away, or this process stood still: so may have all the others.
            self._seen = {}
        self._last_beat = now
        self._seen = {
            owner: self._seen[owner] if self._seen.get(owner, (-1, 0.0))[0] == beat else (beat, now)
            for owner, beat in beats.items()
            if owner != me
        }
        return [
            owner for owner, (_, since) in self._seen.items() if now - since > self._lease_seconds
        ]

    def _loop(self) -> None:
        while not self._stopping.is_set():
            try:
                self.beat()
            except StoreUnavailable as exc:
                log.error("No heartbeat: %s", exc.detail)
            except Exception:
                log.exception("The heartbeat met a bug and goes on.")
            self._stopping.wait(self._interval)
