"""The page says what was measured, and which targets are met."""

import json

import pytest

from tests.bench.figures import Row, Target
from tests.bench.report import (
    Result,
    RunInfo,
    against_older,
    as_json,
    beside,
    page,
    table,
    write_number,
)

ROWS = (
    Row("speed ÷ bare", "ours.speed", ("bare.speed",), target=Target("≥", 0.8)),
    Row("wait", "ours.wait", unit="ms", target=Target("≤", 50.0), worst=True),
    Row("speed", "ours.speed", unit="requests/s", older=Target("≥", 31_000)),
)
SAMPLES = {
    "ours.speed": [1900.0, 2100.0, 2000.0],
    "bare.speed": [2500.0, 2500.0, 2500.0],
    "ours.wait": [10.0, 61.5, 12.0],
}
RESULT = Result("one", ROWS, SAMPLES)
INFO = RunInfo("2026-01-02", {"processor": "Some CPU", "cores": "2"}, rounds=3, quick=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0.00"),
        (0.8, "0.80"),
        (0.0712, "0.071"),
        (0.00042, "0.00042"),
        (9.876, "9.88"),
        (12.34, "12.3"),
        (31000.4, "31,000"),
        (-0.5, "-0.50"),
    ],
)
def test_numbers_have_the_digits_that_count(value: float, text: str) -> None:
    assert write_number(value) == text


def test_the_table_has_targets_measured_values_spread_and_verdicts() -> None:
    assert table([RESULT]).splitlines()[2:] == [
        "| speed ÷ bare | ≥ 0.80 | 0.80 | 0.76 to 0.84 | met |",
        "| wait | ≤ 50.0 ms | 61.5 ms | 10.0 to 61.5 | **not met** |",
    ]


def test_what_has_no_target_stands_beside() -> None:
    assert beside([RESULT]).splitlines()[2:] == [
        "| speed | 2,000 requests/s | 1,900 to 2,100 |",
    ]


def test_the_older_service_is_beside_what_was_measured_of_it_too() -> None:
    assert against_older([RESULT]).splitlines()[2:] == [
        "| speed | 31,000 requests/s | 2,000 requests/s | **not won** |",
    ]


def test_what_could_not_be_measured_is_not_passed_over() -> None:
    failed = Result("one", ROWS, failure="wrk is missing")

    assert table([failed]).splitlines()[2:] == [
        "| speed ÷ bare | ≥ 0.80 | not measured | | |",
        "| wait | ≤ 50.0 ms | not measured | | |",
    ]
    assert as_json([failed], {}, INFO)["benchmarks"]["one"]["failure"] == "wrk is missing"


def test_the_page_has_machine_date_plots_and_what_cannot_be_won() -> None:
    text = page([RESULT], {"Jobs stored": "img/performance-stored.svg"}, INFO)

    assert table([RESULT]) in text
    assert "| processor | Some CPU |" in text
    assert "2026-01-02" in text
    assert "![Jobs stored](img/performance-stored.svg)" in text
    assert against_older([RESULT]) in text
    assert "mean nothing" not in text


def test_the_page_of_a_quick_run_says_that_its_figures_mean_nothing() -> None:
    info = RunInfo("2026-01-02", {}, rounds=1, quick=True)

    assert "mean nothing" in page([RESULT], {}, info)


def test_the_results_can_be_read_back() -> None:
    read = json.loads(json.dumps(as_json([RESULT], {}, INFO)))

    assert read["benchmarks"]["one"]["samples"]["ours.speed"] == [1900.0, 2100.0, 2000.0]
    first, wait, plain = read["benchmarks"]["one"]["rows"]
    assert (first["value"], first["verdict"]) == (pytest.approx(0.8), "met")
    assert (wait["target"], wait["verdict"]) == ("≤ 50.0", "not met")
    assert plain["target"] is None
