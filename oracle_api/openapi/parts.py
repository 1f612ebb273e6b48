"""Parameters and headers, by the names under which operations mention them."""

from typing import Any

from oracle_api.jobs.job import JobStatus
from oracle_api.limits import (
    DEFAULT_HOURS,
    DEFAULT_JOBS,
    DEFAULT_ROWS,
    MAX_DAYS,
    MAX_JOBS,
    MAX_KEY,
    MAX_ROWS,
    MAX_WAIT_SECONDS,
)

_TEXT = {"type": "string"}
_WHOLE = {"type": "integer", "minimum": 1}


def _path(name: str, description: str, example: str, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {**_TEXT, **schema},
        "example": example,
    }


def _query(name: str, description: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema, **more}


def _header(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "header", "description": description, "schema": _TEXT | schema}


def _at_most(what: str, default: int, most: int) -> str:
    return f"{what}: {default} unless it is said, {most} at most; more counts as {most}."


#: What stands in paths, by the names that the routes have for it.
IN_PATHS: dict[str, dict[str, Any]] = {
    "job_id": _path(
        "job_id",
        "The job's id.",
        "a3f5e8d9c2b4a1e7f6d8c9b2a1e7f6d8",
        pattern="^[0-9a-f]{32}$",
    ),
    "label": _path(
        "label",
        "The parameter's name, as in the job's result; `rows_url` and `lob_url` have it.",
        "P_CURSOR",
    ),
    "name": _path(
        "name",
        "The procedure's name: one to three identifiers with dots between them.",
        "SUMA_SIMPLE",
    ),
}

#: All others.
PARAMETERS: dict[str, dict[str, Any]] = {
    "RequestID": _header(
        "X-Request-ID",
        "An id of the caller's own for the answer and the log: letters, digits and `._:+/=-`, "
        "128 at most. Another one is not taken.",
    ),
    "Traceparent": _header(
        "traceparent", "W3C Trace Context; its trace id is in the log. One that is none is ignored."
    ),
    "IdempotencyKey": _header(
        "Idempotency-Key",
        "The same key, client and body give the same job again.",
        minLength=1,
        maxLength=MAX_KEY,
    ),
    "id": _query(
        "id",
        "Only jobs whose id begins so; case does not matter.",
        {"type": "string", "pattern": "^[0-9a-fA-F]{1,32}$"},
    ),
    "hours": _query(
        "hours",
        f"So many hours, the present one included: {DEFAULT_HOURS} unless it is said; more than "
        "jobs are kept counts as that.",
        _WHOLE,
    ),
    "IfNoneMatch": _header("If-None-Match", "The `ETag` of the answer that is at hand."),
    "Range": _header("Range", "The part that is wanted (RFC 9110).", examples=["bytes=0-1023"]),
    "wait": _query(
        "wait",
        "Answer once the job is final, or after so many seconds; more than "
        f"{MAX_WAIT_SECONDS} counts as {MAX_WAIT_SECONDS}. Where too many wait, at once.",
        {"type": "number", "minimum": 0, "default": 0},
    ),
    "status": _query(
        "status",
        "Only jobs in these states: a comma list.",
        {"type": "array", "items": {"type": "string", "enum": [*JobStatus]}},
        style="form",
        explode=False,
    ),
    "procedure": _query(
        "procedure", "Only jobs of this procedure, as it was named; case does not matter.", _TEXT
    ),
    "limit": _query("limit", _at_most("Jobs", DEFAULT_JOBS, MAX_JOBS), _WHOLE),
    "rows": _query("limit", _at_most("Rows", DEFAULT_ROWS, MAX_ROWS), _WHOLE),
    "cursor": _query(
        "cursor",
        "`next` of the page before.",
        {"type": "string", "pattern": "^([0-9]{1,18})?$"},
    ),
    "older_than": _query(
        "older_than",
        f"Only jobs that ended so many days ago or earlier; {MAX_DAYS} at most.",
        {"type": "number", "minimum": 0},
    ),
    "like": _query(
        "like",
        "One to three parts with dots between them, in which `*` and `?` stand for letters; all of "
        "the service's own schema unless it is said.",
        _TEXT,
        example="PKG_ETL.*",
    ),
}

#: Those that every operation has.
EVERYWHERE = ("RequestID", "Traceparent")

#: Those of answers that may come wherever a token is needed.
WITH_TOKEN = ("RateLimit", "RateLimit-Policy")

#: Of answers.
HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-ID": {
        "description": "The request's id: the caller's, if it sent a sane one. The log has it too.",
        "schema": _TEXT,
    },
    "Retry-After": {
        "description": "Seconds after which to ask again.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "RateLimit": {
        "description": "What is left, where RATE_LIMIT is set "
        "(draft-ietf-httpapi-ratelimit-headers-10).",
        "schema": _TEXT,
        "example": '"minute";r=599;t=60',
    },
    "RateLimit-Policy": {
        "description": "How many requests may be made, where RATE_LIMIT is set.",
        "schema": _TEXT,
        "example": '"minute";q=600;w=60',
    },
    "Server-Timing": {
        "description": "Where the time went, in milliseconds (W3C Server Timing).",
        "schema": _TEXT,
    },
    "WWW-Authenticate": {"description": "What is wanted (RFC 6750).", "schema": _TEXT},
    "Location": {"description": "Where the job is shown.", "schema": _TEXT},
    "ETag": {"description": "Of this state of it.", "schema": _TEXT},
    "Content-Disposition": {"description": "A name for the file.", "schema": _TEXT},
    "Content-Range": {"description": "Which part this is.", "schema": _TEXT},
    "Accept-Ranges": {"description": "Parts are counted in bytes.", "schema": _TEXT},
}
