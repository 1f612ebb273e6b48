"""Callbacks to a real receiver on loopback: delivered, signed, tried again, durable."""

import os
import re
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from tests.webhooks.receiver import Receiver, Reply

from .conftest import needs_embedded
from .procedures import Tally
from .service import ROOT, Service, eventually, free_port

SECRETS = ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")
GUIDE = (ROOT / "docs/webhooks.md").read_text("utf-8")


def settings(port: int, retries: str = "0.1,0.1") -> dict[str, str]:
    return {
        "WEBHOOK_ALLOW": f"http://127.0.0.1:{port}, hooks.invalid",
        "WEBHOOK_SECRET": " ".join(SECRETS),
        "WEBHOOK_RETRY_SECONDS": retries,
        "WEBHOOK_TIMEOUT_SECONDS": "5",
    }


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(autouse=True)
def _reset(receiver: Receiver) -> None:
    receiver.reply = lambda request, nth: Reply()


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, oracle_environ: dict[str, str], receiver: Receiver
) -> Iterator[Service]:
    environ = {**oracle_environ, **settings(receiver.port)}
    service = Service(tmp_path_factory.mktemp("service"), environ).start()
    yield service
    service.stop()
    service.close()


def url(receiver: Receiver, path: str = "/done") -> str:
    return f"http://127.0.0.1:{receiver.port}{path}"


def settled(service: Service, job_id: str) -> dict[str, Any]:
    """Wait until a job's callback is delivered or given up, and show it."""

    def callback() -> Any:
        shown = service.job(job_id)["callback"]
        return shown["state"] in ("delivered", "failed") and shown

    return dict(eventually(callback))


# ---- delivered


def test_the_end_of_a_job_is_told_signed_with_every_secret(
    service: Service, receiver: Receiver
) -> None:
    job_id = service.launch(
        "SUMA_SIMPLE", {"a": 1, "b": 2}, callback_url=url(receiver, "/done?run=7")
    )
    callback = settled(service, job_id)
    assert callback == {
        "url": url(receiver, "/done?run=7"),
        "state": "delivered",
        "attempts": 1,
        "last_status": 204,
    }
    (request,) = receiver.of(job_id)
    assert request.path == "/done?run=7"
    for secret in SECRETS:
        assert Webhook(secret).verify(request.body, request.headers) == request.event
    job = service.job(job_id)
    assert (request.event["type"], request.event["timestamp"]) == ("job.completed", job["end_time"])
    assert request.event["data"] == {
        name: value for name, value in job.items() if name not in ("params", "callback")
    }


def test_failed_and_cancelled_jobs_are_told_too(service: Service, receiver: Receiver) -> None:
    failed = service.launch("PROC_TEST_ERROR", {"p_should_fail": 1}, callback_url=url(receiver))
    cancelled = service.launch("PROC_TEST_DEMORA", {"segundos": 600}, callback_url=url(receiver))
    service.request("POST", f"/jobs/{cancelled}/cancel")
    for job_id, type_ in ((failed, "job.failed"), (cancelled, "job.cancelled")):
        assert settled(service, job_id)["state"] == "delivered"
        assert [request.event["type"] for request in receiver.of(job_id)] == [type_]
    assert receiver.of(failed)[0].event["data"]["error_code"] == "ORA-20001"


@needs_embedded
def test_a_waiting_job_that_is_cancelled_is_told_while_another_runs(
    make_service: Callable[..., Service], receiver: Receiver, tally: Tally
) -> None:
    service = make_service(JOB_WORKERS="1", **settings(receiver.port)).start()
    running = service.launch("TEST_TALLY", {"p_key": "a", "p_seconds": 600})
    eventually(lambda: tally.started["a"])
    job_id = service.launch("TEST_TALLY", {"p_key": "b"}, callback_url=url(receiver))
    assert service.job(job_id)["callback"] == {
        "url": url(receiver), "state": "waiting", "attempts": 0
    }  # fmt: skip
    service.request("POST", f"/jobs/{job_id}/cancel")
    assert settled(service, job_id)["state"] == "delivered"
    assert service.job(running)["status"] == "running"


# ---- tried again


def test_a_failed_attempt_is_made_again_with_the_same_id(
    service: Service, receiver: Receiver
) -> None:
    receiver.reply = lambda request, nth: Reply(500 if nth < 3 else 200)
    job_id = service.launch("SUMA_SIMPLE", {"a": 1, "b": 2}, callback_url=url(receiver))
    assert settled(service, job_id) == {
        "url": url(receiver), "state": "delivered", "attempts": 3, "last_status": 200
    }  # fmt: skip
    requests = receiver.of(job_id)
    assert len(requests) == 3
    assert len({request.body for request in requests}) == 1
    for request in requests:
        Webhook(SECRETS[0]).verify(request.body, request.headers)
    lines = re.findall(rf"job={job_id} callback .* attempt=(\d) (\w+) status=(\d+)", service.log())
    assert lines == [("1", "pending", "500"), ("2", "pending", "500"), ("3", "delivered", "200")]


def test_attempts_come_to_an_end(service: Service, receiver: Receiver) -> None:
    receiver.reply = lambda request, nth: Reply(503)
    job_id = service.launch("SUMA_SIMPLE", {"a": 1, "b": 2}, callback_url=url(receiver))
    callback = settled(service, job_id)
    assert (callback["state"], callback["attempts"]) == ("failed", 3)
    assert callback["last_error"] == "The receiver answered 503."
    assert len(receiver.of(job_id)) == 3


def test_gone_ends_them_at_once(service: Service, receiver: Receiver) -> None:
    receiver.reply = lambda request, nth: Reply(410)
    job_id = service.launch("SUMA_SIMPLE", {"a": 1, "b": 2}, callback_url=url(receiver))
    callback = settled(service, job_id)
    assert (callback["state"], callback["attempts"], callback["last_status"]) == ("failed", 1, 410)


def test_retry_after_is_heeded_and_the_next_attempt_is_shown(
    service: Service, receiver: Receiver
) -> None:
    receiver.reply = lambda request, nth: Reply(503, {"Retry-After": "3600"})
    job_id = service.launch("SUMA_SIMPLE", {"a": 1, "b": 2}, callback_url=url(receiver))
    service.finished(job_id)
    etag = service.get(f"/jobs/{job_id}").headers["ETag"]
    callback = eventually(
        lambda: (shown := service.job(job_id)["callback"]).get("last_status") and shown
    )
    assert callback["state"] == "pending"
    ended, due = service.job(job_id)["end_time"], callback["next_attempt"]
    assert due[:13] > ended[:13]  # an hour later
    assert _version(service.get(f"/jobs/{job_id}").headers["ETag"]) >= _version(etag)
    assert len(receiver.of(job_id)) == 1
    assert service.request("DELETE", f"/jobs/{job_id}").status_code == 200


def _version(etag: str) -> int:
    return int(etag.strip('"').rpartition("-")[2])


def test_no_redirect_is_followed(service: Service, receiver: Receiver) -> None:
    receiver.reply = lambda request, nth: Reply(307, {"Location": url(receiver, "/elsewhere")})
    job_id = service.launch("SUMA_SIMPLE", {"a": 1, "b": 2}, callback_url=url(receiver))
    callback = settled(service, job_id)
    assert (callback["state"], callback["last_status"]) == ("failed", 307)
    assert {request.path for request in receiver.of(job_id)} == {"/done"}


# ---- refused


@pytest.mark.parametrize(
    ("callback_url", "status", "kind"),
    [
        ("https://127.0.0.1/", 403, "not-allowed"),
        ("http://127.0.0.1:1/", 403, "not-allowed"),
        ("http://169.254.169.254/latest/meta-data/", 403, "not-allowed"),
        ("http://localhost:8080/", 403, "not-allowed"),
        ("http://hooks.invalid/", 403, "not-allowed"),
        ("https://user:pass@hooks.invalid/", 400, "invalid-request"),
        ("file:///etc/passwd", 400, "invalid-request"),
        ("", 400, "invalid-request"),
        (7, 400, "invalid-request"),
    ],
)
def test_another_url_is_refused_before_the_job_is_accepted(
    service: Service, callback_url: Any, status: int, kind: str
) -> None:
    before = service.get("/jobs").json()["total"]
    answer = service.submit("SUMA_SIMPLE", {"a": 1, "b": 2}, callback_url=callback_url)
    assert answer.status_code == status
    assert answer.json()["type"].endswith(kind)
    assert service.get("/jobs").json()["total"] == before


def test_a_call_that_is_made_at_once_takes_none(service: Service, receiver: Receiver) -> None:
    answer = service.call("SUMA_SIMPLE", {"a": 1, "b": 2}, callback_url=url(receiver))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/callback_url"


def test_another_url_is_another_submission(service: Service, receiver: Receiver) -> None:
    def submit(path: str) -> Any:
        return service.submit(
            "SUMA_SIMPLE",
            {"a": 1, "b": 2},
            callback_url=url(receiver, path),
            headers={"Idempotency-Key": "webhooks"},
        )

    first, same, other = submit("/a"), submit("/a"), submit("/b")
    assert first.json()["job_id"] == same.json()["job_id"]
    assert other.status_code == 422
    settled(service, first.json()["job_id"])
    assert len(receiver.of(first.json()["job_id"])) == 1


# ---- durable


def test_after_kill_9_between_end_and_delivery_the_next_start_delivers(
    make_service: Callable[..., Service],
) -> None:
    port = free_port()
    service = make_service(**settings(port, retries="1,1,1,1,1,1")).start()
    job_id = service.launch(
        "SUMA_SIMPLE", {"a": 1, "b": 2}, callback_url=f"http://127.0.0.1:{port}/"
    )
    callback = eventually(lambda: service.job(job_id)["callback"].get("last_error"))
    assert callback == "The connection was refused."
    service.kill()
    with Receiver(port) as receiver:
        service.start()
        callback = settled(service, job_id)
        assert callback["state"] == "delivered"
        assert callback["attempts"] >= 2
        assert len(receiver.of(job_id)) == 1


def test_an_attempt_that_dies_with_its_process_is_made_again_with_the_same_id(
    make_service: Callable[..., Service], receiver: Receiver
) -> None:
    service = make_service(JOB_LEASE_SECONDS="1", **settings(receiver.port)).start()
    receiver.reply = lambda request, nth: Reply(raw=lambda handler: handler.rfile.read(1))
    job_id = service.launch("SUMA_SIMPLE", {"a": 1, "b": 2}, callback_url=url(receiver))
    eventually(lambda: receiver.of(job_id))
    service.kill()
    receiver.reply = lambda request, nth: Reply()
    service.start()
    assert settled(service, job_id)["attempts"] == 2
    first, second = receiver.of(job_id)
    assert first.body == second.body


@needs_embedded
def test_two_workers_make_each_attempt_once_also_when_one_dies_with_a_job(
    make_service: Callable[..., Service], receiver: Receiver, tally: Tally
) -> None:
    receiver.reply = lambda request, nth: Reply(500 if nth == 1 else 204)
    service = make_service(
        WEB_CONCURRENCY="2", JOB_WORKERS="4", JOB_LEASE_SECONDS="4", **settings(receiver.port)
    ).start()
    eventually(lambda: len(service.workers()) == 2)
    jobs = [
        service.launch("TEST_TALLY", {"p_key": f"w{n}"}, callback_url=url(receiver))
        for n in range(20)
    ]
    for job_id in jobs:
        callback = settled(service, job_id)
        assert (callback["state"], callback["attempts"]) == ("delivered", 2)
    received = Counter(request.headers["webhook-id"] for request in receiver.received)
    assert {received[f"msg_{job_id}"] for job_id in jobs} == {2}

    held = [
        service.launch(
            "TEST_TALLY", {"p_key": f"h{n}", "p_seconds": 600}, callback_url=url(receiver)
        )
        for n in range(8)
    ]
    eventually(lambda: tally.now == 8)
    os.kill(service.workers()[0], 9)
    interrupted = eventually(
        lambda: [one for job_id in held for one in receiver.of(job_id) if one.event]
    )
    assert interrupted[0].event["type"] == "job.failed"
    assert interrupted[0].event["data"]["error_code"] == "interrupted"


# ---- the guide's receiver


@pytest.fixture
def example(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """Run the receiver that the guide shows; gives its port and what it prints into."""
    (program,) = re.findall(r"^```python\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    port = free_port()
    output = tmp_path / "receiver.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            env={**os.environ, "WEBHOOK_SECRET": SECRETS[1], "PORT": str(port)},
            stdout=log,
            stderr=subprocess.DEVNULL,
        )

    def listens() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    eventually(listens)
    yield port, output
    process.terminate()
    process.wait(60)


def test_the_receiver_of_the_guide_takes_what_is_genuine_and_nothing_else(
    make_service: Callable[..., Service], example: tuple[int, Path]
) -> None:
    port, output = example
    service = make_service(**settings(port, retries="0.2,0.4,0.8")).start()
    target = f"http://127.0.0.1:{port}/"
    job_id = service.launch("SUMA_SIMPLE", {"a": 1, "b": 2}, callback_url=target)
    assert settled(service, job_id)["last_status"] == 204
    assert output.read_text() == f"job.completed {job_id}\n"
    service.kill()

    stranger = make_service(**{**settings(port), "WEBHOOK_SECRET": SECRETS[0]}).start()
    other = stranger.launch("SUMA_SIMPLE", {"a": 1, "b": 2}, callback_url=target)
    assert settled(stranger, other)["last_status"] == 401
    assert output.read_text() == f"job.completed {job_id}\n"


def test_the_members_that_the_guide_shows_are_those_that_are_sent(
    service: Service, receiver: Receiver
) -> None:
    shown = re.search(r'^\{"type":"job.completed".*?^$', GUIDE, re.MULTILINE | re.DOTALL)
    assert shown is not None
    job_id = service.launch("SUMA_SIMPLE", {"a": 1, "b": 2}, callback_url=url(receiver))
    settled(service, job_id)
    (request,) = receiver.of(job_id)
    names = set(re.findall(r'"(\w+)":', shown[0])) - {"vRESULTADO"}
    assert names == {*request.event, *request.event["data"]}
