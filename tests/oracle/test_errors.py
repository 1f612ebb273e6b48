"""Driver and database errors to the service's own."""

import logging

import oracledb
import pytest
from oracledb.errors import _Error

from oracle_api.exceptions import (
    CallCancelled,
    CallTimedOut,
    Conflict,
    DatabaseUnavailable,
    InvalidRequest,
    NotAllowed,
    OracleApiError,
    OutcomeUnknown,
    ProcedureFailed,
    ProcedureNotFound,
)
from oracle_api.oracle.errors import (
    STALE_DESCRIPTION,
    code_of,
    text_of,
    translate,
    translated,
)
from oracle_api.problems import kind_of

INSIDE = '\nORA-06512: at "APP.PKG_ETL", line 12\nORA-06512: at line 1'
INSIDE_SPANISH = '\nORA-06512: en "APP.PKG_ETL", línea 12\nORA-06512: en línea 1'
IN_OUR_BLOCK = "\nORA-06512: at line 1"
COMPILATION = (
    "ORA-06550: line 1, column 7:\n{}\nORA-06550: line 1, column 7:\nPL/SQL: Statement ignored"
)


def _error(message: str) -> oracledb.Error:
    """Make the error that the driver makes of a message from the database."""
    number = int(message[4:9]) if message.startswith("ORA-") else 0
    error = _Error(message, code=number)
    raised: oracledb.Error = error.exc_type(error)
    return raised


def _pls(message: str) -> str:
    return COMPILATION.format(message)


@pytest.mark.parametrize(
    ("message", "kind", "status", "code"),
    [
        (
            _pls("PLS-00201: identifier 'X' must be declared"),
            ProcedureNotFound,
            404,
            "PLS-00201",
        ),
        (_pls("PLS-00302: component 'X' must be declared"), ProcedureNotFound, 404, "PLS-00302"),
        ("ORA-04043: object X does not exist", ProcedureNotFound, 404, "ORA-04043"),
        ("ORA-06576: not a valid function", ProcedureNotFound, 404, "ORA-06576"),
        (_pls("PLS-00306: wrong number or types"), InvalidRequest, 400, "PLS-00306"),
        (_pls("PLS-00307: too many declarations"), InvalidRequest, 400, "PLS-00307"),
        ("ORA-06502: PL/SQL: value error" + IN_OUR_BLOCK, InvalidRequest, 400, "ORA-06502"),
        ("ORA-01858: a non-numeric character" + IN_OUR_BLOCK, InvalidRequest, 400, "ORA-01858"),
        ("ORA-01031: insufficient privileges", NotAllowed, 403, "ORA-01031"),
        (_pls("PLS-00904: insufficient privilege"), NotAllowed, 403, "PLS-00904"),
        ("ORA-00001: unique constraint (A.B) violated" + INSIDE, Conflict, 409, "ORA-00001"),
        ("ORA-00054: resource busy", Conflict, 409, "ORA-00054"),
        ("ORA-08177: can't serialize access", Conflict, 409, "ORA-08177"),
        ("ORA-20000: x" + INSIDE, ProcedureFailed, 422, "ORA-20000"),
        ("ORA-20999: x" + INSIDE, ProcedureFailed, 422, "ORA-20999"),
        ("ORA-00942: table or view does not exist" + INSIDE, ProcedureFailed, 422, "ORA-00942"),
        ("ORA-01403: no data found" + INSIDE, ProcedureFailed, 422, "ORA-01403"),
        ("ORA-04068: existing state discarded", ProcedureFailed, 422, "ORA-04068"),
        ("ORA-12514: no such service", DatabaseUnavailable, 503, "ORA-12514"),
        ("ORA-12541: no listener", DatabaseUnavailable, 503, "ORA-12541"),
        ("ORA-01033: in progress", DatabaseUnavailable, 503, "ORA-01033"),
        ("ORA-01034: not available", DatabaseUnavailable, 503, "ORA-01034"),
        ("DPY-6000: refused", DatabaseUnavailable, 503, "DPY-6000"),
        ("DPY-6005: cannot connect", DatabaseUnavailable, 503, "DPY-6005"),
        ("DPY-4005: timed out waiting for the pool", DatabaseUnavailable, 503, "DPY-4005"),
        ("ORA-01017: invalid username/password", DatabaseUnavailable, 503, "ORA-01017"),
        ("ORA-28000: the account is locked", DatabaseUnavailable, 503, "ORA-28000"),
        ("ORA-28001: the password has expired", DatabaseUnavailable, 503, "ORA-28001"),
        ("ORA-03113: end-of-file on communication channel", OutcomeUnknown, 503, "DPY-4011"),
        ("ORA-03114: not connected to ORACLE", OutcomeUnknown, 503, "DPY-4011"),
        ("DPY-4011: the database closed the connection", OutcomeUnknown, 503, "DPY-4011"),
        ("DPY-4024: call timeout of 100 ms exceeded", CallTimedOut, 504, "DPY-4024"),
        ("ORA-01013: user requested cancel", CallCancelled, 504, "ORA-01013"),
        ("DPY-3013: unsupported Python type", InvalidRequest, 400, "DPY-3013"),
        ("DPY-4003: value cannot be represented", InvalidRequest, 400, "DPY-4003"),
    ],
)
def test_each_error_tells_the_caller_what_to_do(
    message: str, kind: type[OracleApiError], status: int, code: str
) -> None:
    error = translate(_error(message), in_call=True)
    assert type(error) is kind
    assert error.code == code
    problem = kind_of(error)
    assert problem is not None
    assert problem.status == status


@pytest.mark.parametrize("message", ["DPY-4011: closed", "ORA-03113: end-of-file"])
def test_a_connection_lost_before_the_call_leaves_no_doubt(message: str) -> None:
    assert type(translate(_error(message), in_call=False)) is DatabaseUnavailable


@pytest.mark.parametrize("stack", [INSIDE, INSIDE_SPANISH])
@pytest.mark.parametrize(
    "message",
    [
        "ORA-06502: PL/SQL: numeric or value error",
        "ORA-01722: invalid number",
        _pls("PLS-00201: identifier 'X' must be declared"),
        "ORA-04043: object X does not exist",
        "ORA-01017: invalid username/password\nORA-02063: preceding line from REMOTE",
        "ORA-12541: no listener",
    ],
)
def test_what_a_statement_within_the_procedure_met_is_the_procedures_failure(
    message: str, stack: str
) -> None:
    assert type(translate(_error(message + stack), in_call=True)) is ProcedureFailed


def test_a_refused_login_is_shouted_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    translate(_error("ORA-01017: invalid username/password"), in_call=False)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("ORA-20001: Error intencional de prueba" + INSIDE, "Error intencional de prueba"),
        ("ORA-20001: one\ntwo" + INSIDE, "one two"),
        ("ORA-20001: Falló: ORA-01403: no data found", "Falló: ORA-01403: no data found"),
        (
            "ORA-20001: Falló: ORA-06550: line 1, column 7:\nPLS-00201: 'X' must be declared",
            "Falló: ORA-06550: line 1, column 7: PLS-00201: 'X' must be declared",
        ),
        ("ORA-00942: table or view does not exist" + INSIDE, "table or view does not exist"),
        (_pls("PLS-00201: identifier 'X' must be declared"), "identifier 'X' must be declared"),
    ],
)
def test_the_message_has_neither_code_nor_call_stack_nor_help(message: str, text: str) -> None:
    assert text_of(_error(message)) == text


def test_an_application_error_that_quotes_another_keeps_its_own_code() -> None:
    message = "ORA-20001: ORA-06550: line 1, column 7:\nPLS-00201: 'X' must be declared" + INSIDE
    error = translate(_error(message), in_call=True)
    assert (type(error), error.code) == (ProcedureFailed, "ORA-20001")


@pytest.mark.parametrize(
    "exc",
    [
        oracledb.DatabaseError("ORA-20001: boom"),
        oracledb.DatabaseError(_Error("ORA-20001: boom", code=20001)),
    ],
)
def test_the_code_is_found_with_and_without_the_drivers_object(exc: oracledb.Error) -> None:
    assert code_of(exc) == "ORA-20001"


@pytest.mark.parametrize("exc", [oracledb.DatabaseError(), oracledb.InterfaceError("odd")])
def test_an_error_without_a_code_is_still_translated(exc: oracledb.Error) -> None:
    error = translate(exc, in_call=True)
    assert (type(error), error.code) == (ProcedureFailed, None)


@pytest.mark.parametrize(
    "message",
    [
        "ORA-04068: existing state of packages has been discarded",
        "ORA-21700: object does not exist or is marked for delete",
        _pls("PLS-00306: wrong number or types of arguments in call to 'P'"),
    ],
)
def test_a_changed_package_makes_its_description_stale(message: str) -> None:
    assert translate(_error(message), in_call=True).code in STALE_DESCRIPTION


def test_only_the_services_own_errors_leave_a_translated_block() -> None:
    with pytest.raises(ProcedureFailed) as caught, translated(in_call=True):
        raise _error("ORA-20001: boom")
    assert isinstance(caught.value.__cause__, oracledb.Error)


def test_what_is_no_driver_error_leaves_a_translated_block_as_it_is() -> None:
    with pytest.raises(KeyError), translated(in_call=True):
        raise KeyError("x")
