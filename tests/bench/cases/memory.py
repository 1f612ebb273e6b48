"""What jobs cost of a service's memory, while they wait and after their end."""

from collections.abc import Callable, Mapping
from pathlib import Path

from oracle_api.jobs.job import JobStatus
from tests.bench.benchmark import Benchmark
from tests.bench.cases.calls import NOOP, blocked_service
from tests.bench.cases.throughput import jobs_ended
from tests.bench.figures import Row, Target
from tests.bench.lab import Lab
from tests.bench.processes import family, memory_bytes
from tests.bench.rounds import Measure
from tests.bench.stores import count_accepted, fill
from tests.bench.wrk import Requests, sending
from tests.integration.service import Service, eventually

_MOST_SECONDS = 180
_KIB = 1024


def _memory(service: Service) -> int:
    assert service.process is not None
    return memory_bytes(family(service.process.pid))


def _submissions(service: Service) -> Requests:
    return Requests(service.url, ["/procedure/async"], "POST", NOOP)


def _grow(service: Service, count: int, number: Callable[[], int]) -> float:
    """Add about so many jobs; gives by how many KiB the service has grown for each."""
    before_jobs, before = number(), _memory(service)
    with sending(_submissions(service), count, _MOST_SECONDS):
        eventually(lambda: number() - before_jobs >= count, _MOST_SECONDS)
    return (_memory(service) - before) / _KIB / (number() - before_jobs)


def _contenders(lab: Lab) -> Mapping[str, Measure]:
    first, count = lab.pick((1000, 20_000), (50, 200))

    # What caches and threads take comes with the first ones, and that of SQLite's caches only
    # where the store is large already.
    def store() -> Path:
        folder = lab.folder()
        fill(folder, lab.pick(50_000, 500), JobStatus.COMPLETED)
        return folder

    def waiting() -> Mapping[str, float]:
        folder = store()
        with blocked_service(lab, 1, folder) as service:
            _grow(service, first, lambda: count_accepted(folder))
            with lab.measuring(service, "waiting"):
                kib = _grow(service, count, lambda: count_accepted(folder))
                return {"kib": kib, "mb": _memory(service) / 1e6}

    def finished() -> Mapping[str, float]:
        folder = store()
        with lab.service(folder) as service:
            # The caches of all that a job's life asks for are full later.
            _grow(service, 5 * first, lambda: jobs_ended(folder))
            with lab.measuring(service, "finished"):
                return {"kib": _grow(service, count // 4, lambda: jobs_ended(folder))}

    return {"waiting": waiting, "finished": finished}


BENCHMARK = Benchmark(
    "memory",
    _contenders,
    (
        Row(
            "memory of the service's processes (PSS) per waiting job, 20,000 of them",
            "waiting.kib",
            unit="KiB",
            target=Target("≤", 2.0),
        ),
        Row(
            "the same per finished job, 5,000 of them: none but the allocator's noise",
            "finished.kib",
            unit="KiB",
            # 512 KiB in all, about the size of a new thread's arena.
            target=Target("≤", 0.1),
        ),
        Row(
            "memory of the service with 20,000 jobs accepted",
            "waiting.mb",
            unit="MB",
            older=Target("≤", 793),
        ),
    ),
)
