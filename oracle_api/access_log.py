"""A request's id and trace, and the one line that is logged about it."""

import logging
import re
import secrets
import time
from urllib.parse import quote

from flask import Flask, Response, g, request

from oracle_api.context import WorkContext, begin_work, end_work
from oracle_api.traceparent import parse_traceparent

log = logging.getLogger("oracle_api.access")

HEADER = "X-Request-ID"

# What a caller may choose: short, and nothing that could forge a line of the log.
_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+/=-]{0,127}")


def register_access_log(app: Flask) -> None:
    """Give every request of an app an id, and log one line when it is answered."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.started = time.monotonic()
    given = request.headers.get(HEADER, "")
    g.request_id = given if _SANE_ID.fullmatch(given) else secrets.token_hex(16)
    # It is taken over, not begun: a caller that traces nothing has the request's id.
    g.trace = parse_traceparent(request.headers.get("traceparent"))
    begin_work(WorkContext(g.request_id, trace_id=g.trace.trace_id if g.trace else None))


def _end(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    milliseconds = (time.monotonic() - g.started) * 1000
    log.info(
        "%s %s %d %.1fms client=%s request=%s",
        request.method,
        quote(request.path),
        response.status_code,
        milliseconds,
        client_name() or "-",
        g.request_id,
        extra={
            "method": request.method,
            "path": quote(request.path),
            "status": response.status_code,
            "duration_ms": round(milliseconds, 1),
            "client": client_name(),
        },
    )
    # Not before the body is sent: a streamed one may still have something to log.
    response.call_on_close(end_work)
    return response


def client_name() -> str | None:
    """Give the name of the token that the present request came with, once it is known."""
    name: str | None = g.get("client")
    return name
