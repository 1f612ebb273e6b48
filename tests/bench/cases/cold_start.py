"""From the start of the process to its first answer, without the database."""

import time
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPConnection

from tests.bench.benchmark import Benchmark
from tests.bench.figures import Row, Target
from tests.bench.lab import Lab
from tests.bench.rounds import Measure

_MOST_SECONDS = 30.0
_PAUSE_SECONDS = 0.005


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    finally:
        connection.close()


def _contenders(lab: Lab) -> Mapping[str, Measure]:
    def once() -> Mapping[str, float]:
        service = lab.make_service(
            ORACLE_DSN="127.0.0.1:1/NOBODY", ORACLE_USER="dwh", ORACLE_PASSWORD="dwh"
        )
        began = time.monotonic()
        try:
            service.spawn()
            while time.monotonic() - began < _MOST_SECONDS:
                with suppress(ConnectionError):
                    if _answers(service.port):
                        return {"seconds": time.monotonic() - began}
                time.sleep(_PAUSE_SECONDS)
            raise TimeoutError(f"It did not answer: {service.log()}")
        finally:
            service.close()

    return {"service": once}


BENCHMARK = Benchmark(
    "start",
    _contenders,
    (
        Row(
            "start to the first answer, cold, without the database",
            "service.seconds",
            unit="s",
            target=Target("≤", 1.0),
        ),
    ),
)
