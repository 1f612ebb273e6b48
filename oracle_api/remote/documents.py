"""The service's answers, as far as commands read them. Numbers keep all their digits."""

from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from oracle_api.remote.errors import RemoteError
from oracle_api.remote.exits import ExitCode

_T = TypeVar("_T")

#: States of a job that has not ended.
ACTIVE = ("pending", "running")

_encoder = msgspec.json.Encoder(decimal_format="number")


class Work(msgspec.Struct):
    """What a running procedure reports of its own progress (``V$SESSION_LONGOPS``)."""

    sofar: int | None = None
    totalwork: int | None = None
    units: str | None = None
    message: str | None = None
    remaining_seconds: int | None = None


class Job(msgspec.Struct):
    """A job, as ``GET /jobs/{id}`` shows it."""

    id: str
    status: str
    procedure_name: str
    progress: int = 0
    start_time: str = ""
    run_start_time: str | None = None
    end_time: str | None = None
    duration: str | None = None
    submitted_by: str | None = None
    params: Any = None
    work: Work | None = None
    result: Any = None
    results: list[Any] = []
    output: list[str | None] = []
    error: str | None = None
    error_code: str | None = None
    cancel_requested: bool = False

    @property
    def is_active(self) -> bool:
        """Whether it has not ended."""
        return self.status in ACTIVE


class JobPage(msgspec.Struct):
    """A page of ``GET /jobs``."""

    total: int
    jobs: list[Job]
    next: str | None = None


class RawJobPage(msgspec.Struct):
    """A page of ``GET /jobs``, with its jobs as they came."""

    total: int
    jobs: list[msgspec.Raw]


class PageEnd(msgspec.Struct):
    """What a page of a list says of the next one."""

    next: str | None = None


class CallAnswer(msgspec.Struct):
    """The answer of ``POST /procedure``."""

    out: Any = None
    results: list[Any] = []
    output: list[str | None] = []


class Accepted(msgspec.Struct):
    """The answer of ``POST /procedure/async``."""

    job_id: str


class RowPage(msgspec.Struct):
    """A page of the rows of a job's REF CURSOR."""

    columns: list[str]
    rows: list[list[Any]]
    next: str | None = None


class Listed(msgspec.Struct):
    """A procedure in ``GET /procedures``."""

    name: str


class Procedures(msgspec.Struct):
    """The answer of ``GET /procedures``."""

    procedures: list[Listed]
    truncated: bool = False


class Parameter(msgspec.Struct):
    """A parameter in ``GET /procedures/{name}``."""

    name: str
    direction: str
    type: str
    has_default: bool = False
    is_supported: bool = True
    element: Any = None
    attributes: Any = None

    @property
    def is_json(self) -> bool:
        """Whether its values are JSON arrays or objects, or may be."""
        return self.type == "JSON" or self.element is not None or self.attributes is not None

    @property
    def is_binary(self) -> bool:
        """Whether its values are base64."""
        return self.type in ("RAW", "BLOB", "LONG RAW")


class Example(msgspec.Struct):
    """An example call in ``GET /procedures/{name}``."""

    name: str
    params: dict[str, Any] = {}


class Returns(msgspec.Struct):
    """What a function returns."""

    type: str


class Overload(msgspec.Struct):
    """One signature in ``GET /procedures/{name}``."""

    signature: str
    parameters: list[Parameter]
    example: Example
    returns: Returns | None = None


class Description(msgspec.Struct):
    """The answer of ``GET /procedures/{name}``."""

    name: str
    overloads: list[Overload]


def read(body: bytes, kind: type[_T]) -> _T:
    """Read an answer.

    Args:
        body: JSON, as it came.
        kind: what it is to be.

    Raises:
        RemoteError: it is something else.
    """
    try:
        return msgspec.json.Decoder(kind, float_hook=Decimal).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, ArithmeticError, RecursionError):
        raise RemoteError(
            "The service answered with something that this command cannot read.",
            ExitCode.UNEXPECTED,
        ) from None


def compact(value: Any) -> str:
    """Write a value as JSON, numbers with all their digits."""
    return _encoder.encode(value).decode()
