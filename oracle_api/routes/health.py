"""Whether the service lives, is ready, and reaches its database."""

from flask import Blueprint, Response

from oracle_api.auth import token_required
from oracle_api.documents import engine_document
from oracle_api.routes.body import json_answer
from oracle_api.services import current_services

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def alive() -> Response:
    """Say that the process answers; touches nothing, and needs no token."""
    return json_answer({"status": "ok"})


@blueprint.get("/readyz")
@token_required
def ready() -> Response:
    """Say whether both the job store and the database can be used, and show the engine."""
    services = current_services()
    services.check_ready()
    return json_answer({"status": "ok", "engine": engine_document(services.engine_report())})


@blueprint.get("/ping")
@token_required
def ping() -> Response:
    """Say whether the database answers."""
    current_services().pool.ping()
    return json_answer({"status": "ok"})
