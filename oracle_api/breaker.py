"""A circuit breaker: what does not answer is left alone for a while, and nobody waits for it."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")

_PAUSE_SECONDS = 1.0
# For whoever has asked and hears nothing yet.
_PATIENCE_SECONDS = 30.0


class CircuitBreaker:
    """Asks while there are answers; after a failure one caller at a time, and not at once.

    May be used by any thread.

    Args:
        failures: what a question raises that has no answer.
        on_open: told what was raised when answers cease.
        on_close: called when there are answers again.
        pause: seconds from a failure to the next question.
        clock: gives monotonic seconds.
    """

    def __init__(
        self,
        failures: type[Exception] | tuple[type[Exception], ...],
        on_open: Callable[[Exception], None],
        on_close: Callable[[], None],
        *,
        pause: float = _PAUSE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._failures = failures
        self._on_open = on_open
        self._on_close = on_close
        self._pause = pause
        self._clock = clock
        self._lock = threading.Lock()
        self._is_open = False
        self._next_try = 0.0

    def ask(self, question: Callable[[], _T]) -> _T | None:
        """Ask, if it is time to.

        Args:
            question: gives the answer.

        Returns:
            The answer; None where there is none, or where nothing was asked.
        """
        if self._is_open and not self._take_turn():
            return None
        try:
            answer = question()
        except self._failures as exc:
            if self._move(is_open=True):
                self._on_open(exc)
            return None
        if self._is_open and self._move(is_open=False):
            self._on_close()
        return answer

    def _take_turn(self) -> bool:
        with self._lock:
            now = self._clock()
            if now < self._next_try:
                return False
            self._next_try = now + _PATIENCE_SECONDS
            return True

    def _move(self, *, is_open: bool) -> bool:
        """Keep what was found out; gives whether it is new."""
        with self._lock:
            is_new = is_open != self._is_open
            self._is_open = is_open
            self._next_try = self._clock() + self._pause
            return is_new
