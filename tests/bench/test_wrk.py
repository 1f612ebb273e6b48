"""What wrk reports is read, and a load that was not answered whole is no figure."""

import json

import pytest

from tests.bench.wrk import LoadFailed, read_report

FIGURES = {
    "requests": 2000,
    "microseconds": 4_000_000,
    "p50": 1500,
    "p99": 9250,
    "greatest": 40_000,
    "refused": 0,
    "broken": 0,
    "late": 20,
}


def _output(**changed: int) -> str:
    return f"Running 4s test\n  1 threads\n\nBENCH {json.dumps(FIGURES | changed)}\n"


def test_latencies_are_in_milliseconds_and_what_was_late_is_a_part() -> None:
    load = read_report(_output(), rate=500)

    assert (load.requests, load.per_second) == (2000, 500.0)
    assert (load.p50, load.p99, load.greatest, load.late) == (1.5, 9.25, 40.0, 0.01)


def test_nothing_is_late_in_a_closed_loop() -> None:
    assert read_report(_output(), rate=None).late == 0


@pytest.mark.parametrize("changed", [{"refused": 1}, {"broken": 1}, {"requests": 0}])
def test_answers_that_are_no_success_are_no_figure(changed: dict[str, int]) -> None:
    with pytest.raises(LoadFailed, match="Not all requests"):
        read_report(_output(**changed), rate=None)


def test_output_without_a_report_is_shown() -> None:
    with pytest.raises(LoadFailed, match="unable to connect"):
        read_report("unable to connect to 127.0.0.1", rate=None)
