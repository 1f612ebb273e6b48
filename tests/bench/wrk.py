"""Load over HTTP, made by wrk.

Without a rate wrk is a closed loop: each connection sends its next request when it has its
answer, so a slow answer also holds the next request back, and no latency tells of it (coordinated
omission; wrk adds samples for what it takes to be such gaps). Throughput is measured so, and
latencies of a single connection. Latencies under load are measured at a rate: requests have fixed
moments, many connections wait to take the next one, and how often none was free in time is
counted.
"""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.bench.processes import program
from tests.integration.service import TOKEN

_SCRIPT = Path(__file__).with_name("wrk.lua")
_SLACK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Requests:
    """What is sent.

    Args:
        url: of the server, without a path.
        paths: take turns.
        method: of all.
        body: of all, JSON.
    """

    url: str
    paths: Sequence[str]
    method: str = "GET"
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk measured; latencies in milliseconds.

    ``late`` is the part of the requests that were sent after their moment, where a rate was given.
    """

    requests: int
    per_second: float
    p50: float
    p99: float
    greatest: float
    late: float


class LoadFailed(Exception):
    """Some requests were not answered with success: there is nothing to compare."""


def load(
    requests: Requests, seconds: float, connections: int = 8, rate: float | None = None
) -> Load:
    """Send requests for a while.

    Args:
        requests: what is sent.
        seconds: how long, rounded up to whole ones.
        connections: how many at once.
        rate: requests per second of an open rate; None is a closed loop.

    Raises:
        LoadFailed: there was an answer of 400 and above, or none.
    """
    most = seconds + _SLACK_SECONDS
    output = subprocess.run(
        _command(requests, seconds, connections),
        env=_environ(requests, rate=rate),
        capture_output=True,
        text=True,
        timeout=most,
        check=True,
    ).stdout
    return read_report(output, rate)


@contextmanager
def sending(requests: Requests, count: int, seconds: float, connections: int = 8) -> Iterator[None]:
    """Send about so many requests, in the background, during a block; its end ends wrk.

    Args:
        requests: what is sent.
        count: after so many answers no more is sent.
        seconds: the longest time.
        connections: how many at once.

    Raises:
        LoadFailed: there was an answer of 400 and above, or none.
    """
    process = subprocess.Popen(
        _command(requests, seconds, connections),
        env=_environ(requests, most=count),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield
        # It sleeps until its time is over, also when there is nothing left to send.
        process.send_signal(signal.SIGINT)
        read_report(process.communicate(timeout=_SLACK_SECONDS)[0], None)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()


def _command(requests: Requests, seconds: float, connections: int) -> list[str]:
    return [
        program("wrk"),
        "--threads=1",
        f"--connections={connections}",
        f"--duration={max(1, round(seconds))}s",
        "--timeout=20s",
        f"--script={_SCRIPT}",
        requests.url,
        "--",
        *requests.paths,
    ]


def _environ(
    requests: Requests, *, rate: float | None = None, most: int | None = None
) -> dict[str, str]:
    values = {
        "BENCH_METHOD": requests.method,
        "BENCH_TOKEN": TOKEN,
        "BENCH_BODY": requests.body,
        "BENCH_RATE": None if rate is None else f"{rate:.3f}",
        "BENCH_MOST": None if most is None else str(most),
    }
    return {
        "PATH": os.environ["PATH"],
        **{name: value for name, value in values.items() if value is not None},
    }


def read_report(output: str, rate: float | None) -> Load:
    """Read what the script has written into wrk's output.

    Args:
        output: all of it.
        rate: that was asked for.

    Raises:
        LoadFailed: there was an answer of 400 and above, or none, or no report.
    """
    found = re.search(r"^BENCH (.*)$", output, re.MULTILINE)
    if found is None:
        raise LoadFailed(f"wrk gave no figures: {output[-2000:]}")
    figures = json.loads(found[1])
    count = figures["requests"]
    if not count or figures["refused"] or figures["broken"]:
        raise LoadFailed(f"Not all requests were answered with success: {found[1]}")
    return Load(
        requests=count,
        per_second=count * 1e6 / figures["microseconds"],
        p50=figures["p50"] / 1000,
        p99=figures["p99"] / 1000,
        greatest=figures["greatest"] / 1000,
        late=figures["late"] / count if rate else 0.0,
    )
