"""Phases follow each other and make up the time of a request."""

from oracle_api.phases import PhaseTimer


class SettableClock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_each_phase_ends_where_the_next_begins() -> None:
    clock = SettableClock()
    timer = PhaseTimer(clock)
    clock.now += 1
    timer.enter("pool")
    clock.now += 2
    timer.enter("call")
    clock.now += 4
    timer.leave()
    clock.now += 8
    assert timer.seconds() == {"pool": 2, "call": 4, "total": 15}


def test_a_phase_that_is_broken_off_counts_until_then() -> None:
    clock = SettableClock()
    timer = PhaseTimer(clock)
    timer.enter("pool")
    clock.now += 3
    assert timer.seconds() == {"pool": 3, "total": 3}


def test_a_phase_that_comes_again_is_added_up() -> None:
    clock = SettableClock()
    timer = PhaseTimer(clock)
    for phase in ("call", "fetch", "call"):
        timer.enter(phase)
        clock.now += 1
    assert timer.seconds() == {"call": 2, "fetch": 1, "total": 3}
