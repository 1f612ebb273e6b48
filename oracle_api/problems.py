"""Exceptions become problem documents (RFC 9457), here and nowhere else."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g
from werkzeug.exceptions import HTTPException

from oracle_api import exceptions as errors
from oracle_api.schemas import encode

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Kind:
    """What kind of problem an exception is.

    Args:
        status: of the response.
        slug: names the kind; the last part of ``type``.
        title: the same for every occurrence.
        hint: what the caller can do, added to the detail.
    """

    status: HTTPStatus
    slug: str
    title: str
    hint: str = ""

    @property
    def type(self) -> str:
        """The kind's URI."""
        return f"urn:oracle-api:problem:{self.slug}"


KINDS: dict[type[errors.OracleApiError], Kind] = {
    errors.InvalidRequest: Kind(HTTPStatus.BAD_REQUEST, "invalid-request", "Invalid request"),
    errors.NotAllowed: Kind(HTTPStatus.FORBIDDEN, "not-allowed", "Not allowed"),
    errors.ScopeMissing: Kind(HTTPStatus.FORBIDDEN, "insufficient-scope", "Scope missing"),
    errors.ProcedureNotAllowed: Kind(
        HTTPStatus.FORBIDDEN, "procedure-not-allowed", "Procedure not allowed"
    ),
    errors.JobNotFound: Kind(HTTPStatus.NOT_FOUND, "job-not-found", "No such job"),
    errors.ProcedureNotFound: Kind(
        HTTPStatus.NOT_FOUND, "procedure-not-found", "No such procedure"
    ),
    errors.NotFound: Kind(HTTPStatus.NOT_FOUND, "not-found", "Not found"),
    errors.Conflict: Kind(HTTPStatus.CONFLICT, "conflict", "Conflict"),
    errors.IdempotencyMismatch: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-mismatch", "Idempotency key used before"
    ),
    errors.ProcedureFailed: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY, "procedure-failed", "The procedure raised an error"
    ),
    errors.CallTimedOut: Kind(
        HTTPStatus.GATEWAY_TIMEOUT,
        "timed-out",
        "The call took too long",
        "POST /procedure/async runs long procedures.",
    ),
    errors.CallCancelled: Kind(HTTPStatus.GATEWAY_TIMEOUT, "cancelled", "The call was broken off"),
    errors.OutcomeUnknown: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE, "outcome-unknown", "Connection lost during the call"
    ),
    errors.DatabaseUnavailable: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE, "database-unavailable", "The database is not available"
    ),
    errors.StaleTypes: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE, "types-changed", "A type was compiled anew"
    ),
    errors.Unavailable: Kind(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable", "Not available now"),
    errors.QueueFull: Kind(HTTPStatus.SERVICE_UNAVAILABLE, "queue-full", "The job queue is full"),
    errors.TooManyJobs: Kind(
        HTTPStatus.TOO_MANY_REQUESTS, "too-many-jobs", "The client has too many active jobs"
    ),
    errors.RateLimited: Kind(HTTPStatus.TOO_MANY_REQUESTS, "rate-limited", "Too many requests"),
    errors.StoreRefused: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE, "store-refused", "The job store refused a write"
    ),
    errors.StoreUnavailable: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE, "store-unavailable", "The job store is not available"
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
