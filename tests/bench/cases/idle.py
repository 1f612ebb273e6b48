"""What a service costs that has nothing to do."""

import threading
import time
from collections.abc import Mapping

from tests.bench.benchmark import Benchmark
from tests.bench.figures import Row, Target
from tests.bench.lab import Lab
from tests.bench.processes import cpu_seconds, family, memory_bytes
from tests.bench.rounds import Measure

_MIB = 1024 * 1024


def _contenders(lab: Lab) -> Mapping[str, Measure]:
    service = lab.enter(lab.service())
    for _ in range(20):
        service.finished(service.launch("PKG_BENCH.NOOP"))
    assert service.process is not None
    pids = family(service.process.pid)

    def once() -> Mapping[str, float]:
        with lab.measuring(service):
            began, used = time.monotonic(), cpu_seconds(pids)
            threading.Event().wait(lab.pick(60.0, 2.0))
            seconds = time.monotonic() - began
            percent = (cpu_seconds(pids) - used) / seconds * 100
        return {"percent": percent, "mib": memory_bytes(pids) / _MIB}

    return {"service": once}


BENCHMARK = Benchmark(
    "idle",
    _contenders,
    (
        Row(
            "idle for a minute: processor time of all processes",
            "service.percent",
            unit="% of a core",
            target=Target("≤", 0.5),
        ),
        Row("idle: memory of all processes (PSS)", "service.mib", unit="MiB"),
    ),
)
