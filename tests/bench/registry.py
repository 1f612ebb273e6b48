"""All benchmarks, in the order of the table, and all plots."""

from tests.bench.benchmark import Benchmark, Growth
from tests.bench.cases import (
    accept,
    affinity,
    call_now,
    cleanup,
    cold_start,
    get_job,
    idle,
    list_jobs,
    memory,
    older,
    rows,
    start_delay,
    throughput,
)
from tests.bench.cases.growth import GROWTHS

BENCHMARKS: tuple[Benchmark, ...] = tuple(
    module.BENCHMARK
    for module in (
        get_job,
        accept,
        call_now,
        throughput,
        start_delay,
        list_jobs,
        cleanup,
        memory,
        rows,
        cold_start,
        idle,
        older,
        affinity,
    )
)


def chosen(names: list[str]) -> list[Benchmark | Growth]:
    """Give the benchmarks and plots of these names, all of them for none, in their order.

    Raises:
        ValueError: there is none of a name.
    """
    everything: list[Benchmark | Growth] = [*BENCHMARKS, *GROWTHS]
    known = {one.name for one in everything}
    if unknown := sorted(set(names) - known):
        raise ValueError(f"no such benchmark: {', '.join(unknown)} (--list shows them)")
    return [one for one in everything if not names or one.name in names]
