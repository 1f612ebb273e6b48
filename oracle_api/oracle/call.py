"""One call of a procedure: block, binds, execute, OUT values, commit; and breaking it off."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from enum import IntEnum
from typing import Any, NoReturn

import oracledb

from oracle_api.exceptions import (
    CallCancelled,
    CallTimedOut,
    OracleApiError,
    OutcomeUnknown,
    ProcedureFailed,
)
from oracle_api.oracle.dictionary import Dictionary
from oracle_api.oracle.errors import STALE_DESCRIPTION, translated
from oracle_api.oracle.names import ProcedureName
from oracle_api.oracle.plan import Bind, Plan, make_plan
from oracle_api.oracle.request import CallRequest
from oracle_api.oracle.values import column_decoder

_FETCH_ROWS = 1000
_COMMIT_SECONDS = 30
_TIDY_SECONDS = 5

Rows = list[list[Any]]


class Stage(IntEnum):
    """How far a call has come; the value is the job's progress in percent."""

    BOUND = 30
    SENT = 50
    RETURNED = 80


# Takes a REF CURSOR's rows and gives what stands for them in the result: the parameter's name as
# the client knows it, the columns' names (they may repeat), and rows of JSON values in batches
# that are fetched as they are asked for.
RowReader = Callable[[str, list[str], Iterator[Rows]], Any]


class CallHandle:
    """Lets another thread break a call off, and never anything but that call.

    The window in which it can be broken off opens with :meth:`attach` and closes for good just
    before the commit, so a cancel never hits a later statement on the same connection.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: oracledb.Connection | None = None
        self._closed = False
        self._cancelled = threading.Event()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked for it to be broken off in time."""
        return self._cancelled.is_set()

    def cancel(self) -> bool:
        """Break the call off, now or as soon as it begins.

        Returns:
            False where the call is past the point of no return.
        """
        with self._lock:
            if self._closed:
                return False
            self._cancelled.set()
            if self._connection is not None:
                with suppress(oracledb.Error):
                    self._connection.cancel()
            return True

    def wait_cancelled(self, seconds: float) -> bool:
        """Wait for a cancel; gives whether there is one."""
        return self._cancelled.wait(seconds)

    def attach(self, connection: oracledb.Connection) -> None:
        """Name the connection that the call runs on.

        Raises:
            CallCancelled: it was cancelled before it began.
        """
        with self._lock:
            self._refuse_cancelled()
            self._connection = connection

    def detach(self) -> None:
        """Let go of the connection: what it runs next is not this call."""
        with self._lock:
            self._connection = None

    def close(self) -> None:
        """Close the window for good: what comes now is the commit.

        Raises:
            CallCancelled: somebody asked for it in time.
        """
        with self._lock:
            self._refuse_cancelled()
            self._closed = True
            self._connection = None

    def _refuse_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise CallCancelled("The call was cancelled.", "ORA-01013")


class Deadline:
    """A moment by which a call must be done, spread over its round trips.

    Args:
        seconds: from now; None is no deadline.
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._until = None if seconds is None else time.monotonic() + seconds

    def arm(self, connection: oracledb.Connection) -> None:
        """Allow the next round trip what is left; the driver's timeout is per round trip.

        Raises:
            CallTimedOut: nothing is left.
        """
        if self._until is None:
            return
        left = self._until - time.monotonic()
        if left <= 0:
            self.expire()
        # A dead connection has no socket to set a timeout on; its next use says that it is dead.
        if connection.is_healthy():
            connection.call_timeout = max(1, int(left * 1000))

    def expire(self) -> NoReturn:
        """Say that the time is over.

        Raises:
            CallTimedOut: always.
        """
        raise CallTimedOut(
            f"The call was broken off in the database after {self._seconds:g} seconds.",
            "DPY-4024",
        )


class Caller:
    """Calls procedures.

    Args:
        dictionary: where signatures come from.
        by_position: bind parameters in the client's order, whatever their names.
        date_format: how dates are written, empty for ISO 8601.
        max_lob: the largest CLOB or BLOB that is read, in characters or bytes.
    """

    def __init__(
        self, dictionary: Dictionary, *, by_position: bool, date_format: str, max_lob: int
    ) -> None:
        self._dictionary = dictionary
        self._by_position = by_position
        self._date_format = date_format
        self._max_lob = max_lob

    def call(
        self,
        connection: oracledb.Connection,
        request: CallRequest,
        *,
        read_rows: RowReader,
        deadline: Deadline,
        handle: CallHandle | None = None,
        on_stage: Callable[[Stage], None] = lambda stage: None,
    ) -> dict[str, Any]:
        """Run a procedure and commit; after any error its work is not committed.

        Args:
            connection: lent for this call; the lender rolls back what is left open.
            request: what to call.
            read_rows: what becomes of a REF CURSOR's rows.
            deadline: by when it must be done.
            handle: by which another thread may break it off.
            on_stage: told how far the call has come.

        Returns:
            OUT values by the client's names for them.

        Raises:
            OracleApiError: whatever went wrong, as the caller can act on it.
        """
        handle = handle or CallHandle()
        handle.attach(connection)
        name = ProcedureName.parse(request.name, request.schema)
        try:
            deadline.arm(connection)
            procedure = self._dictionary.describe(connection, name)
            plan = make_plan(request, procedure, by_position=self._by_position)
            on_stage(Stage.BOUND)
            out = self._run(connection, plan, read_rows, deadline, on_stage)
            handle.close()
            _commit(connection)
            return out
        except CallTimedOut:
            deadline.expire()
        except OracleApiError as exc:
            if exc.code in STALE_DESCRIPTION:
                self._dictionary.forget(name)
            raise
        finally:
            handle.detach()
            if handle.cancelled:
                _absorb_break(connection)

    def _run(
        self,
        connection: oracledb.Connection,
        plan: Plan,
        read_rows: RowReader,
        deadline: Deadline,
        on_stage: Callable[[Stage], None],
    ) -> dict[str, Any]:
        with connection.cursor() as cursor:
            deadline.arm(connection)
            with translated(in_call=False):
                variables = [_variable(cursor, bind) for bind in plan.binds]
            on_stage(Stage.SENT)
            deadline.arm(connection)
            with translated(in_call=True):
                cursor.execute(plan.block, variables)
            on_stage(Stage.RETURNED)
            reader = _OutReader(read_rows, deadline, connection, self._date_format, self._max_lob)
            with translated(in_call=True):
                return {
                    bind.label: reader.read(bind, variable.getvalue())
                    for bind, variable in zip(plan.binds, variables, strict=True)
                    if bind.direction != "IN"
                }


_LOBS = (oracledb.DB_TYPE_CLOB, oracledb.DB_TYPE_NCLOB, oracledb.DB_TYPE_BLOB)


def _variable(cursor: oracledb.Cursor, bind: Bind) -> oracledb.Var:
    if bind.direction == "OUT":
        return cursor.var(bind.type.out, bind.type.size)
    kind, value = bind.type.bind, bind.value
    size = bind.type.size
    if bind.direction == "IN" and size:
        size = max(1, len(value or ""))
    if kind in _LOBS and value is not None:
        value = cursor.connection.createlob(kind, value)
    variable = cursor.var(kind, size)
    variable.setvalue(0, value)
    return variable


class _OutReader:
    """Turns what came back into JSON values; LOBs and cursors take round trips of their own."""

    def __init__(
        self,
        read_rows: RowReader,
        deadline: Deadline,
        connection: oracledb.Connection,
        date_format: str,
        max_lob: int,
    ) -> None:
        self._read_rows = read_rows
        self._deadline = deadline
        self._connection = connection
        self._date_format = date_format
        self._max_lob = max_lob

    def read(self, bind: Bind, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, oracledb.Cursor):
            return self._cursor(bind.label, value)
        if isinstance(value, oracledb.LOB):
            value = self._lob(bind.label, value)
            if value is None:
                return None
        return bind.type.decode(value, self._date_format)

    def _lob(self, label: str, lob: oracledb.LOB) -> Any:
        self._deadline.arm(self._connection)
        size = lob.size()
        if size > self._max_lob:
            raise ProcedureFailed(
                f"{label} has a size of {size}; MAX_LOB_BYTES allows {self._max_lob}."
            )
        self._deadline.arm(self._connection)
        return lob.read() if size else None

    def _cursor(self, label: str, cursor: oracledb.Cursor) -> Any:
        with cursor:
            # A cursor that the procedure never opened has no columns (ORA-24338 on fetch).
            if not cursor.description:
                return None
            cursor.arraysize = _FETCH_ROWS
            columns = [column[0] for column in cursor.description]
            decoders = [column_decoder(column[1]) for column in cursor.description]
            return self._read_rows(label, columns, self._batches(cursor, decoders))

    def _batches(
        self,
        cursor: oracledb.Cursor,
        decoders: Sequence[Callable[[Any, str], Any] | None],
    ) -> Iterator[Rows]:
        date_format = self._date_format
        while True:
            self._deadline.arm(self._connection)
            batch = cursor.fetchmany(_FETCH_ROWS)
            if not batch:
                return
            yield [
                [
                    value if value is None or decode is None else decode(value, date_format)
                    for value, decode in zip(row, decoders, strict=True)
                ]
                for row in batch
            ]


def rows_up_to(limit: int) -> RowReader:
    """Make a reader that keeps the rows in the result, up to a limit.

    Args:
        limit: most rows; where there are more, ``truncated`` is true.
    """

    def read(_label: str, columns: list[str], batches: Iterator[Rows]) -> dict[str, Any]:
        rows: Rows = []
        for batch in batches:
            rows.extend(batch)
            if len(rows) > limit:
                return {"columns": columns, "rows": rows[:limit], "truncated": True}
        return {"columns": columns, "rows": rows}

    return read


def _commit(connection: oracledb.Connection) -> None:
    """Commit, with a time of its own: broken off half way its outcome would be unknown."""
    if connection.is_healthy():
        connection.call_timeout = _COMMIT_SECONDS * 1000
    try:
        with translated(in_call=True):
            connection.commit()
    except CallTimedOut as exc:
        raise OutcomeUnknown(
            "The database did not answer the commit; whether it took effect is unknown.", exc.code
        ) from exc


def _absorb_break(connection: oracledb.Connection) -> None:
    """Take the answer to a break that crossed with the end of its call.

    Without this the next statement on the connection would be given the ORA-01013.
    """
    with suppress(oracledb.Error):
        if connection.is_healthy():
            connection.call_timeout = _TIDY_SECONDS * 1000
            connection.ping()
