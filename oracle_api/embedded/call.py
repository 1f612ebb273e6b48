"""What a registered procedure can do while it runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from oracle_api.embedded.conversions import Nls
from oracle_api.embedded.cursors import GeneratedRows
from oracle_api.embedded.datatypes import RowSource
from oracle_api.embedded.declared import parse_type
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.longops import LongOperation

if TYPE_CHECKING:
    from oracle_api.embedded.session import Session

_call_ids = itertools.count(1)


class Call:
    """One call of a client, as a procedure sees it.

    Args:
        session: the session that makes the call.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.results: list[RowSource] = []
        self._id = next(_call_ids)

    @property
    def nls(self) -> Nls:
        """The session's settings for conversions."""
        return self.session.nls

    def sleep(self, seconds: float | Decimal) -> None:
        """Wait.

        Raises:
            CallBrokenError: the client broke the call off; caught only as WHEN OTHERS would.
            ClientGoneError: the client's connection ended; do not catch it.
        """
        self.session.wait(float(seconds))

    def check(self) -> None:
        """Let the client break the call off here; call it now and then while computing.

        Raises:
            CallBrokenError: the client broke the call off; caught only as WHEN OTHERS would.
            ClientGoneError: the client's connection ended; do not catch it.
        """
        self.session.wait(0)

    def longop(
        self,
        opname: str,
        sofar: float | Decimal,
        totalwork: float | Decimal,
        *,
        units: str | None = None,
        target: str | None = None,
        message: str | None = None,
    ) -> None:
        """Report progress, seen by others in V$SESSION_LONGOPS.

        Args:
            opname: the operation's name; reports of the same name in a call are one row.
            sofar: work done.
            totalwork: all the work.
            units: what work is counted in.
            target: what is worked on.
            message: the text, if not one built from the rest.
        """
        session = self.session
        operation = LongOperation(
            session.sid, session.serial, opname, session.user,
            sofar=Decimal(str(sofar)), totalwork=Decimal(str(totalwork)),
            units=units, target=target, text=message,
        )  # fmt: skip
        session.longops.update(self._id, operation)

    def execute(self, sql: str, binds: Sequence[Any] | dict[str, Any] = ()) -> Any:
        """Execute SQL in the session's transaction.

        Args:
            sql: a query or DML statement.
            binds: values by position or by name.

        Returns:
            The rows of a query as a list of tuples, or the number of rows affected.

        Raises:
            OracleError: for a mistake in it or a violated constraint.
        """
        return self.session.sql.execute(sql, binds)

    def cursor(
        self, columns: Iterable[tuple[str, str]], rows: Iterable[Sequence[Any]]
    ) -> RowSource:
        """Open a REF CURSOR.

        Args:
            columns: name and type of each, such as ``("NOMBRE", "VARCHAR2(40)")``.
            rows: the rows; taken one by one as the client fetches them.

        Raises:
            OracleError: ORA-00902 for an unknown type.
        """
        described = []
        for name, declared in columns:
            spec = parse_type(declared.upper())
            if spec is None:
                raise OracleError(902, f"invalid datatype {declared}")
            described.append(spec.column(name))
        return GeneratedRows(described, rows, self.nls)

    def return_result(self, rows: RowSource) -> None:
        """Return rows to the client as an implicit result (DBMS_SQL.RETURN_RESULT).

        Args:
            rows: what ``cursor`` returned.
        """
        self.results.append(rows)

    def put_line(self, line: str) -> None:
        """Add a line to the session's DBMS_OUTPUT buffer, if it is enabled."""
        self.session.output.put_line(line)

    def commit(self) -> None:
        """Commit the session's transaction."""
        self.session.sql.commit()

    def rollback(self) -> None:
        """Roll the session's transaction back."""
        self.session.sql.rollback()
