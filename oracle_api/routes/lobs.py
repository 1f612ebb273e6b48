"""Large CLOBs and BLOBs of jobs, as files."""

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from oracle_api.auth import current_client, requires
from oracle_api.exceptions import NotFound
from oracle_api.jobs.job import Job
from oracle_api.routes.files import attachment
from oracle_api.services import current_services

blueprint = Blueprint("lobs", __name__)


class _Described(msgspec.Struct):
    size: int
    media_type: str
    lob_url: str


@blueprint.get("/jobs/<job_id>/lobs/<path:label>")
@requires("jobs:read")
def show(job_id: str, label: str) -> Response:
    """Give a LOB of a completed job, or the part of it that a ``Range`` names (RFC 9110)."""
    services = current_services()
    job = services.store.get(job_id, current_client().sees_only)
    lob = _described(job, label)
    asked = _range(lob.size)
    start, stop = asked or (0, lob.size)
    pieces = services.lobs.read(job.id, label, start, stop)
    response = Response(pieces, content_type=lob.media_type)
    response.content_length = stop - start
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Disposition"] = attachment(
        job, label, "txt" if lob.media_type.startswith("text/") else "bin"
    )
    if asked:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{lob.size}"
    return response


def _range(size: int) -> tuple[int, int] | None:
    """Read the ``Range`` header; one with several parts or in other units may be ignored."""
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    part = asked.range_for_length(size)
    if part is None:
        raise RequestedRangeNotSatisfiable(length=size)
    return part


def _described(job: Job, label: str) -> _Described:
    """Find what the job's result says of a LOB; in a batch, labels begin with the element."""
    found: object = msgspec.json.decode(job.result or b"null", type=object)
    element, dot, rest = label.partition(".")
    if isinstance(found, list) and dot and element.isdecimal() and int(element) < len(found):
        found, label = found[int(element)], rest
    try:
        return msgspec.convert(found[label], _Described)  # type: ignore[index]
    except (KeyError, TypeError, msgspec.ValidationError):
        raise NotFound(f"Job {job.id} keeps no LOB under {label}.") from None
