"""Jobs: shown, listed, cancelled, deleted."""

from datetime import timedelta

from flask import Blueprint, Response, request
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.routing import BaseConverter

from oracle_api.audit import note_deleted
from oracle_api.auth import current_client, requires
from oracle_api.documents import (
    job_document,
    page_document,
    page_tag,
    retry_after,
    summary_document,
    summary_tag,
)
from oracle_api.exceptions import InvalidRequest
from oracle_api.jobs.database import utc_now
from oracle_api.jobs.job import FINAL, Job, JobFilter
from oracle_api.jobs.summary import Period, hours_kept
from oracle_api.limits import (
    DEFAULT_HOURS,
    DEFAULT_JOBS,
    MAX_DAYS,
    MAX_JOBS,
    MAX_WAIT_SECONDS,
)
from oracle_api.present import present_request
from oracle_api.queries import id_prefix, number, page_cursor, statuses, whole_number
from oracle_api.routes.body import JSON, json_answer
from oracle_api.services import current_services

blueprint = Blueprint("jobs", __name__)

# RFC 9110, section 13.1: those that an entity tag can meet.
_CONDITIONS = {"HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"}


class _JobId(BaseConverter):
    """What may be a job's id; ``summary`` is a path of its own, with methods of its own."""

    regex = r"(?!summary\Z)[^/]+"
    # As it is; werkzeug takes the slash in the pattern for the contrary, and misses "/jobs/<id>/".
    part_isolating = True


def _know_job_ids(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["job"] = _JobId


blueprint.record_once(_know_job_ids)


@blueprint.get("/jobs/<job:job_id>")
@requires("jobs:read")
def show(job_id: str) -> Response:
    """Show a job, with ``?wait=N`` once it is final or N seconds are over."""
    asked, services, whose = present_request(), current_services(), current_client().sees_only
    wait = asked.args.get("wait") if asked.query_string else None
    seconds = number(wait, "wait", default=0, highest=MAX_WAIT_SECONDS)
    if seconds and services.claim_waiting_place():
        try:
            shown = services.show(services.registry.wait(job_id, seconds, whose))
        finally:
            services.give_back_waiting_place()
    else:
        shown = services.shown_job(job_id, whose)
    response = Response(shown.body, content_type=JSON)
    for name, value in shown.headers.items():
        response.headers.add(name, value)
    # Who states no condition is spared the work.
    if asked.environ.keys() & _CONDITIONS:
        response.make_conditional(asked)
    return response


@blueprint.get("/jobs")
@requires("jobs:read")
def index() -> Response:
    """List jobs, newest first."""
    services = current_services()
    wanted = JobFilter(
        statuses=statuses(request.args.get("status")),
        procedure=request.args.get("procedure") or None,
        ended_since=utc_now() - timedelta(hours=services.settings.job_retention_hours),
        submitted_by=current_client().sees_only,
        id_prefix=id_prefix(request.args.get("id")),
    )
    limit = whole_number(request.args.get("limit"), "limit", default=DEFAULT_JOBS, highest=MAX_JOBS)
    before = page_cursor(request.args.get("cursor"))
    if request.if_none_match:
        tag = page_tag(services.store.outline(wanted, limit, before))
        if request.if_none_match.contains_weak(tag):
            return _tagged(Response(status=304), tag)
    page = services.store.list(wanted, limit, before)
    return _tagged(json_answer(page_document(page)), page_tag(page.outline))


@blueprint.get("/jobs/summary")
@requires("jobs:read")
def summary() -> Response:
    """Give figures about the jobs of the last hours."""
    services = current_services()
    retention = timedelta(hours=services.settings.job_retention_hours)
    hours = whole_number(
        request.args.get("hours"), "hours", default=DEFAULT_HOURS, highest=hours_kept(retention)
    )
    period = Period.last(hours, utc_now(), retention)
    document = summary_document(services.summaries.read(period, current_client().sees_only))
    response = json_answer(document)
    response.set_etag(summary_tag(document), weak=True)
    return response.make_conditional(request)  # type: ignore[return-value]


@blueprint.post("/jobs/<job_id>/cancel")
@requires("jobs:cancel")
def cancel(job_id: str) -> Response:
    """Cancel a job."""
    whose = current_client().sees_only
    return _job_answer(current_services().registry.cancel(job_id, whose), 202)


@blueprint.delete("/jobs/<job:job_id>")
@requires("jobs:delete")
def delete(job_id: str) -> Response:
    """Delete a job that has ended."""
    current_services().store.delete(job_id, current_client().sees_only)
    return json_answer({"message": "The job was deleted.", "job_id": job_id})


@blueprint.delete("/jobs")
@requires("jobs:delete")
def delete_many() -> Response:
    """Delete jobs that have ended, by state and age in days."""
    wanted = statuses(request.args.get("status"))
    older_than = request.args.get("older_than")
    if not wanted and not older_than:
        raise InvalidRequest("At least one filter is needed: ?status=completed or ?older_than=7.")
    days = number(older_than, "older_than", default=0, highest=MAX_DAYS)
    before = utc_now() - timedelta(days=days)
    whose = current_client().sees_only
    deleted = current_services().store.delete_ended(wanted or FINAL, before, whose)
    note_deleted(deleted)
    return json_answer({"message": "The jobs were deleted.", "deleted": deleted})


def _tagged(response: Response, tag: str) -> Response:
    response.set_etag(tag)
    return response


def _job_answer(job: Job, status: int = 200) -> Response:
    show_params = current_services().settings.job_show_params
    return json_answer(job_document(job, show_params=show_params), status, retry_after(job))
