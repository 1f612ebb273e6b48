"""A worker process: takes what it is sent, shares work fairly, and stops as the service does."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.servers.redis import Redis

from .procedures import Tally
from .service import ROOT, Program, Service, eventually, free_port, worker_of

SUM = ("SUMA_SIMPLE", {"a": 1, "b": 2})
SLEEP = "PROC_TEST_DEMORA"


@pytest.fixture
def api(
    tmp_path: Path, oracle_environ: dict[str, str], broker_urls: Iterator[str]
) -> Iterator[Service]:
    """A service whose jobs go through a broker; nobody runs them yet."""
    through = {"JOB_ENGINE": "celery", "CELERY_BROKER_URL": next(broker_urls)}
    service = Service(tmp_path, {**oracle_environ, **through, "JOB_RESEND_SECONDS": "1"})
    yield service.start()
    service.close()


@pytest.fixture
def make_worker(api: Service, tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Make workers of that service; they are started."""
    made: list[Program] = []

    def make(**environ: str) -> Program:
        worker = worker_of(api, tmp_path / f"worker{len(made)}.log", **environ)
        worker.spawn()
        made.append(worker)
        return worker

    yield make
    for worker in made:
        worker.close()


def running(api: Service, job_id: str) -> bool:
    return bool(api.job(job_id)["status"] == "running")


def test_jobs_wait_until_there_is_a_worker(
    api: Service, make_worker: Callable[..., Program]
) -> None:
    waiting = [api.launch(*SUM) for _ in range(3)]
    assert {api.job(job_id)["status"] for job_id in waiting} == {"pending"}
    make_worker()
    assert [api.finished(job_id)["status"] for job_id in waiting] == ["completed"] * 3


def test_a_busy_worker_keeps_no_job_from_another(
    api: Service, make_worker: Callable[..., Program]
) -> None:
    make_worker(JOB_WORKERS="1")
    long = api.launch(SLEEP, {"segundos": 600})
    eventually(lambda: running(api, long))
    waiting = [api.launch(*SUM) for _ in range(4)]
    make_worker(JOB_WORKERS="1")
    assert [api.finished(job_id)["status"] for job_id in waiting] == ["completed"] * 4
    assert running(api, long)


def test_sigterm_lets_running_jobs_finish_and_leaves_the_others(
    api: Service, make_worker: Callable[..., Program]
) -> None:
    worker = make_worker(JOB_WORKERS="1")
    short = api.launch(SLEEP, {"segundos": 1.5})
    eventually(lambda: running(api, short))
    waiting = api.launch(*SUM)
    assert worker.stop() == 0
    assert api.job(short)["status"] == "completed"
    assert api.job(waiting)["status"] == "pending"
    make_worker()
    assert api.finished(waiting)["status"] == "completed"


@pytest.mark.parametrize(
    ("signum", "grace"), [(signal.SIGTERM, "0.2"), (signal.SIGINT, "600")], ids=["TERM", "INT"]
)
def test_after_the_grace_running_jobs_are_broken_off(
    api: Service,
    make_worker: Callable[..., Program],
    tally: Tally,
    signum: signal.Signals,
    grace: str,
) -> None:
    worker = make_worker(SHUTDOWN_GRACE_SECONDS=grace)
    job_id = api.launch(SLEEP, {"segundos": 600})
    eventually(lambda: running(api, job_id))
    worker.signal(signum)
    assert worker.wait() == 0
    job = api.job(job_id)
    assert (job["status"], job["error_code"]) == ("failed", "interrupted")


def test_jobs_are_accepted_while_the_broker_is_away(
    tmp_path: Path, oracle_environ: dict[str, str], needs_redis: None
) -> None:
    redis = Redis(tmp_path / "redis")
    through = {"JOB_ENGINE": "celery", "CELERY_BROKER_URL": redis.url}
    api = Service(tmp_path, {**oracle_environ, **through})
    worker = worker_of(api, tmp_path / "worker.log")
    try:
        api.start()
        worker.spawn()
        job_id = api.launch(*SUM)
        assert api.out(*SUM) == {"RESULTADO": 3}
        eventually(lambda: "The broker cannot be reached" in api.log())
        assert api.job(job_id)["status"] == "pending"
        redis.start()
        assert api.finished(job_id)["status"] == "completed"
        assert api.log().count("The broker cannot be reached") == 1
        assert "The broker is reachable again" in api.log()
    finally:
        worker.close()
        api.close()
        redis.close()


def test_a_job_whose_message_is_lost_is_sent_again(
    api: Service, make_worker: Callable[..., Program], redis: Redis, tally: Tally
) -> None:
    job_ids = [api.launch(*SUM) for _ in range(5)]
    database = int(api.environ["CELERY_BROKER_URL"].rpartition("/")[2])
    eventually(lambda: redis.queued("oracle_api.jobs", database) == 5)
    redis.command("FLUSHALL")
    make_worker()
    assert [api.finished(job_id)["status"] for job_id in job_ids] == ["completed"] * 5
    assert "5 jobs wait without a message" in api.log()


def test_its_metrics_are_on_a_port_of_their_own(
    api: Service, make_worker: Callable[..., Program]
) -> None:
    port = free_port()
    make_worker(WORKER_METRICS_PORT=str(port))
    api.finished(api.launch(*SUM))

    def text() -> str:
        answer = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30)
        return answer.text if answer.ok else ""

    assert "oracle_api_job_duration_seconds_count" in text()


# ---- what cannot be


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    settings = {"ENV_FILE": "/dev/null", "API_TOKEN": "t", "ORACLE_DSN": "h/s", **environ}
    login = {"ORACLE_USER": "u", "ORACLE_PASSWORD": "p"}
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**login, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({}, "JOB_ENGINE is not celery"),
        ({"JOB_ENGINE": "celery", "ORACLE_DSN": "embedded"}, "ORACLE_DSN=embedded is a database"),
        ({"JOB_ENGINE": "rq"}, "JOB_ENGINE must be threads or celery"),
    ],
)
def test_settings_that_a_worker_cannot_run_with(environ: dict[str, str], reason: str) -> None:
    done = run("-m", "oracle_api", "worker", **environ)
    assert done.returncode == 1
    assert reason in done.stderr
    assert "Traceback" not in done.stderr


def test_without_celery_it_says_what_is_missing(tmp_path: Path) -> None:
    without: Any = "import sys; sys.modules['celery'] = None; from oracle_api.__main__ import main"
    done = run("-c", f"{without}; sys.exit(main(['worker']))", JOB_ENGINE="celery")
    assert done.returncode == 1
    assert "requirements-cluster.txt" in done.stderr
    assert "Traceback" not in done.stderr
