"""Errors of the embedded database, with Oracle's numbers and wording."""

from __future__ import annotations


class OracleError(Exception):
    """An ORA- error that is reported to the client.

    Args:
        code: Oracle's number without the ``ORA-`` prefix.
        message: the text after ``ORA-nnnnn: ``; it may have further lines.
        position: offset within the statement (or row of an array operation).

    Attributes:
        stack: the ORA-06512 lines, innermost first.
        rows_done: iterations of an array operation that went well before this one.
    """

    def __init__(self, code: int, message: str, position: int = 0) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.position = position
        self.stack: list[str] = []
        self.rows_done = 0

    @property
    def text(self) -> str:
        """The whole message as the client sees it, call stack included."""
        return "\n".join([f"ORA-{self.code:05d}: {self.message}", *self.stack])

    def __str__(self) -> str:
        return self.text


class ProcedureError(OracleError):
    """What a registered procedure raises to fail with an ORA- error of its own choice."""


class CallBrokenError(Exception):
    """The client sent a break (``cancel()`` or ``call_timeout``) while a call was running."""


class ClientGoneError(Exception):
    """The client's connection ended, or the server dropped it."""


class ProtocolError(Exception):
    """The client sent bytes that cannot be understood; the connection is given up."""


def compile_error(line: int, column: int, message: str) -> OracleError:
    """Return the ORA-06550 frame that the PL/SQL compiler puts around a ``PLS-`` message.

    Args:
        line: line within the block, from 1.
        column: column within the line, from 1.
        message: for instance ``PLS-00201: identifier 'X' must be declared``.
    """
    where = f"line {line}, column {column}:"
    return OracleError(6550, f"{where}\n{message}\nORA-06550: {where}\nPL/SQL: Statement ignored")


def value_error(detail: str = "") -> OracleError:
    """Return ORA-06502, the error of a PL/SQL conversion that is not possible."""
    suffix = f": {detail}" if detail else ""
    return OracleError(6502, f"PL/SQL: numeric or value error{suffix}")


def year_error() -> OracleError:
    """Return ORA-01841, the error of a year that a date cannot have."""
    return OracleError(1841, "(full) year must be between -4713 and +9999, and not be 0")
