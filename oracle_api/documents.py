"""What clients see of jobs: documents as JSON, their entity tags, times and durations."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import msgspec

from oracle_api.jobs.job import Callback, Job, JobPage, PageOutline
from oracle_api.jobs.reports import EngineReport
from oracle_api.jobs.summary import ProcedureFigures, Summary
from oracle_api.oracle.request import Argument, CallRequest

_RETRY_AFTER_SECONDS = 2

_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(document: Any) -> bytes:
    """Encode an answer; numbers keep all their digits."""
    return _encoder.encode(document)


def accepted(job: Job) -> dict[str, Any]:
    """Make the answer to a submission."""
    return {
        "status": "accepted",
        "job_id": job.id,
        "message": "The procedure runs in the background.",
        "check_status_url": job_path(job),
    }


def job_path(job: Job) -> str:
    """Give the path at which a job is shown."""
    return f"/jobs/{job.id}"


def retry_after(job: Job) -> dict[str, str]:
    """Make the header that says when to ask again; none for a final job."""
    return {} if job.status.is_final else {"Retry-After": str(_RETRY_AFTER_SECONDS)}


def job_document(job: Job, *, show_params: bool) -> dict[str, Any]:
    """Show a job; members without a value are left out, as the older service did.

    Args:
        job: the one to show.
        show_params: whether its parameters are shown, where they are at hand.
    """
    document: dict[str, Any] = {
        "id": job.id,
        "status": job.status,
        "procedure_name": job.procedure_name,
        "start_time": timestamp(job.start_time),
        "progress": job.progress,
        "submitted_by": job.submitted_by,
    }
    request = None if job.request is None else CallRequest.from_json(job.request)
    optional = {
        "schema": request and request.schema,
        "params": _params(request) if request and show_params else None,
        "batch": _shown_batch(request) if request and show_params else None,
        "run_start_time": job.run_start_time and timestamp(job.run_start_time),
        **(job.session.members() if job.session else {}),
        "end_time": job.end_time and timestamp(job.end_time),
        "duration": None if job.duration is None else duration(job.duration),
        "work": job.work,
        "result": None if job.result is None else msgspec.Raw(job.result),
        "error": job.error,
        "error_code": job.error_code,
        "cancel_requested": job.cancel_requested or None,
        "callback": job.callback and _callback(job.callback),
    }
    document.update((name, value) for name, value in optional.items() if value is not None)
    if job.extras is not None:
        document.update(msgspec.json.decode(job.extras, type=dict[str, msgspec.Raw]))
    return document


@dataclass(frozen=True, slots=True)
class ShownJob:
    """The answer that shows one version of a job, to whoever may see it.

    Args:
        body: JSON.
        headers: ETag, and Retry-After while it is not final.
    """

    body: bytes
    headers: dict[str, str]


def shown_job(job: Job, *, show_params: bool) -> ShownJob:
    """Make the answer that shows a job; see :func:`job_document`."""
    return ShownJob(
        encode(job_document(job, show_params=show_params)),
        {"ETag": f'"{job.id}-{job.version}"', **retry_after(job)},
    )


def _callback(callback: Callback) -> dict[str, Any]:
    document = {
        "url": callback.url,
        "state": callback.state,
        "attempts": callback.attempts,
        "last_status": callback.last_status,
        "last_error": callback.last_error,
        "next_attempt": callback.next_attempt and timestamp(callback.next_attempt),
    }
    return {name: value for name, value in document.items() if value is not None}


def page_document(page: JobPage) -> dict[str, Any]:
    """Show a page of jobs."""
    document: dict[str, Any] = {
        "total": page.total,
        "jobs": [job_document(job, show_params=False) for job in page.jobs],
    }
    if page.next_seq is not None:
        document["next"] = str(page.next_seq)
    return document


def engine_document(report: EngineReport) -> dict[str, Any]:
    """Show how it stands with the engine; members without a value are left out."""
    state = report.state
    if state.kind == "threads":
        return {"kind": state.kind}
    broker = {None: None, True: "reachable", False: "unreachable"}[state.broker_reachable]
    document: dict[str, Any] = {
        "kind": state.kind,
        "broker": broker,
        "queue_length": state.queue_length,
        "workers": report.workers.processes,
        "slots": report.workers.slots,
        "oldest_pending_seconds": report.oldest_pending_seconds,
    }
    return {name: value for name, value in document.items() if value is not None}


def page_tag(outline: PageOutline) -> str:
    """Make the entity tag of a page of jobs: each change of a job is a version of its own."""
    return _digest([outline.total, outline.next_seq, outline.versions])


def summary_document(summary: Summary) -> dict[str, Any]:
    """Show figures about jobs."""
    period = summary.period
    return {
        "since": timestamp(period.since),
        "until": timestamp(period.until.replace(microsecond=0)),
        "active": summary.active,
        "hours": [{"start": timestamp(hour.start), **hour.ended} for hour in summary.hours],
        "procedures": [_procedure_figures(figures) for figures in summary.procedures],
    }


def summary_tag(document: dict[str, Any]) -> str:
    """Make the weak entity tag of figures: that time goes on alone is no other state of them."""
    return _digest({name: value for name, value in document.items() if name != "until"})


def _procedure_figures(figures: ProcedureFigures) -> dict[str, Any]:
    return {
        "procedure_name": figures.procedure_name,
        "jobs": figures.jobs,
        "failed": figures.failed,
        "shortest_seconds": figures.shortest.total_seconds(),
        "median_seconds": figures.median.total_seconds(),
        "p95_seconds": figures.p95.total_seconds(),
        "longest_seconds": figures.longest.total_seconds(),
    }


def _digest(value: Any) -> str:
    return blake2b(encode(value), digest_size=16).hexdigest()


def _params(request: CallRequest) -> Any:
    return _by_name(request.arguments) if request.by_object else request.arguments or None


def _shown_batch(request: CallRequest) -> Any:
    return None if request.batch is None else [_by_name(element) for element in request.batch]


def _by_name(arguments: tuple[Argument, ...]) -> dict[str, Any]:
    return {argument.name: argument.value for argument in arguments}


def timestamp(moment: datetime) -> str:
    """Write a moment as RFC 3339 does, in UTC."""
    return moment.isoformat().replace("+00:00", "Z")


def duration(length: timedelta) -> str:
    """Write a duration as Go's ``time.Duration.String`` does: ``1h2m3s``, ``1.5s``, ``250ms``."""
    microseconds = length // timedelta(microseconds=1)
    if microseconds == 0:
        return "0s"
    sign = "-" if microseconds < 0 else ""
    microseconds = abs(microseconds)
    if microseconds < 1000:
        return f"{sign}{microseconds}µs"
    if microseconds < 1_000_000:
        return f"{sign}{_decimal(microseconds, 1000)}ms"
    minutes, rest = divmod(microseconds, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(rest, 1_000_000)}s"
    if hours:
        text = f"{hours}h{minutes}m{text}"
    elif minutes:
        text = f"{minutes}m{text}"
    return sign + text


def _decimal(number: int, unit: int) -> str:
    whole, fraction = divmod(number, unit)
    digits = f"{fraction:0{len(str(unit)) - 1}d}".rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)
