"""Repeats what may be repeated, while the service cannot be reached or asks to come again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from oracle_api.remote.errors import RemoteError
from oracle_api.remote.exits import ExitCode

_T = TypeVar("_T")

_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 5.0


class Deadline:
    """A moment after which a command gives up.

    Args:
        seconds: from now; None is never.
    """

    def __init__(self, seconds: float | None) -> None:
        self._until = None if seconds is None else time.monotonic() + seconds

    def cut(self, seconds: float) -> float:
        """Give so many seconds, or what is left if that is less; never below 0."""
        if self._until is None:
            return seconds
        return max(0.0, min(seconds, self._until - time.monotonic()))

    @property
    def is_over(self) -> bool:
        """Whether it has passed."""
        return self._until is not None and time.monotonic() >= self._until


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a request that may be sent again is.

    Args:
        seconds: from the first failure on.
        notice: is told why it has to wait, once.
    """

    seconds: float
    notice: Callable[[str], None]

    def get(self, request: Callable[[], _T], deadline: Deadline) -> _T:
        """Make a request until it is answered.

        Args:
            request: may be made more than once.
            deadline: of the whole command.

        Raises:
            RemoteError: the failure was none that passes, patience is at its end, or the service
                asks for more of it than there is. With the exit code for a time-out where the
                deadline passed.
        """
        outage: Deadline | None = None
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                return request()
            except RemoteError as exc:
                if not exc.is_temporary:
                    raise
                if outage is None:
                    outage = Deadline(self.seconds)
                    self.notice(f"{exc.detail} Trying again.")
                if outage.is_over or outage.cut(exc.retry_after or 0) < (exc.retry_after or 0):
                    raise
                if deadline.is_over:
                    raise RemoteError(exc.detail, ExitCode.TIMED_OUT) from None
                time.sleep(outage.cut(deadline.cut(exc.retry_after or pause)))
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
