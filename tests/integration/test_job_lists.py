"""What a page of jobs asks for: a search by id, lists that have not changed, figures."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import requests

from .service import Service, eventually
from .test_tokens import ALL_OWN, As, table

LOAD = {"vFECHA": "2025-12-10", "vSEGUNDOS": 4}
LONG = {"segundos": 600}


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, oracle_environ: dict[str, str]
) -> Iterator[Service]:
    """One worker for jobs, and a client for each test, which so has a list of its own."""
    folder = tmp_path_factory.mktemp("lists")
    tokens = folder / "clients.toml"
    clients = ("search", "changes", "progress", "figures", "quick", "stranger")
    tokens.write_text(
        "".join(map(table, clients)) + table("everybody", [*ALL_OWN, "jobs:read:all"])
    )
    environ = {**oracle_environ, "API_TOKENS_FILE": str(tokens), "JOB_WORKERS": "1"}
    service = Service(folder, environ).start()
    yield service
    service.stop()
    service.close()


class Watched:
    """A page that is asked for again and again with the tag that it had."""

    def __init__(self, who: Any, path: str) -> None:
        self._who = who
        self._path = path
        self.answer: requests.Response = who.get(path)
        assert self.answer.status_code == 200, self.answer.text

    def has_changed(self) -> bool:
        """Ask whether it is another one now; then that one is watched."""
        tag = self.answer.headers["ETag"]
        answer = self._who.get(self._path, headers={"If-None-Match": tag})
        if answer.status_code == 304:
            assert (answer.content, answer.headers["ETag"]) == (b"", tag)
            return False
        assert answer.status_code == 200, answer.text
        assert answer.headers["ETag"] != tag
        assert answer.content != self.answer.content
        self.answer = answer
        return True

    def comes_to(self, check: Callable[[dict[str, Any]], bool]) -> bool:
        """Ask anew, and tell whether the page is now as it should be."""
        self.has_changed()
        return check(self.page())

    def page(self) -> dict[str, Any]:
        return dict(self.answer.json())


def walk(who: As, **params: Any) -> Iterator[dict[str, Any]]:
    """Give the pages of a list."""
    cursor: dict[str, str] = {}
    while True:
        page = who.get("/jobs", params={**params, **cursor}).json()
        yield page
        if "next" not in page:
            return
        cursor = {"cursor": page["next"]}


# ---- by id


def test_ids_are_found_by_how_they_begin_with_all_other_filters(service: Service) -> None:
    who = As(service, "search")
    launched = [who.launch("SUMA_SIMPLE", {"a": n, "b": 1}) for n in range(17)]
    launched.append(who.launch("PROC_TEST_ERROR", {"p_should_fail": 1}))
    who.finished(launched[-1])

    one = launched[3]
    assert who.get("/jobs", params={"id": one}).json()["jobs"][0]["id"] == one
    assert who.get("/jobs", params={"id": one[:12].upper()}).json()["total"] == 1
    by_digit = defaultdict(list)
    for job_id in reversed(launched[:-1]):
        by_digit[job_id[0]].append(job_id)
    # Of 17 ids two begin alike.
    digit, alike = max(by_digit.items(), key=lambda item: len(item[1]))
    pages = list(walk(who, id=digit, status="completed", procedure="suma_simple", limit=1))
    assert [page["jobs"][0]["id"] for page in pages] == alike
    assert {page["total"] for page in pages} == {len(alike)}
    failed = who.get("/jobs", params={"id": launched[-1][:8], "status": "failed"}).json()
    assert [job["submitted_by"] for job in failed["jobs"]] == ["search"]
    for params in ({"status": "completed"}, {"procedure": "SUMA_SIMPLE"}):
        nothing = who.get("/jobs", params={"id": launched[-1], **params})
        assert nothing.json() == {"total": 0, "jobs": []}
    assert As(service, "stranger").get("/jobs", params={"id": one}).json()["total"] == 0
    assert As(service, "everybody").get("/jobs", params={"id": one}).json()["total"] == 1
    for wrong in ("", "g", "0x1", "%", one + "0"):
        answer = who.get("/jobs", params={"id": wrong})
        assert (answer.status_code, "id must be" in answer.text) == (400, True), wrong


# ---- lists that have not changed


def test_a_list_is_sent_again_after_every_change_and_only_then(service: Service) -> None:
    who = As(service, "changes")
    every = Watched(who, "/jobs")
    second = Watched(who, "/jobs?limit=1&cursor=999999999")
    failed = Watched(who, "/jobs?status=failed")
    assert not every.has_changed()

    waiting: list[str] = []
    running = who.launch("PROC_TEST_DEMORA", LONG)
    assert every.has_changed()
    eventually(lambda: every.comes_to(lambda page: page["jobs"][0]["progress"] == 50))
    # The job's session is kept a moment after its call has begun.
    eventually(lambda: "session_id" in who.get(f"/jobs/{running}").json())
    eventually(lambda: not every.has_changed())
    waiting.append(who.launch("PROC_TEST", {"p_input": "x"}))
    assert every.has_changed()
    assert second.has_changed()
    assert not every.has_changed()
    assert not second.has_changed()
    assert "next" in second.page()

    who.request("POST", f"/jobs/{waiting[0]}/cancel")
    assert every.has_changed()
    who.request("POST", f"/jobs/{running}/cancel")
    eventually(lambda: every.comes_to(lambda page: page["jobs"][1]["status"] == "cancelled"))
    assert not every.has_changed()

    second.has_changed()
    who.request("DELETE", f"/jobs/{running}")
    assert every.has_changed()
    assert second.has_changed()
    assert "next" not in second.page()
    assert not failed.has_changed(), "none of all this is to be seen there"
    who.finished(who.launch("PROC_TEST_ERROR", {"p_should_fail": 1}))
    assert failed.has_changed()
    assert who.get("/jobs", headers={"If-None-Match": '"other"'}).status_code == 200


def test_progress_is_seen_by_one_who_only_asks_for_changes(service: Service) -> None:
    who = As(service, "progress")
    watched = Watched(who, "/jobs")
    who.launch("PKG_ETL.PROCESO_LARGO", LOAD)
    seen = []

    def is_over() -> bool:
        if watched.has_changed():
            seen.append(watched.page()["jobs"][0])
        return bool(seen) and seen[-1]["status"] == "completed"

    eventually(is_over)
    assert any(50 < job["progress"] < 80 for job in seen), seen
    assert all(earlier != later for earlier, later in pairwise(seen))


def test_a_list_is_sent_again_once_a_job_is_too_old_to_be_kept(
    make_service: Callable[..., Service],
) -> None:
    service = make_service(JOB_RETENTION_HOURS=str(8 / 3600)).start()
    watched = Watched(service, "/jobs")
    service.finished(service.launch("SUMA_SIMPLE", {"a": 1, "b": 2}))
    assert watched.has_changed()
    assert watched.page()["total"] == 1
    eventually(watched.has_changed)
    assert watched.page() == {"total": 0, "jobs": []}
    summary = service.get("/jobs/summary").json()
    assert len(summary["hours"]) == 1, "the longest period is as long as jobs are kept"
    assert (summary["hours"][0]["completed"], summary["procedures"]) == (0, [])


# ---- figures


def seconds_of(job: dict[str, Any]) -> float:
    """Say how long a job ran, from what it shows."""
    run, end = (datetime.fromisoformat(job[name]) for name in ("run_start_time", "end_time"))
    return (end - run).total_seconds()


def ended(summary: dict[str, Any]) -> dict[str, int]:
    states = ("completed", "failed", "cancelled")
    return {state: sum(hour[state] for hour in summary["hours"]) for state in states}


def test_figures_are_those_of_the_clients_own_jobs(service: Service) -> None:
    who = As(service, "figures")
    good = [who.launch("suma_simple", {"a": n, "b": 1}) for n in range(4)]
    good += [who.launch("PKG_ETL.PROCESO_LARGO", {"vFECHA": "2025-12-10", "vSEGUNDOS": 1})]
    bad = [who.launch("PROC_TEST_ERROR", {"p_should_fail": 1}) for _ in range(2)]
    bad += [who.launch("SUMA_SIMPLE", {"a": 1, "b": 2, "c": 3})]
    for job_id in (*good, *bad):
        who.finished(job_id)
    running, pending, never = (who.launch("PROC_TEST_DEMORA", LONG) for _ in range(3))
    eventually(lambda: who.get(f"/jobs/{running}").json()["progress"] == 50)
    who.request("POST", f"/jobs/{never}/cancel")

    summary = who.get("/jobs/summary").json()
    assert summary["active"] == {"pending": 1, "running": 1}
    assert ended(summary) == {"completed": 5, "failed": 3, "cancelled": 1}
    times = {one["procedure_name"].upper(): one for one in summary["procedures"]}
    assert {name: (one["jobs"], one["failed"]) for name, one in times.items()} == {
        "SUMA_SIMPLE": (5, 1),
        "PROC_TEST_ERROR": (2, 2),
        "PKG_ETL.PROCESO_LARGO": (1, 0),
    }
    assert [one["jobs"] for one in summary["procedures"]] == [5, 2, 1]
    sums = who.get("/jobs", params={"procedure": "SUMA_SIMPLE"}).json()["jobs"]
    ran = sorted(map(seconds_of, sums))
    told = times["SUMA_SIMPLE"]
    names = ("shortest_seconds", "median_seconds", "p95_seconds", "longest_seconds")
    assert [told[name] for name in names] == pytest.approx([ran[0], ran[2], ran[4], ran[4]])
    assert times["PKG_ETL.PROCESO_LARGO"]["median_seconds"] >= 1

    nothing = As(service, "stranger").get("/jobs/summary").json()
    assert (nothing["active"], nothing["procedures"]) == ({"pending": 0, "running": 0}, [])
    assert set(ended(nothing).values()) == {0}
    everybody = As(service, "everybody").get("/jobs/summary").json()
    assert everybody["active"] == summary["active"]
    assert ended(everybody)["completed"] >= 5

    for job_id in (pending, running):
        who.request("POST", f"/jobs/{job_id}/cancel")
    who.finished(running)
    after = who.get("/jobs/summary").json()
    assert ended(after) == {"completed": 5, "failed": 3, "cancelled": 3}
    demora = next(one for one in after["procedures"] if "DEMORA" in one["procedure_name"])
    assert (demora["jobs"], demora["failed"]) == (1, 0), "two of them never ran"


def test_figures_are_of_whole_hours_up_to_now(service: Service) -> None:
    for params, hours in (({}, 24), ({"hours": 1}, 1), ({"hours": 7}, 7), ({"hours": 10**9}, 24)):
        summary = service.get("/jobs/summary", params=params).json()
        starts = [datetime.fromisoformat(hour["start"]) for hour in summary["hours"]]
        assert len(starts) == hours
        assert {later - earlier for earlier, later in pairwise(starts)} <= {timedelta(hours=1)}
        assert summary["since"] == summary["hours"][0]["start"]
        assert (starts[-1].minute, starts[-1].second) == (0, 0)
        until = datetime.fromisoformat(summary["until"])
        assert timedelta(0) <= until - starts[-1] < timedelta(hours=1)
    for wrong in ("0", "-1", "x", "1.5"):
        assert service.get("/jobs/summary", params={"hours": wrong}).status_code == 400


def test_figures_are_sent_again_when_they_change(service: Service) -> None:
    who = As(service, "quick")
    figures = Watched(who, "/jobs/summary")
    # An hour may have begun meanwhile.
    eventually(lambda: not figures.has_changed())
    job_id = who.launch("SUMA_SIMPLE", {"a": 1, "b": 2})
    who.finished(job_id)
    assert figures.has_changed()
    assert ended(figures.page()) == {"completed": 1, "failed": 0, "cancelled": 0}
    eventually(lambda: not figures.has_changed())
    who.request("DELETE", f"/jobs/{job_id}")
    assert figures.has_changed()
    assert figures.page()["procedures"] == []


def test_the_path_of_figures_is_no_jobs(service: Service) -> None:
    for method in ("DELETE", "PUT"):
        answer = service.request(method, "/jobs/summary")
        assert answer.status_code == 405
        assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    for path in ("/jobs/summary2", "/jobs/summaries", "/jobs/Summary"):
        answer = service.get(path)
        assert answer.status_code == 404
        assert answer.json()["detail"] == service.get("/jobs/x").json()["detail"].replace(
            "x", path.split("/")[-1]
        )
