"""What clients see of jobs."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api import documents
from oracle_api.jobs.engine import EngineState
from oracle_api.jobs.job import FINAL, Callback, CallbackState, Job, JobPage, JobStatus
from oracle_api.jobs.owners import Members
from oracle_api.jobs.reports import EngineReport
from oracle_api.jobs.summary import Hour, Period, ProcedureFigures, Summary
from oracle_api.oracle.longops import Work
from oracle_api.oracle.request import Argument, CallRequest
from oracle_api.oracle.sessions import Session

# ---- durations and times


@pytest.mark.parametrize(
    ("microseconds", "text"),
    [
        (0, "0s"),
        (1, "1µs"),
        (999, "999µs"),
        (1_000, "1ms"),
        (1_500, "1.5ms"),
        (1_001, "1.001ms"),
        (250_000, "250ms"),
        (999_999, "999.999ms"),
        (1_000_000, "1s"),
        (1_500_000, "1.5s"),
        (1_000_001, "1.000001s"),
        (59_999_999, "59.999999s"),
        (60_000_000, "1m0s"),
        (300_000_000, "5m0s"),
        (90_250_000, "1m30.25s"),
        (3_600_000_000, "1h0m0s"),
        (3_723_000_000, "1h2m3s"),
        (3_600_000_001, "1h0m0.000001s"),
        (90_061_000_000, "25h1m1s"),
        (-1_500_000, "-1.5s"),
        (-1, "-1µs"),
        (-3_723_000_000, "-1h2m3s"),
    ],
)
def test_a_duration_is_written_as_go_writes_it(microseconds: int, text: str) -> None:
    assert documents.duration(timedelta(microseconds=microseconds)) == text


GO_DURATION = re.compile(
    r"(?P<sign>-?)(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m(?!s))?"
    r"(?:(?P<s>\d+(?:\.\d*[1-9])?)s|(?P<ms>\d+(?:\.\d*[1-9])?)ms|(?P<us>\d+)µs)"
)
MICROSECONDS = {"h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000, "us": 1}


@given(
    st.timedeltas(timedelta(days=-10_000), timedelta(days=10_000))
    | st.timedeltas(timedelta(seconds=-2), timedelta(seconds=2))
)
def test_a_written_duration_is_exact(length: timedelta) -> None:
    match = GO_DURATION.fullmatch(documents.duration(length))
    assert match is not None
    total = sum(Decimal(match[unit] or 0) * size for unit, size in MICROSECONDS.items())
    assert timedelta(microseconds=int(-total if match["sign"] else total)) == length


def test_a_time_is_written_as_rfc_3339_in_utc() -> None:
    assert documents.timestamp(datetime(2025, 12, 10, 14, 30, tzinfo=UTC)) == "2025-12-10T14:30:00Z"


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_written_time_is_exact(moment: datetime) -> None:
    text = documents.timestamp(moment)
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == moment


# ---- answers

STARTED = datetime(2025, 12, 10, 14, 30, tzinfo=UTC)
PENDING = Job(
    id="a3f5e8d9c2b4a1e7f6d8c9b2a1e7f6d8",
    status=JobStatus.PENDING,
    procedure_name="PKG_ETL.PROCESO_LARGO",
    request=CallRequest("P", arguments=(Argument("a", Decimal("1.10")),), by_object=True).to_json(),
    submitted_by="api",
    request_id="r",
    start_time=STARTED,
)
COMPLETED = replace(
    PENDING,
    status=JobStatus.COMPLETED,
    run_start_time=STARTED + timedelta(seconds=1),
    end_time=STARTED + timedelta(minutes=5),
    progress=100,
    result=b'{"vRESULTADO":12500}',
)


def _shown(job: Job, *, show_params: bool = True) -> Any:
    return json.loads(documents.encode(documents.job_document(job, show_params=show_params)))


def test_a_pending_job_shows_only_what_it_has() -> None:
    assert _shown(PENDING) == {
        "id": "a3f5e8d9c2b4a1e7f6d8c9b2a1e7f6d8",
        "status": "pending",
        "procedure_name": "PKG_ETL.PROCESO_LARGO",
        "start_time": "2025-12-10T14:30:00Z",
        "progress": 0,
        "submitted_by": "api",
        "params": {"a": 1.1},
    }


def test_a_completed_job_shows_its_result_and_its_times() -> None:
    shown = _shown(COMPLETED)
    assert shown["result"] == {"vRESULTADO": 12500}
    assert shown["run_start_time"] == "2025-12-10T14:30:01Z"
    assert shown["end_time"] == "2025-12-10T14:35:00Z"
    assert shown["duration"] == "5m0s"


def test_a_job_that_another_hosts_clock_saw_end_before_it_came_took_no_time() -> None:
    assert _shown(replace(COMPLETED, end_time=STARTED - timedelta(seconds=2)))["duration"] == "0s"


def test_a_job_that_ran_shows_its_oracle_session() -> None:
    shown = _shown(replace(COMPLETED, session=Session(137, 4211, "ORCL1")))
    assert (shown["session_id"], shown["serial_num"], shown["instance"]) == (137, 4211, "ORCL1")
    assert not {"session_id", "serial_num", "instance"} & set(_shown(PENDING))


def test_a_failed_job_shows_why() -> None:
    job = replace(PENDING, status=JobStatus.FAILED, error="boom", error_code="ORA-20001")
    assert (_shown(job)["error"], _shown(job)["error_code"]) == ("boom", "ORA-20001")


def test_a_job_shows_a_cancel_and_its_work() -> None:
    job = replace(
        PENDING,
        status=JobStatus.RUNNING,
        cancel_requested=True,
        work=Work(3, 10, "blocks", "Carga", 5, None),
    )
    assert _shown(job)["cancel_requested"] is True
    assert _shown(job)["work"] == {
        "sofar": 3,
        "totalwork": 10,
        "units": "blocks",
        "message": "Carga",
        "elapsed_seconds": 5,
        "remaining_seconds": None,
    }


def test_parameters_are_shown_as_they_were_submitted() -> None:
    listed = CallRequest("P", arguments=(Argument("a", 1), Argument("r", None, "OUT", "number")))
    job = replace(PENDING, request=listed.to_json())
    assert _shown(job)["params"] == [
        {"name": "a", "value": 1},
        {"name": "r", "direction": "OUT", "type": "number"},
    ]


def test_a_callback_is_shown_without_what_there_is_not() -> None:
    waiting = Callback("https://a.example/", CallbackState.WAITING, 0, None, None, None)
    job = replace(PENDING, callback=waiting)
    assert _shown(job)["callback"] == {
        "url": "https://a.example/",
        "state": "waiting",
        "attempts": 0,
    }
    due = COMPLETED.end_time
    failing = replace(
        waiting,
        state=CallbackState.PENDING,
        attempts=2,
        last_status=503,
        last_error="e",
        next_attempt=due,
    )
    assert _shown(replace(job, callback=failing))["callback"] == {
        "url": "https://a.example/",
        "state": "pending",
        "attempts": 2,
        "last_status": 503,
        "last_error": "e",
        "next_attempt": _shown(COMPLETED)["end_time"],
    }
    assert "callback" not in _shown(PENDING)


def test_parameters_can_be_hidden() -> None:
    assert "params" not in _shown(PENDING, show_params=False)


def test_an_answer_keeps_all_digits() -> None:
    big = Decimal("12345678901234567890.123456789012345678")
    assert documents.encode([big, 10**38 - 1]) == f"[{big},{10**38 - 1}]".encode()


NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def figures(now: datetime = NOW, **changes: Any) -> dict[str, Any]:
    period = Period.last(2, now, timedelta(hours=24))
    hours = tuple(
        Hour(period.since + number * timedelta(hours=1), dict.fromkeys(FINAL, number))
        for number in range(2)
    )
    lengths = [timedelta(seconds=seconds) for seconds in (0.5, 2, 9.1, 10.000001)]
    procedures = (ProcedureFigures("P", 12, 1, *lengths),)
    active = {JobStatus.PENDING: 3, JobStatus.RUNNING: 2}
    summary = replace(Summary(period, active, hours, procedures), **changes)
    return documents.summary_document(summary)


def test_figures_about_jobs() -> None:
    assert json.loads(documents.encode(figures())) == {
        "since": "2026-01-02T02:00:00Z",
        "until": "2026-01-02T03:04:05Z",
        "active": {"pending": 3, "running": 2},
        "hours": [
            {"start": "2026-01-02T02:00:00Z", "completed": 0, "failed": 0, "cancelled": 0},
            {"start": "2026-01-02T03:00:00Z", "completed": 1, "failed": 1, "cancelled": 1},
        ],
        "procedures": [
            {
                "procedure_name": "P",
                "jobs": 12,
                "failed": 1,
                "shortest_seconds": 0.5,
                "median_seconds": 2.0,
                "p95_seconds": 9.1,
                "longest_seconds": 10.000001,
            }
        ],
    }


def test_figures_have_another_tag_with_other_figures_but_not_with_time_alone() -> None:
    tags = [
        documents.summary_tag(document)
        for document in (
            figures(),
            figures(NOW + timedelta(hours=1)),
            figures(active={JobStatus.PENDING: 2, JobStatus.RUNNING: 2}),
            figures(hours=()),
            figures(procedures=()),
        )
    ]
    assert len(set(tags)) == len(tags)
    assert documents.summary_tag(figures(NOW + timedelta(minutes=9))) == tags[0]


@pytest.mark.parametrize(("next_seq", "following"), [(None, {}), (12, {"next": "12"})])
def test_a_page_says_how_to_go_on(next_seq: int | None, following: dict[str, str]) -> None:
    page = documents.page_document(JobPage(3, (COMPLETED,), next_seq))
    assert page["total"] == 3
    assert [job["id"] for job in page["jobs"]] == [COMPLETED.id]
    assert {name: page[name] for name in page if name == "next"} == following


ANOTHER = replace(PENDING, id="f" * 32)
OTHER_PAGES = [
    JobPage(4, (COMPLETED,), None),
    JobPage(3, (COMPLETED,), 41),
    JobPage(3, (replace(COMPLETED, version=COMPLETED.version + 1),), None),
    JobPage(3, (ANOTHER,), None),
    JobPage(3, (COMPLETED, ANOTHER), None),
    JobPage(3, (ANOTHER, COMPLETED), None),
    JobPage(3, (), None),
]


def test_whatever_shows_in_a_page_is_in_its_tag() -> None:
    page = JobPage(3, (COMPLETED,), None)
    tags = [documents.page_tag(one.outline) for one in (page, *OTHER_PAGES)]
    assert len(set(tags)) == len(tags)
    assert documents.page_tag(replace(page).outline) == tags[0]


def test_a_page_shows_no_parameters() -> None:
    assert "params" not in documents.page_document(JobPage(1, (PENDING,), None))["jobs"][0]


def test_a_submission_is_answered_with_where_to_look() -> None:
    answer = documents.accepted(PENDING)
    assert (answer["status"], answer["job_id"]) == ("accepted", PENDING.id)
    assert answer["check_status_url"] == documents.job_path(PENDING) == f"/jobs/{PENDING.id}"


@pytest.mark.parametrize("status", JobStatus)
def test_only_a_job_that_is_not_final_says_when_to_ask_again(status: JobStatus) -> None:
    asked_again = "Retry-After" in documents.retry_after(replace(PENDING, status=status))
    assert asked_again is not status.is_final


# ---- the engine


@pytest.mark.parametrize(
    ("state", "members"),
    [
        (EngineState("celery"), {}),
        (EngineState("celery", broker_reachable=False), {"broker": "unreachable"}),
        (
            EngineState("celery", broker_reachable=True, queue_length=0),
            {"broker": "reachable", "queue_length": 0},
        ),
    ],
)
def test_of_a_broker_is_shown_what_is_known(state: EngineState, members: dict[str, Any]) -> None:
    assert documents.engine_document(EngineReport(state, Members(2, 16), 1.5)) == {
        "kind": "celery",
        "workers": 2,
        "slots": 16,
        "oldest_pending_seconds": 1.5,
        **members,
    }


def test_of_a_service_that_runs_its_jobs_itself_there_is_no_more_to_show() -> None:
    report = EngineReport(EngineState("threads"))
    assert documents.engine_document(report) == {"kind": "threads"}
