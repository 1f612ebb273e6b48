"""Procedure calls: at once, and in the background."""

from flask import Blueprint, Response, g, request

from oracle_api.audit import note_call, note_job, note_session
from oracle_api.auth import current_client, requires
from oracle_api.descriptions import list_document, procedure_document
from oracle_api.documents import accepted, job_path, retry_after
from oracle_api.exceptions import InvalidRequest
from oracle_api.limits import MAX_KEY, MAX_LISTED
from oracle_api.oracle.names import ProcedureName
from oracle_api.phases import PhaseTimer
from oracle_api.routes.body import json_answer, json_body
from oracle_api.schemas import BodyLimits, parse_call, parse_submission
from oracle_api.services import current_services
from oracle_api.settings import Settings

blueprint = Blueprint("procedures", __name__)


@blueprint.post("/procedure")
@requires("call")
def call_now() -> Response:
    """Run a procedure and answer with its OUT values."""
    services = current_services()
    settings = services.settings
    call = parse_call(
        json_body(), by_position=settings.params_by_position, limits=_limits(settings)
    )
    note_call(call)
    g.phases = PhaseTimer()
    answer = services.call_now(call, current_client(), g.request_id, g.phases, note_session)
    return json_answer({"status": "ok", "out": answer.out, **answer.members()})


@blueprint.post("/procedure/async")
@requires("submit")
def submit() -> Response:
    """Accept a job and answer with where to look."""
    services = current_services()
    settings = services.settings
    call, callback_url = parse_submission(
        json_body(), by_position=settings.params_by_position, limits=_limits(settings)
    )
    note_call(call)
    job = services.submit(
        call,
        current_client(),
        g.request_id,
        idempotency_key=_idempotency_key(),
        callback_url=callback_url,
        traceparent=str(g.trace) if g.trace else None,
    )
    note_job(job.id)
    return json_answer(accepted(job), 202, {"Location": job_path(job), **retry_after(job)})


@blueprint.get("/procedures")
@requires("call", "submit")
def index() -> Response:
    """List the procedures whose names are like a pattern, and that the client may call."""
    pattern = request.args.get("like")
    found = current_services().list_procedures(
        pattern, MAX_LISTED + 1, current_client(), g.request_id
    )
    return json_answer(list_document(found, MAX_LISTED))


@blueprint.get("/procedures/<name>")
@requires("call", "submit")
def describe(name: str) -> Response:
    """Describe a procedure: its signatures, an example and a JSON Schema of its call."""
    procedure = current_services().describe(
        ProcedureName.parse(name), current_client(), g.request_id
    )
    return json_answer(procedure_document(procedure))


def _limits(settings: Settings) -> BodyLimits:
    return BodyLimits(settings.max_json_depth, settings.max_params, settings.max_batch)


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= MAX_KEY:
        raise InvalidRequest(f"Idempotency-Key must have 1 to {MAX_KEY} characters.")
    return key
