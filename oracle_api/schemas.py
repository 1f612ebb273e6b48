"""Request and response bodies: what is read from bytes, and what a job looks like to a client."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from oracle_api.exceptions import FieldError, InvalidRequest
from oracle_api.jobs.job import Callback, Job, JobPage, JobStatus, PageOutline
from oracle_api.jobs.summary import ProcedureFigures, Summary
from oracle_api.nesting import too_deep
from oracle_api.oracle.names import ProcedureName, identifier
from oracle_api.oracle.request import Argument, CallRequest, Direction

_RETRY_AFTER_SECONDS = 2
_TOO_DEEP = "The body is nested too deeply"

# ---- requests


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What a body may hold.

    Args:
        depth: objects and lists within each other, the body itself included.
        params: parameters of a call, or of an element of a batch.
        batch: elements of a batch.
    """

    depth: int = 32
    params: int = 1000
    batch: int = 10_000


_USUAL = BodyLimits()


class ParameterBody(msgspec.Struct, frozen=True):
    """One element of ``params`` when it is a list; the name may be missing by position."""

    name: Annotated[str, Meta(description="Needed unless PARAMS_BY_POSITION is 1.")] = ""
    value: Any = None
    direction: Annotated[
        Annotated[str, Meta(extra_json_schema={"enum": ["IN", "OUT", "IN OUT"]})] | None,
        Meta(description="In any case; the data dictionary knows better where it can."),
    ] = None
    type: Annotated[
        str | None,
        Meta(description="Only where the data dictionary does not show it.", examples=["number"]),
    ] = None


class ProcedureBody(msgspec.Struct, frozen=True):
    """The body of ``POST /procedure`` and ``POST /procedure/async``."""

    name: Annotated[
        str,
        Meta(
            description="`PROC`, `PKG.PROC` or `SCHEMA.PKG.PROC`; unquoted identifiers are "
            "upper-cased.",
            examples=["PKG_ETL.PROCESO_LARGO"],
        ),
    ]
    schema: Annotated[str | None, Meta(description="The owner, beside the name.")] = None
    is_function: Annotated[
        bool | None, Meta(description="Only where the data dictionary does not show it.")
    ] = msgspec.field(default=None, name="isFunction")
    params: Annotated[
        list[ParameterBody] | dict[str, Any] | None,
        Meta(description="`{name: value}`, or a list. OUT parameters need not be named."),
    ] = None
    batch: Annotated[
        Annotated[list[dict[str, Any]], Meta(extra_json_schema={"minItems": 1})] | None,
        Meta(
            description="In place of `params`: a list of `{name: value}`, called one after the "
            "other in one transaction, all or nothing."
        ),
    ] = None
    overload: Annotated[
        Annotated[int, Meta(ge=1)] | None,
        Meta(description="Which one, counted from 1, where names and count do not tell."),
    ] = None
    numbers: Annotated[
        Literal["exact", "string"] | None,
        Meta(description="`string` writes numbers as strings, for clients that only have doubles."),
    ] = None
    output: Annotated[bool | None, Meta(description="Give the lines of DBMS_OUTPUT.")] = None
    callback_url: Annotated[
        str | None, Meta(description="Where to `POST` the job once it has ended; of jobs only.")
    ] = None


_decoder = msgspec.json.Decoder(ProcedureBody, float_hook=Decimal)

_PATH = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_PATH_STEP = re.compile(r"\[(?P<index>\d+)\]|\.(?P<name>[^.\[\]]+)")

_DIRECTIONS: dict[str, Direction] = {
    "IN": "IN",
    "OUT": "OUT",
    "IN OUT": "IN OUT",
    "INOUT": "IN OUT",
    "IN/OUT": "IN OUT",
}


def parse_call(data: bytes, *, by_position: bool, limits: BodyLimits = _USUAL) -> CallRequest:
    """Read the body of a procedure call that is made at once.

    Args:
        data: JSON in UTF-8 (RFC 8259).
        by_position: parameters' names are labels only, and may be any text.
        limits: how much it may hold.

    Raises:
        InvalidRequest: it is no JSON, holds too much, has another shape, or names something that
            cannot be.
    """
    body = _decode(data)
    if body.callback_url is not None:
        raise _refusal("/callback_url", "only POST /procedure/async calls back")
    return _call(body, by_position, limits)


def parse_submission(
    data: bytes, *, by_position: bool, limits: BodyLimits = _USUAL
) -> tuple[CallRequest, str | None]:
    """Read the body of a job: as ``parse_call`` does, and the URL to call back."""
    body = _decode(data)
    return _call(body, by_position, limits), body.callback_url


def _call(body: ProcedureBody, by_position: bool, limits: BodyLimits) -> CallRequest:
    _check_counts(body, limits)
    _check_depth(body, limits.depth)
    pointer = "/name"
    try:
        name = ProcedureName.parse(body.name)
        pointer = "/schema"
        ProcedureName.parse(body.name, body.schema)
    except InvalidRequest as exc:
        raise InvalidRequest(exc.detail, errors=(FieldError(pointer, exc.detail),)) from None
    request = CallRequest(
        name=str(name),
        schema=body.schema or None,
        is_function=body.is_function,
        arguments=_arguments(body),
        by_object=isinstance(body.params, dict),
        batch=_batch(body),
        overload=body.overload,
        numbers_as_text=body.numbers == "string",
        output=bool(body.output),
    )
    if not by_position:
        for element in request.elements():
            _check_names(element)
    return request


def _decode(data: bytes) -> ProcedureBody:
    try:
        return _decoder.decode(data)
    except msgspec.ValidationError as exc:
        message = str(exc)
        match = _PATH.search(message)
        pointer = _pointer(match["path"]) if match else ""
        detail = message[: match.start()] if match else message
        raise InvalidRequest(
            f"{detail} at {pointer or 'the top of the body'}.",
            errors=(FieldError(pointer, detail),),
        ) from None
    except UnicodeDecodeError:
        raise InvalidRequest("The body is not UTF-8.") from None
    except msgspec.DecodeError as exc:
        raise InvalidRequest(f"The body is not JSON: {exc}.") from None
    except InvalidOperation:
        raise InvalidRequest("The body holds a number that is out of range.") from None
    except RecursionError:
        raise _refusal("", _TOO_DEEP) from None


def _pointer(path: str) -> str:
    return "".join(
        "/" + (step["index"] or step["name"].replace("~", "~0").replace("/", "~1"))
        for step in _PATH_STEP.finditer(path)
    )


def _check_counts(body: ProcedureBody, limits: BodyLimits) -> None:
    if len(body.batch or ()) > limits.batch:
        raise _refusal("/batch", f"a batch has at most {limits.batch} elements")
    calls = [("/params", body.params or ())]
    calls += [(f"/batch/{number}", element) for number, element in enumerate(body.batch or ())]
    for pointer, params in calls:
        if len(params) > limits.params:
            raise _refusal(pointer, f"a call has at most {limits.params} parameters")


def _check_depth(body: ProcedureBody, most: int) -> None:
    """Refuse what is nested too deeply; the body itself is the first level."""
    containers: list[tuple[str, int, Any]] = []
    if isinstance(body.params, dict):
        containers.append(("/params", 1, body.params))
    for position, parameter in enumerate(body.params or ()):
        if isinstance(parameter, ParameterBody) and isinstance(parameter.value, dict | list):
            containers.append((f"/params/{position}/value", 3, parameter.value))
    for number, element in enumerate(body.batch or ()):
        containers.append((f"/batch/{number}", 2, element))
    for pointer, above, container in containers:
        place = too_deep(container, most - above)
        if place is not None:
            raise _refusal(pointer + place, f"{_TOO_DEEP}: more than {most} levels")


def _arguments(body: ProcedureBody) -> tuple[Argument, ...]:
    if isinstance(body.params, dict):
        return tuple(Argument(name, value) for name, value in body.params.items())
    return tuple(
        Argument(
            parameter.name,
            parameter.value,
            _direction(parameter.direction, position),
            parameter.type or None,
        )
        for position, parameter in enumerate(body.params or ())
    )


def _batch(body: ProcedureBody) -> tuple[tuple[Argument, ...], ...] | None:
    if body.batch is None:
        return None
    if body.params:
        raise _refusal("/batch", "batch and params exclude each other")
    if not body.batch:
        raise _refusal("/batch", "a batch has at least one element")
    return tuple(
        tuple(Argument(name, value) for name, value in element.items()) for element in body.batch
    )


def _refusal(pointer: str, detail: str) -> InvalidRequest:
    return InvalidRequest(f"{detail}.", errors=(FieldError(pointer, detail),))


def _direction(text: str | None, position: int) -> Direction | None:
    if not text or not text.strip():
        return None
    direction = _DIRECTIONS.get(" ".join(text.upper().split()))
    if direction is None:
        raise _refusal(
            f"/params/{position}/direction",
            f"{text[:40]!r} is not a direction: IN, OUT or IN OUT",
        )
    return direction


def _check_names(request: CallRequest) -> None:
    problems: list[FieldError] = []
    for argument in request.arguments:
        try:
            identifier(argument.name)
        except InvalidRequest as exc:
            problems.append(FieldError(request.pointer(argument), exc.detail))
    if problems:
        details = " ".join(problem.detail for problem in problems[:10])
        raise InvalidRequest(details, errors=tuple(problems))


# ---- answers

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


# ---- queries


def statuses(text: str | None) -> tuple[JobStatus, ...]:
    """Read a comma list of job states; empty is none.

    Raises:
        InvalidRequest: one is no state.
    """
    words = [word.strip().lower() for word in (text or "").split(",") if word.strip()]
    try:
        return tuple(JobStatus(word) for word in words)
    except ValueError:
        raise InvalidRequest("status is a comma list of: " + ", ".join(JobStatus) + ".") from None


def number(text: str | None, name: str, *, default: float, highest: float) -> float:
    """Read a number from a query; more than the highest counts as the highest.

    Raises:
        InvalidRequest: it is no number, or below 0.
    """
    if text is None or not text.strip():
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not value >= 0:
        raise InvalidRequest(f"{name} must be a number from 0 to {highest:g}.")
    return min(value, highest)


def whole_number(text: str | None, name: str, *, default: int, highest: int) -> int:
    """Read a whole number of at least 1; more than the highest counts as the highest.

    Raises:
        InvalidRequest: it is none.
    """
    if text is None or not text.strip():
        return default
    match = re.fullmatch(r"0*([1-9][0-9]*)", text.strip())
    if match is None:
        raise InvalidRequest(f"{name} must be a whole number from 1 to {highest}.")
    # Python reads no number of thousands of digits; the first of them are more than any limit.
    return min(int(match[1][:18]), highest)


def id_prefix(text: str | None) -> str | None:
    """Read how the ids that are looked for begin, in any case; None is no such wish.

    Raises:
        InvalidRequest: no id begins so.
    """
    if text is None:
        return None
    if not re.fullmatch(r"[0-9a-fA-F]{1,32}", text):
        raise InvalidRequest("id must be the first 1 to 32 hex digits of a job's id.")
    return text.lower()


def page_cursor(text: str | None) -> int | None:
    """Read the ``cursor`` of a page, which is what ``next`` of the page before was.

    Raises:
        InvalidRequest: it is not.
    """
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise InvalidRequest("cursor must be what `next` of the page before was.")
    return int(text)
