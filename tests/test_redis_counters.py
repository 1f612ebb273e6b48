"""Requests counted in Redis: by all hosts together, and by nobody while it is away."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from oracle_api.exceptions import SettingsError
from oracle_api.policies import parse_policies
from oracle_api.rate_limits import RateLimits, shared_counters
from oracle_api.redis_counters import RedisCounters

from .integration.service import eventually, free_port
from .servers.redis import Redis

ME = ("client", "me")


@pytest.fixture(scope="module")
def redis(needs_redis: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """One that tests may hurt."""
    server = Redis(tmp_path_factory.mktemp("redis")).start()
    yield server
    server.close()


@pytest.fixture
def make(redis: Redis) -> Iterator[Callable[..., RateLimits]]:
    redis.command("FLUSHALL")
    made: list[RateLimits] = []

    def make(text: str, url: str = redis.url) -> RateLimits:
        made.append(RateLimits(parse_policies(text), shared_counters("unused", url)))
        return made[-1]

    yield make
    for limits in made:
        limits.close()


def test_hosts_are_counted_together_and_exactly(make: Callable[..., RateLimits]) -> None:
    hosts = [make("100/hour") for _ in range(3)]
    with ThreadPoolExecutor(6) as threads:
        allowed = list(threads.map(lambda turn: hosts[turn % 3].take(*ME).allowed, range(150)))
    assert sum(allowed) == 100
    assert hosts[0].take("client", "other").allowed


def test_what_is_left_is_told_as_it_is_of_a_file(
    make: Callable[..., RateLimits], tmp_path: Path
) -> None:
    text = "2/hour; 3/day"
    file = RateLimits(parse_policies(text), shared_counters(str(tmp_path / "rates.db")))
    limits = make(text)
    for _ in range(4):
        mine, other = limits.take(*ME), file.take(*ME)
        assert mine.allowed == other.allowed
        assert mine.fields()["RateLimit-Policy"] == other.fields()["RateLimit-Policy"]
        for one, two in zip(mine.quotas, other.quotas, strict=True):
            assert one.remaining == two.remaining
            assert one.reset == pytest.approx(two.reset, abs=10)
    assert not limits.look(*ME).allowed
    file.close()


def test_a_window_ends_and_until_then_nobody_is_told_to_come_at_once(
    make: Callable[..., RateLimits],
) -> None:
    limits = make("1/second")
    assert limits.take(*ME).allowed
    refused = []

    def is_allowed_again() -> bool:
        verdict = limits.take(*ME)
        refused.append(verdict)
        return verdict.allowed

    eventually(is_allowed_again, 10)
    assert refused.pop().quotas[0].remaining == 0
    assert {verdict.retry_after for verdict in refused} == {1}


def test_looking_counts_nothing(make: Callable[..., RateLimits]) -> None:
    limits = make("1/hour")
    assert all(limits.look(*ME).allowed for _ in range(5))
    assert limits.take(*ME).allowed
    assert not limits.look(*ME).allowed


# ---- trouble


def test_a_redis_that_is_killed_refuses_nobody_and_counts_again_when_it_is_back(
    redis: Redis, make: Callable[..., RateLimits], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    limits = make("1/hour")
    assert [limits.take(*ME).allowed for _ in range(2)] == [True, False]
    redis.kill()
    verdicts = [limits.take(*ME) for _ in range(50)]
    assert all(verdict.allowed and not verdict.fields() for verdict in verdicts)
    redis.start()
    eventually(lambda: limits.look("client", "other").fields() or not limits.take(*ME).allowed)
    assert not limits.take(*ME).allowed, "what it had counted it has kept"
    levels = [record.levelno for record in caplog.records]
    assert levels == [logging.ERROR, logging.INFO]


def test_a_redis_that_stands_still_is_waited_for_a_moment_and_not_by_everybody(
    redis: Redis, make: Callable[..., RateLimits], caplog: pytest.LogCaptureFixture
) -> None:
    limits = make("1/hour")
    limits.take(*ME)
    redis.pause()
    try:
        began = time.monotonic()
        assert all(limits.take(*ME).allowed for _ in range(200))
        # One look of 0.25 s, and at most one more in each further second.
        assert time.monotonic() - began < 2
    finally:
        redis.resume()
    assert len(caplog.records) == 1


def test_without_a_redis_it_starts_all_the_same(
    make: Callable[..., RateLimits], caplog: pytest.LogCaptureFixture
) -> None:
    limits = make("1/hour", f"redis://:a-secret@127.0.0.1:{free_port()}/0")
    assert all(limits.take(*ME).allowed for _ in range(3))
    [record] = caplog.records
    assert "a-secret" not in record.getMessage()


# ---- the setting


@pytest.mark.parametrize(
    "url",
    ["redis://h:port/0", "redis://u:a-secret@h/0?socket_timeout=x", "redis://a-secret@h/0?x=y"],
)
def test_a_url_that_cannot_be_used_ends_the_start_and_is_not_shown(url: str) -> None:
    with pytest.raises(SettingsError, match="RATE_LIMIT_URL") as caught:
        RedisCounters(url)
    assert "a-secret" not in caught.value.detail


def test_without_the_package_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(SettingsError, match=r"requirements-cluster\.txt"):
        RedisCounters("redis://127.0.0.1/0")
