"""The job store in Oracle: an embedded database of its own, and real worker processes on it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from oracle_api.embedded.launcher import PASSWORD, USER, EmbeddedProcess

from .conftest import needs_embedded
from .procedures import Tally
from .service import Service, eventually

pytestmark = needs_embedded


@pytest.fixture(scope="module")
def store_url() -> Iterator[str]:
    """A database in a process of its own that holds nothing but jobs."""
    process = EmbeddedProcess()
    address, _, service = process.start()["ORACLE_DSN"].partition("/")
    yield f"oracle+oracledb://{USER}:{PASSWORD}@{address}/?service_name={service}"
    process.stop()


@pytest.fixture
def make(make_service: Callable[..., Service], store_url: str) -> Callable[..., Service]:
    def make(**environ: str) -> Service:
        store = {"JOBS_DATABASE_URL": store_url, "WEB_CONCURRENCY": "2", "JOB_WORKERS": "2"}
        return make_service(**store, **environ)

    return make


def test_jobs_run_and_are_listed(make: Callable[..., Service], tally: Tally) -> None:
    service = make().start()
    eventually(lambda: len(service.workers()) == 2)
    known = service.get("/jobs").json()["total"]
    ids = [service.launch("TEST_TALLY", {"p_key": f"n{number}"}) for number in range(12)]
    assert {service.finished(job_id)["status"] for job_id in ids} == {"completed"}
    assert set(tally.started.values()) == set(tally.ended.values()) == {1}
    page = service.get("/jobs", params={"limit": 5}).json()
    assert page["total"] == known + 12
    assert [job["id"] for job in page["jobs"]] == sorted(
        ids, key=lambda job_id: -ids.index(job_id)
    )[:5]
    listed = service.get("/jobs", params={"status": "completed", "procedure": "test_tally"}).json()
    assert {*ids} <= {job["id"] for job in listed["jobs"]}

    failed = service.finished(service.launch("PKG_FAIL.RAISES", {"p_code": 20001, "p_text": "ñ"}))
    assert (failed["status"], failed["error_code"]) == ("failed", "ORA-20001")
    summary = service.get("/jobs/summary").json()
    assert summary["procedures"][0]["procedure_name"] == "TEST_TALLY"
    assert service.request("DELETE", f"/jobs/{ids[0]}").status_code == 200
    assert service.get(f"/jobs/{ids[0]}").status_code == 404


def test_a_key_makes_one_job(make: Callable[..., Service]) -> None:
    service = make().start()

    def submit(**headers: str) -> Any:
        return service.submit("TEST_TALLY", {"p_key": "same"}, headers=headers)

    first, again = submit(**{"Idempotency-Key": "k"}), submit(**{"Idempotency-Key": "k"})
    assert first.json()["job_id"] == again.json()["job_id"]
    # Without one, each is a job of its own.
    assert len({submit().json()["job_id"] for _ in range(3)}) == 3


def test_rows_and_large_values_of_a_job(make: Callable[..., Service]) -> None:
    service = make().start()
    job = service.finished(service.launch("PKG_ROWS.MANY", {"p_count": 12_345}))
    rows = job["result"]["P_ROWS"]
    assert rows["row_count"] == 12_345
    read: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = service.get(rows["rows_url"], params={"limit": 5000, **cursor}).json()
        read += page["rows"]
        if "next" not in page:
            break
        cursor = {"cursor": page["next"]}
    assert read == [[number, f"row {number}", number] for number in range(1, 12_346)]

    job = service.finished(service.launch("PKG_BIG.BLOB_OF", {"p_bytes": 2_000_000}))
    answer = service.get(job["result"]["P_BLOB"]["lob_url"])
    assert len(answer.content) == 2_000_000
    assert service.request("DELETE", f"/jobs/{job['id']}").status_code == 200


def test_cancels(make: Callable[..., Service], tally: Tally) -> None:
    service = make().start()
    running = [
        service.launch("TEST_TALLY", {"p_key": f"long{number}", "p_seconds": 600})
        for number in range(4)
    ]
    eventually(lambda: tally.now == 4)
    waiting = service.launch("TEST_TALLY", {"p_key": "never"})
    for job_id in (waiting, *running):
        assert service.request("POST", f"/jobs/{job_id}/cancel").status_code in (200, 202)
    assert {service.finished(job_id)["status"] for job_id in running} == {"cancelled"}
    assert service.job(waiting)["status"] == "cancelled"
    assert tally.started["never"] == 0
    eventually(lambda: tally.now == 0)


def test_after_kill_9_nothing_is_lost_nothing_runs_twice(
    make: Callable[..., Service], tally: Tally
) -> None:
    service = make(JOB_LEASE_SECONDS="1").start()
    done = service.launch("TEST_TALLY", {"p_key": "done"})
    service.finished(done)
    running = [
        service.launch("TEST_TALLY", {"p_key": f"running{n}", "p_seconds": 600}) for n in range(4)
    ]
    eventually(lambda: tally.now == 4)
    waiting = [service.launch("TEST_TALLY", {"p_key": f"waiting{n}"}) for n in range(5)]
    before = service.job(done)
    service.kill()
    eventually(lambda: tally.now == 0)

    service.start()
    assert service.job(done) == before
    assert {service.finished(job_id)["status"] for job_id in waiting} == {"completed"}
    for job_id in running:
        job = service.finished(job_id)
        assert (job["status"], job["error_code"]) == ("failed", "interrupted")
    assert max(tally.started.values()) == 1
