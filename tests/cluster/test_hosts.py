"""From any API host a job is the same, wherever it was accepted and wherever it runs."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from oracle_api.cluster.broker import Broker
from oracle_api.cluster.celery_app import make_celery
from tests.integration.chaos import Journal
from tests.integration.conftest import needs_embedded
from tests.integration.service import ACTIVE, Service, eventually
from tests.webhooks.receiver import Receiver

from .conftest import FEW, FEW_TOKEN, QUEUE_LIMIT
from .lab import BROKER, POSTGRES, Cluster

pytestmark = needs_embedded

SUM = ("SUMA_SIMPLE", {"a": 1, "b": 2})
FEW_HEADERS = {"Authorization": f"Bearer {FEW_TOKEN}"}


@pytest.fixture
def one(cluster: Cluster) -> Service:
    return cluster.apis[0]


@pytest.fixture
def other(cluster: Cluster) -> Service:
    return cluster.apis[1]


@contextmanager
def no_worker(cluster: Cluster) -> Iterator[None]:
    """Have every worker stopped during a block, so that jobs wait."""
    for worker in cluster.workers:
        worker.stop()
    try:
        yield
    finally:
        cluster.heal()


def test_a_long_poll_at_another_host_ends_with_the_job(one: Service, other: Service) -> None:
    job_id = one.launch("PROC_TEST_DEMORA", {"segundos": 2})
    began = time.monotonic()
    assert other.job(job_id, wait=60)["status"] == "completed"
    assert time.monotonic() - began < 30


def test_progress_is_seen_from_every_host(one: Service, other: Service) -> None:
    job_id = one.launch("PKG_ETL.PROCESO_LARGO", {"vFECHA": "2026-01-02", "vSEGUNDOS": 3})
    seen: list[dict[str, Any]] = []
    while not seen or seen[-1]["status"] in ACTIVE:
        seen += [service.job(job_id) for service in (one, other)]
    progress = [job["progress"] for job in seen]
    assert progress == sorted(progress)
    assert len({value for value in progress if 50 < value < 80}) >= 2, progress
    assert seen[-1]["result"] == {"VRESULTADO": 12500}


def test_a_running_job_is_cancelled_from_another_host(one: Service, other: Service) -> None:
    job_id = one.launch("PROC_TEST_DEMORA", {"segundos": 600})
    eventually(lambda: one.job(job_id)["status"] == "running")
    assert other.request("POST", f"/jobs/{job_id}/cancel").status_code == 202
    assert one.finished(job_id)["status"] == "cancelled"


def test_a_waiting_job_is_cancelled_from_another_host(
    cluster: Cluster, one: Service, other: Service
) -> None:
    with no_worker(cluster):
        job_id = one.launch(*SUM)
        assert other.request("POST", f"/jobs/{job_id}/cancel").json()["status"] == "cancelled"
    # Its message is still in the broker.
    assert other.finished(one.launch(*SUM))["status"] == "completed"
    assert one.job(job_id)["status"] == "cancelled"


def test_rows_are_read_page_by_page_from_hosts_in_turn(one: Service, other: Service) -> None:
    job = other.finished(one.launch("PKG_ROWS.MANY", {"p_count": 2500}))
    url = job["result"]["P_ROWS"]["rows_url"]
    read: list[Any] = []
    cursor: dict[str, str] = {}
    for service in (one, other, one):
        page = service.get(url, params={"limit": 1000, **cursor}).json()
        read += page["rows"]
        cursor = {"cursor": page.get("next", "")}
    assert read == [[n, f"row {n}", n] for n in range(1, 2501)]
    assert cursor == {"cursor": ""}


def test_a_key_gives_one_job_however_many_hosts_are_asked_at_once(
    cluster: Cluster, tmp_path: Any
) -> None:
    journal = Journal(tmp_path / "journal")
    params = {"p_path": str(journal.path), "p_key": "once", "p_seconds": 0}
    headers = {"Idempotency-Key": "asked-of-all"}
    barrier = threading.Barrier(12)

    def submit(number: int) -> str:
        barrier.wait()
        answer = cluster.apis[number % 2].submit("TEST_JOURNAL", params, headers=headers)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    with ThreadPoolExecutor(12) as threads:
        ids = set(threads.map(submit, range(12)))
    assert len(ids) == 1
    assert cluster.apis[0].finished(ids.pop())["status"] == "completed"
    assert journal.read() == ({"once": 1}, {"once": 1})


def test_an_end_is_told_once_whichever_host_accepted_the_job(
    cluster: Cluster, receiver: Receiver
) -> None:
    url = f"http://{receiver.host}:{receiver.port}/done"
    ids = [service.launch(*SUM, callback_url=url) for service in cluster.apis for _ in range(3)]

    def is_told(job_id: str) -> bool:
        return bool(cluster.apis[0].job(job_id)["callback"]["state"] == "delivered")

    for job_id in ids:
        eventually(lambda job_id=job_id: is_told(job_id))
        assert [request.event["type"] for request in receiver.of(job_id)] == ["job.completed"]


# ---- messages


def test_an_id_that_is_delivered_again_and_again_starts_nothing(
    cluster: Cluster, one: Service, tmp_path: Any
) -> None:
    journal = Journal(tmp_path / "journal")
    broker = Broker(make_celery(cluster.broker.url))

    def launch(key: str, seconds: float) -> str:
        params = {"p_path": str(journal.path), "p_key": key, "p_seconds": seconds}
        return one.launch("TEST_JOURNAL", params)

    with no_worker(cluster):
        waiting = launch("waiting", 0)
        for _ in range(20):
            broker.send(waiting)
    running = launch("running", 2)
    eventually(lambda: one.job(running)["status"] == "running")
    for _ in range(20):
        broker.send(running)
    assert one.finished(running)["status"] == "completed"
    for _ in range(20):
        broker.send(running)
        broker.send("0" * 32)
    broker.close()
    # Messages are taken in order, so these come after all those.
    last = [launch(f"last{number}", 0) for number in range(20)]
    assert {one.finished(job_id)["status"] for job_id in (waiting, *last)} == {"completed"}
    started, ended = journal.read()
    assert set(started.values()) == {1}
    assert started == ended
    assert len(started) == 22


# ---- limits


def test_the_queue_limit_holds_over_all_hosts(cluster: Cluster) -> None:
    tries = QUEUE_LIMIT * 2

    def submit(number: int) -> requests.Response:
        return cluster.apis[number % 2].submit(*SUM)

    with no_worker(cluster):
        with ThreadPoolExecutor(16) as threads:
            answers = list(threads.map(submit, range(tries)))
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses == {202: QUEUE_LIMIT, 503: tries - QUEUE_LIMIT}
        assert cluster.count_jobs("pending") == QUEUE_LIMIT
    for answer in answers:
        if answer.ok:
            assert cluster.apis[0].finished(answer.json()["job_id"])["status"] == "completed"


def test_a_tokens_limit_of_active_jobs_holds_over_all_hosts(cluster: Cluster) -> None:
    barrier = threading.Barrier(24)

    def submit(number: int) -> requests.Response:
        barrier.wait()
        return cluster.apis[number % 2].submit(
            "PROC_TEST_DEMORA", {"segundos": 600}, headers=FEW_HEADERS
        )

    with ThreadPoolExecutor(24) as threads:
        answers = list(threads.map(submit, range(24)))
    assert Counter(answer.status_code for answer in answers) == {202: FEW, 429: 24 - FEW}
    for answer in answers:
        if answer.ok:
            path = f"/jobs/{answer.json()['job_id']}/cancel"
            assert cluster.apis[0].request("POST", path, headers=FEW_HEADERS).ok


# ---- what goes on while a part is away


@pytest.mark.parametrize(
    ("away", "submitted", "called", "looked_at"),
    [("broker", 202, 200, 200), ("oracle", 202, 503, 200), ("postgres", 503, 200, 503)],
)
def test_what_goes_on_while_a_server_is_away(
    cluster: Cluster, one: Service, away: str, submitted: int, called: int, looked_at: int
) -> None:
    before = one.launch(*SUM)
    one.finished(before)
    getattr(cluster, away).kill()
    # What was begun before may still fail in its own way.
    eventually(lambda: one.call(*SUM).status_code == called)
    answer = one.submit(*SUM)
    assert answer.status_code == submitted
    assert one.get(f"/jobs/{before}").status_code == looked_at
    if submitted == 503:
        assert int(answer.headers["Retry-After"]) > 0
    cluster.heal()
    if submitted == 202:
        assert one.finished(answer.json()["job_id"])["status"] == "completed"
    eventually(lambda: one.submit(*SUM).status_code == 202)


def test_one_host_that_is_cut_off_from_the_store_says_so_and_the_other_goes_on(
    cluster: Cluster, one: Service, other: Service
) -> None:
    with cluster.network.without("api1", POSTGRES):
        began = time.monotonic()
        answer = one.submit(*SUM)
        assert time.monotonic() - began < 30
        assert answer.status_code == 503
        assert one.call(*SUM).status_code == 200
        assert other.finished(other.launch(*SUM))["status"] == "completed"
    eventually(lambda: one.submit(*SUM).status_code == 202)


def test_a_host_that_is_cut_off_from_the_broker_has_its_jobs_run(
    cluster: Cluster, one: Service
) -> None:
    with cluster.network.without("api1", BROKER):
        assert one.finished(one.launch(*SUM))["status"] == "completed"
