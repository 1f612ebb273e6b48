"""GET of one job."""

from collections.abc import Mapping

from tests.bench.benchmark import Benchmark
from tests.bench.cases.calls import figures, seconds_of, warm_up
from tests.bench.figures import Row, Target
from tests.bench.lab import Lab, answer_of
from tests.bench.rounds import Measure
from tests.bench.wrk import Requests, load
from tests.integration.service import eventually


def _contenders(lab: Lab) -> Mapping[str, Measure]:
    service = lab.enter(lab.service())
    finished = service.launch("SUMA_SIMPLE", {"a": 1.5, "b": 2})
    service.finished(finished)
    running = service.launch("PROC_TEST_DEMORA", {"segundos": 36000})
    # 50: its call is sent.
    eventually(lambda: service.job(running)["progress"] == 50)

    def measure(name: str, job_id: str) -> Measure:
        path = f"/jobs/{job_id}"
        requests = Requests(service.url, [path])
        warm_up(lab, requests)

        def once() -> Mapping[str, float]:
            with lab.measuring(service, name):
                return figures(load(requests, seconds_of(lab)))

        return once

    def limit(job_id: str) -> Measure:
        web = lab.enter(lab.bare(answer_of(service, f"/jobs/{job_id}")))
        requests = Requests(web.url, ["/"])
        warm_up(lab, requests)
        return lambda: figures(load(requests, seconds_of(lab)))

    return {
        "finished": measure("finished", finished),
        "bare-finished": limit(finished),
        "running": measure("running", running),
        "bare-running": limit(running),
    }


BENCHMARK = Benchmark(
    "get-job",
    _contenders,
    (
        Row(
            "`GET /jobs/{id}` of a finished job, requests/s ÷ bare",
            "finished.per_second",
            ("bare-finished.per_second",),
            target=Target("≥", 0.80),
        ),
        Row(
            "`GET /jobs/{id}` of a running job, requests/s ÷ bare",
            "running.per_second",
            ("bare-running.per_second",),
            target=Target("≥", 0.80),
        ),
        Row(
            "`GET /jobs/{id}` of a finished job",
            "finished.per_second",
            unit="requests/s",
            older=Target("≥", 31_000),
        ),
        Row("bare, of the same bytes", "bare-finished.per_second", unit="requests/s"),
    ),
)
