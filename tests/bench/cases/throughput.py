"""Jobs from their submission to their end, here and in what else a team would build."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from oracle_api.jobs.job import ACTIVE
from tests.bench.benchmark import Benchmark
from tests.bench.cases.calls import NOOP
from tests.bench.figures import Row, Target
from tests.bench.lab import Lab
from tests.bench.peers.lab import WORKERS, done, peer, redis
from tests.bench.rounds import Measure
from tests.bench.stores import count_accepted, count_jobs
from tests.bench.wrk import Requests, sending
from tests.integration.service import eventually

_MOST_SECONDS = 120
_WARM_UP_JOBS = 50


def jobs_per_second(submissions: Requests, count: int, ended: Callable[[], int]) -> float:
    """Submit about so many jobs, and wait until so many have ended."""
    before = ended()
    began = time.monotonic()
    with sending(submissions, count, _MOST_SECONDS):
        eventually(lambda: ended() - before >= count, _MOST_SECONDS)
        return count / (time.monotonic() - began)


def jobs_ended(folder: Path) -> int:
    """Tell how many jobs of a service have ended."""
    # Accepted first: one that is accepted between the two looks must not count as ended.
    accepted = count_accepted(folder)
    return accepted - count_jobs(folder, *ACTIVE)


def _contenders(lab: Lab) -> Mapping[str, Measure]:
    redis_port = lab.enter(redis(lab))

    # Each runs alone: what waits for work costs something too.
    def service() -> Mapping[str, float]:
        with lab.service(JOB_WORKERS=str(WORKERS)) as running:
            folder = running.log_path.parent
            submissions = Requests(running.url, ["/procedure/async"], "POST", NOOP)
            jobs_per_second(submissions, _WARM_UP_JOBS, lambda: jobs_ended(folder))
            eventually(lambda: not count_jobs(folder, *ACTIVE))
            with lab.measuring(running):
                return {
                    "per_second": jobs_per_second(
                        submissions, lab.pick(5000, 100), lambda: jobs_ended(folder)
                    )
                }

    def other(name: str, count: int) -> Measure:
        def once() -> Mapping[str, float]:
            with peer(lab, name, redis_port) as url:
                submissions = Requests(
                    url.rpartition("/")[0], [f"/{_route(url)}/noop"], "POST", NOOP
                )
                return {"per_second": jobs_per_second(submissions, count, lambda: done(url))}

        return once

    return {
        "service": service,
        "celery": other("celery", lab.pick(3000, 100)),
        "rq": other("rq", lab.pick(400, 20)),
        "rq-simple": other("rq-simple", lab.pick(2000, 50)),
    }


def _route(url: str) -> str:
    return url.rpartition("/")[2]


BENCHMARK = Benchmark(
    "throughput",
    _contenders,
    (
        Row(
            "no-op jobs/s from submission to end, 8 workers ÷ Celery with Redis and 8 threads",
            "service.per_second",
            ("celery.per_second",),
            target=Target("≥", 3.0),
        ),
        Row(
            "the same ÷ RQ with Redis and 8 workers",
            "service.per_second",
            ("rq.per_second",),
            target=Target("≥", 10.0),
        ),
        Row(
            "no-op jobs/s ÷ RQ with Redis and 8 workers that do not fork (`SimpleWorker`)",
            "service.per_second",
            ("rq-simple.per_second",),
        ),
        Row(
            "no-op jobs from submission to end",
            "service.per_second",
            unit="jobs/s",
            older=Target("≥", 408),
        ),
        Row("no-op jobs with Celery", "celery.per_second", unit="jobs/s"),
        Row("no-op jobs with RQ", "rq.per_second", unit="jobs/s"),
        Row("no-op jobs with RQ, `SimpleWorker`", "rq-simple.per_second", unit="jobs/s"),
    ),
)
