"""Denials leave a line whatever route they meet; names are cut to what a line has room for."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from oracle_api import audit, create_app
from oracle_api.auth import scopes_of
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import NewJob
from oracle_api.jobs.owners import OwnerStore
from oracle_api.jobs.store import JobStore
from oracle_api.jobs.tables import owners
from oracle_api.oracle.request import CallRequest
from oracle_api.oracle.sessions import Session
from oracle_api.present import present_notes
from oracle_api.services import EXTENSION
from oracle_api.settings import Settings

from .integration.service import eventually

TOKEN = "a-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/jobs.db"


@pytest.fixture
def started(app: Flask) -> Flask:
    app.extensions[EXTENSION].start()
    return app


@pytest.fixture
def app(tmp_path: Path, url: str) -> Iterator[Flask]:
    app = create_app(
        Settings.from_env(
            {
                "ORACLE_DSN": "127.0.0.1:1/nowhere",
                "ORACLE_USER": "u",
                "ORACLE_PASSWORD": "p",
                "ORACLE_CONNECT_SECONDS": "1",
                "API_TOKEN": TOKEN,
                "API_ALLOWED_IPS": "127.0.0.1",
                "PARAMS_BY_POSITION": "1",
                "JOBS_DATABASE_URL": url,
                "AUDIT_LOG": f"{tmp_path}/audit.log",
            }
        )
    )
    services = app.extensions[EXTENSION]
    yield app
    services.begin_stop(in_a_hurry=True)
    services.close()


def lines(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (tmp_path / "audit.log").read_text().splitlines()]


def test_every_denial_on_every_route_leaves_a_line(started: Flask, tmp_path: Path) -> None:
    client = started.test_client()
    expected: list[tuple[str, str, int, str]] = []
    for rule in started.url_map.iter_rules():
        path = (
            rule.rule.replace("job:", "").replace("<job_id>", "7" * 32).replace("<path:label>", "C")
        )
        path = path.replace("<name>", "P")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            if scopes_of(started.view_functions[rule.endpoint]) is None:
                continue
            client.open(path, method=method)
            expected.append((method, path, 401, "127.0.0.1"))
            client.open(path, method=method, environ_base={"REMOTE_ADDR": "192.0.2.9"})
            expected.append((method, path, 403, "192.0.2.9"))
    found = lines(tmp_path)
    assert [
        (line["method"], line["path"], line["status"], line["address"]) for line in found
    ] == expected
    assert {line["event"] for line in found} == {"call", "submit", "cancel", "delete", "read"}
    for line in found:
        assert "client" not in line
        assert line.get("job_id", "7" * 32) == "7" * 32
        if line["status"] == 403:
            assert line["type"] == "urn:oracle-api:problem:not-allowed"


def test_a_call_without_a_database_leaves_why(started: Flask, tmp_path: Path) -> None:
    body = {"name": "P", "schema": "S", "params": {"A": "secret"}}
    started.test_client().post("/procedure", json=body, headers=BEARER)
    [line] = lines(tmp_path)
    assert line["status"] == 503
    assert line["code"].startswith("DPY-")
    assert (line["procedure"], line["params"]) == ("S.P", ["A"])
    assert "session_id" not in line


def test_a_line_says_when_the_request_came_however_late_something_is_noted(app: Flask) -> None:
    with app.app_context():
        present_notes().arrived = time.perf_counter() - 3600
        audit.note_deleted(1)
        came = audit._notes().start
        assert abs(datetime.now(UTC) - timedelta(hours=1) - came) < timedelta(minutes=1)
        audit.note_deleted(2)
        assert audit._notes().start == came


def test_a_broken_body_leaves_a_line_without_names(started: Flask, tmp_path: Path) -> None:
    started.test_client().post("/procedure", data=b'{"name": "P"', headers=BEARER)
    [line] = lines(tmp_path)
    assert (line["status"], line["client"]) == (400, "default")
    assert not {"procedure", "params"} & set(line)


def test_no_name_and_no_path_makes_a_line_too_long(started: Flask, tmp_path: Path) -> None:
    client = started.test_client()
    body = {"name": "P", "params": {f"{n}" + "ñ" * 1000: n for n in range(500)}}
    client.post("/procedure/async", json=body, headers=BEARER)
    client.delete("/jobs/" + "%C3%B1" * 500, headers=BEARER)
    submit, delete = (line for line in lines(tmp_path) if line["event"] != "job_end")
    assert len(submit["params"]) + submit["params_left_out"] == 500
    assert submit["params"][0] == "0" + "ñ" * 127
    assert delete["status"] == 404
    assert len(delete["path"]) == 300
    assert len(delete["job_id"]) == 64
    for line in (tmp_path / "audit.log").read_bytes().splitlines():
        assert len(line) < 4096


def test_a_job_whose_process_died_leaves_its_end(app: Flask, tmp_path: Path, url: str) -> None:
    database = JobDatabase(url)
    store = JobStore(database)
    OwnerStore(database).register("dead")
    request = CallRequest("P")
    store.add(
        NewJob("1" * 32, "P", request.to_json(), request.fingerprint(), "etl", "r-1"), queue_limit=1
    )
    assert store.claim("dead")
    store.note_session("1" * 32, "dead", Session(12, 345, "ORCL1"))
    database.write(lambda connection: connection.execute(owners.delete()))
    database.close()
    app.extensions[EXTENSION].start()
    [line] = eventually(lambda: lines(tmp_path))
    assert line.pop("start") < line.pop("end")
    assert line == {
        "event": "job_end",
        "client": "etl",
        "procedure": "P",
        "job_status": "failed",
        "code": "interrupted",
        "session_id": 12,
        "serial_num": 345,
        "instance": "ORCL1",
        "request_id": "r-1",
        "job_id": "1" * 32,
        "service": "auto",
    }
