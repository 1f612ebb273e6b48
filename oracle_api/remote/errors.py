"""What can go wrong between a command and the service.

RemoteError
├── Unreachable       nothing was sent
├── ConnectionLost    sent, and no answer came: whether it was done is not known
└── Refused           the service said no
"""

from dataclasses import dataclass

from oracle_api.remote.exits import ExitCode

_BY_STATUS = {
    401: ExitCode.NOT_ALLOWED,
    403: ExitCode.NOT_ALLOWED,
    404: ExitCode.NOT_FOUND,
    409: ExitCode.FAILED,
    429: ExitCode.UNAVAILABLE,
    502: ExitCode.UNAVAILABLE,
    503: ExitCode.UNAVAILABLE,
    504: ExitCode.TIMED_OUT,
}

#: Statuses after which the same request may succeed a little later.
_TEMPORARY = frozenset((429, 502, 503, 504))

_PROCEDURE_FAILED = "urn:oracle-api:problem:procedure-failed"


class RemoteError(Exception):
    """Base of every error that ends a command.

    Args:
        detail: one sentence for the user; never a token.
        exit_code: the command's.
    """

    def __init__(self, detail: str, exit_code: ExitCode) -> None:
        super().__init__(detail)
        self.detail = detail
        self.exit_code = exit_code

    #: Whether the same request may succeed a little later.
    is_temporary = False
    #: Seconds to wait before that, where the service named them.
    retry_after: float | None = None


class Unreachable(RemoteError):
    """No connection: nothing was sent."""

    is_temporary = True

    def __init__(self, detail: str) -> None:
        super().__init__(detail, ExitCode.UNAVAILABLE)


class ConnectionLost(RemoteError):
    """The request was sent, but no answer came, or not all of one."""

    is_temporary = True

    def __init__(self, detail: str, exit_code: ExitCode = ExitCode.UNAVAILABLE) -> None:
        super().__init__(detail, exit_code)


@dataclass(frozen=True, slots=True)
class Problem:
    """What the service said, of a problem document (RFC 9457).

    Args:
        status: of the answer.
        kind: its ``type``.
        detail: of this occurrence.
        code: such as ``ORA-20001``.
        request_id: under which the service's log has it.
    """

    status: int
    kind: str
    detail: str
    code: str | None
    request_id: str | None


class Refused(RemoteError):
    """The service answered with an error.

    Args:
        problem: what it said.
        retry_after: seconds, from the header of that name.
    """

    def __init__(self, problem: Problem, retry_after: float | None) -> None:
        super().__init__(_sentence(problem), _exit_code(problem))
        self.problem = problem
        self.retry_after = retry_after
        self.is_temporary = problem.status in _TEMPORARY


def _exit_code(problem: Problem) -> ExitCode:
    if problem.kind == _PROCEDURE_FAILED:
        return ExitCode.FAILED
    if known := _BY_STATUS.get(problem.status):
        return known
    return ExitCode.INVALID if 400 <= problem.status < 500 else ExitCode.UNEXPECTED


def _sentence(problem: Problem) -> str:
    text = with_code(problem.detail, problem.code)
    return f"{text} (request {problem.request_id})" if problem.request_id else text


def with_code(detail: str, code: str | None) -> str:
    """Put an error's code before its text, where the text does not have it."""
    return f"{code}: {detail}" if code and code not in detail else detail
