"""What a request leaves in the audit log: views note what they learn, the end writes the line."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import quote

from flask import Flask, Request, Response

from oracle_api.access_log import client_name
from oracle_api.audit_log import AuditLine
from oracle_api.jobs.database import utc_now
from oracle_api.oracle.request import CallRequest
from oracle_api.oracle.sessions import Session
from oracle_api.present import present_notes, present_request
from oracle_api.services import current_services

_EVENTS = {
    "procedures.call_now": "call",
    "procedures.submit": "submit",
    "jobs.cancel": "cancel",
    "jobs.delete": "delete",
    "jobs.delete_many": "delete",
}
_READ = "read"
_DENIED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)

# A parameter's name is an identifier, but a label of any length where PARAMS_BY_POSITION is on.
_LONGEST_NAME = 128
_LONGEST_PATH = 300
_LONGEST_ID = 64


def _arrival() -> datetime:
    return utc_now() - timedelta(seconds=time.perf_counter() - present_notes().arrived)


@dataclass(slots=True)
class _Notes:
    """What is known of the present request so far."""

    start: datetime = field(default_factory=_arrival)
    procedure: str | None = None
    params: tuple[str, ...] = ()
    batch: int | None = None
    session: Session | None = None
    job_id: str | None = None
    deleted: int | None = None


def register_audit(app: Flask) -> None:
    """Have the requests of an app that do something, or are denied, leave a line."""
    app.after_request(_end)


def note_call(call: CallRequest) -> None:
    """Note what the present request calls: names, never values."""
    notes = _notes()
    notes.procedure = f"{call.schema}.{call.name}" if call.schema else call.name
    names = dict.fromkeys(
        argument.name[:_LONGEST_NAME]
        for arguments in (call.arguments, *(call.batch or ()))
        for argument in arguments
    )
    notes.params = tuple(names)
    notes.batch = None if call.batch is None else len(call.batch)


def note_session(session: Session) -> None:
    """Note which Oracle session the present request's call runs in."""
    _notes().session = session


def note_job(job_id: str) -> None:
    """Note which job the present request made."""
    _notes().job_id = job_id


def note_deleted(count: int) -> None:
    """Note how many jobs the present request deleted."""
    _notes().deleted = count


def _notes() -> _Notes:
    # Not before something is to be noted: most requests leave no line.
    notes = present_notes()
    if "audit" not in notes:
        notes.audit = _Notes()
    audit: _Notes = notes.audit
    return audit


def _end(response: Response) -> Response:
    request = present_request()
    event = _EVENTS.get(request.endpoint or "")
    if event is None and response.status_code not in _DENIED:
        return response
    services = current_services()
    if not services.audit_log.is_on:
        return response
    noted, notes = present_notes(), _notes()
    services.audit_log.write(
        AuditLine(
            event=event or _READ,
            start=notes.start,
            end=utc_now(),
            client=client_name(),
            address=request.remote_addr,
            method=request.method,
            path=quote(request.path)[:_LONGEST_PATH],
            procedure=notes.procedure,
            params=notes.params,
            batch=notes.batch,
            deleted=notes.deleted,
            status=response.status_code,
            code=noted.get("problem_code"),
            type=noted.get("problem_type"),
            **(notes.session.members() if notes.session else {}),
            request_id=noted.request_id,
            job_id=notes.job_id or _job_of_path(request),
            traceparent=str(noted.trace) if noted.trace else None,
            service=services.settings.instance_name,
        )
    )
    return response


def _job_of_path(request: Request) -> str | None:
    job_id = (request.view_args or {}).get("job_id")
    return None if job_id is None else quote(job_id)[:_LONGEST_ID]
