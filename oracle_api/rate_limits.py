"""How many requests somebody may make, and the header fields that say so.

Source of the fields: draft-ietf-httpapi-ratelimit-headers-10.
"""

import logging
import math
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass

from limits import RateLimitItem
from limits.strategies import FixedWindowRateLimiter

from oracle_api.breaker import CircuitBreaker
from oracle_api.counters import SharedCounters
from oracle_api.exceptions import SettingsError
from oracle_api.policies import Policies, policy_name
from oracle_api.redis_counters import RedisCounters

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Quota:
    """What is left of one policy.

    Args:
        policy: its name.
        amount: requests in a window.
        window: its length in seconds.
        remaining: requests that are left in the present one.
        reset: whole seconds until the next one.
    """

    policy: str
    amount: int
    window: int
    remaining: int
    reset: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a request may be made.

    Args:
        allowed: by all policies.
        quotas: what is left, one for each policy; none while that cannot be told.
    """

    allowed: bool
    quotas: tuple[Quota, ...] = ()

    @property
    def retry_after(self) -> int:
        """Seconds after which a refused request may be made."""
        # A window that ends just now has no whole second left.
        return max((1, *(quota.reset for quota in self.quotas if not quota.remaining)))

    def fields(self) -> dict[str, str]:
        """Write the header fields: lists of strings with parameters (RFC 9651)."""
        if not self.quotas:
            return {}
        policies = (f'"{quota.policy}";q={quota.amount};w={quota.window}' for quota in self.quotas)
        left = (f'"{quota.policy}";r={quota.remaining};t={quota.reset}' for quota in self.quotas)
        return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(left)}


def shared_counters(
    path: str, url: str = "", clock: Callable[[], float] = time.time
) -> SharedCounters | RedisCounters:
    """Make the counts of requests: those of all hosts, or of this one's processes.

    Args:
        path: of a file, where there is no url.
        url: of a Redis server; empty is none.
        clock: gives seconds since 1970.

    Raises:
        SettingsError: the one or the other cannot be used.
    """
    if url:
        return RedisCounters(url, clock)
    try:
        return SharedCounters(path, clock)
    except (sqlite3.Error, OSError) as exc:
        raise SettingsError(f"RATE_LIMIT_FILE cannot be used ({exc}).") from None


class RateLimits:
    """Counts requests in fixed windows, which begin with a first request; all processes together.

    Counts that cannot be had let every request through: what protects the service must not be
    what stops it, or what it waits for.

    Args:
        policies: at least one.
        counters: where is counted; closed with this.
        clock: gives seconds since 1970.
    """

    def __init__(
        self,
        policies: Policies,
        counters: SharedCounters | RedisCounters,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._policies = policies
        self._clock = clock
        self._counters = counters
        self._limiter = FixedWindowRateLimiter(counters)
        self._breaker = CircuitBreaker(counters.base_exceptions, _say_uncounted, _say_counted)

    def take(self, *who: str) -> Verdict:
        """Count a request.

        Args:
            who: makes it, such as ``"client", "etl"``.
        """
        return self._verdict(self._limiter.hit, who)

    def look(self, *who: str) -> Verdict:
        """Tell what would become of a request, without counting one; see :meth:`take`.

        Only a refusal has quotas.
        """
        return self._verdict(self._limiter.test, who, is_told=False)

    def close(self) -> None:
        """Let go of the counts."""
        self._counters.close()

    def _verdict(
        self, ask: Callable[..., bool], who: tuple[str, ...], *, is_told: bool = True
    ) -> Verdict:
        def verdict() -> Verdict:
            # Each is asked: a request that one refuses counts for the others all the same.
            answers = [ask(policy, *who) for policy in self._policies]
            if all(answers) and not is_told:
                return Verdict(allowed=True)
            return Verdict(all(answers), tuple(self._quota(each, who) for each in self._policies))

        return self._breaker.ask(verdict) or Verdict(allowed=True)

    def _quota(self, policy: RateLimitItem, who: tuple[str, ...]) -> Quota:
        stats = self._limiter.get_window_stats(policy, *who)
        return Quota(
            policy=policy_name(policy),
            amount=policy.amount,
            window=policy.get_expiry(),
            remaining=stats.remaining,
            reset=max(0, math.ceil(stats.reset_time - self._clock())),
        )


def _say_uncounted(trouble: Exception) -> None:
    log.error("Requests cannot be counted, so none is refused: %s", trouble)


def _say_counted() -> None:
    log.info("Requests are counted again.")
