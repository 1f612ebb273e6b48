"""Splits the time of one request into its parts."""

import time
from collections.abc import Callable


class PhaseTimer:
    """Times phases that follow each other, on one thread.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._began = clock()
        self._phase: str | None = None
        self._since = self._began
        self._seconds: dict[str, float] = {}

    def enter(self, phase: str) -> None:
        """End the present phase and begin the next."""
        self.leave()
        self._phase = phase

    def leave(self) -> None:
        """End the present phase, if there is one."""
        now = self._clock()
        if self._phase is not None:
            self._seconds[self._phase] = self._seconds.get(self._phase, 0.0) + now - self._since
        self._phase, self._since = None, now

    def seconds(self) -> dict[str, float]:
        """Give how long each phase took, in their order, and ``total`` since the beginning.

        A phase that an error broke off ends now.
        """
        self.leave()
        return {**self._seconds, "total": self._since - self._began}
