"""The database goes away, is silent, refuses, cuts sessions; the service lives and recovers."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from oracle_api.embedded.server import EmbeddedServer

from .conftest import needs_embedded
from .procedures import Tally
from .service import Service, eventually

pytestmark = needs_embedded

SUM = ("SUMA_SIMPLE", {"a": 1, "b": 2})


@pytest.fixture
def database(embedded: EmbeddedServer) -> Iterator[EmbeddedServer]:
    yield embedded
    embedded.faults.clear()


def is_back(service: Service) -> bool:
    return service.call(*SUM).status_code == 200


def test_a_database_that_is_away_is_a_503_within_5_seconds_and_comes_back(
    database: EmbeddedServer, make_service: Callable[..., Service]
) -> None:
    service = make_service(ORACLE_CONNECT_SECONDS="2").start()
    assert is_back(service)
    database.faults.go_away()
    for method, path, body in (
        ("POST", "/procedure", {"name": "SUMA_SIMPLE", "params": SUM[1]}),
        ("GET", "/ping", None),
        ("GET", "/readyz", None),
    ):
        answer = service.request(method, path, json=body)
        assert answer.status_code == 503, path
        assert answer.elapsed.total_seconds() < 5
        assert int(answer.headers["Retry-After"]) > 0
        assert "127.0.0.1" not in answer.text
    assert service.get("/healthz").status_code == 200
    assert service.submit(*SUM).status_code == 202
    database.faults.come_back()
    assert eventually(lambda: is_back(service))
    assert service.get("/ping").status_code == 200


def test_the_service_starts_without_its_database(
    database: EmbeddedServer, make_service: Callable[..., Service]
) -> None:
    database.faults.go_away()
    service = make_service().start()
    assert service.get("/readyz").status_code == 503
    database.faults.come_back()
    assert eventually(lambda: is_back(service))


def test_a_job_waits_for_the_database_and_then_runs_once(
    database: EmbeddedServer, make_service: Callable[..., Service], tally: Tally
) -> None:
    service = make_service().start()
    database.faults.go_away()
    job_id = service.launch("TEST_TALLY", {"p_key": "waited"})
    eventually(lambda: service.job(job_id)["status"] == "running")
    assert service.job(job_id, wait=1)["status"] == "running"
    database.faults.come_back()
    assert service.finished(job_id)["status"] == "completed"
    assert tally.started["waited"] == 1


def test_a_job_gives_up_when_the_database_stays_away(
    database: EmbeddedServer, make_service: Callable[..., Service]
) -> None:
    service = make_service(JOB_CONNECT_WAIT_SECONDS="1").start()
    database.faults.go_away()
    job = service.finished(service.launch(*SUM))
    assert job["status"] == "failed"
    assert job["error_code"].startswith("DPY-")


def test_a_job_that_waits_for_the_database_can_be_cancelled(
    database: EmbeddedServer, make_service: Callable[..., Service]
) -> None:
    service = make_service().start()
    database.faults.go_away()
    job_id = service.launch(*SUM)
    eventually(lambda: service.job(job_id)["status"] == "running")
    service.request("POST", f"/jobs/{job_id}/cancel")
    assert service.finished(job_id)["status"] == "cancelled"


def test_a_session_cut_in_the_middle_of_a_call_is_an_unknown_outcome(
    database: EmbeddedServer, make_service: Callable[..., Service], tally: Tally
) -> None:
    service = make_service().start()
    job_id = service.launch("TEST_TALLY", {"p_key": "cut", "p_seconds": 600})
    eventually(lambda: tally.started["cut"])
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(service.call, "TEST_TALLY", {"p_key": "sync", "p_seconds": 600})
        eventually(lambda: tally.started["sync"])
        assert database.faults.drop() >= 2
        answer = call.result(60)
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("outcome-unknown")
    job = service.finished(job_id)
    assert (job["status"], job["error_code"]) == ("failed", "DPY-4011")
    assert "unknown" in job["error"]
    assert tally.started == {"cut": 1, "sync": 1}, "nothing was called again"
    assert is_back(service), "dead connections are replaced"


def test_an_internal_error_of_the_database_ends_the_session_not_the_service(
    make_service: Callable[..., Service],
) -> None:
    service = make_service().start()
    for _ in range(3):
        answer = service.call("PKG_FAIL.RAISES", {"p_code": 600, "p_text": "internal"})
        assert answer.status_code == 503
        assert is_back(service)
    assert "SIG" not in service.log().replace("SIGTERM", "")


def test_our_own_login_refused_is_a_503_and_a_loud_line(
    database: EmbeddedServer, make_service: Callable[..., Service]
) -> None:
    service = make_service(ORACLE_PASSWORD="wrong-secret").start()
    answer = service.call(*SUM)
    assert answer.status_code == 503
    assert "wrong-secret" not in answer.text + service.log()
    assert "CRITICAL" in service.log()
    assert "ORA-01017" in service.log()


@pytest.mark.parametrize("number", [12514, 1033])
def test_refused_logins_are_503s(
    database: EmbeddedServer, make_service: Callable[..., Service], number: int
) -> None:
    service = make_service().start()
    database.faults.refuse_logins = number
    assert service.call(*SUM).status_code == 503
    database.faults.clear()
    assert eventually(lambda: is_back(service))


def test_a_silent_database_does_not_hold_requests_up(
    database: EmbeddedServer, make_service: Callable[..., Service]
) -> None:
    service = make_service(ORACLE_CONNECT_SECONDS="1").start()
    database.faults.silent = True
    began = time.monotonic()
    assert service.call(*SUM).status_code == 503
    assert time.monotonic() - began < 25, "less than a call may take"
    assert service.get("/healthz").status_code == 200
    database.faults.silent = False
    assert eventually(lambda: is_back(service)), "it recovers by itself"


def test_a_database_that_becomes_slow_ends_in_the_time_limit(
    database: EmbeddedServer, make_service: Callable[..., Service]
) -> None:
    service = make_service(SYNC_TIMEOUT_SECONDS="3").start()
    assert is_back(service)
    database.faults.delay = 120
    began = time.monotonic()
    assert service.call(*SUM).status_code in (503, 504)
    assert time.monotonic() - began < 60
    database.faults.clear()
    assert eventually(lambda: is_back(service))


def test_calls_under_load_survive_a_database_that_comes_and_goes(
    database: EmbeddedServer, make_service: Callable[..., Service], tally: Tally
) -> None:
    service = make_service().start()
    jobs: list[str] = []
    for _ in range(3):
        # New ones each time: those of the round before may all have ended.
        for number in range(len(jobs), len(jobs) + 20):
            jobs.append(service.launch("TEST_TALLY", {"p_key": f"j{number}", "p_seconds": 0.2}))
        eventually(lambda: tally.now > 0)
        database.faults.go_away()
        assert service.call(*SUM).status_code == 503
        database.faults.come_back()
        assert eventually(lambda: is_back(service))
    ended = [service.finished(job_id, 60) for job_id in jobs]
    assert max(tally.started.values()) == 1
    for number, job in enumerate(ended):
        key = f"j{number}"
        if job["status"] == "completed":
            assert tally.ended[key] == 1
        else:
            assert job["error_code"] in ("DPY-4011", "DPY-1001"), job
            assert "unknown" in job["error"]
    assert sum(job["status"] == "completed" for job in ended) >= 30
