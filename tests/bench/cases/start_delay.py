"""How long an accepted job waits for its call where nothing else is to be done."""

import json
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from statistics import median, quantiles
from typing import Any
from urllib.parse import urlsplit

from tests.bench.benchmark import Benchmark
from tests.bench.figures import Row, Target
from tests.bench.lab import Lab
from tests.bench.peers.lab import peer, redis
from tests.bench.rounds import Measure
from tests.integration.service import TOKEN, eventually

_HEADERS = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
_STARTED = json.dumps({"name": "PKG_BENCH.STARTED"})

# Gives the moment at which the job's call began, or None while that is not known.
_Ask = Callable[[HTTPConnection, str], int | None]


def _delays(url: str, path: str, count: int, ask: _Ask) -> Mapping[str, float]:
    """Submit one job after the other; gives the delays in milliseconds.

    One is negative where the call began before the client had its 202.
    """
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    delays: list[float] = []
    try:
        for _ in range(count):
            connection.request("POST", path, _STARTED, _HEADERS)
            answer = connection.getresponse()
            body = answer.read()
            accepted = time.monotonic_ns()
            assert answer.status == 202, body
            job_id = json.loads(body)["job_id"]
            delays.append((eventually(lambda: ask(connection, job_id)) - accepted) / 1e6)  # noqa: B023
    finally:
        connection.close()
    return {"p50": median(delays), "p99": quantiles(delays, n=100, method="inclusive")[98]}


def _get(connection: HTTPConnection, path: str) -> Any:
    connection.request("GET", path, headers=_HEADERS)
    return json.loads(connection.getresponse().read())


def _ask_service(connection: HTTPConnection, job_id: str) -> int | None:
    job = _get(connection, f"/jobs/{job_id}?wait=10")
    assert job["status"] not in ("failed", "cancelled"), job
    return int(job["result"]["P_MOMENT"]) if job["status"] == "completed" else None


def _contenders(lab: Lab) -> Mapping[str, Measure]:
    redis_port = lab.enter(redis(lab))
    count = lab.pick(200, 5)

    def service() -> Mapping[str, float]:
        with lab.service() as running:
            _delays(running.url, "/procedure/async", 5, _ask_service)
            with lab.measuring(running):
                return _delays(running.url, "/procedure/async", count, _ask_service)

    def other(name: str) -> Measure:
        def once() -> Mapping[str, float]:
            with peer(lab, name, redis_port) as url:
                route = urlsplit(url).path

                def ask(connection: HTTPConnection, job_id: str) -> int | None:
                    result = _get(connection, f"{route}/jobs/{job_id}")["result"]
                    return None if result is None else int(result)

                return _delays(url, f"{route}/started", count, ask)

        return once

    return {name: other(name) for name in ("celery", "rq", "rq-simple")} | {"service": service}


BENCHMARK = Benchmark(
    "start-delay",
    _contenders,
    (
        Row(
            "from the 202 to the call's start, idle service: p50",
            "service.p50",
            unit="ms",
            target=Target("≤", 5.0),
        ),
        Row("from the 202 to the call's start: p99", "service.p99", unit="ms"),
        Row("from the 202 to the call's start with Celery: p50", "celery.p50", unit="ms"),
        Row("from the 202 to the call's start with RQ: p50", "rq.p50", unit="ms"),
        Row(
            "from the 202 to the call's start with RQ, `SimpleWorker`: p50",
            "rq-simple.p50",
            unit="ms",
        ),
    ),
)
