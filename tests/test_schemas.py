"""Request bodies, answers and queries."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from oracle_api import schemas
from oracle_api.exceptions import InvalidRequest
from oracle_api.jobs.job import FINAL, Callback, CallbackState, Job, JobPage, JobStatus
from oracle_api.jobs.summary import Hour, Period, ProcedureFigures, Summary
from oracle_api.oracle.longops import Work
from oracle_api.oracle.names import ProcedureName, identifier
from oracle_api.oracle.request import Argument, CallRequest
from oracle_api.oracle.sessions import Session

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)
NAMES = st.sampled_from(["P", "pkg.p", "a b", "", "dwh.pkg.p", "a.b.c.d", "p;"]) | st.text(
    max_size=8
)
# Documents that are near enough to a call to come past the first check.
NEAR_CALLS = st.fixed_dictionaries(
    {"name": NAMES | JSON},
    optional={
        "schema": NAMES | JSON,
        "isFunction": st.booleans() | JSON,
        "params": st.lists(
            st.fixed_dictionaries(
                {"name": NAMES | JSON},
                optional={
                    "value": JSON,
                    "direction": st.sampled_from(["IN", "out", "in  out", "INOUT", "up"]) | JSON,
                    "type": st.text(max_size=5) | JSON,
                },
            )
            | JSON,
            max_size=4,
        )
        | st.dictionaries(NAMES, JSON, max_size=4)
        | JSON,
        "more": JSON,
    },
)
JSON_NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,25})?", fullmatch=True
).filter(str.isascii)


def _parse(document: Any, *, by_position: bool = False) -> CallRequest:
    return schemas.parse_call(json.dumps(document).encode(), by_position=by_position)


def _refusal(document: Any) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        _parse(document)
    return caught.value


def _resolve(document: Any, pointer: str) -> Any:
    """Follow a JSON Pointer (RFC 6901); LookupError where it leads nowhere."""
    if pointer and not pointer.startswith("/"):
        raise LookupError(pointer)
    for token in pointer.split("/")[1:]:
        if re.search("~(?![01])", token):
            raise LookupError(pointer)
        member = token.replace("~1", "/").replace("~0", "~")
        document = document[int(member)] if isinstance(document, list) else document[member]
    return document


# ---- calls


def test_a_call_is_read_as_its_client_wrote_it() -> None:
    assert _parse(
        {
            "name": " PKG_ETL.PROCESO_LARGO ",
            "schema": "DWH",
            "isFunction": False,
            "params": [
                {"name": "vFECHA", "value": "2025-12-10"},
                {"name": "vRESULTADO", "direction": "OUT", "type": "number"},
            ],
        }
    ) == CallRequest(
        "PKG_ETL.PROCESO_LARGO",
        "DWH",
        False,
        (Argument("vFECHA", "2025-12-10"), Argument("vRESULTADO", None, "OUT", "number")),
    )


def test_params_may_be_an_object() -> None:
    assert _parse({"name": "p", "params": {"vFECHA": "2025-12-10", "n": 1}}) == CallRequest(
        "P", arguments=(Argument("vFECHA", "2025-12-10"), Argument("n", 1)), by_object=True
    )


@pytest.mark.parametrize("params", [{}, {"params": None}, {"params": []}])
def test_params_may_be_left_out(params: dict[str, Any]) -> None:
    assert _parse({"name": "p", **params}) == CallRequest("P")


def test_members_that_nobody_knows_are_ignored() -> None:
    assert _parse({"name": "p", "comment": [1]}) == CallRequest("P")


@pytest.mark.parametrize(
    "members",
    [
        {"params": [{}] * 1001},
        {"params": {f"p{n}": 1 for n in range(1001)}},
        {"batch": [{f"p{n}": 1 for n in range(1001)}]},
    ],
)
def test_more_parameters_than_any_procedure_has_are_refused(members: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="at most 1000") as caught:
        _parse({"name": "p", **members})
    assert len(caught.value.errors) == 1


def test_a_name_is_kept_in_its_shortest_form() -> None:
    name = '  dwh . "Pkg"' + " " * 5000 + ". p "
    assert _parse({"name": name}).name == 'DWH."Pkg".P'


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("IN", "IN"),
        ("in", "IN"),
        ("Out", "OUT"),
        ("IN OUT", "IN OUT"),
        ("in  out", "IN OUT"),
        ("INOUT", "IN OUT"),
        ("in/out", "IN OUT"),
        (" out ", "OUT"),
        ("", None),
        (None, None),
    ],
)
def test_a_direction_is_read_in_any_case(text: str | None, direction: str | None) -> None:
    request = _parse({"name": "p", "params": [{"name": "a", "direction": text}]})
    assert request.arguments[0].direction == direction


@given(JSON_NUMBERS)
def test_a_number_keeps_all_its_digits(text: str) -> None:
    body = f'{{"name": "p", "params": {{"a": {text}}}}}'.encode()
    try:
        value = schemas.parse_call(body, by_position=False).arguments[0].value
    except InvalidRequest:
        # Beyond what a decimal can hold at all.
        assert len(text.upper().partition("E")[2].lstrip("+-0")) >= 18
        return
    assert Decimal(value) == Decimal(text)
    assert not isinstance(value, float)


@given(JSON_NUMBERS)
def test_a_number_that_is_accepted_survives_the_job_store(text: str) -> None:
    body = f'{{"name": "p", "params": [{{"name": "a", "value": {text}}}]}}'.encode()
    try:
        request = schemas.parse_call(body, by_position=False)
    except InvalidRequest:
        return
    assert CallRequest.from_json(request.to_json()) == request


# ---- what is no call


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"name": "p"} x', "not JSON"),
        (b"{'name': 'p'}", "not JSON"),
        (b'{"name": "p", "params": {"a": NaN}}', "not JSON"),
        (b"\xff", "not JSON"),
        (b'{"name": "\xff"}', "not UTF-8"),
        (b'{"name": "p", "params": {"a": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"name": "p", "params": {"a": 1e99999999999999999999}}', "out of range"),
        (b"[" * 100_000, "Expected `object`"),
    ],
)
def test_what_is_no_json_is_refused_in_one_sentence(data: bytes, detail: str) -> None:
    with pytest.raises(InvalidRequest, match=detail) as caught:
        schemas.parse_call(data, by_position=False)
    assert caught.value.detail.endswith(".")
    assert len(caught.value.detail) < 200


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ([], ""),
        (None, ""),
        ({}, ""),
        ({"name": 1}, "/name"),
        ({"name": None}, "/name"),
        ({"name": ""}, "/name"),
        ({"name": "a b"}, "/name"),
        ({"name": "a.b.c.d"}, "/name"),
        ({"name": "p; DROP TABLE t"}, "/name"),
        ({"name": "p", "schema": 1}, "/schema"),
        ({"name": "p", "schema": "a b"}, "/schema"),
        ({"name": "a.b.c", "schema": "d"}, "/schema"),
        ({"name": "p", "isFunction": "yes"}, "/isFunction"),
        ({"name": "p", "params": 1}, "/params"),
        ({"name": "p", "params": [1]}, "/params/0"),
        ({"name": "p", "params": [{"name": "a"}, {}]}, "/params/1"),
        ({"name": "p", "params": [{"name": 1}]}, "/params/0/name"),
        ({"name": "p", "params": [{"name": "a", "type": 1}]}, "/params/0/type"),
        ({"name": "p", "params": [{"name": "a", "direction": 1}]}, "/params/0/direction"),
        ({"name": "p", "params": [{"name": "a", "direction": "up"}]}, "/params/0/direction"),
        ({"name": "p", "params": [{"name": "a"}, {"name": "b c"}]}, "/params/1"),
        ({"name": "p", "params": {"a": 1, "b/c~": 2}}, "/params/b~1c~0"),
        ({"name": "p", "params": {"": 1}}, "/params/"),
    ],
)
def test_a_fault_is_pointed_at(document: Any, pointer: str) -> None:
    error = _refusal(document)
    assert [fault.pointer for fault in error.errors] == [pointer]
    assert error.errors[0].detail


def test_a_number_of_too_many_digits_is_pointed_at_as_far_as_known() -> None:
    body = b'{"name": "p", "params": {"a": ' + b"1" * 10_000 + b"}}"
    with pytest.raises(InvalidRequest) as caught:
        schemas.parse_call(body, by_position=False)
    assert [fault.pointer for fault in caught.value.errors] == ["/params"]


def test_every_name_that_is_wrong_is_pointed_at() -> None:
    error = _refusal({"name": "p", "params": [{"name": "a b"}, {"name": "ok"}, {"name": "a b"}]})
    assert [fault.pointer for fault in error.errors] == ["/params/0", "/params/2"]


def test_a_thousand_wrong_names_do_not_make_a_long_sentence() -> None:
    error = _refusal({"name": "p", "params": [{"name": f"{n} x" * 100} for n in range(1000)]})
    assert len(error.detail) < 1500
    assert len(error.errors) == 1000


def test_by_position_a_name_may_be_any_text() -> None:
    request = _parse({"name": "p", "params": [{"name": "1 x"}, {"name": ""}]}, by_position=True)
    assert [argument.name for argument in request.arguments] == ["1 x", ""]


@given(st.binary(max_size=200), st.booleans())
@example(b'{"name":"p","params":{"a":1E999999999999999999999}}', False)
@example(b'{"name":"\\ud800"}', False)
@example(b'\xef\xbb\xbf{"name":"p"}', False)
def test_any_bytes_are_a_call_or_an_invalid_request(data: bytes, by_position: bool) -> None:
    try:
        request = schemas.parse_call(data, by_position=by_position)
    except InvalidRequest:
        return
    assert isinstance(request, CallRequest)


@given(JSON | NEAR_CALLS, st.integers(0, 200), st.binary(max_size=3))
def test_damaged_json_is_a_call_or_an_invalid_request(
    document: Any, position: int, damage: bytes
) -> None:
    data = json.dumps(document).encode()
    damaged = data[:position] + damage + data[position + 1 :]
    try:
        request = schemas.parse_call(damaged, by_position=False)
    except InvalidRequest:
        return
    assert isinstance(request, CallRequest)


@given(JSON | NEAR_CALLS)
def test_any_json_is_a_sound_call_or_an_invalid_request_that_points_into_it(document: Any) -> None:
    try:
        request = _parse(document)
    except InvalidRequest as exc:
        refusal = exc
    else:
        assert ProcedureName.parse(request.name, request.schema)
        assert all(identifier(argument.name) for argument in request.arguments)
        assert CallRequest.from_json(request.to_json()) == request
        return
    assert refusal.errors
    for fault in refusal.errors:
        _resolve(document, fault.pointer)


@given(st.dictionaries(st.text(max_size=8) | st.text("~/01 ", max_size=6), st.none(), min_size=1))
def test_a_pointer_leads_to_the_very_parameter(params: dict[str, None]) -> None:
    marked = {name: f"value of {name}" for name in params}
    document = {"name": "p", "params": marked}
    request = _parse(document, by_position=True)
    for argument in request.arguments:
        assert _resolve(document, request.pointer(argument)) == f"value of {argument.name}"


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
    assert schemas.duration(timedelta(microseconds=microseconds)) == text


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
    match = GO_DURATION.fullmatch(schemas.duration(length))
    assert match is not None
    total = sum(Decimal(match[unit] or 0) * size for unit, size in MICROSECONDS.items())
    assert timedelta(microseconds=int(-total if match["sign"] else total)) == length


def test_a_time_is_written_as_rfc_3339_in_utc() -> None:
    assert schemas.timestamp(datetime(2025, 12, 10, 14, 30, tzinfo=UTC)) == "2025-12-10T14:30:00Z"


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_written_time_is_exact(moment: datetime) -> None:
    text = schemas.timestamp(moment)
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
    run_start_time=None,
    end_time=None,
    progress=0,
    work=None,
    result=None,
    extras=None,
    error=None,
    error_code=None,
    cancel_requested=False,
    version=1,
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
    return json.loads(schemas.encode(schemas.job_document(job, show_params=show_params)))


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


def test_only_a_submission_may_name_a_url_to_call_back() -> None:
    body = b'{"name": "P", "callback_url": "https://a.example/"}'
    assert schemas.parse_submission(body, by_position=False) == (
        CallRequest("P"),
        "https://a.example/",
    )
    assert schemas.parse_submission(b'{"name": "P"}', by_position=False)[1] is None
    with pytest.raises(InvalidRequest) as caught:
        schemas.parse_call(body, by_position=False)
    assert caught.value.errors[0].pointer == "/callback_url"


def test_parameters_can_be_hidden() -> None:
    assert "params" not in _shown(PENDING, show_params=False)


def test_an_answer_keeps_all_digits() -> None:
    big = Decimal("12345678901234567890.123456789012345678")
    assert schemas.encode([big, 10**38 - 1]) == f"[{big},{10**38 - 1}]".encode()


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
    return schemas.summary_document(summary)


def test_figures_about_jobs() -> None:
    assert json.loads(schemas.encode(figures())) == {
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
        schemas.summary_tag(document)
        for document in (
            figures(),
            figures(NOW + timedelta(hours=1)),
            figures(active={JobStatus.PENDING: 2, JobStatus.RUNNING: 2}),
            figures(hours=()),
            figures(procedures=()),
        )
    ]
    assert len(set(tags)) == len(tags)
    assert schemas.summary_tag(figures(NOW + timedelta(minutes=9))) == tags[0]


@pytest.mark.parametrize(("next_seq", "following"), [(None, {}), (12, {"next": "12"})])
def test_a_page_says_how_to_go_on(next_seq: int | None, following: dict[str, str]) -> None:
    page = schemas.page_document(JobPage(3, (COMPLETED,), next_seq))
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
    tags = [schemas.page_tag(one.outline) for one in (page, *OTHER_PAGES)]
    assert len(set(tags)) == len(tags)
    assert schemas.page_tag(replace(page).outline) == tags[0]


def test_a_page_shows_no_parameters() -> None:
    assert "params" not in schemas.page_document(JobPage(1, (PENDING,), None))["jobs"][0]


def test_a_submission_is_answered_with_where_to_look() -> None:
    answer = schemas.accepted(PENDING)
    assert (answer["status"], answer["job_id"]) == ("accepted", PENDING.id)
    assert answer["check_status_url"] == schemas.job_path(PENDING) == f"/jobs/{PENDING.id}"


@pytest.mark.parametrize("status", JobStatus)
def test_only_a_job_that_is_not_final_says_when_to_ask_again(status: JobStatus) -> None:
    asked_again = "Retry-After" in schemas.retry_after(replace(PENDING, status=status))
    assert asked_again is not status.is_final


# ---- queries


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (None, ()),
        ("", ()),
        (" , ", ()),
        ("completed", (JobStatus.COMPLETED,)),
        (" Completed, FAILED ,", (JobStatus.COMPLETED, JobStatus.FAILED)),
    ],
)
def test_states_are_a_comma_list(text: str | None, found: tuple[JobStatus, ...]) -> None:
    assert schemas.statuses(text) == found


def test_an_unknown_state_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InvalidRequest, match="pending, running, completed, failed, cancelled"):
        schemas.statuses("completed,done")


@pytest.mark.parametrize(
    ("text", "value"),
    [(None, 7), ("", 7), (" ", 7), ("0", 0), ("1.5", 1.5), ("60", 60), ("61", 60), ("inf", 60)],
)
def test_a_number_has_a_default_and_a_highest(text: str | None, value: float) -> None:
    assert schemas.number(text, "wait", default=7, highest=60) == value


@pytest.mark.parametrize("text", ["-1", "x", "nan", "-inf", "1,5", "1 2"])
def test_what_is_no_number_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^wait must be a number from 0 to 60"):
        schemas.number(text, "wait", default=7, highest=60)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (None, 100),
        ("", 100),
        ("1", 1),
        ("007", 7),
        (" 5 ", 5),
        ("1000", 1000),
        ("1001", 1000),
        ("9" * 5000, 1000),
    ],
)
def test_a_whole_number_has_a_default_and_a_highest(text: str | None, value: int) -> None:
    assert schemas.whole_number(text, "limit", default=100, highest=1000) == value


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", "1e3", "٣", "1_0", "+1"])
def test_what_is_no_whole_number_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^limit must be a whole number from 1 to 1000"):
        schemas.whole_number(text, "limit", default=100, highest=1000)


@pytest.mark.parametrize(
    ("text", "prefix"), [(None, None), ("0", "0"), ("aBc9", "abc9"), ("F" * 32, "f" * 32)]
)
def test_ids_are_looked_for_in_any_case(text: str | None, prefix: str | None) -> None:
    assert schemas.id_prefix(text) == prefix


@pytest.mark.parametrize("text", ["", " ", "g", "a ", "a\n", "%", "0x1", "a-b", "٣", "0" * 33])
def test_what_no_id_begins_with_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="id must be"):
        schemas.id_prefix(text)


@pytest.mark.parametrize(("text", "seq"), [(None, None), ("", None), ("0", 0), ("12", 12)])
def test_a_cursor_is_what_next_was(text: str | None, seq: int | None) -> None:
    assert schemas.page_cursor(text) == seq


@pytest.mark.parametrize("text", ["-1", "x", "1.0", " 1", "9" * 19, "٣"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="cursor"):
        schemas.page_cursor(text)
