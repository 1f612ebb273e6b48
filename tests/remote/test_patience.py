"""What is repeated, and for how long."""

import time

import pytest

from oracle_api.remote.errors import ConnectionLost, Problem, Refused, RemoteError, Unreachable
from oracle_api.remote.exits import ExitCode
from oracle_api.remote.patience import Deadline, Patience

NEVER = Deadline(None)


class Flaky:
    """Fails as it is told, then answers."""

    def __init__(self, *failures: RemoteError) -> None:
        self.failures = list(failures)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


def busy(retry_after: float | None, status: int = 503) -> Refused:
    return Refused(Problem(status, "", "Busy.", None, None), retry_after)


def test_what_passes_is_repeated_and_said_once() -> None:
    said: list[str] = []
    request = Flaky(Unreachable("Gone."), ConnectionLost("Cut."), busy(0.01), busy(0.01, 429))
    assert Patience(60, said.append).get(request, NEVER) == "answer"
    assert request.calls == 5
    assert said == ["Gone. Trying again."]


def test_what_does_not_pass_is_not_repeated() -> None:
    request = Flaky(busy(None, 422))
    with pytest.raises(Refused):
        Patience(60, print).get(request, NEVER)
    assert request.calls == 1


def test_without_patience_nothing_is_repeated() -> None:
    request = Flaky(Unreachable("Gone."))
    with pytest.raises(Unreachable):
        Patience(0, lambda text: None).get(request, NEVER)
    assert request.calls == 1


def test_a_wait_longer_than_patience_is_not_begun() -> None:
    began = time.monotonic()
    with pytest.raises(Refused):
        Patience(30, lambda text: None).get(Flaky(busy(3600)), NEVER)
    assert time.monotonic() - began < 25


def test_a_deadline_ends_it_as_a_time_out() -> None:
    request = Flaky(*(Unreachable("Gone.") for _ in range(1000)))
    with pytest.raises(RemoteError) as caught:
        Patience(60, lambda text: None).get(request, Deadline(0.05))
    assert caught.value.exit_code is ExitCode.TIMED_OUT


def test_a_deadline_cuts_what_is_longer_than_what_is_left() -> None:
    assert Deadline(None).cut(7) == 7
    assert Deadline(0).cut(7) == 0
    assert 0 < Deadline(5).cut(7) <= 5
    assert Deadline(0).is_over
    assert not Deadline(5).is_over
