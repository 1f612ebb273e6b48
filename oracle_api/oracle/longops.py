"""True progress of a call, as the procedure reports it to V$SESSION_LONGOPS.

Source: Oracle Database PL/SQL Packages and Types Reference,
DBMS_APPLICATION_INFO.SET_SESSION_LONGOPS.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
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

# DATE has whole seconds: the difference of two may be wrong by as much.
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


@dataclass(frozen=True)
class Report:
    """What a session reported last.

    Args:
        work: how far it is.
        start: when that operation began, by the database's clock.
        updated: when it was reported.
        age: how long ago it began, wrong by less than a second; reports are equal whatever it is.
    """

    work: Work
    start: datetime
    updated: datetime
    age: timedelta = field(compare=False)


def read_report(connection: oracledb.Connection, session: Session) -> Report | None:
    """Read what a session reports of its newest long operation, be it of an earlier call.

    Args:
        connection: another one than the session's, which is busy.
        session: the one that runs the call.

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
    sofar, total, units, message, elapsed, remaining, start, updated, now = row
    work = Work(
        sofar=int(sofar),
        totalwork=int(total),
        units=units,
        message=message,
        elapsed_seconds=int(elapsed or 0),
        remaining_seconds=_whole(remaining),
    )
    return Report(work, start, updated, now - start)


class OwnReports:
    """Tells the reports of one call from those of earlier calls in the same pooled session."""

    def __init__(self) -> None:
        self._doubtful: Report | None = None
        self._has_some = False
        #: Whether a look soon may tell whose a report is.
        self.asks_again = False

    def owns(self, report: Report, elapsed_seconds: float) -> bool:
        """Tell whether a report is this call's.

        An operation that began within a second of the call's start may also be the call's before;
        it is this one's as soon as it moves.

        Args:
            report: the session's newest.
            elapsed_seconds: how long the call has been running.
        """
        self.asks_again = False
        if not self._has_some:
            ahead = report.age - timedelta(seconds=elapsed_seconds)
            if ahead <= -_ROUNDING:
                self._has_some = True
            elif ahead < _ROUNDING:
                self._has_some = self._moves(report)
        return self._has_some

    def _moves(self, report: Report) -> bool:
        if self._doubtful is None:
            self._doubtful = report
            self.asks_again = True
        return report != self._doubtful


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
