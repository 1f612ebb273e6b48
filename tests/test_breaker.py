"""What does not answer is asked by one caller at a time, and not at once."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from oracle_api.breaker import CircuitBreaker

PAUSE = 5.0


class Asked:
    """A clock, a breaker on it, and what it did."""

    def __init__(self) -> None:
        self.now = 100.0
        self.questions = 0
        self.told: list[str] = []
        self.breaker = CircuitBreaker(
            LookupError,
            lambda exc: self.told.append(f"open: {exc}"),
            lambda: self.told.append("closed"),
            pause=PAUSE,
            clock=lambda: self.now,
        )

    def ask(self, answer: str | Exception) -> str | None:
        def question() -> str:
            self.questions += 1
            if isinstance(answer, Exception):
                raise answer
            return answer

        return self.breaker.ask(question)


@pytest.fixture
def asked() -> Asked:
    return Asked()


def test_answers_are_passed_on_and_nothing_is_told(asked: Asked) -> None:
    assert [asked.ask("a"), asked.ask("b")] == ["a", "b"]
    assert asked.told == []


def test_after_a_failure_nobody_asks_for_a_while(asked: Asked) -> None:
    assert asked.ask(KeyError("gone")) is None
    asked.now += PAUSE - 0.1
    assert asked.ask("a") is None
    assert asked.questions == 1
    asked.now += 0.2
    assert asked.ask("a") == "a"
    assert asked.ask("b") == "b"
    assert asked.told == ["open: 'gone'", "closed"]


def test_an_outage_is_told_once_however_often_it_is_looked_at(asked: Asked) -> None:
    for _ in range(4):
        assert asked.ask(KeyError("gone")) is None
        asked.now += PAUSE + 1
    assert asked.questions == 4
    asked.ask("a")
    asked.ask(KeyError("again"))
    assert asked.told == ["open: 'gone'", "closed", "open: 'again'"]


def test_what_is_no_failure_is_raised_and_opens_nothing(asked: Asked) -> None:
    with pytest.raises(ValueError, match="a bug"):
        asked.ask(ValueError("a bug"))
    assert asked.ask("a") == "a"


def test_a_bug_while_it_is_open_does_not_keep_it_open_for_ever(asked: Asked) -> None:
    asked.ask(KeyError("gone"))
    asked.now += PAUSE + 1
    with pytest.raises(ValueError, match="a bug"):
        asked.ask(ValueError("a bug"))
    asked.now += 60
    assert asked.ask("a") == "a"


def test_one_caller_at_a_time_waits_for_what_may_be_away(asked: Asked) -> None:
    asked.ask(KeyError("gone"))
    asked.now += PAUSE + 1
    inside, go_on = threading.Event(), threading.Event()

    def slow() -> str:
        inside.set()
        go_on.wait(30)
        return "a"

    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(asked.breaker.ask, slow)
        assert inside.wait(30)
        asked.now += PAUSE + 1
        assert asked.ask("b") is None
        go_on.set()
        assert first.result(30) == "a"
    assert asked.ask("b") == "b"


def test_many_who_fail_at_once_are_one_outage(asked: Asked) -> None:
    at_once = threading.Barrier(8)

    def fail() -> str:
        at_once.wait(30)
        raise KeyError("gone")

    ask: Callable[[int], str | None] = lambda _: asked.breaker.ask(fail)  # noqa: E731
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(8))) == [None] * 8
    assert asked.told == ["open: 'gone'"]
