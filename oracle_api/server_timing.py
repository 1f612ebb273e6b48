"""Says in the answer where the time went: ``Server-Timing`` (W3C Server Timing)."""

from flask import Flask, Response

from oracle_api.phases import PhaseTimer
from oracle_api.present import present_notes

SERVER_TIMING = "Server-Timing"


def register_server_timing(app: Flask) -> None:
    """Have the answers of an app carry the phases that a view has timed as ``g.phases``."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    phases: PhaseTimer | None = present_notes().get("phases")
    if phases is None:
        return response
    # Durations are milliseconds (W3C Server Timing, section 3).
    response.headers[SERVER_TIMING] = ", ".join(
        f"{name};dur={seconds * 1000:.3f}" for name, seconds in phases.seconds().items()
    )
    # Whoever may read the answer may know how long it took (W3C Resource Timing, section 4.5).
    if origin := response.headers.get("Access-Control-Allow-Origin"):
        response.headers["Timing-Allow-Origin"] = origin
    return response
