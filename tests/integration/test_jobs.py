"""Jobs over HTTP: launched, watched, listed, cancelled, deleted; bounded and idempotent."""

import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import oracledb
import pytest

from oracle_api.embedded.server import EmbeddedServer

from .conftest import needs_embedded
from .procedures import Tally
from .service import ACTIVE, Service, eventually

pytestmark = pytest.mark.parametrize("engine", ["threads", "celery"], indirect=True, scope="module")

EXAMPLE: dict[str, Any] = {
    "name": "PKG_ETL.PROCESO_LARGO",
    "isFunction": False,
    "params": [
        {"name": "vFECHA", "value": "2025-12-10"},
        {"name": "vRESULTADO", "direction": "OUT", "type": "number"},
        {"name": "vSEGUNDOS", "value": 3},
    ],
}


def test_the_example_runs_through_its_stages_with_true_figures(service: Service) -> None:
    answer = service.request("POST", "/procedure/async", json=EXAMPLE)
    assert answer.status_code == 202
    accepted = answer.json()
    job_id = accepted["job_id"]
    assert re.fullmatch("[0-9a-f]{32}", job_id)
    assert accepted["status"] == "accepted"
    assert accepted["check_status_url"] == answer.headers["Location"] == f"/jobs/{job_id}"
    assert int(answer.headers["Retry-After"]) > 0

    seen: list[dict[str, Any]] = []
    while not seen or seen[-1]["status"] in ACTIVE:
        seen.append(service.job(job_id))
        time.sleep(0.02)
    progress = [job["progress"] for job in seen]
    assert progress == sorted(progress)
    assert progress[-1] == 100
    between = {value for value in progress if 50 < value < 80}
    assert len(between) >= 2, progress
    works = [job["work"] for job in seen if "work" in job and job["status"] == "running"]
    assert works
    for work in works:
        assert 0 < work["sofar"] <= work["totalwork"]
        assert set(work) == {
            "sofar", "totalwork", "units", "message", "elapsed_seconds", "remaining_seconds",
        }  # fmt: skip
    assert [w["sofar"] for w in works] == sorted(w["sofar"] for w in works)

    done = seen[-1]
    assert done["work"]["sofar"] == done["work"]["totalwork"], "the last figures are true too"
    assert done["result"] == {"vRESULTADO": 12500}
    assert done["params"] == [
        {"name": "vFECHA", "value": "2025-12-10"},
        {"name": "vRESULTADO", "direction": "OUT", "type": "number"},
        {"name": "vSEGUNDOS", "value": 3},
    ]
    moments = [done[name] for name in ("start_time", "run_start_time", "end_time")]
    assert all(moment.endswith("Z") for moment in moments)
    start, run, end = map(datetime.fromisoformat, moments)
    assert start <= run < end
    assert end - start >= timedelta(seconds=3)
    assert re.fullmatch(r"\d+(\.\d+)?s", done["duration"])
    assert float(done["duration"][:-1]) == pytest.approx((end - start).total_seconds(), abs=1e-3)


def test_a_job_never_shows_the_figures_of_the_call_before_it(service: Service) -> None:
    # In the same session, where the pool lends that again.
    service.finished(service.launch("PKG_ETL.PROCESO_LARGO", {"vFECHA": None, "vSEGUNDOS": 0.2}))
    job_id = service.launch("PKG_ETL.PROCESO_LARGO", {"vFECHA": None, "vSEGUNDOS": 40})
    work = eventually(lambda: service.job(job_id).get("work"))
    assert work["sofar"] < work["totalwork"]
    service.request("POST", f"/jobs/{job_id}/cancel")


def test_an_unknown_procedure_is_accepted_and_its_job_fails(service: Service) -> None:
    job = service.finished(service.launch("NO_SUCH_PROCEDURE"))
    assert (job["status"], job["error_code"]) == ("failed", "PLS-00201")
    assert job["progress"] == 100
    assert "NO_SUCH_PROCEDURE" in job["error"]
    assert "result" not in job


def test_a_job_fails_with_the_text_that_a_call_would_be_refused_with(service: Service) -> None:
    params = {"p_number": "many", "p_varchar": "x"}
    refused = service.call("PROC_TEST_PARAMS", params).json()
    job = service.finished(service.launch("PROC_TEST_PARAMS", params))
    assert (job["status"], job["error"]) == ("failed", refused["detail"])
    failed = service.finished(service.launch("PROC_TEST_ERROR", {"p_should_fail": 1}))
    assert (failed["error"], failed["error_code"]) == ("Error intencional de prueba", "ORA-20001")


def test_a_malformed_submission_makes_no_job(service: Service) -> None:
    before = service.get("/jobs").json()["total"]
    for body in (b"", b"{", b"[]", b'{"name": 5}', b'{"name": "DROP TABLE x"}', b'{"params": []}'):
        answer = service.request(
            "POST", "/procedure/async", data=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 400, body
    assert service.get("/jobs").json()["total"] == before


def test_an_etag_saves_sending_what_is_known(service: Service) -> None:
    job_id = service.launch("PROC_TEST", {"p_input": "x"})
    service.finished(job_id)
    first = service.get(f"/jobs/{job_id}")
    again = service.get(f"/jobs/{job_id}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "Retry-After" not in first.headers
    other = service.get(f"/jobs/{job_id}", headers={"If-None-Match": '"other"'})
    assert other.status_code == 200


def test_the_etag_changes_with_the_job(service: Service) -> None:
    job_id = service.launch("PROC_TEST_DEMORA", {"segundos": 600})
    running = eventually(
        lambda: (answer := service.get(f"/jobs/{job_id}")).json()["progress"] == 50 and answer
    )
    assert running.headers["Retry-After"]
    service.request("POST", f"/jobs/{job_id}/cancel")
    service.finished(job_id)
    changed = service.get(f"/jobs/{job_id}", headers={"If-None-Match": running.headers["ETag"]})
    assert changed.status_code == 200


def test_a_long_poll_answers_as_soon_as_the_job_is_final(service: Service) -> None:
    job_id = service.launch("PROC_TEST_DEMORA", {"segundos": 2})
    asked = datetime.now(UTC)
    answer = service.get(f"/jobs/{job_id}", params={"wait": 60})
    job = answer.json()
    assert job["status"] == "completed"
    left = (datetime.fromisoformat(job["end_time"]) - asked).total_seconds()
    assert left - 0.01 < answer.elapsed.total_seconds() < 50


def test_a_long_poll_ends_when_its_time_is_up(service: Service) -> None:
    job_id = service.launch("PROC_TEST_DEMORA", {"segundos": 600})
    answer = service.get(f"/jobs/{job_id}", params={"wait": 0.3})
    assert answer.json()["status"] in ACTIVE
    assert 0.3 <= answer.elapsed.total_seconds() < 50
    service.request("POST", f"/jobs/{job_id}/cancel")
    service.finished(job_id)


def test_many_long_polls_leave_threads_for_others(make_service: Any) -> None:
    service = make_service(WEB_THREADS="4").start()
    job_id = service.launch("PROC_TEST_DEMORA", {"segundos": 600})
    with ThreadPoolExecutor(8) as threads:
        polls = [threads.submit(service.job, job_id, 60) for _ in range(8)]
        for _ in range(5):
            assert service.get("/healthz", timeout=30).status_code == 200
        service.request("POST", f"/jobs/{job_id}/cancel")
        assert all(poll.result(60)["id"] == job_id for poll in polls)


# ---- lists


def test_lists_page_filter_and_count(make_service: Any) -> None:
    service = make_service().start()
    good = [service.launch("PROC_TEST", {"p_input": str(number)}) for number in range(5)]
    bad = service.launch("PROC_TEST_ERROR", {"p_should_fail": 1})
    for job_id in [*good, bad]:
        service.finished(job_id)

    def listed(**params: Any) -> dict[str, Any]:
        return dict(service.get("/jobs", params=params).json())

    everything = listed()
    assert everything["total"] == 6
    assert [job["id"] for job in everything["jobs"]] == [bad, *reversed(good)]
    assert "next" not in everything
    assert all("params" not in job for job in everything["jobs"])

    assert [job["id"] for job in listed(status="failed")["jobs"]] == [bad]
    assert listed(status="failed,completed")["total"] == 6
    assert listed(status="pending,running,cancelled") == {"total": 0, "jobs": []}
    assert listed(procedure="proc_test")["total"] == 5

    walked: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = listed(limit=2, **cursor)
        assert page["total"] == 6
        walked += [job["id"] for job in page["jobs"]]
        if "next" not in page:
            break
        cursor = {"cursor": page["next"]}
    assert walked == [bad, *reversed(good)]


def test_deleting(make_service: Any) -> None:
    service = make_service().start()
    done = service.launch("PROC_TEST", {"p_input": "x"})
    service.finished(done)
    running = service.launch("PROC_TEST_DEMORA", {"segundos": 600})
    assert service.request("DELETE", f"/jobs/{running}").status_code == 409
    answer = service.request("DELETE", f"/jobs/{done}")
    assert (answer.status_code, answer.json()["job_id"]) == (200, done)
    assert answer.json()["message"]
    assert service.request("DELETE", f"/jobs/{done}").status_code == 404
    assert service.get(f"/jobs/{done}").status_code == 404

    for _ in range(3):
        service.finished(service.launch("PROC_TEST_ERROR", {"p_should_fail": 1}))
    assert service.request("DELETE", "/jobs").status_code == 400
    assert service.request("DELETE", "/jobs?older_than=7").json()["deleted"] == 0
    assert service.request("DELETE", "/jobs?status=completed,running").json()["deleted"] == 0
    answer = service.request("DELETE", "/jobs?status=failed")
    assert (answer.status_code, answer.json()["deleted"]) == (200, 3)
    service.request("POST", f"/jobs/{running}/cancel")
    service.finished(running)


# ---- idempotency and the queue


def test_an_idempotency_key_makes_one_job(service: Service) -> None:
    def submit(key: str, text: str) -> Any:
        return service.submit("PROC_TEST", {"p_input": text}, headers={"Idempotency-Key": key})

    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: submit("k1", "a"), range(30)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["job_id"] for answer in answers}) == 1
    assert submit("k1", "b").status_code == 422
    assert submit("k2", "a").json()["job_id"] != answers[0].json()["job_id"]
    assert submit("", "a").status_code == 400

    def sums(params: dict[str, int]) -> int:
        headers = {"Idempotency-Key": "k3"}
        return service.submit("SUMA_SIMPLE", params, headers=headers).status_code

    assert sums({"a": 1, "b": 2}) == sums({"b": 2, "a": 1}) == 202, "members have no order"
    assert sums({"a": 2, "b": 1}) == 422
    assert submit("x" * 256, "a").status_code == 400


@needs_embedded
def test_200_jobs_at_once_each_run_once(service: Service, tally: Tally) -> None:
    keys = [f"key {number}" for number in range(200)]
    wrong: list[Any] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            page = service.get("/jobs", params={"limit": 1000, "procedure": "TEST_TALLY"}).json()
            found = [job["id"] for job in page["jobs"]]
            if page["total"] != len(found) or len(set(found)) != len(found):
                wrong.append(page)
            by_state = Counter(job["status"] for job in page["jobs"])
            if by_state["running"] > 8:
                wrong.append(by_state)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with ThreadPoolExecutor(20) as threads:
        jobs = list(
            threads.map(
                lambda key: service.launch("TEST_TALLY", {"p_key": key, "p_seconds": 0.02}), keys
            )
        )
        assert len(set(jobs)) == 200
        ended = list(threads.map(service.finished, jobs))
    stop.set()
    watcher.join()
    assert Counter(job["status"] for job in ended) == {"completed": 200}
    assert tally.started == tally.ended == Counter(keys)
    assert tally.most_at_once <= 8
    assert not wrong


def test_sync_calls_answer_while_the_queue_is_full_and_every_worker_busy(
    make_service: Any,
) -> None:
    service = make_service(JOB_WORKERS="2", JOB_QUEUE_LIMIT="3", WEB_THREADS="4").start()
    running = [service.launch("PROC_TEST_DEMORA", {"segundos": 600}) for _ in range(2)]
    for job_id in running:
        eventually(lambda job_id=job_id: service.job(job_id)["progress"] == 50)
    waiting = [service.launch("PROC_TEST_DEMORA", {"segundos": 600}) for _ in range(3)]
    refused = service.submit("PROC_TEST_DEMORA", {"segundos": 600})
    assert refused.status_code == 503
    assert refused.json()["type"].endswith("queue-full")
    assert int(refused.headers["Retry-After"]) > 0
    with ThreadPoolExecutor(4) as threads:
        sums = threads.map(
            lambda n: service.out("SUMA_SIMPLE", {"a": n, "b": 1})["RESULTADO"], range(20)
        )
        assert list(sums) == list(range(1, 21))
    for job_id in [*waiting, *running]:
        assert service.request("POST", f"/jobs/{job_id}/cancel").status_code == 202
    assert {service.finished(job_id)["status"] for job_id in running} == {"cancelled"}


# ---- cancelling


@needs_embedded
def test_a_cancelled_call_stops_in_the_database_and_frees_its_connection(
    make_service: Any, embedded: EmbeddedServer, tally: Tally
) -> None:
    service = make_service(JOB_WORKERS="1").start()
    job_id = service.launch("TEST_TALLY", {"p_key": "long", "p_seconds": 600})
    eventually(lambda: tally.started["long"])
    answer = service.request("POST", f"/jobs/{job_id}/cancel")
    assert answer.status_code == 202
    assert answer.json()["cancel_requested"] is True
    job = service.finished(job_id)
    assert job["status"] == "cancelled"
    assert "error" not in job
    assert tally.ended["long"] == 0
    assert tally.now == 0, "the procedure has stopped inside the database"
    assert service.request("POST", f"/jobs/{job_id}/cancel").status_code == 409

    session = service.finished(service.launch("TEST_TALLY", {"p_key": "next"}))
    assert session["status"] == "completed", "the pool's connection serves the next job"
    with (
        oracledb.connect(user="dwh", password="dwh", dsn=embedded.dsn) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT COUNT(*) FROM v$session WHERE client_identifier = :id", id=job_id)
        assert cursor.fetchone() == (0,)


def test_a_pending_job_is_cancelled_at_once(make_service: Any) -> None:
    service = make_service(JOB_WORKERS="1").start()
    running = service.launch("PROC_TEST_DEMORA", {"segundos": 600})
    pending = service.launch("PROC_TEST_DEMORA", {"segundos": 600})
    answer = service.request("POST", f"/jobs/{pending}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (202, "cancelled")
    service.request("POST", f"/jobs/{running}/cancel")
    service.finished(running)
    assert service.request("POST", f"/jobs/{'0' * 32}/cancel").status_code == 404


@needs_embedded
@pytest.mark.parametrize("raises", [True, False])
def test_a_procedure_that_catches_the_break_ends_cancelled_and_rolled_back(
    service: Service, tally: Tally, raises: bool
) -> None:
    job_id = service.launch("TEST_STUBBORN", {"p_key": "s", "p_raises": raises})
    eventually(lambda: tally.started["s"])
    service.request("POST", f"/jobs/{job_id}/cancel")
    assert service.finished(job_id)["status"] == "cancelled"
    assert tally.ended["s"] == 1


@needs_embedded
def test_cancels_at_random_moments_never_hit_another_job(make_service: Any, tally: Tally) -> None:
    service = make_service(JOB_WORKERS="4").start()

    def launch_and_cancel(number: int) -> tuple[str, str]:
        job_id = service.launch("TEST_TALLY", {"p_key": f"c{number}", "p_seconds": 0.01})
        threading.Event().wait((number % 13) / 400)
        service.request("POST", f"/jobs/{job_id}/cancel")
        return service.finished(job_id)["status"], f"c{number}"

    def launch(number: int) -> str:
        return str(
            service.finished(
                service.launch("TEST_TALLY", {"p_key": f"n{number}", "p_seconds": 0.01})
            )["status"]
        )

    with ThreadPoolExecutor(12) as threads:
        cancelled = threads.map(launch_and_cancel, range(100))
        normal = threads.map(launch, range(100))
        assert set(normal) == {"completed"}
        for status, key in cancelled:
            assert status in ("completed", "cancelled")
            if status == "completed":
                assert tally.ended[key] == 1
    assert max(tally.started.values()) == 1


# ---- what a job shows


def test_params_can_be_hidden(make_service: Any) -> None:
    service = make_service(JOB_SHOW_PARAMS="0").start()
    job = service.finished(service.launch("PROC_TEST", {"p_input": "x"}))
    assert "params" not in job


@pytest.mark.parametrize("params", [{"p_input": "x"}, [{"name": "p_input", "value": "x"}]])
def test_params_are_shown_as_they_were_submitted(service: Service, params: Any) -> None:
    assert service.finished(service.launch("PROC_TEST", params))["params"] == params


def test_a_job_shows_the_schema_beside_the_name(service: Service) -> None:
    schema = service.environ["ORACLE_USER"]
    job = service.finished(service.launch("PROC_TEST", {"p_input": "x"}, schema=schema))
    assert (job["procedure_name"], job["schema"]) == ("PROC_TEST", schema)
    assert "schema" not in service.get("/jobs").json()["jobs"][0]


def test_old_jobs_are_removed_by_the_scheduler(make_service: Any) -> None:
    service = make_service(JOB_RETENTION_HOURS="0.0003", JOB_CLEANUP_MINUTES="0.01").start()
    job_id = service.launch("PROC_TEST", {"p_input": "x"})
    eventually(lambda: service.get(f"/jobs/{job_id}").status_code == 404)
    assert service.get("/jobs").json()["total"] == 0
