"""Counts of requests in a Redis server that all hosts share: a storage for ``limits``."""

import time
from collections.abc import Callable

from limits.errors import ConfigurationError
from limits.storage import RedisStorage

from oracle_api.exceptions import SettingsError

# Nothing on the way to an answer may take longer.
_TIMEOUT_SECONDS = 0.25
_PREFIX = "oracle_api"


class RedisCounters(RedisStorage):
    """Fixed windows in Redis; nothing is connected to before the first count.

    Args:
        url: ``redis://`` or ``rediss://``; what its query says, such as ``ssl_ca_certs``, counts.
        clock: gives seconds since 1970.

    Raises:
        SettingsError: the url cannot be used, or the package is missing.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        try:
            from redis import ConnectionPool  # noqa: PLC0415 - a single machine needs no redis
            from redis.backoff import NoBackoff  # noqa: PLC0415
            from redis.retry import Retry  # noqa: PLC0415
        except ImportError:
            raise SettingsError(
                "RATE_LIMIT_URL needs the package redis: pip install -r requirements-cluster.txt"
            ) from None
        try:
            self._pool = ConnectionPool.from_url(
                url,
                socket_connect_timeout=_TIMEOUT_SECONDS,
                socket_timeout=_TIMEOUT_SECONDS,
                retry=Retry(NoBackoff(), 0),
                protocol=2,
            )
            # Connects to nothing, and refuses what the url's query must not say.
            self._pool.make_connection()
            super().__init__(url, connection_pool=self._pool, key_prefix=_PREFIX)
        except (ValueError, TypeError, ConfigurationError):
            # What they say may quote the password.
            raise SettingsError("RATE_LIMIT_URL cannot be used.") from None

    def get_expiry(self, key: str) -> float:
        """Give when the present window ends, seconds since 1970; now where there is none."""
        left: int = self.storage.pttl(self.prefixed_key(key))
        return self._clock() + max(left, 0) / 1000

    def close(self) -> None:
        """Close all connections."""
        self._pool.disconnect()
