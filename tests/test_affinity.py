"""Workers are spread over the processors that there are."""

import os
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.affinity import CAN_BIND, bind, least_used, processors

PROCESSORS = st.sets(st.integers(0, 63), min_size=1)


@given(PROCESSORS, st.integers(0, 200))
def test_no_processor_has_two_workers_more_than_another(available: set[int], workers: int) -> None:
    used: list[int] = []
    for _ in range(workers):
        used.append(least_used(available, used))
    counts = Counter(used)
    assert max(counts.values(), default=0) - min(counts[each] for each in available) <= 1


@given(PROCESSORS, st.data())
def test_a_new_worker_takes_the_place_of_the_one_that_died(
    available: set[int], data: st.DataObject
) -> None:
    gone = data.draw(st.sampled_from(sorted(available)))
    assert least_used(available, available - {gone}) == gone


def test_workers_that_are_not_bound_take_no_place() -> None:
    assert least_used({0, 1}, [None, None, 1]) == 0


@pytest.mark.skipif(not CAN_BIND, reason="this system binds no processes")
def test_a_process_runs_where_it_is_bound() -> None:
    before = processors()
    try:
        bind(max(before))
        assert processors() == {max(before)}
    finally:
        os.sched_setaffinity(0, before)
