"""GET of a list of jobs, of a few and of very many."""

from collections.abc import Mapping

from oracle_api.jobs.job import JobStatus
from tests.bench.benchmark import Benchmark
from tests.bench.cases.calls import figures, seconds_of, warm_up
from tests.bench.figures import Row, Target
from tests.bench.lab import Lab
from tests.bench.rounds import Measure
from tests.bench.stores import fill
from tests.bench.wrk import Requests, load

_PATH = "/jobs?limit=100"


def _contenders(lab: Lab) -> Mapping[str, Measure]:
    def stored(name: str, count: int) -> Measure:
        folder = lab.folder()
        fill(folder, count, JobStatus.COMPLETED)
        service = lab.enter(lab.service(folder))
        requests = Requests(service.url, [_PATH])
        warm_up(lab, requests)

        def once() -> Mapping[str, float]:
            with lab.measuring(service, name):
                return figures(load(requests, seconds_of(lab), connections=1))

        return once

    return {"many": stored("many", lab.pick(100_000, 2_000)), "few": stored("few", 100)}


BENCHMARK = Benchmark(
    "list",
    _contenders,
    (
        Row(
            "`GET /jobs?limit=100` with 100,000 finished jobs: p50 ÷ with 100",
            "many.p50",
            ("few.p50",),
            target=Target("≤", 1.3),
        ),
        Row("`GET /jobs?limit=100` with 100,000 finished jobs: p50", "many.p50", unit="ms"),
        Row("`GET /jobs?limit=100` with 100 finished jobs: p50", "few.p50", unit="ms"),
    ),
)
