"""Faults under load: no accepted job is lost, none runs twice, and clients are told the truth.

The seed of each test is printed; CHAOS_SEED=n repeats it. RELIABILITY_REPORT=file has the account
of all of them written there.
"""

import errno
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from oracle_api.embedded.server import EmbeddedServer

from .chaos import Account, DatabaseProcess, Journal, Load, Report, choose_seed, pause, settle
from .conftest import needs_embedded
from .service import Service, eventually

pytestmark = needs_embedded

ROUNDS_OF_KILLING = 50
SUM = ("SUMA_SIMPLE", {"a": 1, "b": 2})
QUICK = {
    "JOB_LEASE_SECONDS": "1",
    "SHUTDOWN_GRACE_SECONDS": "0.3",
    "ORACLE_CONNECT_SECONDS": "1",
    "LOG_LEVEL": "WARNING",
}

Endure = Callable[..., Account]


@pytest.fixture(scope="module")
def report() -> Iterator[Report]:
    """The account of all tests; written where the environment says."""
    report = Report()
    yield report
    if path := os.environ.get("RELIABILITY_REPORT"):
        report.write(Path(path))


@pytest.fixture
def seed() -> int:
    return choose_seed()


@pytest.fixture
def dice(seed: int) -> random.Random:
    return random.Random(seed)


@pytest.fixture
def endure(tmp_path: Path, seed: int, report: Report) -> Endure:
    """Run rounds of a fault under load, and check what became of it."""

    def endure(
        fault: str, rounds: int, one_round: Callable[[Load], object], *services: Service
    ) -> Account:
        journal = Journal(tmp_path / "journal")
        with Load(list(services), journal, seed) as load:
            for _ in range(rounds):
                one_round(load)
        account = settle(load, services[0], journal)
        report.add(fault, rounds, account)
        account.check()
        return account

    return endure


@pytest.fixture
def database_process() -> Iterator[DatabaseProcess]:
    database = DatabaseProcess().start()
    yield database
    database.kill()


@pytest.fixture
def database(embedded: EmbeddedServer) -> Iterator[EmbeddedServer]:
    yield embedded
    embedded.faults.clear()


# ---- processes


def test_kill_9_of_any_process(
    make_service: Callable[..., Service],
    database_process: DatabaseProcess,
    endure: Endure,
    dice: random.Random,
) -> None:
    service = make_service(**QUICK, **database_process.environ, WEB_CONCURRENCY="2").start()

    def kill_a_worker() -> None:
        with suppress(ProcessLookupError):
            os.kill(dice.choice(eventually(service.workers)), signal.SIGKILL)

    def kill_the_database() -> None:
        database_process.kill()
        pause(dice.uniform(0, 0.2))
        database_process.start()

    def kill_the_master() -> None:
        service.signal(signal.SIGKILL)
        pause(dice.uniform(0, 0.3))
        service.kill()  # as the process manager does with what is left
        service.start()

    def one_round(load: Load) -> None:
        load.wait_accepted(dice.randrange(1, 8))
        dice.choices([kill_a_worker, kill_the_database, kill_the_master], [6, 3, 2])[0]()

    account = endure("kill -9 of any process", ROUNDS_OF_KILLING, one_round, service)
    assert min(account.jobs["completed"], account.jobs["failed"]) > 0


def test_sigterm_with_running_jobs(make_service: Callable[..., Service], endure: Endure) -> None:
    service = make_service(**QUICK).start()

    def one_round(load: Load) -> None:
        load.wait_accepted(10)
        assert service.stop() == 0
        service.start()

    account = endure("SIGTERM with running jobs", 4, one_round, service)
    assert account.jobs["completed"] > account.jobs["failed"]


def test_two_services_on_one_store(
    make_service: Callable[..., Service], endure: Endure, dice: random.Random
) -> None:
    services = [make_service(**QUICK).start() for _ in range(2)]

    def one_round(load: Load) -> None:
        load.wait_accepted(10)
        killed = dice.choice(services)
        killed.kill()
        load.wait_accepted(10)
        killed.start()

    account = endure("two services on one store, one killed", 4, one_round, *services)
    assert account.jobs["completed"] > account.jobs["failed"]


# ---- the database


def test_the_database_is_gone_and_back(
    make_service: Callable[..., Service], database: EmbeddedServer, endure: Endure
) -> None:
    service = make_service(**QUICK).start()

    def one_round(load: Load) -> None:
        load.wait_accepted(10)
        database.faults.go_away()
        load.wait_refused("/procedure")
        load.wait_accepted(5)
        database.faults.come_back()
        load.wait_called()

    endure("database gone and back", 4, one_round, service)


def test_sessions_are_cut_in_the_middle_of_calls(
    make_service: Callable[..., Service],
    database: EmbeddedServer,
    endure: Endure,
    dice: random.Random,
) -> None:
    service = make_service(**QUICK).start()

    def one_round(load: Load) -> None:
        load.wait_accepted(dice.randrange(1, 8))
        # Those of the round before may not have logged in anew yet.
        eventually(lambda: database.faults.drop() > 0)

    endure("sessions cut in the middle of calls", 20, one_round, service)


def test_the_database_accepts_and_stays_silent(
    make_service: Callable[..., Service], database: EmbeddedServer, endure: Endure
) -> None:
    service = make_service(**QUICK).start()

    def one_round(load: Load) -> None:
        load.wait_accepted(10)
        database.faults.silent = True
        database.faults.drop()
        load.wait_refused("/procedure")
        load.wait_accepted(5)
        database.faults.silent = False
        load.wait_called()

    endure("database accepts and stays silent", 2, one_round, service)


# ---- the job store


def test_the_store_is_locked_by_another_process(
    make_service: Callable[..., Service], endure: Endure, tmp_path: Path
) -> None:
    service = make_service(**QUICK).start()

    @contextmanager
    def locked() -> Iterator[None]:
        with closing(sqlite3.connect(tmp_path / "jobs.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")

    def one_round(load: Load) -> None:
        load.wait_accepted(5)
        with locked():
            pause(1)
        load.wait_accepted(5)
        assert load.account.refused["/procedure/async"] == 0, "a short lock is waited for"
        with locked():
            load.wait_refused("/procedure/async")
            assert service.call(*SUM).status_code == 200
        load.wait_accepted(5)

    account = endure("job store locked by another process", 1, one_round, service)
    assert set(account.jobs) == {"completed"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of a few megabytes."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {done.stderr}")
    yield folder
    # Processes that were just killed may still hold it.
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Leave no byte on a disk for a while."""
    path = disk / "filler"
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError as exc:
            assert exc.errno == errno.ENOSPC  # noqa: PT017
    yield
    path.unlink()


def test_the_stores_disk_is_full(
    small_disk: Path, make_service: Callable[..., Service], endure: Endure, dice: random.Random
) -> None:
    url = f"sqlite:///{small_disk}/jobs.db"
    service = make_service(**QUICK, JOBS_DATABASE_URL=url, WEB_CONCURRENCY="2").start()

    def one_round(load: Load) -> None:
        load.wait_accepted(10)
        with filled(small_disk):
            eventually(lambda: service.submit(*SUM).status_code == 503)
            assert service.call(*SUM).status_code == 200
            assert service.get("/jobs").status_code == 200
            eventually(lambda: service.get("/readyz").status_code == 503)
            # Whoever takes a worker's place must cope with it too.
            killed = dice.choice(eventually(service.workers))
            os.kill(killed, signal.SIGKILL)
            eventually(lambda: len(set(service.workers()) - {killed}) == 2)
            load.wait_called()
        load.wait_accepted(10)
        eventually(lambda: service.get("/readyz").status_code == 200)

    account = endure("job store on a full disk", 3, one_round, service)
    assert account.jobs["completed"] > account.jobs["failed"]


def test_a_service_starts_on_a_full_disk_and_recovers(
    small_disk: Path, make_service: Callable[..., Service]
) -> None:
    service = make_service(**QUICK, JOBS_DATABASE_URL=f"sqlite:///{small_disk}/jobs.db").start()
    job_id = service.launch("PROC_TEST_DEMORA", {"segundos": 600})
    eventually(lambda: service.job(job_id)["status"] == "running")
    service.kill()
    with filled(small_disk):
        service.start()
        assert service.submit(*SUM).status_code == 503
        assert service.call(*SUM).status_code == 200
        assert service.job(job_id)["id"] == job_id
    assert service.finished(job_id)["error_code"] == "interrupted"
    assert service.finished(service.launch(*SUM))["status"] == "completed"


# ---- the clock


def test_the_clock_steps_back(
    make_service: Callable[..., Service], endure: Endure, tmp_path: Path
) -> None:
    step = tmp_path / "step"
    step.write_text("0")
    service = make_service(
        **QUICK,
        GUNICORN_CMD_ARGS="--config tests/integration/stepping_clock.py",
        CLOCK_STEP_FILE=str(step),
        JOB_CLEANUP_MINUTES="0.01",
    ).start()
    hours = iter([-1, -2, 0])

    def one_round(load: Load) -> None:
        load.wait_accepted(10)
        job_id = service.launch("PROC_TEST_DEMORA", {"segundos": 2})
        eventually(lambda: service.job(job_id)["status"] == "running")
        step.write_text(str(next(hours) * 3600))
        began = time.monotonic()
        job = service.job(job_id, wait=60)
        assert time.monotonic() - began < 50, "it did not wait to the end of its time"
        assert job["status"] == "completed"
        assert moments(job) == sorted(moments(job))
        assert not job["duration"].startswith("-")
        load.wait_accepted(10)

    account = endure("clock steps back", 3, one_round, service)
    assert set(account.jobs) == {"completed"}
    listed = [job["id"] for job in service.get("/jobs?limit=1000").json()["jobs"]]
    for name in ("a", "b"):
        mine = [job_id for key, job_id in account.accepted.items() if key.startswith(name)]
        assert [job_id for job_id in reversed(listed) if job_id in mine] == mine


def moments(job: dict[str, Any]) -> list[datetime]:
    """Give a job's times in the order in which they must be."""
    return [
        datetime.fromisoformat(job[name]) for name in ("start_time", "run_start_time", "end_time")
    ]
