"""Quotients of medians, their spread, and verdicts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.figures import Row, Target, Verdict

positive = st.floats(min_value=1e-3, max_value=1e6)


def test_a_quotient_is_that_of_the_medians_and_its_spread_that_of_the_rounds() -> None:
    row = Row("x", "ours.per_second", ("bare.per_second",))
    samples = {"ours.per_second": [80.0, 10.0, 90.0], "bare.per_second": [100.0, 50.0, 120.0]}

    measured = row.measured(samples)

    assert measured.value == pytest.approx(0.8)
    assert (measured.least, measured.greatest) == (pytest.approx(0.2), pytest.approx(0.8))
    assert measured.rounds == 3


def test_several_denominators_are_added_up() -> None:
    row = Row("x", "http.p50", ("bare.p50", "driver.p50"))
    samples = {"http.p50": [6.0, 9.0], "bare.p50": [1.0, 2.0], "driver.p50": [2.0, 4.0]}

    measured = row.measured(samples)

    assert measured.value == pytest.approx(7.5 / 4.5)
    assert (measured.least, measured.greatest) == (1.5, 2.0)


def test_a_plain_figure_is_its_median_and_a_worst_one_its_greatest() -> None:
    samples = {"a.ms": [3.0, 50.0, 4.0]}

    assert Row("x", "a.ms").measured(samples).value == 4.0
    assert Row("x", "a.ms", worst=True).measured(samples).value == 50.0


@given(st.lists(st.tuples(positive, positive), min_size=1, max_size=9))
def test_a_quotient_of_the_same_samples_is_one(pairs: list[tuple[float, float]]) -> None:
    values = [above for above, _ in pairs]
    measured = Row("x", "a.b", ("c.d",)).measured({"a.b": values, "c.d": values})

    assert (measured.value, measured.least, measured.greatest) == (1.0, 1.0, 1.0)


@given(st.lists(st.tuples(positive, positive), min_size=1, max_size=9))
def test_no_round_is_outside_the_spread(pairs: list[tuple[float, float]]) -> None:
    above, below = map(list, zip(*pairs, strict=True))
    measured = Row("x", "a.b", ("c.d",)).measured({"a.b": above, "c.d": below})

    assert all(measured.least <= a / b <= measured.greatest for a, b in pairs)
    assert measured.rounds == len(pairs)


def test_contenders_with_different_numbers_of_rounds_are_not_compared() -> None:
    with pytest.raises(ValueError, match="zip"):
        Row("x", "a.b", ("c.d",)).measured({"a.b": [1.0, 2.0], "c.d": [1.0]})


@pytest.mark.parametrize(
    ("direction", "limit", "value", "verdict"),
    [
        ("≥", 0.8, 0.8, Verdict.MET),
        ("≥", 0.8, 0.799, Verdict.MISSED),
        ("≥", 3.0, 11.0, Verdict.MET),
        ("≤", 50.0, 50.0, Verdict.MET),
        ("≤", 50.0, 50.1, Verdict.MISSED),
        ("≤", 64.0, -1.0, Verdict.MET),
    ],
)
def test_a_target_is_met_up_to_its_limit(
    direction: str, limit: float, value: float, verdict: Verdict
) -> None:
    target = Target(direction, limit)  # type: ignore[arg-type]

    assert target.verdict(value) is verdict


def test_what_has_no_target_has_no_verdict() -> None:
    assert Row("x", "a.b").verdict(1.0) is Verdict.NONE
