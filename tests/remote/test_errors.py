"""Exit codes of what the service says no with."""

import pytest

from oracle_api import exceptions
from oracle_api.problems import KINDS
from oracle_api.remote.errors import Problem, Refused
from oracle_api.remote.exits import ExitCode

EXPECTED = {
    400: ExitCode.INVALID,
    403: ExitCode.NOT_ALLOWED,
    404: ExitCode.NOT_FOUND,
    409: ExitCode.FAILED,
    422: ExitCode.INVALID,
    429: ExitCode.UNAVAILABLE,
    503: ExitCode.UNAVAILABLE,
    504: ExitCode.TIMED_OUT,
}


def refused(status: int, kind: str = "about:blank", code: str | None = None) -> Refused:
    return Refused(Problem(status, kind, "It went wrong.", code, "r1"), None)


@pytest.mark.parametrize("exception", KINDS)
def test_every_problem_of_the_service_has_an_exit_code(
    exception: type[exceptions.OracleApiError],
) -> None:
    kind = KINDS[exception]
    expected = EXPECTED[kind.status.value]
    if exception is exceptions.ProcedureFailed:
        expected = ExitCode.FAILED
    error = refused(kind.status.value, kind.type)
    assert error.exit_code is expected
    assert error.is_temporary == (kind.status.value in (429, 503, 504))


@pytest.mark.parametrize(("status", "code"), [(401, 3), (405, 2), (413, 2), (500, 8), (502, 5)])
def test_other_statuses_have_one_too(status: int, code: int) -> None:
    assert refused(status).exit_code == code


def test_the_line_has_code_and_request() -> None:
    assert refused(422, code="ORA-20001").detail == "ORA-20001: It went wrong. (request r1)"
