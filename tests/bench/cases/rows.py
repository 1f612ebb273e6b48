"""A REF CURSOR with very many rows, as a job and by the driver alone."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.bench import driver
from tests.bench.benchmark import Benchmark
from tests.bench.figures import Row, Target
from tests.bench.lab import Lab
from tests.bench.processes import family, memory_bytes
from tests.bench.rounds import Measure
from tests.integration.service import Service

_LOOK_SECONDS = 0.1
_MOST_SECONDS = 300
_MIB = 1024 * 1024


class _Peak:
    """Looks at a service's memory while something goes on."""

    def __init__(self, service: Service) -> None:
        assert service.process is not None
        self._pids = family(service.process.pid)
        self._before = memory_bytes(self._pids)
        self._greatest = self._before
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    @contextmanager
    def watching(self) -> Iterator["_Peak"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._over.set()
            self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            self._greatest = max(self._greatest, memory_bytes(self._pids))

    @property
    def growth_mib(self) -> float:
        return (self._greatest - self._before) / _MIB


def run_as_job(service: Service, count: int) -> Mapping[str, float]:
    """Run a job that fetches rows; gives its seconds, from submission to end, and the growth."""
    with _Peak(service).watching() as peak:
        began = time.monotonic()
        job = service.finished(service.launch("PKG_BENCH.FILAS", {"p_count": count}), _MOST_SECONDS)
        seconds = time.monotonic() - began
    assert job["status"] == "completed", job
    return {"seconds": seconds, "mib": peak.growth_mib, "per_second": count / seconds}


def _contenders(lab: Lab) -> Mapping[str, Measure]:
    count = lab.pick(1_000_000, 5_000)
    pool = lab.enter(driver.pool(lab.database))
    folder = lab.folder()
    driver.write_csv(pool, 10, folder / "rows.csv")

    # A new service for each: the memory that one has taken is not taken again.
    def service() -> Mapping[str, float]:
        with lab.service() as running:
            run_as_job(running, 10)
            with lab.measuring(running):
                return run_as_job(running, count)

    def alone() -> Mapping[str, float]:
        seconds = driver.write_csv(pool, count, folder / "rows.csv")
        return {"seconds": seconds, "per_second": count / seconds}

    return {"service": service, "driver": alone}


BENCHMARK = Benchmark(
    "rows",
    _contenders,
    (
        Row(
            "REF CURSOR of 1,000,000 rows of 8 columns as a job, rows/s ÷ driver writing CSV",
            "service.per_second",
            ("driver.per_second",),
            target=Target("≥", 0.6),
        ),
        Row(
            "greatest growth of the service meanwhile (PSS)",
            "service.mib",
            unit="MiB",
            target=Target("≤", 64.0),
            worst=True,
        ),
        Row("rows of a REF CURSOR as a job", "service.per_second", unit="rows/s"),
        Row("the same rows by the driver, written as CSV", "driver.per_second", unit="rows/s"),
    ),
)
