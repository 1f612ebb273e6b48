"""What the service counts and measures, for Prometheus to fetch."""

from flask import Blueprint, Response, request

from oracle_api.auth import requires
from oracle_api.services import current_services

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@requires("metrics")
def show() -> Response:
    """Give all metrics, as Prometheus' text or OpenMetrics, compressed where that is asked for."""
    # The library answers HEAD with 405, and reads a choice of names that not every mode can make.
    environ = {**request.environ, "REQUEST_METHOD": "GET", "QUERY_STRING": ""}
    exposition = current_services().exposition()
    return Response.from_app(exposition, environ)  # type: ignore[return-value]
