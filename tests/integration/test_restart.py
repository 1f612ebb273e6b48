"""kill -9, SIGTERM, Ctrl-C: what becomes of jobs. Calls are counted inside the database."""

import itertools
import os
import random
import signal
import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import requests

from .conftest import needs_embedded
from .procedures import Tally
from .service import ACTIVE, Service, eventually

pytestmark = needs_embedded


def check_against_the_database(jobs: dict[str, dict[str, Any]], tally: Tally) -> None:
    """Hold what the service says of its jobs against what truly happened."""
    assert not tally.started or max(tally.started.values()) == 1, "a call was started twice"
    for key, job in jobs.items():
        if job["status"] == "completed":
            assert tally.started[key] == tally.ended[key] == 1, job
        else:
            assert (job["status"], job["error_code"]) == ("failed", "interrupted"), job
            assert job["error"]


def test_after_kill_9_nothing_is_lost_nothing_runs_twice(
    make_service: Callable[..., Service], tally: Tally
) -> None:
    service = make_service(JOB_WORKERS="2", JOB_LEASE_SECONDS="1").start()
    done = service.launch("TEST_TALLY", {"p_key": "done"})
    service.finished(done)
    running = [
        service.launch("TEST_TALLY", {"p_key": f"running{n}", "p_seconds": 600}) for n in range(2)
    ]
    eventually(lambda: tally.started["running0"] and tally.started["running1"])
    waiting = [service.launch("TEST_TALLY", {"p_key": f"waiting{n}"}) for n in range(5)]
    before = service.job(done)
    service.kill()
    eventually(lambda: tally.now == 0)  # the database ends the calls of clients that vanish

    service.start()
    assert service.job(done) == before
    assert {service.finished(job_id)["status"] for job_id in waiting} == {"completed"}
    for job_id in running:
        job = service.finished(job_id)
        assert (job["status"], job["error_code"]) == ("failed", "interrupted")
        assert "unknown" in job["error"]
    assert max(tally.started.values()) == 1
    assert service.get("/jobs").json()["total"] == 8


@contextmanager
def submitting(service: Service, name: str, accepted: dict[str, str]) -> Iterator[None]:
    """Submit jobs from three threads during a block, and note those that were accepted."""
    stop = threading.Event()
    dice = random.Random(name)

    def submit(number: int) -> None:
        for count in itertools.count():
            if stop.wait(0.01):
                return
            key = f"{name}.{number}.{count}"
            params = {"p_key": key, "p_seconds": dice.choice([0, 0.05, 0.2])}
            with suppress(requests.RequestException):
                answer = service.submit("TEST_TALLY", params)
                if answer.status_code == 202:
                    accepted[key] = answer.json()["job_id"]

    with ThreadPoolExecutor(3) as threads:
        futures = [threads.submit(submit, number) for number in range(3)]
        try:
            yield
        finally:
            stop.set()
    for future in futures:
        future.result()


def test_kill_9_of_everything_many_times_over(
    make_service: Callable[..., Service], tally: Tally
) -> None:
    service = make_service(JOB_WORKERS="4", JOB_LEASE_SECONDS="1").start()
    accepted: dict[str, str] = {}
    dice = random.Random(7)
    for number in range(8):
        # One that certainly is not completed; and more than can run at once, so that most are.
        key = f"killed {number}"
        accepted[key] = service.launch("TEST_TALLY", {"p_key": key, "p_seconds": 600})
        # It waits for those that are left of the round before.
        eventually(lambda key=key: tally.started[key])
        enough = len(accepted) + 10
        with submitting(service, f"round {number}", accepted):
            eventually(lambda enough=enough: len(accepted) >= enough)
            threading.Event().wait(dice.uniform(0.05, 0.4))
            service.kill()
        service.start()
    jobs = {key: service.finished(job_id, 90) for key, job_id in accepted.items()}
    assert len(jobs) > 20
    check_against_the_database(jobs, tally)
    states = Counter(job["status"] for job in jobs.values())
    assert states["failed"] >= 8
    assert states["completed"] > states["failed"]


def test_one_of_two_workers_is_killed_again_and_again(
    make_service: Callable[..., Service], tally: Tally
) -> None:
    service = make_service(WEB_CONCURRENCY="2", JOB_WORKERS="3", JOB_LEASE_SECONDS="1").start()
    eventually(lambda: len(service.workers()) == 2)
    accepted: dict[str, str] = {}
    with submitting(service, "two", accepted):
        for _ in range(6):
            enough = len(accepted) + 5
            # So many that each of the two runs some.
            eventually(lambda enough=enough: len(accepted) >= enough and tally.now > 3)
            os.kill(random.choice(service.workers()), signal.SIGKILL)
            eventually(lambda: len(service.workers()) == 2)
            threading.Event().wait(0.3)
    jobs = {
        key: eventually(lambda job_id=job_id: _ended(service, job_id), 60)
        for key, job_id in accepted.items()
    }
    check_against_the_database(jobs, tally)
    states = Counter(job["status"] for job in jobs.values())
    assert states["failed"] >= 1
    assert states["completed"] >= 20


def _ended(service: Service, job_id: str) -> dict[str, Any] | None:
    try:
        job = service.job(job_id)
    except requests.RequestException:
        return None
    return None if job["status"] in ACTIVE else job


def test_any_worker_answers_for_and_cancels_any_job(
    make_service: Callable[..., Service], tally: Tally
) -> None:
    service = make_service(WEB_CONCURRENCY="2", JOB_WORKERS="4").start()
    eventually(lambda: len(service.workers()) == 2)
    jobs = [service.launch("TEST_TALLY", {"p_key": f"k{n}", "p_seconds": 600}) for n in range(8)]
    eventually(lambda: tally.now == 8)
    for job_id in jobs:
        # A connection of its own each: any of the workers may take it.
        answer = requests.post(
            f"{service.url}/jobs/{job_id}/cancel",
            headers={"Authorization": "Bearer test-token"},
            timeout=30,
        )
        assert answer.status_code == 202
    assert {service.finished(job_id)["status"] for job_id in jobs} == {"cancelled"}
    assert tally.now == 0


def test_jobs_are_shared_between_the_workers(
    make_service: Callable[..., Service], tally: Tally
) -> None:
    """Both processes run what one of them accepted."""
    service = make_service(WEB_CONCURRENCY="2", JOB_WORKERS="2").start()
    eventually(lambda: len(service.workers()) == 2)
    keys = [f"s{n}" for n in range(8)]
    jobs = [service.launch("TEST_TALLY", {"p_key": key, "p_seconds": 600}) for key in keys]
    eventually(lambda: tally.now == 4)
    tally.release(*keys)
    assert {service.finished(job_id)["status"] for job_id in jobs} == {"completed"}
    assert tally.most_at_once == 4
    assert max(tally.started.values()) == 1


# ---- stopping


def test_sigterm_lets_running_jobs_finish_and_leaves_waiting_ones(
    make_service: Callable[..., Service], tally: Tally
) -> None:
    service = make_service(JOB_WORKERS="1", SHUTDOWN_GRACE_SECONDS="60").start()
    running = service.launch("TEST_TALLY", {"p_key": "running", "p_seconds": 600})
    waiting = service.launch("TEST_TALLY", {"p_key": "waiting"})
    eventually(lambda: tally.started["running"])
    service.signal()
    eventually(lambda: "Handling signal: term" in service.log())
    tally.release("running")
    assert service.wait() == 0
    assert (tally.ended["running"], tally.started["waiting"]) == (1, 0)
    service.start()
    assert service.job(running)["status"] == "completed"
    assert service.finished(waiting)["status"] == "completed"
    assert max(tally.started.values()) == 1


def test_after_the_grace_running_jobs_are_interrupted_and_stopped_in_the_database(
    make_service: Callable[..., Service], tally: Tally
) -> None:
    service = make_service(SHUTDOWN_GRACE_SECONDS="0.5").start()
    job_id = service.launch("TEST_TALLY", {"p_key": "long", "p_seconds": 600})
    eventually(lambda: tally.started["long"])
    assert service.stop() == 0, "in much less than the job would take"
    assert tally.now == 0
    service.start()
    job = service.job(job_id)
    assert (job["status"], job["error_code"]) == ("failed", "interrupted")
    assert "rolled back" in job["error"]


def test_requests_that_came_in_are_answered_while_the_service_stops(
    make_service: Callable[..., Service], tally: Tally
) -> None:
    service = make_service().start()
    job_id = service.launch("TEST_TALLY", {"p_key": "job", "p_seconds": 600})
    with ThreadPoolExecutor(2) as threads:
        call = threads.submit(service.call, "TEST_TALLY", {"p_key": "sync", "p_seconds": 600})
        poll = threads.submit(service.get, f"/jobs/{job_id}", params={"wait": 60})
        eventually(lambda: tally.now == 2)
        service.signal()
        eventually(lambda: "Handling signal: term" in service.log())
        tally.release("job", "sync")
        assert call.result(60).status_code == 200
        assert poll.result(60).status_code == 200
        assert poll.result().elapsed.total_seconds() < 50, "it did not wait to the end of its time"
    assert service.wait() == 0
    assert tally.ended == {"job": 1, "sync": 1}


def test_ctrl_c_does_not_wait_for_the_grace(
    make_service: Callable[..., Service], tally: Tally
) -> None:
    service = make_service(SHUTDOWN_GRACE_SECONDS="600").start()
    job_id = service.launch("TEST_TALLY", {"p_key": "long", "p_seconds": 600})
    eventually(lambda: tally.started["long"])
    service.signal(signal.SIGINT)
    service.wait()
    service.start()
    assert service.job(job_id)["error_code"] == "interrupted"


def test_a_worker_whose_master_dies_goes_too(make_service: Callable[..., Service]) -> None:
    service = make_service(SHUTDOWN_GRACE_SECONDS="0").start()
    workers = eventually(service.workers)
    service.signal(signal.SIGKILL)
    service.wait()
    assert eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_a_worker_that_was_paused_past_its_lease_starts_anew(
    make_service: Callable[..., Service], tally: Tally, tmp_path: Path
) -> None:
    """The other one ends its jobs; when it wakes it breaks its calls off and works on."""
    service = make_service(WEB_CONCURRENCY="2", JOB_WORKERS="2", JOB_LEASE_SECONDS="3").start()
    eventually(lambda: len(service.workers()) == 2)
    jobs = [service.launch("TEST_TALLY", {"p_key": f"p{n}", "p_seconds": 600}) for n in range(4)]
    eventually(lambda: tally.now == 4)
    paused = service.workers()[0]
    os.kill(paused, signal.SIGSTOP)
    with closing(sqlite3.connect(tmp_path / "jobs.db")) as store:
        # Not over HTTP: the one that is paused may have the connection.
        count = "SELECT COUNT(*) FROM jobs WHERE status = 'failed'"
        eventually(lambda: store.execute(count).fetchone() == (2,))
    os.kill(paused, signal.SIGCONT)
    eventually(lambda: tally.now == 2)
    ended = [job for job_id in jobs if (job := service.job(job_id))["status"] == "failed"]
    assert {job["error_code"] for job in ended} == {"interrupted"}
    assert len(ended) == 2
    for job_id in jobs:
        service.request("POST", f"/jobs/{job_id}/cancel")
    assert service.finished(service.launch("TEST_TALLY", {"p_key": "after"}))


def test_ctrl_c_after_sigterm_ends_the_grace(
    make_service: Callable[..., Service], tally: Tally
) -> None:
    service = make_service(SHUTDOWN_GRACE_SECONDS="600").start()
    job_id = service.launch("TEST_TALLY", {"p_key": "long", "p_seconds": 600})
    eventually(lambda: tally.started["long"])
    service.signal()
    eventually(lambda: "Handling signal: term" in service.log())
    service.signal(signal.SIGINT)
    service.wait()
    assert tally.now == 0
    service.start()
    job = service.job(job_id)
    assert (job["status"], job["error_code"]) == ("failed", "interrupted")


def test_a_store_that_takes_no_writes_for_a_while_ends_no_running_job(
    make_service: Callable[..., Service], tally: Tally, tmp_path: Path
) -> None:
    service = make_service(WEB_CONCURRENCY="3", JOB_WORKERS="1", JOB_LEASE_SECONDS="3").start()
    eventually(lambda: len(service.workers()) == 3)
    keys = [f"w{n}" for n in range(3)]
    jobs = [service.launch("TEST_TALLY", {"p_key": key, "p_seconds": 600}) for key in keys]
    eventually(lambda: tally.now == 3)
    with closing(sqlite3.connect(tmp_path / "jobs.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        eventually(lambda: service.get("/readyz").status_code == 503)
        assert service.submit("PROC_TEST").status_code == 503
        other.execute("ROLLBACK")
    eventually(lambda: service.get("/readyz").status_code == 200)
    tally.release(*keys)
    assert [service.finished(job_id)["status"] for job_id in jobs] == ["completed"] * 3
    assert service.get("/readyz").status_code == 200
