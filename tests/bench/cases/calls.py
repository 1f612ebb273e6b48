"""What benchmarks call, and the services that they call it in."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.lab import Lab
from tests.bench.stores import NAME
from tests.bench.wrk import Load, Requests, load
from tests.integration.service import Service, eventually

NOOP = json.dumps({"name": NAME})
SUM = json.dumps({"name": "SUMA_SIMPLE", "params": {"a": 1.5, "b": 2}})

_WARM_UP_SECONDS = 1


def warm_up(lab: Lab, requests: Requests) -> None:
    """Let caches fill and threads start before anything is measured."""
    if not lab.quick:
        load(requests, _WARM_UP_SECONDS)


def seconds_of(lab: Lab) -> float:
    """Give how long a load lasts."""
    return lab.pick(5.0, 1.0)


def figures(measured: Load) -> dict[str, float]:
    """Give what rows and plots are made of."""
    return {
        "per_second": measured.per_second,
        "p50": measured.p50,
        "p99": measured.p99,
    }


@contextmanager
def blocked_service(lab: Lab, processes: int, folder: Path | None = None) -> Iterator[Service]:
    """Run a service all of whose job workers have one endless job: what comes after it waits.

    Args:
        lab: where.
        processes: how many gunicorn workers, each with one job worker.
        folder: with a job store; None is a new one.
    """
    settings = {"WEB_CONCURRENCY": str(processes), "JOB_WORKERS": "1"}
    with lab.service(folder, **settings) as service:
        blockers = [
            service.launch("PROC_TEST_DEMORA", {"segundos": 36000}) for _ in range(processes)
        ]
        eventually(lambda: all(service.job(one)["status"] == "running" for one in blockers))
        yield service
