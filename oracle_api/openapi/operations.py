"""What each route does, as its clients need to know it.

Here stands only what the code itself does not tell: paths, methods and scopes come from the
routes, limits from the settings, bodies from ``schemas``, the statuses of problems from
``problems.KINDS``. A new route needs an entry in :data:`OPERATIONS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from oracle_api import exceptions as errors
from oracle_api.openapi import answers
from oracle_api.openapi import examples as shown
from oracle_api.schemas import ProcedureBody

JSON = "application/json"

#: The body of a call that is made at once: all but what only jobs have.
SYNCHRONOUS: dict[str, Any] = {"$ref": "#/components/schemas/CallBody"}
ONLY_JOBS = ("callback_url",)

#: Stands for a body of text, or of bytes.
TEXT: dict[str, Any] = {"type": "string"}
BINARY: dict[str, Any] = {}

Problems = tuple[type[errors.OracleApiError], ...]


@dataclass(frozen=True, kw_only=True)
class Body:
    """A body that a request has or an answer is.

    Args:
        shapes: a Struct or a JSON Schema for each media type.
        examples: of the JSON among them, by name.
    """

    shapes: Mapping[str, Any]
    examples: Mapping[str, shown.Example] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer that is no problem.

    Args:
        description: in a few words.
        body: None for none.
        headers: of those in ``parts.HEADERS``.
        links: to other operations (OpenAPI, "Link Object"), by name.
    """

    description: str
    body: Body | None = None
    headers: tuple[str, ...] = ()
    links: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One route and method.

    Args:
        id: names the function that a client generator makes of it.
        tag: the group that it is shown in.
        summary: in a few words.
        description: the rest, in Markdown; ``{settings.x}`` is filled in.
        parameters: of those in ``parts.PARAMETERS``; what stands in the path comes by itself.
        body: of the request.
        answers: by status.
        callbacks: requests that the service makes later on, by name (OpenAPI, "Callback Object").
        problems: what it may raise; who may call and what concerns every route comes by itself.
        statuses: of problems that HTTP itself has.
    """

    id: str
    tag: str
    summary: str
    answers: Mapping[HTTPStatus, Answer]
    description: str = ""
    parameters: tuple[str, ...] = ()
    body: Body | None = None
    callbacks: Mapping[str, Any] = field(default_factory=dict)
    problems: Problems = ()
    statuses: tuple[HTTPStatus, ...] = ()


#: Groups of operations, in the order in which they are shown.
TAGS: dict[str, str] = {
    "calls": "Calling procedures, at once or in the background.",
    "jobs": "Background calls: looked at, cancelled, deleted.",
    "results": "Large results of background calls.",
    "procedures": "What can be called, and how.",
    "service": "How the service is.",
}

#: What any guarded route may answer, beside the problems of its own.
GUARDED: Problems = (errors.NotAllowed, errors.RateLimited)

_DATABASE: Problems = (errors.DatabaseUnavailable,)
_STORE: Problems = (errors.StoreUnavailable, errors.StoreRefused)
_JOB: Problems = (errors.JobNotFound, *_STORE)
_BODY = (
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
)


_SAME = Answer(description="It has not changed.", headers=("ETag",))


def _json(shape: Any, **named: shown.Example) -> Body:
    return Body(shapes={JSON: shape}, examples=named)


def _ok(description: str, body: Body, *headers: str) -> dict[HTTPStatus, Answer]:
    return {HTTPStatus.OK: Answer(description=description, body=body, headers=headers)}


def _link(operation: str, description: str) -> dict[str, Any]:
    return {
        "operationId": operation,
        "parameters": {"job_id": "$response.body#/job_id"},
        "description": description,
    }


def _webhook_header(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
    }


#: What ``webhooks`` sends.
_JOB_ENDED: dict[str, Any] = {
    "{$request.body#/callback_url}": {
        "post": {
            "summary": "A job has ended",
            "description": "Signed as Standard Webhooks 1.0 has it, and tried again where the "
            "answer is not a 2xx.",
            "security": [],
            "parameters": [
                _webhook_header("webhook-id", "The event's id, the same in every attempt."),
                _webhook_header("webhook-timestamp", "Of this attempt, seconds since 1970."),
                _webhook_header("webhook-signature", "`v1,` and base64; several with spaces."),
            ],
            "requestBody": {
                "required": True,
                "content": {JSON: {"schema": {"$ref": "#/components/schemas/JobEvent"}}},
            },
            "responses": {
                "2XX": {"description": "It was taken."},
                "410": {"description": "It is not wanted, and not to be tried again."},
            },
        }
    }
}

#: By the routes' endpoints.
OPERATIONS: dict[str, Operation] = {
    "procedures.call_now": Operation(
        id="callProcedure",
        tag="calls",
        summary="Call a procedure now",
        description="Runs a procedure or function and answers with its OUT values. Types and "
        "directions come from the data dictionary. After success the transaction is committed, "
        "after an error it is rolled back. A call that takes longer than "
        "{settings.sync_timeout_seconds:g} seconds is broken off in the database; "
        "`POST /procedure/async` has no such limit. A REF CURSOR gives at most "
        "{settings.max_rows} rows, a CLOB or BLOB has at most {settings.max_lob_bytes} "
        "characters or bytes. A request's body has at most {settings.max_body_bytes} bytes, and "
        "objects and lists are nested in it at most {settings.max_json_depth} deep.",
        body=_json(SYNCHRONOUS, **shown.CALLS),
        answers=_ok(
            "The OUT values.",
            _json(answers.CallAnswer, **shown.CALL_ANSWERS),
            "Server-Timing",
        ),
        problems=(
            errors.InvalidRequest,
            errors.ProcedureNotAllowed,
            errors.ProcedureNotFound,
            errors.Conflict,
            errors.ProcedureFailed,
            errors.OutcomeUnknown,
            *_DATABASE,
            errors.StaleTypes,
            errors.CallTimedOut,
            errors.CallCancelled,
        ),
        statuses=_BODY,
    ),
    "procedures.submit": Operation(
        id="submitProcedure",
        tag="calls",
        summary="Call a procedure in the background",
        description="Accepts a job, which is on disk before the answer is sent. It never waits "
        "for the database: whether there is such a procedure shows in the job. At most "
        "{settings.job_queue_limit} jobs wait, and {settings.job_workers} run at once in each "
        "process. With `callback_url` the job's end is told to that URL.",
        parameters=("IdempotencyKey",),
        body=_json(ProcedureBody, **shown.SUBMISSIONS),
        answers={
            HTTPStatus.ACCEPTED: Answer(
                description="The job was accepted.",
                body=_json(answers.Accepted, **shown.ACCEPTED),
                headers=("Location", "Retry-After"),
                links={
                    "show": _link("showJob", "Look at the job."),
                    "cancel": _link("cancelJob", "Cancel the job."),
                    "delete": _link("deleteJob", "Delete the job once it has ended."),
                },
            )
        },
        callbacks={"jobEnded": _JOB_ENDED},
        problems=(
            errors.InvalidRequest,
            errors.ProcedureNotAllowed,
            errors.IdempotencyMismatch,
            errors.TooManyJobs,
            errors.QueueFull,
            errors.Unavailable,
            *_STORE,
        ),
        statuses=_BODY,
    ),
    "jobs.index": Operation(
        id="listJobs",
        tag="jobs",
        summary="List jobs",
        description="Newest first: all that are active, and those that ended within "
        "{settings.job_retention_hours:g} hours. Without the scope `jobs:read:all` a client "
        "sees its own.",
        parameters=("id", "status", "procedure", "limit", "cursor", "IfNoneMatch"),
        answers={
            **_ok("A page of jobs.", _json(answers.JobPage, **shown.JOB_PAGE), "ETag"),
            HTTPStatus.NOT_MODIFIED: _SAME,
        },
        problems=(errors.InvalidRequest, *_STORE),
    ),
    "jobs.summary": Operation(
        id="summarizeJobs",
        tag="jobs",
        summary="Figures about jobs",
        description="How many are active now, how many ended in each of the last hours, and how "
        "long those of each procedure ran. Jobs that ended more than "
        "{settings.job_retention_hours:g} hours ago are not counted. The `ETag` does not change "
        "with `until` alone. Without the scope `jobs:read:all` a client's own jobs are counted.",
        parameters=("hours", "IfNoneMatch"),
        answers={
            **_ok("The figures.", _json(answers.JobSummary, **shown.SUMMARIES), "ETag"),
            HTTPStatus.NOT_MODIFIED: _SAME,
        },
        problems=(errors.InvalidRequest, *_STORE),
    ),
    "jobs.show": Operation(
        id="showJob",
        tag="jobs",
        summary="Look at a job",
        parameters=("wait", "IfNoneMatch"),
        answers={
            HTTPStatus.OK: Answer(
                description="The job; `Retry-After` while it is not final.",
                body=_json(answers.Job, **shown.JOBS),
                headers=("ETag", "Retry-After"),
            ),
            HTTPStatus.NOT_MODIFIED: Answer(
                description="It has not changed.", headers=("ETag", "Retry-After")
            ),
        },
        problems=(errors.InvalidRequest, *_JOB),
    ),
    "jobs.cancel": Operation(
        id="cancelJob",
        tag="jobs",
        summary="Cancel a job",
        description="A waiting job is cancelled at once. A running one is broken off in the "
        "database, rolled back, and `cancelled` once the call has truly returned.",
        answers={
            HTTPStatus.ACCEPTED: Answer(
                description="The job.",
                body=_json(answers.Job, **shown.CANCELLED_JOBS),
                headers=("Retry-After",),
            )
        },
        problems=(errors.Conflict, *_JOB),
    ),
    "jobs.delete": Operation(
        id="deleteJob",
        tag="jobs",
        summary="Delete a job that has ended",
        answers=_ok("It was deleted.", _json(answers.JobDeleted)),
        problems=(errors.Conflict, *_JOB),
    ),
    "jobs.delete_many": Operation(
        id="deleteJobs",
        tag="jobs",
        summary="Delete jobs that have ended",
        description="By state and age; at least one of both. Jobs that wait or run stay.",
        parameters=("status", "older_than"),
        answers=_ok("They were deleted.", _json(answers.JobsDeleted)),
        problems=(errors.InvalidRequest, *_STORE),
    ),
    "rows.show": Operation(
        id="listRows",
        tag="results",
        summary="The rows of a job's REF CURSOR",
        description="Pages of JSON, or all of them as CSV or as a JSON array on each line. Also "
        "while the job still fetches: there may always be more pages then, and a stream goes on "
        "until the job ends. In a batch, the parameter's name follows the element: `0.P_CURSOR`.",
        parameters=("rows", "cursor"),
        answers=_ok(
            "Rows, in the form that the request accepts.",
            Body(
                shapes={
                    JSON: answers.RowPage,
                    "text/csv": TEXT,
                    "application/x-ndjson": TEXT,
                }
            ),
            "Retry-After",
            "Content-Disposition",
        ),
        problems=(
            errors.InvalidRequest,
            errors.NotFound,
            errors.Conflict,
            errors.Unavailable,
            *_JOB,
        ),
        statuses=(HTTPStatus.NOT_ACCEPTABLE,),
    ),
    "lobs.show": Operation(
        id="getLob",
        tag="results",
        summary="A large CLOB or BLOB of a job",
        description="In a batch, the parameter's name follows the element: `0.P_CLOB`.",
        parameters=("Range",),
        answers={
            HTTPStatus.OK: Answer(
                description="All of it.",
                body=Body(shapes={"text/plain": TEXT, "application/octet-stream": BINARY}),
                headers=("Accept-Ranges", "Content-Disposition"),
            ),
            HTTPStatus.PARTIAL_CONTENT: Answer(
                description="The part that was asked for.",
                body=Body(shapes={"text/plain": TEXT, "application/octet-stream": BINARY}),
                headers=("Accept-Ranges", "Content-Disposition", "Content-Range"),
            ),
        },
        problems=(errors.NotFound, *_JOB),
        statuses=(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,),
    ),
    "procedures.index": Operation(
        id="listProcedures",
        tag="procedures",
        summary="List procedures",
        description="Those that the data dictionary shows and the client may call.",
        parameters=("like",),
        answers=_ok("Their names.", _json(answers.ProcedureList)),
        problems=(errors.InvalidRequest, *_DATABASE),
    ),
    "procedures.describe": Operation(
        id="describeProcedure",
        tag="procedures",
        summary="Describe a procedure",
        description="Each overload's parameters, an example and a JSON Schema of a body.",
        answers=_ok("The procedure.", _json(answers.ProcedureDescription)),
        problems=(errors.InvalidRequest, errors.ProcedureNotFound, *_DATABASE),
    ),
    "openapi.of_procedure": Operation(
        id="getProcedureDocument",
        tag="procedures",
        summary="An OpenAPI document of one procedure",
        description="Its operations have the types of the procedure's own parameters, so that a "
        "client generator makes typed calls of it.",
        answers=_ok("The document.", _json({"type": "object"})),
        problems=(errors.InvalidRequest, errors.ProcedureNotFound, *_DATABASE),
    ),
    "openapi.of_service": Operation(
        id="getDocument",
        tag="service",
        summary="This document",
        parameters=("IfNoneMatch",),
        answers={
            **_ok("The document.", _json({"type": "object"}), "ETag"),
            HTTPStatus.NOT_MODIFIED: _SAME,
        },
    ),
    "health.alive": Operation(
        id="isAlive",
        tag="service",
        summary="Whether the process answers",
        answers=_ok("It does.", _json(answers.Health)),
    ),
    "health.ready": Operation(
        id="isReady",
        tag="service",
        summary="Whether job store and database can be used",
        description=(
            "Also shows how it stands with the engine of jobs. A broker that is away, or that no "
            "worker lives, makes the service no less ready: calls are made and jobs accepted, and "
            "they run later."
        ),
        answers=_ok("They can.", _json(answers.Readiness)),
        problems=(*_DATABASE, *_STORE),
    ),
    "metrics.show": Operation(
        id="getMetrics",
        tag="service",
        summary="What the service counts and measures",
        description="For Prometheus: its text, or OpenMetrics where the request prefers it.",
        answers=_ok(
            "The metrics.",
            Body(shapes={"text/plain": TEXT, "application/openmetrics-text": TEXT}),
        ),
    ),
    "health.ping": Operation(
        id="pingDatabase",
        tag="service",
        summary="Whether the database answers",
        answers=_ok("It does.", _json(answers.Health)),
        problems=_DATABASE,
    ),
}
