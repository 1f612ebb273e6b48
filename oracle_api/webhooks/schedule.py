"""When a callback that failed is tried again."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus

from oracle_api.webhooks.sender import Answer

# The most that is added to a delay, so that what failed together does not come back together.
_JITTER = 0.2


class Schedule:
    """The delays between attempts, as Standard Webhooks recommends them.

    Args:
        delays: seconds after the first failed attempt, the second, and so on.
        chance: gives a number from 0 to 1.
    """

    def __init__(
        self, delays: tuple[float, ...], chance: Callable[[], float] = random.random
    ) -> None:
        self._delays = delays
        self._chance = chance

    def next_attempt(self, attempts: int, answer: Answer, now: datetime) -> datetime | None:
        """Say when to try again.

        Args:
            attempts: how many have been made.
            answer: how the last one failed.
            now: the present moment.

        Returns:
            The moment, never before the receiver's ``Retry-After``; None to give up, which a
            ``410 Gone`` also asks for.
        """
        if answer.status == HTTPStatus.GONE or attempts > len(self._delays):
            return None
        delay = max(self._delays[attempts - 1], answer.retry_after or 0.0)
        return now + timedelta(seconds=delay * (1 + _JITTER * self._chance()))
