"""Two API hosts behind one real nginx: one of them goes, and nobody's call is made twice."""

import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest

from tests.deploy.nginx import Nginx, needs_nginx

from .conftest import needs_embedded
from .procedures import Tally
from .service import Service, eventually

pytestmark = [needs_nginx, needs_embedded]

SUM = ("SUMA_SIMPLE", {"a": 1, "b": 2})
MANY = 12

# States of /proc/net/tcp.
_ESTABLISHED, _CLOSE_WAIT = "01", "08"


def behind(nginx: Nginx, oracle_environ: dict[str, str]) -> Service:
    """Give what makes requests through nginx; no service of its own is ever started."""
    front = Service(nginx.folder, oracle_environ)
    front.url, front.verify = nginx.url, str(nginx.certificate)
    return front


@pytest.fixture
def hosts(make_service: Callable[..., Service]) -> tuple[Service, Service]:
    """Two API hosts on one store."""
    first, second = (make_service(TRUSTED_PROXIES="1") for _ in range(2))
    return first.start(), second.start()


@pytest.fixture
def front(
    tmp_path: Path, hosts: tuple[Service, Service], oracle_environ: dict[str, str]
) -> Iterator[Service]:
    """What is in front of both."""
    nginx = Nginx(tmp_path, *(host.port for host in hosts)).start()
    front = behind(nginx, oracle_environ)
    yield front
    front.close()
    nginx.stop()


def test_requests_go_to_both_and_to_one_when_the_other_is_gone(
    front: Service, hosts: tuple[Service, Service]
) -> None:
    key = {"Idempotency-Key": "one"}
    same = [front.submit(*SUM, headers=key).json()["job_id"] for _ in range(MANY)]
    assert len(set(same)) == 1
    assert [submissions(host) for host in hosts] == [MANY // 2] * 2
    hosts[0].kill()
    # A call that is sent in the moment of the end is lost, see below.
    eventually(lambda: not connections(hosts[0].port))
    for _ in range(MANY):
        assert front.call(*SUM).status_code == 200
        assert front.job(same[0])["status"] == "completed"


def submissions(host: Service) -> int:
    """Ask a host itself how many submissions it has answered."""
    pattern = r"^oracle_api_http_requests_total\{.*POST.*/procedure/async.*\} (\S+)$"
    shown = host.get("/metrics", headers={"Connection": "close"}).text
    [count] = re.findall(pattern, shown, re.MULTILINE)
    return int(float(count))


def test_a_call_that_a_host_took_with_it_is_not_made_by_the_other(
    front: Service, hosts: tuple[Service, Service], tally: Tally
) -> None:
    keys = ("one", "other")
    with ThreadPoolExecutor(len(keys)) as threads:
        # They take turns, so that each host has one of them.
        calls = [
            threads.submit(front.call, "TEST_TALLY", {"p_key": key, "p_seconds": 600})
            for key in keys
        ]
        eventually(lambda: all(tally.started[key] for key in keys))
        hosts[0].kill()
        eventually(lambda: any(call.done() for call in calls))
        tally.release(*keys)
        answers = sorted((call.result(60) for call in calls), key=lambda it: it.status_code)
    assert [answer.status_code for answer in answers] == [200, 503]
    assert answers[1].json()["type"] == "urn:oracle-api:problem:outcome-unknown"
    assert [tally.started[key] for key in keys] == [1, 1]


def test_who_waits_for_a_job_waits_on_at_the_other_host(
    front: Service, hosts: tuple[Service, Service], tally: Tally
) -> None:
    job_id = hosts[1].launch("TEST_TALLY", {"p_key": "long", "p_seconds": 600})
    eventually(lambda: tally.started["long"])
    assert connections(hosts[0].port) == 0
    # They take turns, so that each host has one of them.
    with ThreadPoolExecutor(2) as threads:
        waits = [threads.submit(front.job, job_id, 30) for _ in range(2)]
        eventually(lambda: connections(hosts[0].port))
        hosts[0].kill()
        tally.release("long")
        assert [wait.result(60)["status"] for wait in waits] == ["completed"] * 2


def connections(port: int) -> int:
    """Count the ends of connections to a port of loopback that are open, or not closed yet."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ending = f":{port:04X}"
    return sum(
        state in (_ESTABLISHED, _CLOSE_WAIT) and (local.endswith(ending) or remote.endswith(ending))
        for _, local, remote, state, *_ in lines
    )


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes no connection and refuses none, as a host without power."""
    with ExitStack() as stack:
        server = stack.enter_context(socket.socket())
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        # The kernel drops what comes once the queue of those that nobody accepts is full.
        for _ in range(8):
            client = stack.enter_context(closing(socket.socket()))
            client.setblocking(False)
            with suppress(BlockingIOError):
                client.connect(server.getsockname())
        yield server.getsockname()[1]


def test_a_host_without_power_is_passed_over(
    tmp_path: Path,
    make_service: Callable[..., Service],
    oracle_environ: dict[str, str],
    silent_port: int,
    tally: Tally,
) -> None:
    host = make_service(TRUSTED_PROXIES="1").start()
    nginx = Nginx(tmp_path, silent_port, host.port, connect_timeout="300ms").start()
    front = behind(nginx, oracle_environ)
    try:
        answers = [front.call("TEST_TALLY", {"p_key": f"call-{number}"}) for number in range(4)]
    finally:
        front.close()
        nginx.stop()
    assert [answer.status_code for answer in answers] == [200] * 4
    assert [tally.started[f"call-{number}"] for number in range(4)] == [1] * 4
    assert "timed out" in nginx.errors()
