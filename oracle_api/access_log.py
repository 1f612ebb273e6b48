"""A request's id and trace, and the one line that is logged about it."""

import logging
import random
import re
import time
from typing import NamedTuple
from urllib.parse import quote

from flask import Flask, Response, g

from oracle_api.context import WorkContext, begin_work, current_work, end_work
from oracle_api.logs import STDERR, LogFormat, plain_line
from oracle_api.present import present_notes, present_request
from oracle_api.traceparent import parse_traceparent

log = logging.getLogger("oracle_api.access")

HEADER = "X-Request-ID"

# What a caller may choose: short, and nothing that could forge a line of the log.
_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+/=-]{0,127}")


class _Line(NamedTuple):
    """What is logged of a request."""

    method: str
    path: str
    status: int
    milliseconds: float
    client: str | None
    request_id: str


def register_access_log(app: Flask, log_format: LogFormat) -> None:
    """Give every request of an app an id, and log one line when it is answered.

    ``g`` has its ``request_id``, its ``trace`` and when it ``arrived``, by ``time.perf_counter``.
    """
    write = _write_plain if log_format == "plain" else _log

    def end(response: Response) -> Response:
        notes, request = present_notes(), present_request()
        # No view gives one of its own, which would have to be looked for.
        response.headers.add(HEADER, notes.request_id)
        if log.isEnabledFor(logging.INFO):
            milliseconds = (time.perf_counter() - notes.arrived) * 1000
            line = _Line(
                request.method,
                quote(request.path),
                response.status_code,
                milliseconds,
                notes.get("client"),
                notes.request_id,
            )
            write(line)
        # Not before the body is sent: a streamed one may still have something to log.
        response.call_on_close(end_work)
        return response

    app.before_request(_begin)
    app.after_request(end)


def _begin() -> None:
    notes, headers = present_notes(), present_request().environ
    notes.arrived = time.perf_counter()
    given = headers.get("HTTP_X_REQUEST_ID", "")
    notes.request_id = given if _SANE_ID.fullmatch(given) else _new_id()
    # It is taken over, not begun: a caller that traces nothing has the request's id.
    notes.trace = trace = parse_traceparent(headers.get("HTTP_TRACEPARENT"))
    begin_work(WorkContext(notes.request_id, trace_id=trace.trace_id if trace else None))


def _new_id() -> str:
    # It is no secret. Each process draws others: Python seeds them anew after a fork.
    return f"{random.getrandbits(128):032x}"


def _write_plain(line: _Line) -> None:
    # What _log makes of it, at a fraction of a record's cost: no other line is as frequent.
    message = (
        f"{line.method} {line.path} {line.status:d} {line.milliseconds:.1f}ms "
        f"client={line.client or '-'} request={line.request_id}"
    )
    if trace_id := current_work().trace_id:
        message += f" trace={trace_id}"
    STDERR.write(plain_line(time.time(), "INFO", log.name, message))


def _log(line: _Line) -> None:
    log.info(
        "%s %s %d %.1fms client=%s request=%s",
        line.method,
        line.path,
        line.status,
        line.milliseconds,
        line.client or "-",
        line.request_id,
        extra={
            "method": line.method,
            "path": line.path,
            "status": line.status,
            "duration_ms": round(line.milliseconds, 1),
            "client": line.client,
        },
    )


def client_name() -> str | None:
    """Give the name of the token that the present request came with, once it is known."""
    name: str | None = g.get("client")
    return name
