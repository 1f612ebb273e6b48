"""The rows of a job's REF CURSORs: page by page as JSON, or whole as a stream."""

import csv
import io
import logging
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import NotAcceptable

from oracle_api.auth import current_client, requires
from oracle_api.documents import encode, retry_after
from oracle_api.exceptions import Conflict, Unavailable
from oracle_api.jobs.job import Job, JobStatus
from oracle_api.jobs.rows import Chunk
from oracle_api.limits import DEFAULT_ROWS, MAX_ROWS
from oracle_api.queries import page_cursor, whole_number
from oracle_api.routes.body import json_answer
from oracle_api.routes.files import attachment
from oracle_api.services import Services, current_services

log = logging.getLogger(__name__)

blueprint = Blueprint("rows", __name__)

_LOOK_SECONDS = 0.5

_JSON = "application/json"
_CSV = "text/csv"
_NDJSON = "application/x-ndjson"

_raw_rows = msgspec.json.Decoder(list[msgspec.Raw])
_exact_rows = msgspec.json.Decoder(list[list[Any]], float_hook=Decimal)


@blueprint.get("/jobs/<job_id>/rows/<path:label>")
@requires("jobs:read")
def show(job_id: str, label: str) -> Response:
    """Give rows of a REF CURSOR, in the form that the client accepts."""
    services = current_services()
    job = services.store.get(job_id, current_client().sees_only)
    columns = services.rows.columns(job.id, label)
    match request.accept_mimetypes.best_match((_JSON, _CSV, _NDJSON)):
        case "application/json":
            return _page(services, job, label, columns)
        case "text/csv":
            return _stream(services, job, label, "csv", _csv_lines(services, job, label, columns))
        case "application/x-ndjson":
            return _stream(services, job, label, "ndjson", _json_lines(services, job, label))
    raise NotAcceptable(f"Rows are given as {_JSON}, {_CSV} or {_NDJSON}.")


def _page(services: Services, job: Job, label: str, columns: list[str]) -> Response:
    first = page_cursor(request.args.get("cursor")) or 0
    limit = whole_number(request.args.get("limit"), "limit", default=DEFAULT_ROWS, highest=MAX_ROWS)
    rows: list[msgspec.Raw] = []
    for chunk in services.rows.read(job.id, label, first):
        rows += _raw_rows.decode(chunk.rows)[max(0, first - chunk.first_row) :]
        if len(rows) > limit:
            break
    # While the job still fetches, there may always be more.
    is_last = len(rows) <= limit and job.status.is_final
    document: dict[str, Any] = {"columns": columns, "rows": rows[:limit]}
    if not is_last:
        document["next"] = str(first + min(len(rows), limit))
    return json_answer(document, headers=retry_after(job))


def _stream(
    services: Services, job: Job, label: str, ending: str, lines: Iterator[bytes]
) -> Response:
    response = Response(lines, mimetype=_CSV if ending == "csv" else _NDJSON)
    response.headers["Content-Disposition"] = attachment(job, label, ending)
    if not job.status.is_final:
        # It goes on until the job ends, and holds a thread so long.
        if not services.claim_waiting_place():
            raise Unavailable("Too many requests wait for running jobs.")
        response.call_on_close(services.give_back_waiting_place)
    return response


def _csv_lines(services: Services, job: Job, label: str, columns: list[str]) -> Iterator[bytes]:
    yield _csv([columns])
    for chunk in _all_chunks(services, job, label):
        yield _csv(_exact_rows.decode(chunk.rows))


def _csv(rows: list[list[Any]]) -> bytes:
    """Write rows as RFC 4180 says; a null is empty, a document of the type JSON is its text."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerows(map(_cell, row) for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    return encode(value).decode() if isinstance(value, dict | list) else value


def _json_lines(services: Services, job: Job, label: str) -> Iterator[bytes]:
    for chunk in _all_chunks(services, job, label):
        yield b"".join(bytes(row) + b"\n" for row in _raw_rows.decode(chunk.rows))


def _all_chunks(services: Services, job: Job, label: str) -> Iterator[Chunk]:
    """Give every chunk, also those that are still to come.

    Raises:
        Conflict: the job failed meanwhile. The response has begun by then, so it is cut off: the
            client must not take the part for the whole.
    """
    next_row = 0
    while True:
        status = services.store.get(job.id).status
        for chunk in services.rows.read(job.id, label, next_row):
            yield chunk
            next_row = chunk.first_row + chunk.row_count
        if status is JobStatus.COMPLETED:
            return
        if status.is_final:
            log.warning("The rows of job %s were cut off: it is %s.", job.id, status)
            raise Conflict(f"Job {job.id} is {status}: its rows are gone.")
        time.sleep(_LOOK_SECONDS)
