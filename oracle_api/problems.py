"""Exceptions become problem documents (RFC 9457), here and nowhere else."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from oracle_api import exceptions as errors
from oracle_api.documents import encode

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Kind:
    """What kind of problem an exception is.

    Args:
        status: of the response.
        slug: names the kind; the last part of ``type``.
        title: the same for every occurrence.
        remedy: what the caller can do, for the documents.
        hint: the same in short, added to the detail.
    """

    status: HTTPStatus
    slug: str
    title: str
    remedy: str
    hint: str = ""

    @property
    def type(self) -> str:
        """The kind's URI."""
        return f"urn:oracle-api:problem:{self.slug}"


KINDS: dict[type[errors.OracleApiError], Kind] = {
    errors.InvalidRequest: Kind(
        HTTPStatus.BAD_REQUEST,
        "invalid-request",
        "Invalid request",
        "Change the request: `errors` points into the body, and `detail` shows the signature "
        "where parameters do not fit it.",
    ),
    errors.NotAllowed: Kind(
        HTTPStatus.FORBIDDEN,
        "not-allowed",
        "Not allowed",
        "Ask the operator: the address, the callback's host or the privileges of the database's "
        "user forbid it.",
    ),
    errors.ScopeMissing: Kind(
        HTTPStatus.FORBIDDEN,
        "insufficient-scope",
        "Scope missing",
        "Use another token, or ask for one with a scope that `WWW-Authenticate` names.",
    ),
    errors.ProcedureNotAllowed: Kind(
        HTTPStatus.FORBIDDEN,
        "procedure-not-allowed",
        "Procedure not allowed",
        "Ask the operator: the client or the service has no pattern that allows it.",
    ),
    errors.JobNotFound: Kind(
        HTTPStatus.NOT_FOUND,
        "job-not-found",
        "No such job",
        "Check the id; the job may be another client's, or deleted after its retention.",
    ),
    errors.ProcedureNotFound: Kind(
        HTTPStatus.NOT_FOUND,
        "procedure-not-found",
        "No such procedure",
        "Check the name with `GET /procedures`; the database's user may lack `EXECUTE` on it.",
    ),
    errors.NotFound: Kind(
        HTTPStatus.NOT_FOUND,
        "not-found",
        "Not found",
        "Check the name of the parameter against the job's `result`.",
    ),
    errors.Conflict: Kind(
        HTTPStatus.CONFLICT,
        "conflict",
        "Conflict",
        "Look at the job again and decide: a final one is not cancelled, an active one not "
        "deleted. In a call, a row exists already or is locked.",
    ),
    errors.IdempotencyMismatch: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "idempotency-mismatch",
        "Idempotency key used before",
        "Use a new key for a new request.",
    ),
    errors.ProcedureFailed: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "procedure-failed",
        "The procedure raised an error",
        "Treat it as the procedure's answer: `code` and `detail` are its own. Do not repeat it "
        "blindly.",
    ),
    errors.CallTimedOut: Kind(
        HTTPStatus.GATEWAY_TIMEOUT,
        "timed-out",
        "The call took too long",
        "Use `POST /procedure/async`; the call was rolled back.",
        hint="POST /procedure/async runs long procedures.",
    ),
    errors.CallCancelled: Kind(
        HTTPStatus.GATEWAY_TIMEOUT,
        "cancelled",
        "The call was broken off",
        "The call was rolled back, and may be made again.",
    ),
    errors.OutcomeUnknown: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "outcome-unknown",
        "Connection lost during the call",
        "Look into the database for what the call has done before it is repeated.",
    ),
    errors.DatabaseUnavailable: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "database-unavailable",
        "The database is not available",
        "Try again; nothing was called.",
    ),
    errors.StaleTypes: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "types-changed",
        "A type was compiled anew",
        "Try again; nothing was called.",
    ),
    errors.Unavailable: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "unavailable",
        "Not available now",
        "Try again.",
    ),
    errors.QueueFull: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "queue-full",
        "The job queue is full",
        "Try again; no job was made.",
    ),
    errors.TooManyJobs: Kind(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too-many-jobs",
        "The client has too many active jobs",
        "Try again when one of the client's jobs has ended; no job was made.",
    ),
    errors.RateLimited: Kind(
        HTTPStatus.TOO_MANY_REQUESTS,
        "rate-limited",
        "Too many requests",
        "Wait; `RateLimit` and `RateLimit-Policy` show how much is left.",
    ),
    errors.StoreRefused: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "store-refused",
        "The job store refused a write",
        "Do not repeat it as it is: tell the operator, with `request_id`.",
    ),
    errors.StoreUnavailable: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "store-unavailable",
        "The job store is not available",
        "Try again; the operator sees in the log why the job store cannot be used.",
    ),
}


def problem(
    status: int,
    title: str,
    detail: str,
    *,
    kind: str = "about:blank",
    code: str | None = None,
    faults: tuple[errors.FieldError, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Make a problem document.

    Args:
        status: of the response.
        title: of the kind of problem.
        detail: of this occurrence; clients of the older service read it as ``error``.
        kind: URI of the kind.
        code: such as ``ORA-20001``.
        faults: in the body, one by one.
        headers: that the status calls for.
    """
    document: dict[str, Any] = {
        "type": kind,
        "title": title,
        "status": int(status),
        "detail": detail,
        "error": detail,
        "request_id": g.get("request_id"),
    }
    if code:
        document["code"] = code
    g.problem_type, g.problem_code = kind, code
    if faults:
        document["errors"] = [
            {"pointer": fault.pointer, "detail": fault.detail} for fault in faults
        ]
    response = Response(encode(document), status=int(status), mimetype=MEDIA_TYPE)
    response.headers.update(headers or {})
    return response


def register_problems(app: Flask) -> None:
    """Have every error of an app answered as a problem document."""
    app.register_error_handler(errors.OracleApiError, _own_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _bug)


def kind_of(exc: errors.OracleApiError) -> Kind | None:
    """Find the kind of an exception by its nearest class."""
    return next((KINDS[cls] for cls in type(exc).__mro__ if cls in KINDS), None)


def _own_error(exc: errors.OracleApiError) -> Response:
    kind = kind_of(exc)
    if kind is None:
        return _bug(exc)
    headers = {}
    if isinstance(exc, errors.Unavailable):
        headers["Retry-After"] = str(exc.retry_after)
    if isinstance(exc, errors.ScopeMissing):
        # RFC 6750, section 3.1.
        scopes = " ".join(exc.scopes)
        headers["WWW-Authenticate"] = f'Bearer error="{exc.code}", scope="{scopes}"'
    if isinstance(exc, errors.Unavailable | errors.NotAllowed):
        log.warning(
            "request=%s client=%s %s (%s): %s",
            g.get("request_id"),
            g.get("client", "-"),
            kind.slug,
            exc.code,
            exc.detail,
        )
    return problem(
        kind.status,
        kind.title,
        f"{exc.detail} {kind.hint}".strip(),
        kind=kind.type,
        code=exc.code,
        faults=exc.errors if isinstance(exc, errors.InvalidRequest) else (),
        headers=headers,
    )


def _http_error(exc: HTTPException) -> Response:
    headers = dict(exc.get_headers())
    headers.pop("Content-Type", None)
    return problem(
        exc.code or HTTPStatus.INTERNAL_SERVER_ERROR,
        exc.name,
        exc.description or exc.name,
        headers=headers,
    )


def _bug(exc: Exception) -> Response:
    log.error("request=%s met a bug", g.get("request_id"), exc_info=exc)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Internal error",
        "The service met an error of its own; its log has it under this request_id.",
    )
