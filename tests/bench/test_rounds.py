"""Contenders take turns, and no longer than they may."""

from collections.abc import Mapping

from tests.bench.rounds import Measure, take_turns


def _contender(turns: list[str], name: str, values: list[float]) -> Measure:
    left = iter(values)

    def once() -> Mapping[str, float]:
        turns.append(name)
        return {"ms": next(left)}

    return once


def test_contenders_take_turns_and_values_stay_in_the_order_of_the_rounds() -> None:
    turns: list[str] = []
    contenders = {
        "a": _contender(turns, "a", [1, 2, 3]),
        "b": _contender(turns, "b", [10, 20, 30]),
    }

    samples = take_turns(contenders, rounds=3, most_seconds=60)

    assert turns == ["a", "b", "a", "b", "a", "b"]
    assert samples == {"a.ms": [1, 2, 3], "b.ms": [10, 20, 30]}


def test_no_round_is_begun_after_the_time_and_the_first_one_is_always_whole() -> None:
    clock = iter([0.0, 5.0, 11.0])
    turns: list[str] = []
    contenders = {
        "a": _contender(turns, "a", [1, 2, 3]),
        "b": _contender(turns, "b", [4, 5, 6]),
    }

    samples = take_turns(contenders, rounds=3, most_seconds=10, clock=lambda: next(clock))

    assert samples == {"a.ms": [1, 2], "b.ms": [4, 5]}
