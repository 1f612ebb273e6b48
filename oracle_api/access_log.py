"""A request's id, and the one line that is logged about it."""

import logging
import re
import secrets
import time
from urllib.parse import quote

from flask import Flask, Response, g, request

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


def _end(response: Response) -> Response:
    response.headers[HEADER] = g.request_id
    log.info(
        "%s %s %d %.1fms client=%s request=%s",
        request.method,
        quote(request.path),
        response.status_code,
        (time.monotonic() - g.started) * 1000,
        g.get("client", "-"),
        g.request_id,
    )
    return response
