"""Supplied packages, which every Oracle database has: DBMS_OUTPUT, DBMS_SESSION and others."""

from __future__ import annotations

import datetime as dt
import json
from collections import deque
from decimal import Decimal
from typing import Any, NoReturn

from oracle_api.embedded.call import Call
from oracle_api.embedded.errors import OracleError, ProcedureError
from oracle_api.embedded.functions import FUNCTIONS
from oracle_api.embedded.pickler import catalog as pickler_catalog
from oracle_api.embedded.procedures import Catalog
from oracle_api.embedded.standardtypes import STANDARD_TYPES

catalog = Catalog(owner="SYS")
catalog.include(pickler_catalog)
catalog.types.include(STANDARD_TYPES)

for _package in ("DBMS_OUTPUT", "DBMS_APPLICATION_INFO", "DBMS_SESSION", "DBMS_LOCK",
                 "DBMS_PICKLER", "DBMS_SQL"):  # fmt: skip
    catalog.synonym(_package, for_=f"SYS.{_package}")

for _, _type_package, _type in STANDARD_TYPES.types:
    if _type_package is None:
        catalog.synonym(_type, for_=f"SYS.{_type}")

_MAX_LINE = 32767
_MIN_BUFFER, _MAX_BUFFER = 2000, 1000000
_MODULE_SIZE, _ACTION_SIZE, _INFO_SIZE = 48, 32, 64
_FIRST_USER_ERROR, _LAST_USER_ERROR = -20999, -20000


class OutputBuffer:
    """The DBMS_OUTPUT buffer of one session."""

    def __init__(self) -> None:
        self._lines: deque[str] = deque()
        self._enabled = False
        self._limit: int | None = None
        self._size = 0

    def enable(self, limit: int | None) -> None:
        """Keep lines from now on, up to a number of bytes in all (None: no limit)."""
        self._enabled = True
        self._limit = limit

    def disable(self) -> None:
        """Forget all lines, and ignore further ones."""
        self._enabled = False
        self._lines.clear()
        self._size = 0

    def put_line(self, line: str) -> None:
        """Add a line.

        Raises:
            OracleError: ORA-20000 for a line or a buffer that is too large.
        """
        if not self._enabled:
            return
        size = len(line.encode())
        if size > _MAX_LINE:
            raise OracleError(
                20000, "ORU-10028: line length overflow, limit of 32767 bytes per line"
            )
        if self._limit is not None and self._size + size > self._limit:
            raise OracleError(20000, f"ORU-10027: buffer overflow, limit of {self._limit} bytes")
        self._size += size
        self._lines.append(line)

    def get_line(self) -> str | None:
        """Take the oldest line, None if there is none."""
        if not self._lines:
            return None
        line = self._lines.popleft()
        self._size -= len(line.encode())
        return line


@catalog.procedure("DBMS_OUTPUT.ENABLE(buffer_size IN INTEGER DEFAULT 20000)")
def _enable(call: Call, buffer_size: Decimal | None) -> None:
    limit = None if buffer_size is None else min(max(int(buffer_size), _MIN_BUFFER), _MAX_BUFFER)
    call.session.output.enable(limit)


@catalog.procedure("DBMS_OUTPUT.DISABLE")
def _disable(call: Call) -> None:
    call.session.output.disable()


@catalog.procedure("DBMS_OUTPUT.PUT_LINE(a IN VARCHAR2)")
def _put_line(call: Call, a: str | None) -> None:
    call.put_line(a or "")


@catalog.procedure("DBMS_OUTPUT.GET_LINE(line OUT VARCHAR2, status OUT INTEGER)")
def _get_line(call: Call) -> dict[str, Any]:
    line = call.session.output.get_line()
    return {"line": line, "status": int(line is None)}


@catalog.procedure("DBMS_OUTPUT.GET_LINES(lines OUT DBMS_OUTPUT.CHARARR, numlines IN OUT INTEGER)")
def _get_lines(call: Call, numlines: Decimal | None) -> dict[str, Any]:
    lines: list[str] = []
    while len(lines) < int(numlines or 0):
        line = call.session.output.get_line()
        if line is None:
            break
        lines.append(line)
    return {"lines": lines, "numlines": len(lines)}


def _cut(text: str | None, size: int) -> str | None:
    """Cut a text to a number of bytes, as DBMS_APPLICATION_INFO does without an error."""
    if text is None:
        return None
    return text.encode()[:size].decode(errors="ignore")


@catalog.procedure(
    "DBMS_APPLICATION_INFO.SET_MODULE(module_name IN VARCHAR2, action_name IN VARCHAR2)"
)
def _set_module(call: Call, module_name: str | None, action_name: str | None) -> None:
    call.session.module = _cut(module_name, _MODULE_SIZE)
    call.session.action = _cut(action_name, _ACTION_SIZE)


@catalog.procedure("DBMS_APPLICATION_INFO.SET_ACTION(action_name IN VARCHAR2)")
def _set_action(call: Call, action_name: str | None) -> None:
    call.session.action = _cut(action_name, _ACTION_SIZE)


@catalog.procedure("DBMS_APPLICATION_INFO.SET_CLIENT_INFO(client_info IN VARCHAR2)")
def _set_client_info(call: Call, client_info: str | None) -> None:
    call.session.client_info = _cut(client_info, _INFO_SIZE)


@catalog.procedure("DBMS_SESSION.SET_IDENTIFIER(client_id IN VARCHAR2)")
def _set_identifier(call: Call, client_id: str | None) -> None:
    call.session.client_identifier = _cut(client_id, _INFO_SIZE)


@catalog.procedure("DBMS_SESSION.SLEEP(seconds IN NUMBER)")
def _sleep(call: Call, seconds: Decimal | None) -> None:
    call.sleep(seconds or 0)


@catalog.procedure("DBMS_LOCK.SLEEP(seconds IN NUMBER)")
def _lock_sleep(call: Call, seconds: Decimal | None) -> None:
    call.sleep(seconds or 0)


@catalog.procedure(
    "DBMS_STANDARD.RAISE_APPLICATION_ERROR("
    "num IN BINARY_INTEGER, msg IN VARCHAR2, keeperrorstack IN BOOLEAN DEFAULT FALSE)"
)
def _raise_application_error(
    call: Call, num: Decimal | None, msg: str | None, keeperrorstack: bool | None
) -> None:
    del call, keeperrorstack
    if num is None or not _FIRST_USER_ERROR <= num <= _LAST_USER_ERROR:
        raise OracleError(
            21000, f"error number argument to raise_application_error of {num} is out of range"
        )
    raise ProcedureError(-int(num), msg or "")


@catalog.procedure("DBMS_SQL.RETURN_RESULT(rc IN SYS_REFCURSOR, to_client IN BOOLEAN DEFAULT TRUE)")
def _return_result(call: Call, rc: Any, to_client: bool | None) -> None:
    del to_client
    if rc is None:
        raise OracleError(1001, "invalid cursor")
    call.return_result(rc)


@catalog.procedure("STANDARD.XMLTYPE(xmldata IN CLOB) RETURN XMLTYPE")
def _xmltype(call: Call, xmldata: str | None) -> str | None:
    del call
    return xmldata


@catalog.procedure("STANDARD.JSON(text IN CLOB) RETURN JSON")
def _json(call: Call, text: str | None) -> Any:
    del call
    if text is None:
        return None
    try:
        return json.loads(text, parse_int=Decimal, parse_float=Decimal, parse_constant=_no_json)
    except (ValueError, RecursionError) as error:
        raise OracleError(40441, "JSON syntax error") from error


def _no_json(text: str) -> NoReturn:
    raise ValueError(text)


@catalog.procedure("STANDARD.SYSDATE RETURN DATE")
def _sysdate(call: Call) -> dt.datetime:
    value: dt.datetime = FUNCTIONS["SYSDATE"](call.session)
    return value


@catalog.procedure("STANDARD.SYSTIMESTAMP RETURN TIMESTAMP WITH TIME ZONE")
def _systimestamp(call: Call) -> dt.datetime:
    value: dt.datetime = FUNCTIONS["SYSTIMESTAMP"](call.session)
    return value


@catalog.procedure("STANDARD.USER RETURN VARCHAR2")
def _user(call: Call) -> str:
    return call.session.user


@catalog.procedure("STANDARD.TO_DATE(value IN VARCHAR2, fmt IN VARCHAR2 DEFAULT NULL) RETURN DATE")
def _to_date(call: Call, value: str | None, fmt: str | None) -> Any:
    return FUNCTIONS["TO_DATE"](call.session, value, fmt)


@catalog.procedure(
    "STANDARD.TO_TIMESTAMP(value IN VARCHAR2, fmt IN VARCHAR2 DEFAULT NULL) RETURN TIMESTAMP"
)
def _to_timestamp(call: Call, value: str | None, fmt: str | None) -> Any:
    return FUNCTIONS["TO_TIMESTAMP"](call.session, value, fmt)


@catalog.procedure(
    "STANDARD.TO_TIMESTAMP_TZ(value IN VARCHAR2, fmt IN VARCHAR2 DEFAULT NULL) "
    "RETURN TIMESTAMP WITH TIME ZONE"
)
def _to_timestamp_tz(call: Call, value: str | None, fmt: str | None) -> Any:
    return FUNCTIONS["TO_TIMESTAMP_TZ"](call.session, value, fmt)


@catalog.procedure("STANDARD.SYS_EXTRACT_UTC(t IN TIMESTAMP WITH TIME ZONE) RETURN TIMESTAMP")
def _sys_extract_utc(call: Call, t: dt.datetime | None) -> Any:
    return FUNCTIONS["SYS_EXTRACT_UTC"](call.session, t)


@catalog.procedure(
    "STANDARD.SYS_CONTEXT(namespace IN VARCHAR2, parameter IN VARCHAR2) RETURN VARCHAR2"
)
def _sys_context(call: Call, namespace: str | None, parameter: str | None) -> Any:
    return FUNCTIONS["SYS_CONTEXT"](call.session, namespace, parameter)
