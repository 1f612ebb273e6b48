"""WORKER_CPU_AFFINITY: what it does to requests and jobs."""

from collections.abc import Callable, Mapping

from oracle_api.jobs.job import ACTIVE
from tests.bench.benchmark import Benchmark
from tests.bench.cases.calls import NOOP, SUM, seconds_of, warm_up
from tests.bench.cases.throughput import jobs_ended, jobs_per_second
from tests.bench.figures import Row, Target
from tests.bench.lab import Lab
from tests.bench.rounds import Measure
from tests.bench.stores import count_jobs
from tests.bench.wrk import Requests, load
from tests.integration.service import Service, eventually


def _contenders(lab: Lab) -> Mapping[str, Measure]:
    def running(measure: Callable[[Service], float], affinity: str) -> Measure:
        def once() -> Mapping[str, float]:
            with lab.service(WORKER_CPU_AFFINITY=affinity) as service:
                return {"per_second": measure(service)}

        return once

    def rate(requests: Requests) -> float:
        warm_up(lab, requests)
        return load(requests, seconds_of(lab)).per_second

    def get(service: Service) -> float:
        job_id = service.launch("SUMA_SIMPLE", {"a": 1.5, "b": 2})
        service.finished(job_id)
        return rate(Requests(service.url, [f"/jobs/{job_id}"]))

    def call(service: Service) -> float:
        return rate(Requests(service.url, ["/procedure"], "POST", SUM))

    def jobs(service: Service) -> float:
        folder = service.log_path.parent
        submissions = Requests(service.url, ["/procedure/async"], "POST", NOOP)
        jobs_per_second(submissions, lab.pick(500, 20), lambda: jobs_ended(folder))
        eventually(lambda: not count_jobs(folder, *ACTIVE))
        return jobs_per_second(submissions, lab.pick(3000, 50), lambda: jobs_ended(folder))

    return {
        f"{name}-{affinity}": running(measure, affinity)
        for name, measure in (("get", get), ("call", call), ("jobs", jobs))
        for affinity in ("auto", "off")
    }


def _row(what: str, name: str) -> Row:
    return Row(
        f"{what}, with `WORKER_CPU_AFFINITY=auto` ÷ without",
        f"{name}-auto.per_second",
        (f"{name}-off.per_second",),
        target=Target("≥", 1.0),
    )


BENCHMARK = Benchmark(
    "affinity",
    _contenders,
    (
        _row("`GET /jobs/{id}`, 8 clients", "get"),
        _row("`POST /procedure` (SUMA_SIMPLE), 8 clients", "call"),
        _row("no-op jobs from submission to end", "jobs"),
        Row(
            "`GET /jobs/{id}` with `WORKER_CPU_AFFINITY=auto`",
            "get-auto.per_second",
            unit="requests/s",
        ),
        Row(
            "`POST /procedure` with `WORKER_CPU_AFFINITY=auto`",
            "call-auto.per_second",
            unit="requests/s",
        ),
        Row(
            "no-op jobs from submission to end with `WORKER_CPU_AFFINITY=auto`",
            "jobs-auto.per_second",
            unit="jobs/s",
        ),
    ),
)
