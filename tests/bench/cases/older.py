"""What the older Go service was measured at, and no other benchmark has: lists, and a kill."""

from collections.abc import Mapping

from oracle_api.jobs.job import ACTIVE, INTERRUPTED, JobStatus
from oracle_api.limits import MAX_JOBS
from tests.bench.benchmark import Benchmark
from tests.bench.cases.calls import figures, seconds_of, warm_up
from tests.bench.figures import Row, Target
from tests.bench.lab import Lab
from tests.bench.rounds import Measure
from tests.bench.stores import fill
from tests.bench.wrk import Requests, load
from tests.integration.service import Service, eventually

_STORED = 5000
_RUNNING = 50


def _contenders(lab: Lab) -> Mapping[str, Measure]:
    folder = lab.folder()
    fill(folder, _STORED, JobStatus.COMPLETED)
    lists = lab.enter(lab.service(folder))

    def listing(requests: Requests, pages: int) -> Measure:
        warm_up(lab, requests)

        def once() -> Mapping[str, float]:
            measured = figures(load(requests, seconds_of(lab)))
            return {"per_second": measured["per_second"] / pages}

        return once

    def killed() -> Mapping[str, float]:
        most = lab.pick(_RUNNING, 5)
        with lab.service(JOB_WORKERS=str(most), JOB_LEASE_SECONDS="2") as service:
            running = [service.launch("PROC_TEST_DEMORA", {"segundos": 60}) for _ in range(most)]
            eventually(lambda: all(service.job(one)["status"] == "running" for one in running))
            service.kill()
            service.start()
            eventually(lambda: not any(_is_active(service, one) for one in running))
            return {"unknown": sum(not _is_interrupted(service, one) for one in running)}

    pages = _pages(lists)
    return {
        "page": listing(Requests(lists.url, ["/jobs"]), 1),
        "all": listing(Requests(lists.url, pages), len(pages)),
        "killed": killed,
    }


def _pages(service: Service) -> list[str]:
    """Give the paths of all pages of the list, the greatest that there are."""
    paths = [f"/jobs?limit={MAX_JOBS}"]
    while cursor := service.get(paths[-1]).json().get("next"):
        paths.append(f"/jobs?limit={MAX_JOBS}&cursor={cursor}")
    return paths


def _is_active(service: Service, job_id: str) -> bool:
    answer = service.get(f"/jobs/{job_id}")
    return answer.status_code == 200 and answer.json()["status"] in ACTIVE


def _is_interrupted(service: Service, job_id: str) -> bool:
    answer = service.get(f"/jobs/{job_id}")
    return answer.status_code == 200 and answer.json().get("error_code") == INTERRUPTED


BENCHMARK = Benchmark(
    "older",
    _contenders,
    (
        Row(
            "`GET /jobs` of 5,000 jobs, the first page of 100",
            "page.per_second",
            unit="requests/s",
            older=Target("≥", 55),
        ),
        Row(
            "`GET /jobs` of 5,000 jobs, all of them in pages of 1,000",
            "all.per_second",
            unit="lists/s",
            older=Target("≥", 55),
        ),
        Row(
            "50 running jobs, `kill -9` of the service, start: jobs whose fate is unknown",
            "killed.unknown",
            unit="jobs",
            older=Target("≤", 26),
            worst=True,
        ),
    ),
)
