"""The cleanup of very many jobs, and who has to wait for it."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from http.client import HTTPConnection

from oracle_api.jobs.database import utc_now
from oracle_api.jobs.job import JobStatus
from tests.bench.benchmark import Benchmark
from tests.bench.figures import Row, Target
from tests.bench.lab import Lab
from tests.bench.rounds import Measure
from tests.bench.stores import fill, has_ended_by
from tests.integration.service import TOKEN, Service

_MOST_SECONDS = 120.0
_LOOK_EVERY = 20


def _longest(service: Service, path: str, is_over: Callable[[], bool]) -> float:
    """Get a path again and again; gives the longest wait for an answer, in milliseconds."""
    connection = HTTPConnection("127.0.0.1", service.port, timeout=30)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    longest = 0.0
    count = 0
    until = time.monotonic() + _MOST_SECONDS
    try:
        while count % _LOOK_EVERY or not is_over():
            assert time.monotonic() < until, "the cleanup takes too long"
            began = time.perf_counter()
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            answer.read()
            longest = max(longest, time.perf_counter() - began)
            assert answer.status == 200
            count += 1
    finally:
        connection.close()
    return longest * 1000


def _contenders(lab: Lab) -> Mapping[str, Measure]:
    def measure() -> Mapping[str, float]:
        folder = lab.folder()
        # They get old together, a while after the service has started.
        old_at = utc_now() + timedelta(seconds=lab.pick(20, 6))
        ended = old_at - timedelta(hours=24)
        fill(folder, lab.pick(100_000, 2_000), JobStatus.COMPLETED, ended=ended)
        settings = {"JOB_RETENTION_HOURS": "24", "JOB_CLEANUP_MINUTES": "0.01"}
        with lab.service(folder, **settings) as service:
            job = service.launch("SUMA_SIMPLE", {"a": 1.5, "b": 2})
            service.finished(job)
            path = f"/jobs/{job}"
            quiet_until = time.monotonic() + lab.pick(2.0, 0.5)
            quiet = _longest(service, path, lambda: time.monotonic() > quiet_until)
            assert utc_now() < old_at, "the cleanup may have begun"
            assert has_ended_by(folder, ended)
            with lab.measuring(service):
                stall = _longest(service, path, lambda: not has_ended_by(folder, ended))
            seconds = (utc_now() - old_at).total_seconds()
            return {"stall": stall, "quiet": quiet, "seconds": seconds}

    return {"cleanup": measure}


BENCHMARK = Benchmark(
    "cleanup",
    _contenders,
    (
        Row(
            "cleanup of 100,000 old jobs: longest wait of a concurrent `GET /jobs/{id}`",
            "cleanup.stall",
            unit="ms",
            target=Target("≤", 50.0),
            worst=True,
        ),
        Row(
            "longest wait of that `GET /jobs/{id}` without a cleanup",
            "cleanup.quiet",
            unit="ms",
            worst=True,
        ),
        Row("cleanup of 100,000 old jobs", "cleanup.seconds", unit="s"),
    ),
)
