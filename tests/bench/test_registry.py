"""What can be measured by name, and that every target has its row."""

import pytest

from tests.bench.registry import BENCHMARKS, chosen


def test_names_are_there_once() -> None:
    names = [one.name for one in chosen([])]

    assert len(names) == len(set(names))


def test_benchmarks_are_chosen_by_name_in_the_order_of_the_table() -> None:
    assert [one.name for one in chosen(["idle", "get-job"])] == ["get-job", "idle"]


def test_a_name_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no such benchmark: nothing"):
        chosen(["idle", "nothing"])


def test_the_first_row_of_each_benchmark_has_something_to_reach() -> None:
    assert all(one.rows[0].target or one.rows[0].older for one in BENCHMARKS)
