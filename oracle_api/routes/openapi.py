"""The API as OpenAPI documents: of the whole service, and of one procedure."""

from flask import Blueprint, Response, g, request

from oracle_api.auth import current_client, requires
from oracle_api.openapi.document import service_document
from oracle_api.openapi.procedure import procedure_openapi
from oracle_api.oracle.names import ProcedureName
from oracle_api.present import present_app
from oracle_api.routes.body import json_answer
from oracle_api.services import current_services

blueprint = Blueprint("openapi", __name__)


@blueprint.get("/openapi.json")
def of_service() -> Response:
    """Describe the service; holds nothing of the database, and needs no token."""
    response = json_answer(service_document(present_app(), current_services().settings))
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]


@blueprint.get("/procedures/<name>/openapi.json")
@requires("call", "submit")
def of_procedure(name: str) -> Response:
    """Describe the calls of one procedure."""
    services = current_services()
    procedure = services.describe(ProcedureName.parse(name), current_client(), g.request_id)
    return json_answer(procedure_openapi(present_app(), services.settings, procedure))
