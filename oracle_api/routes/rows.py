"""The rows of a job's REF CURSORs, page by page."""

from itertools import chain, islice

import msgspec
from flask import Blueprint, Response, request

from oracle_api.auth import token_required
from oracle_api.exceptions import NotFound
from oracle_api.jobs.job import Job
from oracle_api.routes.body import json_answer
from oracle_api.schemas import page_cursor, whole_number
from oracle_api.services import current_services

blueprint = Blueprint("rows", __name__)

_DEFAULT_LIMIT = 1000
_MAX_LIMIT = 10_000


class _Cursor(msgspec.Struct):
    columns: list[str]
    row_count: int


@blueprint.get("/jobs/<job_id>/rows/<path:label>")
@token_required
def page(job_id: str, label: str) -> Response:
    """Give rows of a REF CURSOR from ``cursor`` on; ``next`` leads to the ones after them."""
    services = current_services()
    described = _described(services.store.get(job_id), label)
    first = page_cursor(request.args.get("cursor")) or 0
    limit = whole_number(
        request.args.get("limit"), "limit", default=_DEFAULT_LIMIT, highest=_MAX_LIMIT
    )
    rows: list[msgspec.Raw] = []
    for chunk in services.rows.read(job_id, label, first):
        stored = msgspec.json.decode(chunk.rows, type=list[msgspec.Raw])
        skipped = max(0, first - chunk.first_row)
        rows = list(islice(chain(rows, stored[skipped:]), limit))
        if len(rows) == limit:
            break
    document = {"columns": described.columns, "row_count": described.row_count, "rows": rows}
    if first + len(rows) < described.row_count:
        document["next"] = str(first + len(rows))
    return json_answer(document)


def _described(job: Job, label: str) -> _Cursor:
    members = msgspec.json.decode(job.result or b"{}", type=dict[str, msgspec.Raw])
    try:
        return msgspec.json.decode(members[label], type=_Cursor)
    except (KeyError, msgspec.ValidationError):
        raise NotFound(f"Job {job.id} has no rows under {label}.") from None
