"""Request bodies: what a call is, read from bytes."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from oracle_api.exceptions import FieldError, InvalidRequest
from oracle_api.nesting import too_deep
from oracle_api.oracle.names import ProcedureName, identifier
from oracle_api.oracle.request import Argument, CallRequest, Direction

_TOO_DEEP = "The body is nested too deeply"


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
