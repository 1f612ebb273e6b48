"""Exceptions to problem documents."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, abort, g
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from oracle_api import exceptions as errors
from oracle_api.problems import KINDS, MEDIA_TYPE, kind_of, register_problems


def _below(cls: type[errors.OracleApiError]) -> Iterator[type[errors.OracleApiError]]:
    for sub in cls.__subclasses__():
        if sub.__module__.startswith("oracle_api."):
            yield sub
            yield from _below(sub)


# Settings are read before the first request; Unavailable is raised only as one of its kinds.
REACH_A_CALLER = sorted(
    set(_below(errors.OracleApiError)) - {errors.SettingsError, errors.Unavailable},
    key=lambda cls: cls.__name__,
)


def _answer(exc: Exception) -> Any:
    """Give what a client is answered when a view raises."""
    app = Flask(__name__)
    register_problems(app)

    @app.before_request
    def name_the_request() -> None:
        g.request_id = "req-1"

    @app.post("/")
    def view() -> ResponseReturnValue:
        raise exc

    return app.test_client().post("/")


@pytest.mark.parametrize("cls", REACH_A_CALLER)
def test_every_exception_that_can_reach_a_caller_has_a_kind_of_its_own(
    cls: type[errors.OracleApiError],
) -> None:
    assert cls in KINDS
    assert kind_of(cls("x")) is KINDS[cls]


def test_no_two_kinds_share_a_type() -> None:
    assert len({kind.type for kind in KINDS.values()}) == len(KINDS)


@pytest.mark.parametrize(
    ("exc", "status"),
    [
        (errors.InvalidRequest("x"), 400),
        (errors.NotAllowed("x"), 403),
        (errors.ScopeMissing("x"), 403),
        (errors.ProcedureNotAllowed("x"), 403),
        (errors.NotFound("x"), 404),
        (errors.JobNotFound("x"), 404),
        (errors.ProcedureNotFound("x"), 404),
        (errors.Conflict("x"), 409),
        (errors.IdempotencyMismatch("x"), 422),
        (errors.ProcedureFailed("x"), 422),
        (errors.OutcomeUnknown("x"), 503),
        (errors.DatabaseUnavailable("x"), 503),
        (errors.QueueFull("x"), 503),
        (errors.TooManyJobs("x"), 429),
        (errors.StoreUnavailable("x"), 503),
        (errors.CallTimedOut("x"), 504),
        (errors.CallCancelled("x"), 504),
    ],
)
def test_each_exception_has_its_status(exc: errors.OracleApiError, status: int) -> None:
    answer = _answer(exc)
    assert answer.status_code == status
    assert answer.mimetype == MEDIA_TYPE
    document = answer.get_json()
    assert document["status"] == status
    assert document["request_id"] == "req-1"


def test_a_new_exception_is_answered_like_the_nearest_kind_above_it() -> None:
    class Deadlocked(errors.Conflict):
        pass

    assert kind_of(Deadlocked("x")) is KINDS[errors.Conflict]


def test_a_problem_says_what_why_and_where() -> None:
    exc = errors.InvalidRequest(
        "a is no number.", "PLS-00306", (errors.FieldError("/params/0", "is no number"),)
    )
    assert _answer(exc).get_json() == {
        "type": "urn:oracle-api:problem:invalid-request",
        "title": "Invalid request",
        "status": 400,
        "detail": "a is no number.",
        "error": "a is no number.",
        "code": "PLS-00306",
        "request_id": "req-1",
        "errors": [{"pointer": "/params/0", "detail": "is no number"}],
    }


def test_members_without_a_value_are_left_out() -> None:
    document = _answer(errors.ProcedureFailed("Error intencional de prueba")).get_json()
    assert not {"code", "errors"} & set(document)


@pytest.mark.parametrize(
    "cls", [cls for cls in REACH_A_CALLER if issubclass(cls, errors.Unavailable)]
)
def test_what_may_work_later_says_when(cls: type[errors.Unavailable]) -> None:
    assert _answer(cls("x")).headers["Retry-After"] == "5"
    assert _answer(cls("x", retry_after=30)).headers["Retry-After"] == "30"


def test_a_missing_scope_is_named(caplog: pytest.LogCaptureFixture) -> None:
    answer = _answer(errors.ScopeMissing("call", "submit"))
    assert answer.get_json()["detail"] == "The token lacks the scope call or submit."
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge == 'Bearer error="insufficient_scope", scope="call submit"'
    [record] = caplog.records
    assert "lacks the scope call or submit" in record.getMessage()


def test_a_time_out_points_to_the_background() -> None:
    document = _answer(errors.CallTimedOut("Broken off after 30 seconds.")).get_json()
    assert document["detail"].startswith("Broken off after 30 seconds. ")
    assert "/procedure/async" in document["detail"]
    assert document["error"] == document["detail"]


def test_a_method_that_is_not_allowed_is_answered_with_those_that_are() -> None:
    app = Flask(__name__)
    register_problems(app)

    @app.post("/")
    def view() -> ResponseReturnValue:
        return ""

    answer = app.test_client().get("/")
    assert (answer.status_code, answer.mimetype) == (405, MEDIA_TYPE)
    assert set(answer.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


@pytest.mark.parametrize("status", [400, 401, 404, 413, 415, 500])
def test_an_error_of_the_framework_is_a_problem_too(status: int) -> None:
    with pytest.raises(HTTPException) as caught:
        abort(status)
    answer = _answer(caught.value)
    assert (answer.status_code, answer.mimetype) == (status, MEDIA_TYPE)
    document = answer.get_json()
    assert (document["type"], document["status"]) == ("about:blank", status)
    assert document["title"]
    assert document["detail"] == document["error"]


@pytest.mark.parametrize(
    "exc",
    [
        ValueError("pass-w0rd at db.example:1521/svc"),
        errors.SettingsError("pass-w0rd"),
        KeyError("pass-w0rd"),
    ],
)
def test_a_bug_shows_its_request_id_and_nothing_internal(
    exc: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    answer = _answer(exc)
    assert answer.status_code == 500
    assert answer.get_json()["request_id"] == "req-1"
    text = answer.get_data(as_text=True)
    for internal in ("pass-w0rd", "db.example", "Traceback", type(exc).__name__, ".py"):
        assert internal not in text
    assert "req-1" in caplog.text
    assert "pass-w0rd" in caplog.text


def test_text_of_any_language_is_written_as_utf_8() -> None:
    answer = _answer(errors.ProcedureFailed('Falló: "ñ" \u2028 </script>'))
    assert json.loads(answer.get_data().decode())["detail"] == 'Falló: "ñ" \u2028 </script>'
