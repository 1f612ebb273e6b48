"""Reports of long operations: whose they are, where one session makes many calls."""

from datetime import datetime, timedelta

from oracle_api.oracle.longops import OwnReports, Report, Work

START = datetime(2026, 1, 2, 3, 4, 5)


def report(*, age: float, sofar: int = 0) -> Report:
    """Make a report as it is read so many seconds after the operation's begin."""
    work = Work(sofar, 20, "blocks", None, sofar, None)
    return Report(work, START, START + timedelta(seconds=sofar), timedelta(seconds=age))


def test_an_operation_of_long_before_is_never_the_calls() -> None:
    own = OwnReports()
    assert not own.owns(report(age=30, sofar=20), 1.0)
    assert not own.owns(report(age=31, sofar=20), 2.0)


def test_an_operation_that_began_during_the_call_is_the_calls_at_once() -> None:
    assert OwnReports().owns(report(age=2), 3.5)


def test_one_that_began_with_the_call_is_its_own_as_soon_as_it_moves() -> None:
    own = OwnReports()
    assert not own.owns(report(age=1), 1.0)
    assert own.asks_again
    assert not own.owns(report(age=2), 2.0)
    assert not own.asks_again, "it is asked twice in a short time, not for ever"
    assert own.owns(report(age=3, sofar=1), 3.0)


def test_one_that_ended_just_before_the_call_is_not() -> None:
    own = OwnReports()
    assert not any(own.owns(report(age=1 + look, sofar=20), 0.5 + look) for look in range(60))


def test_what_comes_after_the_calls_first_is_the_calls_too() -> None:
    own = OwnReports()
    assert not own.owns(report(age=1, sofar=20), 0.5)
    assert own.owns(report(age=0, sofar=1), 1.5)
    assert own.owns(report(age=1, sofar=1), 2.5)


def test_a_look_soon_is_asked_for_once_however_the_seconds_fall() -> None:
    own = OwnReports()
    assert not own.owns(report(age=2, sofar=20), 1.1)
    assert own.asks_again
    assert not own.owns(report(age=3, sofar=20), 1.4)
    assert not own.asks_again
