"""The clients that users copy do what they say, also when the service or the network fails."""

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from oracle_api.embedded.server import EmbeddedServer

from .conftest import needs_embedded
from .cutting_proxy import cutting
from .example_clients import CLIENTS, ExampleClient, Outcome, csv_lines
from .example_proxy import error_pages
from .procedures import Tally
from .service import Service, eventually

pytestmark = [
    needs_embedded,
    pytest.mark.skipif(
        any(client.is_missing for client in CLIENTS) and not os.environ.get("CI"),
        reason="node, jq or curl is not installed",
    ),
]

each_client = pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.language)


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, oracle_environ: dict[str, str]
) -> Iterator[Service]:
    limits = {"SYNC_TIMEOUT_SECONDS": "4", "MAX_BODY_BYTES": "5000"}
    service = Service(tmp_path_factory.mktemp("service"), {**oracle_environ, **limits}).start()
    yield service
    service.close()


def begin_all(url: str, method: str, *words: object) -> list[Callable[[], Outcome]]:
    """Use every client at once."""
    return [client.begin(url, method, *words) for client in CLIENTS]


# ---- the demonstrations

SHOWN = """\
call: 12345678901234567890.1
submitted twice with one key: one job
result: 12500
rows: 2500, the last is Item 2500
csv: 2501 lines
cancelled: as asked
cancelled twice: 409
invalid: 400 at /params/a
procedure raised: 422 ORA-20001
job failed: ORA-20001
no such job: 404
wrong token: 401
"""
ABOVE_DOUBLES = "above 2^53: 9007199254740993 as a text, 9007199254740992 as a number\n"


def test_the_demonstrations_show_everything(service: Service) -> None:
    begun = {client.language: client.begin_demo(service.url) for client in CLIENTS}
    for language, outcome in begun.items():
        status, out, err = outcome()
        assert (status, err) == (0, ""), f"{language}: {out}"
        lines = out.splitlines(keepends=True)
        progress = [line for line in lines if line.startswith("progress: ")]
        assert re.search(r"running [1-9]\d %", progress[0])
        assert progress[-1] == "progress: completed 100 %\n"
        rest = [line for line in lines if line not in (*progress, ABOVE_DOUBLES)]
        assert "".join(rest) == SHOWN, language
        assert (ABOVE_DOUBLES in lines) == (language == "javascript")


def test_the_demonstrations_fail_with_a_wrong_token(service: Service) -> None:
    begun = {client.language: client.begin_demo(service.url, "wrong") for client in CLIENTS}
    statuses = {"python": 1, "javascript": 1, "shell": 11}
    for language, outcome in begun.items():
        status, out, err = outcome()
        assert (status, out) == (statuses[language], "")
        assert "401" in err
        assert len(err.splitlines()) == 1


# ---- what goes wrong, told apart


def test_errors_are_told_apart(service: Service) -> None:
    uses = {
        "TimedOut": ("call", "PROC_TEST_DEMORA", {"segundos": 30}),
        "InvalidRequest": ("submit", "NOT A NAME", {}),
        "NotFound": ("call", "NO_SUCH_PROCEDURE", {}),
        "ProcedureFailed": ("call", "PROC_TEST_ERROR", {"p_should_fail": 1}),
        "TooLarge": ("call", "PROC_TEST", {"p_input": "x" * 6000}),
    }
    begun = {error: begin_all(service.url, *use) for error, use in uses.items()}
    # The shell has one status for whatever is wrong with a request.
    of_shell = {"TooLarge": "InvalidRequest"}
    for error, (python, javascript, shell) in begun.items():
        assert python() == javascript() == Outcome(error=error)
        assert shell() == Outcome(error=of_shell.get(error, error))


def test_a_key_that_comes_again_with_another_body_is_invalid(service: Service) -> None:
    key = str(uuid4())
    service.submit("PROC_TEST", {"p_input": "other"}, headers={"Idempotency-Key": key})
    for outcome in begin_all(service.url, "submit", "PROC_TEST", {"p_input": "x"}, key):
        assert outcome() == Outcome(error="InvalidRequest")


def test_a_job_that_somebody_else_cancels_is_no_failure(service: Service) -> None:
    job_id = service.launch("PROC_TEST_DEMORA", {"segundos": 600})
    waiting = begin_all(service.url, "wait", job_id)
    eventually(lambda: service.job(job_id)["status"] == "running")
    service.request("POST", f"/jobs/{job_id}/cancel")
    assert [outcome() for outcome in waiting] == [Outcome(error="JobCancelled")] * 3


def test_waiting_ends_when_its_time_is_up(service: Service) -> None:
    job_id = service.launch("PROC_TEST_DEMORA", {"segundos": 600})
    for outcome in begin_all(service.url, "wait", job_id, 1):
        assert outcome() == Outcome(error="StillRunning")
    service.request("POST", f"/jobs/{job_id}/cancel")


@each_client
def test_deleting_what_is_gone_is_no_error(client: ExampleClient, service: Service) -> None:
    job_id = service.launch("PROC_TEST", {"p_input": "x"})
    service.finished(job_id)
    for _ in range(2):
        assert client.use(service.url, "delete", job_id).error is None
    assert service.get(f"/jobs/{job_id}").status_code == 404


# ---- lost answers


@each_client
def test_a_submission_whose_answer_was_lost_gives_the_same_one_job(
    client: ExampleClient, service: Service, tally: Tally
) -> None:
    key = str(uuid4())
    with cutting(service.port, cuts=1) as proxy:
        submitted = client.use(proxy.url, "submit", "TEST_TALLY", {"p_key": key}, key)
        assert proxy.cuts_left == 0
    assert service.finished(submitted.value)["status"] == "completed"
    jobs = service.get("/jobs", params={"procedure": "TEST_TALLY"}).json()["jobs"]
    assert jobs[0]["id"] == submitted.value
    assert tally.started == {key: 1}


@each_client
def test_a_call_whose_answer_was_lost_is_not_made_again(
    client: ExampleClient, service: Service, tally: Tally
) -> None:
    with cutting(service.port, cuts=1) as proxy:
        called = client.use(proxy.url, "call", "TEST_TALLY", {"p_key": "once"})
        assert proxy.cuts_left == 0
    assert called == Outcome(error="NoAnswer")
    assert tally.started == {"once": 1}


@each_client
def test_rows_that_were_cut_off_are_read_again(
    client: ExampleClient, service: Service, tmp_path: Path
) -> None:
    job_id = service.launch("PROC_TEST_CURSOR", {"p_limit": 5000})
    service.finished(job_id)
    path = tmp_path / "rows.csv"
    with cutting(service.port, cuts=1, passed=20_000) as proxy:
        saved = client.use(proxy.url, "save_csv", job_id, "P_CURSOR", str(path))
        assert proxy.cuts_left == 0
    assert saved.error is None
    assert len(csv_lines(path)) == 5001
    assert list(tmp_path.iterdir()) == [path]


# ---- a proxy that answers by itself


@pytest.mark.parametrize(
    ("method", "status", "retry_after", "error"),
    [
        pytest.param("call", 502, None, "Unavailable", id="a call may have been passed on"),
        pytest.param("submit", 503, 3600, "Unavailable", id="an hour is too long to wait"),
        pytest.param("call", 504, None, "TimedOut", id="a call that took the proxy too long"),
    ],
)
def test_what_a_proxy_says_is_not_asked_again_in_vain(
    method: str, status: int, retry_after: int | None, error: str
) -> None:
    with error_pages(status, retry_after) as proxy:
        begun = begin_all(proxy.url, method, "PROC_TEST", {"p_input": "x"})
        assert [outcome() for outcome in begun] == [Outcome(error=error)] * 3
        assert sorted(proxy.requests.values()) == [1, 1, 1]


# ---- a service that is away, or full


def test_a_service_that_dies_while_they_wait_leaves_a_job_of_unknown_outcome(
    make_service: Callable[..., Service],
) -> None:
    service = make_service().start()
    job_ids = [service.launch("PROC_TEST_DEMORA", {"segundos": 600}) for _ in CLIENTS]
    waiting = [
        client.begin(service.url, "wait", job_id, 60, 1)
        for client, job_id in zip(CLIENTS, job_ids, strict=True)
    ]
    for job_id in job_ids:
        eventually(lambda job_id=job_id: f"GET /jobs/{job_id} 200" in service.log())
    service.kill()
    service.start()
    assert [outcome() for outcome in waiting] == [Outcome(error="JobInterrupted")] * 3


def test_a_full_queue_is_asked_again_when_it_says(make_service: Callable[..., Service]) -> None:
    service = make_service(JOB_WORKERS="1", JOB_QUEUE_LIMIT="3").start()
    running = service.launch("PROC_TEST_DEMORA", {"segundos": 600})
    eventually(lambda: service.job(running)["status"] == "running")
    pending = [service.launch("PROC_TEST_DEMORA", {"segundos": 600}) for _ in range(3)]
    refused = service.submit("PROC_TEST", {"p_input": "x"})
    assert refused.status_code == 503
    began = time.monotonic()
    submitting = begin_all(service.url, "submit", "PROC_TEST", {"p_input": "x"})
    eventually(lambda: service.log().count("queue-full") >= 4)
    for job_id in (*pending, running):
        service.request("POST", f"/jobs/{job_id}/cancel")
    outcomes = [outcome() for outcome in submitting]
    assert time.monotonic() - began >= int(refused.headers["Retry-After"])
    for outcome in outcomes:
        assert service.finished(outcome.value)["status"] == "completed"


def test_a_database_lost_in_the_middle_of_a_call_is_an_unknown_outcome(
    embedded: EmbeddedServer, make_service: Callable[..., Service], tally: Tally
) -> None:
    service = make_service().start()
    work = "TEST_TALLY", {"p_key": "cut", "p_seconds": 600}
    job_id = service.launch(*work)
    waiting = begin_all(service.url, "wait", job_id)
    calling = begin_all(service.url, "call", *work)
    eventually(lambda: tally.started["cut"] == 4)
    embedded.faults.drop()
    assert [outcome() for outcome in calling] == [Outcome(error="OutcomeUnknown")] * 3
    assert [outcome() for outcome in waiting] == [Outcome(error="JobInterrupted")] * 3
    assert tally.started == {"cut": 4}, "nothing was called again"
