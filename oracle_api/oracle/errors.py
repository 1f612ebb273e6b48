"""Driver and database errors become the service's exceptions, here and nowhere else."""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import oracledb

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

log = logging.getLogger(__name__)

_FIRST_ERROR = re.compile(r"\b((?:ORA|PLS|DPY|DPI)-\d{4,5})\b:?\s*")
# At the start only: an application's message may quote it.
_COMPILATION = "ORA-06550:"
_PLS = re.compile(r"\b(PLS-\d{5}): ([^\n]*)")
_NOISE = re.compile(r"^(?:Help: |ORA-06512: |ORA-06550: |PL/SQL: )")

_NOT_FOUND = {"PLS-00201", "PLS-00302", "ORA-04043", "ORA-06576"}
_BAD_VALUE = {
    "PLS-00306", "PLS-00307", "ORA-06502", "ORA-01722", "ORA-01426", "ORA-01438", "ORA-01830",
    "ORA-01839", "ORA-01840", "ORA-01841", "ORA-01843", "ORA-01847", "ORA-01858", "ORA-01861",
}  # fmt: skip
_NOT_ALLOWED = {"ORA-01031", "PLS-00904"}
_CONFLICT = {"ORA-00001", "ORA-00054", "ORA-08177"}
LOGIN_REFUSED = {"ORA-01017", "ORA-28000", "ORA-28001"}
_AWAY = {
    "ORA-12514", "ORA-12541", "ORA-12170", "ORA-12505", "ORA-01033", "ORA-01034", "ORA-01089",
    "DPY-4005", "DPY-6000", "DPY-6001", "DPY-6003", "DPY-6005",
}  # fmt: skip
# The same codes raised by a statement within the procedure, over a database link for one, are
# the procedure's own failure; the call stack then names a program unit, not only our anonymous
# block. Its words are in the database's language.
_NOT_ITS_OWN = _NOT_FOUND | _BAD_VALUE | LOGIN_REFUSED | _AWAY
_RAISED_INSIDE = re.compile(r'ORA-06512: [^"\n]*"')
_LOST = {"ORA-03113", "ORA-03114", "ORA-03135", "DPY-4011", "DPY-1001"}
_BROKEN_OFF = {"ORA-01013"}
_DEADLINE = {"DPY-4024"}
# The driver could not make a bind of the value (DPY-2xxx to DPY-3xxx, DPY-4003, DPY-4023):
# our own conversion let it through, so the value is the client's.
_UNBINDABLE = re.compile(r"DPY-(?:[23]\d{3}|4003|4023)")

# What a recompiled package or type raises: what the session knows of it is out of date.
STALE_SESSION = {"ORA-04068", "ORA-04061", "ORA-04065", "ORA-21700", "ORA-22303", "ORA-22337"}
_COMPILED_ANEW = "A package or type was compiled anew; the next call takes it as it is now"
# And so may be our description of it.
STALE_DESCRIPTION = STALE_SESSION | {"ORA-06550", "PLS-00306"}


def code_of(exc: oracledb.Error) -> str | None:
    """Give the code that tells most: a PLS code within ORA-06550, else the first one."""
    text = str(exc)
    if text.startswith(_COMPILATION) and (pls := _PLS.search(text)):
        return pls[1]
    full_code = getattr(exc.args[0], "full_code", None) if exc.args else None
    if full_code:
        return str(full_code)
    first = _FIRST_ERROR.search(text)
    return first[1] if first else None


def text_of(exc: oracledb.Error) -> str:
    """Give the message without codes in front, call stack lines and help links."""
    text = str(exc)
    if text.startswith(_COMPILATION) and (pls := _PLS.search(text)):
        return pls[2].strip()
    kept = [line for line in text.splitlines() if line.strip() and not _NOISE.match(line)]
    joined = " ".join(line.strip() for line in kept) or text.strip()
    return _FIRST_ERROR.sub("", joined, count=1) if _FIRST_ERROR.match(joined) else joined


def not_connected(exc: oracledb.Error) -> DatabaseUnavailable:
    """Say that no connection was to be had, whatever the reason; the log has it."""
    code = code_of(exc)
    if code in LOGIN_REFUSED:
        log.critical("The database refuses our own login (%s): check ORACLE_USER.", code)
        return DatabaseUnavailable("The database refuses the service's own login.", code)
    if code not in _AWAY:
        log.error("No connection to the database: %s", exc)
    return DatabaseUnavailable("The database cannot be reached now.", code)


def translate(exc: oracledb.Error, *, in_call: bool) -> OracleApiError:
    """Turn a driver error into the exception that says what the caller can do.

    Args:
        exc: what the driver raised.
        in_call: whether the procedure may have been running by then.
    """
    code = code_of(exc)
    if code in _NOT_ITS_OWN and _RAISED_INSIDE.search(str(exc)):
        return ProcedureFailed(text_of(exc), code)
    if code in LOGIN_REFUSED | _AWAY:
        return not_connected(exc)
    if code in _LOST:
        if in_call:
            return OutcomeUnknown(
                "The connection to the database was lost while the call ran; "
                "whether it took effect is unknown.",
                code,
            )
        return DatabaseUnavailable("The connection to the database was lost.", code)
    for codes, make in _BY_CODE:
        if code in codes:
            return make(text_of(exc), code)
    if code in STALE_SESSION:
        return ProcedureFailed(f"{text_of(exc).rstrip('.')}. {_COMPILED_ANEW}.", code)
    if code and _UNBINDABLE.fullmatch(code):
        return InvalidRequest(f"A value cannot be passed to the database: {text_of(exc)}", code)
    return ProcedureFailed(text_of(exc), code)


_BY_CODE: tuple[tuple[set[str], Callable[[str, str | None], OracleApiError]], ...] = (
    (_NOT_FOUND, ProcedureNotFound),
    (_BAD_VALUE, InvalidRequest),
    (_NOT_ALLOWED, NotAllowed),
    (_CONFLICT, Conflict),
    (_BROKEN_OFF, CallCancelled),
    (_DEADLINE, CallTimedOut),
)


@contextmanager
def translated(*, in_call: bool) -> Iterator[None]:
    """Let driver errors out of the block only as the service's own.

    Raises:
        OracleApiError: from what the driver raised.
    """
    try:
        yield
    except oracledb.Error as exc:
        raise translate(exc, in_call=in_call) from exc
