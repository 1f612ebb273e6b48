"""When a callback that failed is tried again."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.webhooks.schedule import Schedule
from oracle_api.webhooks.sender import Answer

NOW = datetime(2026, 1, 2, tzinfo=UTC)
FAILED = Answer(500, "e")
DELAYS = (5.0, 300.0, 1800.0)


def seconds(attempts: int, answer: Answer = FAILED, chance: float = 0.0) -> float | None:
    moment = Schedule(DELAYS, lambda: chance).next_attempt(attempts, answer, NOW)
    return None if moment is None else (moment - NOW).total_seconds()


def test_there_is_one_attempt_more_than_delays() -> None:
    assert [seconds(attempts) for attempts in (1, 2, 3, 4, 5)] == [5, 300, 1800, None, None]


@given(st.integers(1, 3), st.floats(0, 1))
def test_chance_only_adds(attempts: int, chance: float) -> None:
    delay = DELAYS[attempts - 1]
    assert delay <= (seconds(attempts, chance=chance) or 0) <= delay * 1.2 + 1e-6


@pytest.mark.parametrize(("asked", "heeded"), [(None, 5), (1.0, 5), (60.0, 60)])
def test_what_the_receiver_asks_for_is_heeded(asked: float | None, heeded: float) -> None:
    assert seconds(1, Answer(503, "e", asked)) == heeded


def test_gone_ends_the_attempts() -> None:
    assert seconds(1, Answer(410, "e", 5.0)) is None


def test_no_answer_at_all_is_tried_again() -> None:
    assert seconds(1, Answer(error="e")) == 5
