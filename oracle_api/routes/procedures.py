"""Procedure calls: at once, and in the background."""

from flask import Blueprint, Response, g, request

from oracle_api.auth import token_required
from oracle_api.descriptions import list_document, procedure_document
from oracle_api.exceptions import InvalidRequest
from oracle_api.oracle.names import ProcedureName
from oracle_api.oracle.request import CallRequest
from oracle_api.phases import PhaseTimer
from oracle_api.routes.body import json_answer, json_body
from oracle_api.schemas import accepted, job_path, parse_call, retry_after
from oracle_api.services import current_services

blueprint = Blueprint("procedures", __name__)

_MAX_KEY = 255
_MOST_LISTED = 1000


@blueprint.post("/procedure")
@token_required
def call_now() -> Response:
    """Run a procedure and answer with its OUT values."""
    g.phases = PhaseTimer()
    answer = current_services().call_now(_call(), g.request_id, g.phases)
    return json_answer({"status": "ok", "out": answer.out, **answer.members()})


@blueprint.post("/procedure/async")
@token_required
def submit() -> Response:
    """Accept a job and answer with where to look."""
    job = current_services().registry.submit(
        _call(),
        submitted_by=g.client,
        request_id=g.request_id,
        idempotency_key=_idempotency_key(),
    )
    return json_answer(accepted(job), 202, {"Location": job_path(job), **retry_after(job)})


@blueprint.get("/procedures")
@token_required
def index() -> Response:
    """List the procedures whose names are like a pattern."""
    pattern = request.args.get("like")
    found = current_services().list_procedures(pattern, _MOST_LISTED + 1, g.request_id)
    return json_answer(list_document(found, _MOST_LISTED))


@blueprint.get("/procedures/<name>")
@token_required
def describe(name: str) -> Response:
    """Describe a procedure: its signatures, an example and a JSON Schema of its call."""
    procedure = current_services().describe(ProcedureName.parse(name), g.request_id)
    return json_answer(procedure_document(procedure))


def _call() -> CallRequest:
    return parse_call(json_body(), by_position=current_services().settings.params_by_position)


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= _MAX_KEY:
        raise InvalidRequest(f"Idempotency-Key must have 1 to {_MAX_KEY} characters.")
    return key
