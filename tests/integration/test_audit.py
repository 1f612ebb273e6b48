"""Who did what: the audit log, the log's ids, and what the database shows of a call."""

import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from oracle_api.embedded.server import EmbeddedServer

from .conftest import needs_embedded
from .procedures import Tally
from .service import TOKEN, Service, eventually

SECRET = "a-value-that-must-not-be-written"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
WORKERS = 2


class Audited:
    """A service of two workers with its audit log."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.path = folder / "audit" / "audit.log"
        self.service = Service(
            folder,
            {
                **environ,
                "AUDIT_LOG": str(self.path),
                "LOG_FORMAT": "json",
                "WEB_CONCURRENCY": str(WORKERS),
                "INSTANCE_NAME": "blue",
            },
        )

    def lines(self, **wanted: Any) -> list[dict[str, Any]]:
        """Give the lines with these members, from all files."""
        found: list[dict[str, Any]] = []
        for path in sorted(self.path.parent.iterdir()):
            found += whole_lines(path)
        return [line for line in found if wanted.items() <= line.items()]

    def line(self, **wanted: Any) -> dict[str, Any]:
        """Give the one line with these members, which may be yet to come."""
        [line] = eventually(lambda: self.lines(**wanted))
        return dict(line)

    def logged(self, **wanted: Any) -> list[dict[str, Any]]:
        """Give the log's lines with these members."""
        return [
            line for line in whole_lines(self.service.log_path) if wanted.items() <= line.items()
        ]


def whole_lines(path: Path) -> list[dict[str, Any]]:
    """Read a file of JSON lines, but a last one that is just being written."""
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


@pytest.fixture(scope="module")
def audited(
    tmp_path_factory: pytest.TempPathFactory, oracle_environ: dict[str, str]
) -> Iterator[Audited]:
    audited = Audited(tmp_path_factory.mktemp("audited"), oracle_environ)
    audited.service.start()
    eventually(lambda: both_have_answered(audited))
    yield audited
    audited.service.stop()
    audited.service.close()


def both_have_answered(audited: Audited) -> bool:
    """Ask over a connection of its own, which any worker may take."""
    audited.service.get("/jobs", headers={"Connection": "close"})
    return len({line["pid"] for line in audited.logged(path="/jobs")}) == WORKERS


def new_id() -> str:
    return uuid.uuid4().hex


def post(audited: Audited, path: str, body: Any, **headers: str) -> Any:
    return audited.service.request("POST", path, json=body, headers=headers)


def test_a_call_leaves_who_what_when_and_where(audited: Audited) -> None:
    request_id = new_id()
    answer = post(
        audited,
        "/procedure",
        {"name": "proc_test", "params": {"p_input": SECRET}},
        **{"X-Request-ID": request_id, "traceparent": f"00-{TRACE}-{PARENT}-01"},
    )
    assert SECRET in answer.json()["out"]["P_OUTPUT"]
    line = audited.line(request_id=request_id)
    moments = [line.pop("start"), line.pop("end")]
    assert moments == sorted(moments)
    assert all(re.fullmatch(r"[\d-]{10}T[\d:.]{8,15}Z", moment) for moment in moments)
    for member in ("session_id", "serial_num"):
        assert line.pop(member) > 0
    assert line.pop("instance")
    assert line == {
        "event": "call",
        "client": "default",
        "address": "127.0.0.1",
        "method": "POST",
        "path": "/procedure",
        "procedure": "PROC_TEST",
        "params": ["p_input"],
        "status": 200,
        "request_id": request_id,
        "traceparent": f"00-{TRACE}-{PARENT}-01",
        "service": "blue",
    }


@pytest.mark.parametrize(
    ("body", "status", "code", "kind"),
    [
        (
            {"name": "PROC_TEST_ERROR", "params": {"p_should_fail": 1}},
            422,
            "ORA-20001",
            "urn:oracle-api:problem:procedure-failed",
        ),
        (
            {"name": "SUMA_SIMPLE", "params": {"a": SECRET, "b": 1}},
            400,
            None,
            "urn:oracle-api:problem:invalid-request",
        ),
        (
            {"name": "NO_SUCH_THING", "params": {"a": SECRET}},
            404,
            "PLS-00201",
            "urn:oracle-api:problem:procedure-not-found",
        ),
    ],
)
def test_a_failed_call_leaves_why(
    audited: Audited, body: Any, status: int, code: str | None, kind: str
) -> None:
    request_id = new_id()
    answer = post(audited, "/procedure", body, **{"X-Request-ID": request_id})
    assert answer.status_code == status
    line = audited.line(request_id=request_id)
    assert (line["status"], line.get("code"), line["type"]) == (status, code, kind)
    assert line["params"] == list(body["params"])


@needs_embedded
def test_text_that_a_procedure_raises_is_not_written(audited: Audited) -> None:
    body = {"name": "PKG_FAIL.RAISES", "params": {"p_code": 20009, "p_text": SECRET}}
    request_id = new_id()
    answer = post(audited, "/procedure", body, **{"X-Request-ID": request_id})
    assert SECRET in answer.json()["detail"]
    assert audited.line(request_id=request_id)["code"] == "ORA-20009"
    job_id = post(audited, "/procedure/async", body).json()["job_id"]
    assert SECRET in audited.service.finished(job_id)["error"]
    assert audited.line(event="job_end", job_id=job_id)["code"] == "ORA-20009"


def test_a_batch_leaves_its_size_and_names(audited: Audited) -> None:
    request_id = new_id()
    batch = [{"a": 1, "b": 2}, {"b": 2, "A": 3}]
    body = {"name": "SUMA_SIMPLE", "batch": batch}
    assert post(audited, "/procedure", body, **{"X-Request-ID": request_id}).status_code == 200
    line = audited.line(request_id=request_id)
    assert (line["batch"], line["params"]) == (2, ["a", "b", "A"])


@needs_embedded
def test_a_jobs_life_is_in_the_database_the_job_and_both_logs(
    audited: Audited, embedded: EmbeddedServer, tally: Tally
) -> None:
    request_id, key = new_id(), new_id()
    answer = post(
        audited,
        "/procedure/async",
        {"name": "TEST_TALLY", "params": {"p_key": key, "p_seconds": 600}},
        **{"X-Request-ID": request_id, "traceparent": f"00-{TRACE}-{PARENT}-00"},
    )
    job_id = answer.json()["job_id"]
    eventually(lambda: tally.started[key])
    [session] = [each for each in embedded.sessions() if each.client_identifier == job_id]
    assert session.module == "oracle_api blue"
    assert (session.action, session.client_info) == ("TEST_TALLY", "default")
    shown = {"session_id": session.sid, "serial_num": session.serial, "instance": "FREEPDB1"}
    # It is kept a moment after the call has begun.
    eventually(lambda: shown.items() <= audited.service.job(job_id).items())

    post(audited, f"/jobs/{job_id}/cancel", None)
    assert audited.service.finished(job_id)["status"] == "cancelled"
    assert audited.service.request("DELETE", f"/jobs/{job_id}").status_code == 200
    ids = {"request_id": request_id, "traceparent": f"00-{TRACE}-{PARENT}-00"}
    submit = audited.line(event="submit", job_id=job_id)
    assert {**ids, "status": 202, "params": ["p_key", "p_seconds"]}.items() <= submit.items()
    end = audited.line(event="job_end", job_id=job_id)
    assert {**ids, **shown, "job_status": "cancelled", "client": "default"}.items() <= end.items()
    assert end["start"] < end["end"]
    assert audited.line(event="cancel", job_id=job_id)["status"] == 202
    assert audited.line(event="delete", job_id=job_id)["status"] == 200

    def of_the_job() -> list[dict[str, Any]]:
        return audited.logged(request_id=request_id, trace_id=TRACE, job_id=job_id)

    eventually(lambda: len(of_the_job()) >= 2)  # its start and its end, which comes a moment later
    of_the_request = audited.logged(request_id=request_id, trace_id=TRACE)
    assert [line["path"] for line in of_the_request if "path" in line] == ["/procedure/async"]
    assert {line["logger"] for line in of_the_job()} == {"oracle_api.jobs.registry"}


def test_a_denial_leaves_a_line_and_a_read_does_not(audited: Audited) -> None:
    denied, read = new_id(), new_id()
    headers = {"Authorization": f"Bearer {SECRET}", "X-Request-ID": denied}
    assert audited.service.get("/jobs", headers=headers).status_code == 401
    assert audited.service.get("/jobs", headers={"X-Request-ID": read}).status_code == 200
    line = audited.line(request_id=denied)
    assert (line["event"], line["status"], line["path"]) == ("read", 401, "/jobs")
    assert "client" not in line
    assert not audited.lines(request_id=read)


def test_deleting_many_leaves_how_many(audited: Audited) -> None:
    job_id = audited.service.launch("SUMA_SIMPLE", {"a": 1, "b": 2})
    audited.service.finished(job_id)
    request_id = new_id()
    answer = audited.service.request(
        "DELETE", "/jobs?status=completed", headers={"X-Request-ID": request_id}
    )
    line = audited.line(request_id=request_id)
    assert (line["event"], line["deleted"]) == ("delete", answer.json()["deleted"])
    assert line["deleted"] >= 1


def test_two_workers_write_whole_lines_while_the_file_is_rotated(audited: Audited) -> None:
    ids = [new_id() for _ in range(300)]

    def call(request_id: str) -> int:
        body = {"name": "SUMA_SIMPLE", "params": {"a": 1, "b": 2}}
        headers = {"X-Request-ID": request_id, "Connection": "close"}
        answer = post(audited, "/procedure", body, **headers)
        return int(answer.status_code)

    with ThreadPoolExecutor(8) as threads:
        calls = [threads.submit(call, request_id) for request_id in ids]
        for number in (1, 2):
            calls[100 * number].result()
            audited.path.rename(audited.path.with_name(f"audit.log.{number}"))
        assert {call.result() for call in calls} == {200}
    # Of the newest call the line may be yet to come.
    eventually(lambda: set(ids) <= {line.get("request_id") for line in audited.lines(event="call")})
    seen = Counter(line.get("request_id") for line in audited.lines(event="call"))
    assert [seen[request_id] for request_id in ids] == [1] * len(ids)
    workers = {line["pid"] for line in audited.logged(path="/procedure", status=200)}
    assert len(workers) == WORKERS


def test_nothing_of_all_that_shows_a_value_or_the_token(audited: Audited) -> None:
    files = [audited.service.log_path, *audited.path.parent.iterdir()]
    assert len(files) >= 2
    for path in files:
        text = path.read_text()
        assert text
        assert SECRET not in text
        assert TOKEN not in text


def test_every_line_of_the_json_log_is_an_object_of_known_members(audited: Audited) -> None:
    lines = audited.logged()
    assert {line["logger"].partition(".")[0] for line in lines} == {"gunicorn", "oracle_api"}
    assert all({"time", "level", "pid", "message"} <= line.keys() for line in lines)


def test_a_full_disk_breaks_no_call(make_service: Callable[..., Service]) -> None:
    service = make_service(AUDIT_LOG="/dev/full").start()
    for _ in range(5):
        assert service.out("SUMA_SIMPLE", {"a": 1, "b": 2}) == {"RESULTADO": 3}
    eventually(lambda: "The audit log cannot be written" in service.log())
    assert service.log().count("The audit log cannot be written") == 1
