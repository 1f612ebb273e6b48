"""Rate limits: what a setting says, counting in one and several processes, header fields."""

import logging
import math
import multiprocessing
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.exceptions import SettingsError
from oracle_api.policies import parse_policies, policy_name
from oracle_api.rate_limits import Quota, RateLimits, Verdict, shared_counters

PROCESSES, TAKES, LIMIT = 3, 200, 250
ME = ("client", "me")


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.25

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "folder" / "rates.db")


@pytest.fixture
def make(path: str, clock: Clock) -> Iterator[Callable[[str], RateLimits]]:
    made: list[RateLimits] = []

    def make(text: str) -> RateLimits:
        made.append(RateLimits(parse_policies(text), shared_counters(path, clock=clock), clock))
        return made[-1]

    yield make
    for limits in made:
        limits.close()


@pytest.fixture
def limits(make: Callable[[str], RateLimits]) -> RateLimits:
    return make("3/minute")


def take(limits: RateLimits, times: int) -> list[bool]:
    return [limits.take(*ME).allowed for _ in range(times)]


# ---- the setting


@pytest.mark.parametrize(
    ("text", "policies"),
    [
        ("600/minute", [("minute", 600, 60)]),
        ("600 per minute", [("minute", 600, 60)]),
        ("20/second; 600/minute", [("second", 20, 1), ("minute", 600, 60)]),
        ("1000 per 5 minutes", [("5-minute", 1000, 300)]),
        ("5000/hour", [("hour", 5000, 3600)]),
    ],
)
def test_limits_are_read(text: str, policies: list[tuple[str, int, int]]) -> None:
    read = [(policy_name(each), each.amount, each.get_expiry()) for each in parse_policies(text)]
    assert read == policies


@pytest.mark.parametrize(
    "text", ["600", "minute", "-1/minute", "0/minute", "1/minute; 2/minute", "a/b"]
)
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must|twice"):
        parse_policies(text)


# ---- counting


def test_a_window_begins_with_the_first_request_and_takes_so_many(
    limits: RateLimits, clock: Clock
) -> None:
    assert take(limits, 5) == [True, True, True, False, False]
    clock.now += 59.9
    assert take(limits, 1) == [False]
    clock.now += 0.2
    assert take(limits, 4) == [True, True, True, False]


def test_each_has_a_window_of_its_own(limits: RateLimits) -> None:
    take(limits, 4)
    assert limits.take("client", "other").allowed
    assert limits.take("guesses", "me").allowed


def test_looking_counts_nothing(limits: RateLimits) -> None:
    for _ in range(5):
        assert limits.look(*ME).allowed
    take(limits, 3)
    assert not limits.look(*ME).allowed


def test_what_is_left_is_told(limits: RateLimits, clock: Clock) -> None:
    limits.take(*ME)
    clock.now += 10
    verdict = limits.take(*ME)
    assert verdict.fields() == {
        "RateLimit-Policy": '"minute";q=3;w=60',
        "RateLimit": '"minute";r=1;t=50',
    }
    take(limits, 1)
    refused = limits.take(*ME)
    assert (refused.allowed, refused.retry_after) == (False, 50)
    assert refused.fields()["RateLimit"] == '"minute";r=0;t=50'


def test_several_policies_hold_at_once(make: Callable[[str], RateLimits], clock: Clock) -> None:
    limits = make("2/second; 3/minute")
    assert take(limits, 3) == [True, True, False]
    clock.now += 1.5
    refused = limits.take(*ME)
    assert not refused.allowed, "the refused one counted for the minute"
    assert refused.fields()["RateLimit-Policy"] == '"second";q=2;w=1, "minute";q=3;w=60'
    assert refused.retry_after == 59


def test_a_clock_that_is_set_back_locks_nobody_out(limits: RateLimits, clock: Clock) -> None:
    take(limits, 4)
    clock.now -= 3600
    verdict = limits.take(*ME)
    assert verdict.allowed
    assert verdict.quotas[0].reset <= 60


def test_who_looked_at_the_clock_earlier_finds_the_same_window(
    limits: RateLimits, clock: Clock
) -> None:
    take(limits, 3)
    clock.now -= 0.5
    assert take(limits, 1) == [False]


def test_windows_that_are_over_are_removed(limits: RateLimits, clock: Clock) -> None:
    for number in range(50):
        limits.take("guesses", str(number))
    clock.now += 121
    take(limits, 1)
    assert limits._counters.reset() == 1


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.floats(0, 10**6))
def test_fields_are_structured_fields(amount: int, used: int, reset: float) -> None:
    quota = Quota("5-minute", amount, 300, max(0, amount - used), math.ceil(reset))
    fields = Verdict(True, (quota, quota)).fields()
    # RFC 9651: a list of strings whose parameters are integers of at most 15 digits.
    item = r'"[a-z0-9-]+"(?:;[a-z]+=\d{1,15}){2}'
    assert all(re.fullmatch(rf"{item}, {item}", value) for value in fields.values())


def test_threads_are_counted_exactly(make: Callable[[str], RateLimits]) -> None:
    limits = make(f"{LIMIT}/hour")
    with ThreadPoolExecutor(8) as threads:
        allowed = list(threads.map(lambda _: limits.take(*ME).allowed, range(2 * LIMIT)))
    assert sum(allowed) == LIMIT


def _take_many(path: str, start: Any, results: Any) -> None:
    limits = RateLimits(parse_policies(f"{LIMIT}/hour"), shared_counters(path))
    start.wait()
    results.put(sum(take(limits, TAKES)))
    limits.close()


def test_processes_are_counted_together(path: str) -> None:
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(PROCESSES), context.SimpleQueue()
    processes = [
        context.Process(target=_take_many, args=(path, start, results)) for _ in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    allowed = [results.get() for _ in processes]
    for process in processes:
        process.join(60)
    assert sum(allowed) == LIMIT


# ---- trouble


def test_a_file_in_trouble_refuses_nobody_and_is_logged_once(
    limits: RateLimits, caplog: pytest.LogCaptureFixture
) -> None:
    take(limits, 4)
    limits.close()
    verdicts = [limits.take(*ME) for _ in range(3)]
    assert [verdict.allowed for verdict in verdicts] == [True] * 3
    assert verdicts[0].fields() == {}
    [record] = caplog.records
    assert record.levelno == logging.ERROR


def test_a_file_that_cannot_be_used_ends_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="RATE_LIMIT_FILE"):
        shared_counters(str(tmp_path))
