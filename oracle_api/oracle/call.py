"""One call of a procedure: block, binds, execute, OUT values, commit."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

import oracledb

from oracle_api.exceptions import (
    CallTimedOut,
    InvalidRequest,
    OracleApiError,
    OutcomeUnknown,
    StaleTypes,
)
from oracle_api.oracle.composites import Composite, describe_composite
from oracle_api.oracle.dictionary import Dictionary, Procedure
from oracle_api.oracle.errors import STALE_DESCRIPTION, STALE_SESSION, code_of, translated
from oracle_api.oracle.handle import CallHandle, Deadline
from oracle_api.oracle.names import ProcedureName
from oracle_api.oracle.output import begin_output, read_output
from oracle_api.oracle.permits import Permit
from oracle_api.oracle.plan import Bind, Plan, make_plan
from oracle_api.oracle.request import CallRequest
from oracle_api.oracle.results import Readers, ResultReader

_COMMIT_SECONDS = 30
_TIDY_SECONDS = 5
# What the driver raises where a block has returned no implicit result.
_NO_RESULTS = "DPY-1004"


class Stage(IntEnum):
    """How far a call has come; the value is the job's progress in percent."""

    BOUND = 30
    SENT = 50
    RETURNED = 80


@dataclass(frozen=True)
class Answer:
    """What came back.

    Args:
        out: OUT values by the client's names for them; of a batch, a list of such.
        output: lines of DBMS_OUTPUT, where they were asked for.
        results: implicit results (DBMS_SQL.RETURN_RESULT), each as a REF CURSOR is given.
    """

    out: dict[str, Any] | list[dict[str, Any]]
    output: list[str] | None = None
    results: list[Any] | None = None

    def members(self) -> dict[str, Any]:
        """Give what there is beside the OUT values, as members of a JSON object."""
        members = {"output": self.output, "results": self.results or None}
        return {name: value for name, value in members.items() if value is not None}


@dataclass(frozen=True)
class CallOptions:
    """How calls are made, the same for all.

    Args:
        by_position: bind parameters in the client's order, whatever their names.
        date_format: how dates are written, empty for ISO 8601.
        max_output_lines: most lines of DBMS_OUTPUT.
    """

    by_position: bool = False
    date_format: str = ""
    max_output_lines: int = 10_000


class Caller:
    """Calls procedures.

    Args:
        dictionary: where signatures come from.
        options: how calls are made.
    """

    def __init__(self, dictionary: Dictionary, options: CallOptions) -> None:
        self._dictionary = dictionary
        self._options = options

    def call(
        self,
        connection: oracledb.Connection,
        request: CallRequest,
        *,
        readers: Readers,
        deadline: Deadline,
        handle: CallHandle | None = None,
        on_stage: Callable[[Stage], None] = lambda stage: None,
        permit: Permit | None = None,
        before_commit: Callable[[], None] = lambda: None,
    ) -> Answer:
        """Run a procedure and commit; after any error its work is not committed.

        Args:
            connection: lent for this call; the lender rolls back what is left open.
            request: what to call, once or for each element of a batch.
            readers: what becomes of the rows of REF CURSORs and of LOBs.
            deadline: by when it must be done.
            handle: by which another thread may break it off.
            on_stage: told how far the call has come.
            permit: what may be called; None is everything.
            before_commit: told when all is read.

        Raises:
            ProcedureNotAllowed: the permit does not allow it; nothing was run.
            OracleApiError: whatever went wrong, as the caller can act on it.
        """
        handle = handle or CallHandle()
        handle.attach(connection)
        name = ProcedureName.parse(request.name, request.schema)
        try:
            deadline.arm(connection)
            plans = self._plans(connection, request, name, permit or Permit())
            on_stage(Stage.BOUND)
            reader = ResultReader(
                connection,
                readers,
                deadline,
                date_format=self._options.date_format,
                numbers_as_text=request.numbers_as_text,
            )
            execution = _Execution(connection, request, reader, deadline, on_stage)
            answer = self._answer(connection, request, execution, plans)
            handle.close()
            before_commit()
            _commit(connection)
            return answer
        except CallTimedOut:
            deadline.expire()
        except OracleApiError as exc:
            if exc.code in STALE_SESSION:
                self._dictionary.forget_all()
            elif exc.code in STALE_DESCRIPTION:
                self._dictionary.forget(name)
            raise
        finally:
            handle.detach()
            if handle.cancelled:
                _absorb_break(connection)

    def _plans(
        self,
        connection: oracledb.Connection,
        request: CallRequest,
        name: ProcedureName,
        permit: Permit,
    ) -> list[Plan]:
        """Plan every call before the first is made, so that what does not fit does nothing."""
        procedure = self._dictionary.describe(connection, name)
        self._check_found(connection, name, procedure, permit)
        try:
            plans = self._fit(request, procedure)
        except InvalidRequest:
            again = procedure and self._dictionary.describe_again(connection, name)
            if again == procedure:
                raise
            self._check_found(connection, name, again, permit)
            plans = self._fit(request, again)
        self._check_types(connection, plans)
        return plans

    def _check_found(
        self,
        connection: oracledb.Connection,
        name: ProcedureName,
        procedure: Procedure | None,
        permit: Permit,
    ) -> None:
        """Make sure that what a name leads to may be called."""
        permit.check_found(name, procedure.name if procedure else None)
        if procedure is not None and not permit.is_open:
            # The block names it in full, and SCHEMA.NAME is first taken for a package's.
            reached = self._dictionary.describe(connection, procedure.name)
            permit.check_found(name, reached.name if reached else None)

    def _check_types(self, connection: oracledb.Connection, plans: Sequence[Plan]) -> None:
        """Make sure that the session and the description know the same types.

        Either may be older: a type is described once for each session.

        Raises:
            StaleTypes: they do not.
        """
        kinds = (bind.type for plan in plans for bind in plan.binds)
        composites = {kind.name: kind for kind in kinds if isinstance(kind, Composite)}
        for name, composite in composites.items():
            try:
                with translated(in_call=False):
                    present = describe_composite(connection, name)
            except InvalidRequest:
                present = None  # it was dropped
            if present != composite:
                self._dictionary.forget_all()
                raise StaleTypes(f"The type {name} was compiled anew.")

    def _fit(self, request: CallRequest, procedure: Procedure | None) -> list[Plan]:
        plans: list[Plan] = []
        for number, element in enumerate(request.elements()):
            with _named(request, number):
                plans.append(make_plan(element, procedure, by_position=self._options.by_position))
        return plans

    def _answer(
        self,
        connection: oracledb.Connection,
        request: CallRequest,
        execution: "_Execution",
        plans: Sequence[Plan],
    ) -> Answer:
        if not request.output:
            return execution.run(plans)
        begin_output(connection)
        answer = execution.run(plans)
        return replace(answer, output=read_output(connection, self._options.max_output_lines))


class _Execution:
    """The calls of one request, one after the other on one connection."""

    def __init__(
        self,
        connection: oracledb.Connection,
        request: CallRequest,
        reader: ResultReader,
        deadline: Deadline,
        on_stage: Callable[[Stage], None],
    ) -> None:
        self._connection = connection
        self._request = request
        self._reader = reader
        self._deadline = deadline
        self._on_stage = on_stage
        self._results: list[Any] = []

    def run(self, plans: Sequence[Plan]) -> Answer:
        """Make the calls, and read what comes back."""
        outs: list[dict[str, Any]] = []
        for number, plan in enumerate(plans):
            # A cursor of its own each: implicit results stay with the cursor they came by.
            with _named(self._request, number), self._connection.cursor() as cursor:
                variables = self._bind(cursor, plan, is_first=number == 0)
                with translated(in_call=True):
                    self._deadline.arm(self._connection)
                    cursor.execute(plan.block, variables)
                    if number == len(plans) - 1:
                        self._on_stage(Stage.RETURNED)
                    prefix = "" if self._request.batch is None else f"{number}."
                    outs.append(self._read(plan, variables, prefix))
                    self._read_results(cursor)
        return Answer(outs[0] if self._request.batch is None else outs, results=self._results)

    def _bind(self, cursor: oracledb.Cursor, plan: Plan, *, is_first: bool) -> list[oracledb.Var]:
        # A large value is sent ahead as a temporary LOB: that is not the call yet.
        with translated(in_call=not is_first):
            self._deadline.arm(self._connection)
            variables = [_variable(cursor, bind) for bind in plan.binds]
        if is_first:
            self._on_stage(Stage.SENT)
        return variables

    def _read(self, plan: Plan, variables: Sequence[oracledb.Var], prefix: str) -> dict[str, Any]:
        values = {
            bind.label: self._reader.read(bind, variable.getvalue(), prefix + bind.label)
            for bind, variable in zip(plan.binds, variables, strict=True)
            if bind.direction != "IN"
        }
        return {label: values[label] for label in plan.outputs}

    def _read_results(self, cursor: oracledb.Cursor) -> None:
        for result in _implicit_results(cursor):
            label = f"results.{len(self._results)}"
            self._results.append(self._reader.read_cursor(result, label))


def _implicit_results(cursor: oracledb.Cursor) -> list[oracledb.Cursor]:
    try:
        return cursor.getimplicitresults()
    except oracledb.InterfaceError as exc:
        if code_of(exc) == _NO_RESULTS:
            return []
        raise


@contextmanager
def _named(request: CallRequest, number: int) -> Iterator[None]:
    """Let errors of a batch name the element they belong to."""
    try:
        yield
    except OracleApiError as exc:
        if request.batch is not None:
            exc.at(f"Element {number} of the batch")
        raise


def _variable(cursor: oracledb.Cursor, bind: Bind) -> oracledb.Var:
    if isinstance(bind.type, Composite):
        variable = cursor.var(cursor.connection.gettype(bind.type.name))
        if bind.direction != "OUT":
            variable.setvalue(0, bind.type.make(cursor.connection, bind.value))
        return variable
    if bind.direction == "OUT":
        return cursor.var(bind.type.out, bind.type.size)
    value, size = bind.value, bind.type.size
    if bind.direction == "IN" and size:
        size = max(1, len(value or ""))
    if bind.type.is_lob and value is not None:
        value = cursor.connection.createlob(bind.type.lob_type, value)
    # What comes back through it decides: the database converts on the way in as well.
    kind = bind.type.out if bind.direction == "IN OUT" else bind.type.bind
    variable = cursor.var(kind, size)
    variable.setvalue(0, value)
    return variable


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
