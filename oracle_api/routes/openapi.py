"""The API as OpenAPI documents: of the whole service, and of one procedure."""

from flask import Blueprint, Response, current_app, g, request

from oracle_api.auth import current_client, requires
from oracle_api.openapi.document import service_document
from oracle_api.openapi.procedure import procedure_openapi
from oracle_api.oracle.names import ProcedureName
from oracle_api.routes.body import json_answer
from oracle_api.services import current_services

blueprint = Blueprint("openapi", __name__)


@blueprint.get("/openapi.json")
def of_service() -> Response:
    """Describe the service; holds nothing of the database, and needs no token."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    response = json_answer(service_document(app, current_services().settings))
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]


@blueprint.get("/procedures/<name>/openapi.json")
@requires("call", "submit")
def of_procedure(name: str) -> Response:
    """Describe the calls of one procedure."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    services = current_services()
    procedure = services.describe(ProcedureName.parse(name), current_client(), g.request_id)
    return json_answer(procedure_openapi(app, services.settings, procedure))
