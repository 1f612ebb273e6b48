"""The shapes of answers, from which their JSON Schemas are made.

A member whose default is ``UNSET`` is left out where there is nothing to say. The docstrings are
the descriptions that clients read.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from oracle_api.jobs.job import CallbackState, JobStatus
from oracle_api.oracle.longops import Work
from oracle_api.oracle.request import Argument, Direction
from oracle_api.problems import KINDS

JobId = Annotated[
    str, Meta(pattern="^[0-9a-f]{32}$", examples=["a3f5e8d9c2b4a1e7f6d8c9b2a1e7f6d8"])
]
Moment = Annotated[datetime, Meta(tz=True)]
Seconds = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]
OutValues = Annotated[
    dict[str, Any] | list[dict[str, Any]],
    Meta(description="OUT values by the caller's names for them; of a batch, a list of such."),
]
Output = Annotated[list[str], Meta(description="Lines of DBMS_OUTPUT, where `output` was true.")]


class Health(Struct):
    """All is well."""

    status: Literal["ok"]


class Engine(Struct):
    """What brings jobs to those who run them. All but `kind` is of `celery` alone."""

    kind: Annotated[
        Literal["threads", "celery"],
        Meta(description="Whether the service runs jobs itself, or its workers do."),
    ]
    broker: Annotated[
        Literal["reachable", "unreachable"] | UnsetType,
        Meta(description="As it was a few seconds ago; left out before the first look."),
    ] = UNSET
    queue_length: Annotated[
        Count | UnsetType,
        Meta(description="Messages in the broker; left out while it is not reachable."),
    ] = UNSET
    workers: Annotated[Count | UnsetType, Meta(description="Worker processes that live.")] = UNSET
    slots: Annotated[
        Count | UnsetType,
        Meta(description="Jobs that may run at once in all of them together."),
    ] = UNSET
    oldest_pending_seconds: Annotated[
        Seconds | UnsetType,
        Meta(description="How long the oldest waiting job has waited; 0 where none waits."),
    ] = UNSET


class Readiness(Struct):
    """Requests are answered and jobs accepted; whether jobs run just now is the engine's."""

    status: Literal["ok"]
    engine: Engine


class Cursor(Struct):
    """The rows of a REF CURSOR in the answer of a synchronous call."""

    columns: Annotated[list[str], Meta(description="Names; they may repeat.")]
    rows: list[list[Any]]
    truncated: Annotated[
        bool | UnsetType, Meta(description="There are more rows than MAX_ROWS.")
    ] = UNSET


class KeptCursor(Struct):
    """The rows of a REF CURSOR of a job, which are kept beside it."""

    columns: Annotated[list[str], Meta(description="Names; they may repeat.")]
    row_count: Annotated[int, Meta(ge=0)]
    rows_url: Annotated[str, Meta(description="Where all of the rows are.")]
    rows: Annotated[
        list[list[Any]] | UnsetType, Meta(description="All of them, where they are few.")
    ] = UNSET


class KeptLob(Struct):
    """A large CLOB or BLOB of a job, which is kept beside it."""

    size: Annotated[int, Meta(ge=0, description="In bytes.")]
    media_type: str
    lob_url: str


class CallAnswer(Struct):
    """What came back from a call."""

    status: Literal["ok"]
    out: OutValues
    output: Output | UnsetType = UNSET
    results: Annotated[
        list[Cursor | None] | UnsetType,
        Meta(description="Implicit results (DBMS_SQL.RETURN_RESULT)."),
    ] = UNSET


class Accepted(Struct):
    """A job that was accepted."""

    status: Literal["accepted"]
    job_id: JobId
    message: str
    check_status_url: Annotated[str, Meta(description="Where the job is shown.")]


class Callback(Struct):
    """Who is told that a job has ended, and how far that is."""

    url: str
    state: CallbackState
    attempts: Annotated[int, Meta(ge=0)]
    last_status: Annotated[int | UnsetType, Meta(description="The receiver's last answer.")] = UNSET
    last_error: Annotated[str | UnsetType, Meta(description="Why the last attempt failed.")] = UNSET
    next_attempt: Moment | UnsetType = UNSET


class Job(Struct):
    """A job. Lists leave out `params`, `batch` and `callback`, and a large `result`."""

    id: JobId
    status: JobStatus
    procedure_name: Annotated[str, Meta(description="As the caller wrote it.")]
    start_time: Annotated[Moment, Meta(description="When it was accepted.")]
    progress: Annotated[int, Meta(ge=0, le=100, description="Never goes back.")]
    submitted_by: Annotated[str, Meta(description="The client's name.")]
    schema: str | UnsetType = UNSET
    params: Annotated[
        dict[str, Any] | list[Argument] | UnsetType,
        Meta(description="As they were submitted, unless JOB_SHOW_PARAMS is 0."),
    ] = UNSET
    batch: list[dict[str, Any]] | UnsetType = UNSET
    run_start_time: Annotated[Moment | UnsetType, Meta(description="When it began to run.")] = UNSET
    end_time: Moment | UnsetType = UNSET
    duration: Annotated[
        str | UnsetType, Meta(description="From `start_time` to `end_time`.", examples=["5m0s"])
    ] = UNSET
    work: Annotated[
        Work | UnsetType,
        Meta(description="What the procedure itself reports, where it does."),
    ] = UNSET
    result: OutValues | UnsetType = UNSET
    output: Output | UnsetType = UNSET
    results: Annotated[
        list[KeptCursor | None] | UnsetType,
        Meta(description="Implicit results (DBMS_SQL.RETURN_RESULT)."),
    ] = UNSET
    error: Annotated[str | UnsetType, Meta(description="Why it failed.")] = UNSET
    error_code: Annotated[
        str | UnsetType,
        Meta(description="Oracle's code, or the service's.", examples=["ORA-20001", "interrupted"]),
    ] = UNSET
    cancel_requested: bool | UnsetType = UNSET
    session_id: Annotated[int | UnsetType, Meta(description="Its Oracle session's `SID`.")] = UNSET
    serial_num: Annotated[int | UnsetType, Meta(description="And `SERIAL#`.")] = UNSET
    instance: Annotated[str | UnsetType, Meta(description="The Oracle instance.")] = UNSET
    callback: Callback | UnsetType = UNSET


class JobEvent(Struct):
    """What a callback says: the job as lists show it."""

    type: Literal["job.completed", "job.failed", "job.cancelled"]
    timestamp: Annotated[Moment, Meta(description="When the job ended.")]
    data: Job


class JobPage(Struct):
    """One page of the list of jobs, newest first."""

    total: Annotated[int, Meta(ge=0, description="All that match, on every page.")]
    jobs: list[Job]
    next: Annotated[
        str | UnsetType, Meta(description="The `cursor` of the next page; none on the last.")
    ] = UNSET


class ActiveJobs(Struct):
    """Jobs that have not ended."""

    pending: Annotated[int, Meta(ge=0)]
    running: Annotated[int, Meta(ge=0)]


class HourOfJobs(Struct):
    """Jobs that ended within one hour."""

    start: Annotated[Moment, Meta(description="Where the hour begins, in UTC.")]
    completed: Annotated[int, Meta(ge=0)]
    failed: Annotated[int, Meta(ge=0)]
    cancelled: Annotated[int, Meta(ge=0)]


class ProcedureTimes(Struct):
    """The jobs of one procedure that ran and ended, and how long they ran."""

    procedure_name: Annotated[
        str, Meta(description="As a caller wrote it; names that differ in case only are one.")
    ]
    jobs: Annotated[int, Meta(ge=1)]
    failed: Annotated[int, Meta(ge=0, description="How many of them failed.")]
    shortest_seconds: Seconds
    median_seconds: Seconds
    p95_seconds: Annotated[float, Meta(ge=0, description="What 95 of 100 do not exceed.")]
    longest_seconds: Seconds


class JobSummary(Struct):
    """Figures about jobs."""

    since: Annotated[Moment, Meta(description="Where the first of the hours begins.")]
    until: Annotated[Moment, Meta(description="When they were counted.")]
    active: ActiveJobs
    hours: Annotated[
        list[HourOfJobs],
        Meta(description="All of the period, oldest first; the last has not ended."),
    ]
    procedures: Annotated[
        list[ProcedureTimes], Meta(description="Those of most jobs first, at most 20.")
    ]


class JobDeleted(Struct):
    """A job was deleted."""

    message: str
    job_id: JobId


class JobsDeleted(Struct):
    """Jobs were deleted."""

    message: str
    deleted: Annotated[int, Meta(ge=0, description="How many.")]


class RowPage(Struct):
    """One page of the rows of a REF CURSOR."""

    columns: Annotated[list[str], Meta(description="Names; they may repeat.")]
    rows: list[list[Any]]
    next: Annotated[
        str | UnsetType,
        Meta(description="The `cursor` of the next page; none once there are no more rows."),
    ] = UNSET


class ListedProcedure(Struct):
    """A procedure's full name."""

    name: Annotated[str, Meta(examples=["DWH.PKG_ETL.PROCESO_LARGO"])]
    url: Annotated[str, Meta(description="Where it is described.")]


class ProcedureList(Struct):
    """Procedures that may be called."""

    procedures: list[ListedProcedure]
    truncated: Annotated[bool | UnsetType, Meta(description="There are more.")] = UNSET


class TypeDescription(Struct):
    """A type; of a collection also its elements', of a record or object its attributes'."""

    type: Annotated[str, Meta(examples=["NUMBER"])]
    element: "TypeDescription | UnsetType" = UNSET
    attributes: "dict[str, TypeDescription] | UnsetType" = UNSET


class ParameterDescription(Struct):
    """One parameter of a procedure."""

    name: str
    direction: Direction
    type: Annotated[str, Meta(examples=["NUMBER"])]
    has_default: Annotated[bool, Meta(description="It may be left out.")]
    is_supported: Annotated[bool, Meta(description="Values of its type can be passed.")]
    element: TypeDescription | UnsetType = UNSET
    attributes: dict[str, TypeDescription] | UnsetType = UNSET


class OverloadDescription(Struct):
    """One overload of a procedure."""

    signature: str
    parameters: list[ParameterDescription]
    example: Annotated[dict[str, Any], Meta(description="A body that calls it.")]
    schema: Annotated[dict[str, Any], Meta(description="The JSON Schema of such a body.")]
    returns: Annotated[TypeDescription | UnsetType, Meta(description="A function's result.")] = (
        UNSET
    )


class ProcedureDescription(Struct):
    """A procedure or function with its overloads."""

    name: Annotated[str, Meta(examples=["DWH.PKG_ETL.PROCESO_LARGO"])]
    overloads: list[OverloadDescription]


class Fault(Struct):
    """One fault in a request body."""

    pointer: Annotated[str, Meta(description="Where: a JSON Pointer (RFC 6901).")]
    detail: str


class Problem(Struct):
    """A problem document (RFC 9457)."""

    type: Annotated[
        str,
        Meta(
            description="The kind of problem; `about:blank` where the status says it all.",
            extra_json_schema={"enum": ["about:blank", *(kind.type for kind in KINDS.values())]},
        ),
    ]
    title: Annotated[str, Meta(description="The same for every problem of this kind.")]
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: Annotated[str, Meta(description="What happened this time, for a person.")]
    error: Annotated[str, Meta(description="The same text, for clients of the older service.")]
    request_id: Annotated[str, Meta(description="The request's `X-Request-ID`, as in the log.")]
    code: Annotated[
        str | UnsetType,
        Meta(description="Oracle's code, or the service's.", examples=["ORA-20001"]),
    ] = UNSET
    errors: Annotated[
        list[Fault] | UnsetType, Meta(description="What is wrong in the request's body.")
    ] = UNSET
