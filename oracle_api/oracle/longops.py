"""True progress of a call, as the procedure reports it to V$SESSION_LONGOPS.

Source: Oracle Database PL/SQL Packages and Types Reference,
DBMS_APPLICATION_INFO.SET_SESSION_LONGOPS.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import oracledb

from oracle_api.oracle.errors import translated
from oracle_api.oracle.sessions import Session

_LONG_OPERATIONS = """
SELECT sofar, totalwork, units, message, elapsed_seconds, time_remaining,
       start_time, last_update_time, SYSDATE
  FROM v$session_longops
 WHERE sid = :sid AND serial# = :serial
 ORDER BY last_update_time DESC"""

# DATE has whole seconds, so a report made right at the start may look a second older.
_ROUNDING = timedelta(seconds=1)


@dataclass(frozen=True)
class Work:
    """How much of a long operation is done. Seconds are the database's own estimate."""

    sofar: int
    totalwork: int
    units: str | None
    message: str | None
    elapsed_seconds: int
    remaining_seconds: int | None


def read_work(
    connection: oracledb.Connection, session: Session, elapsed_seconds: float
) -> Work | None:
    """Read what a session reports of its newest long operation.

    Args:
        connection: another one than the session's, which is busy.
        session: the one that runs the call.
        elapsed_seconds: how long the call has been running; older reports of the same pooled
            session belong to earlier calls.

    Returns:
        The newest report, or None where there is none.

    Raises:
        ProcedureFailed: ORA-00942, where our user may not read the view.
        OracleApiError: the database could not be asked.
    """
    with translated(in_call=False), connection.cursor() as cursor:
        cursor.execute(_LONG_OPERATIONS, sid=session.sid, serial=session.serial)
        row = cursor.fetchone()
    if row is None:
        return None
    sofar, total, units, message, elapsed, remaining, start, _, now = row
    if now - start > timedelta(seconds=elapsed_seconds) + _ROUNDING:
        return None
    return Work(
        sofar=int(sofar),
        totalwork=int(total),
        units=units,
        message=message,
        elapsed_seconds=int(elapsed or 0),
        remaining_seconds=_whole(remaining),
    )


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
