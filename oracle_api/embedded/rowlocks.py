"""SELECT … FOR UPDATE, LOCK TABLE, and how long they wait."""

from __future__ import annotations

from dataclasses import dataclass

from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.lexer import Kind, Token

_NOT_LOCKABLE = ("DISTINCT", "GROUP", "UNION", "INTERSECT", "MINUS", "EXCEPT")
_LIMITED = ("FETCH", "OFFSET")
_TABLE_MODES = (
    "ROW SHARE", "ROW EXCLUSIVE", "SHARE", "SHARE UPDATE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE",
)  # fmt: skip


@dataclass(frozen=True)
class RowLock:
    """What is to be locked is waited for.

    Args:
        seconds: how long; None is for ever.
        skips: whether rows that others have locked are left out instead.
    """

    seconds: float | None = None
    skips: bool = False

    @property
    def failure(self) -> OracleError:
        """The error when it was not to be had in time."""
        if self.seconds:
            return OracleError(30006, "resource busy; acquire with WAIT timeout expired")
        return OracleError(54, "resource busy and acquire with NOWAIT specified or timeout expired")


#: The lock of a statement that does not say how long it waits.
FOREVER = RowLock()


def split_for_update(tokens: list[Token]) -> tuple[list[Token], RowLock | None]:
    """Take FOR UPDATE off a query.

    Args:
        tokens: those of the query.

    Returns:
        The rest of them, and the lock, None if there is none.

    Raises:
        OracleError: ORA-00907 within a sub-query, ORA-01786 or ORA-02014 for a query whose rows
            are not those of a table, ORA-00933 for what may not follow it.
    """
    depth = 0
    before: list[Token] = []
    for index, token in enumerate(tokens):
        depth += token.is_operator("(") - token.is_operator(")")
        if token.is_name("FOR") and tokens[index + 1].is_name("UPDATE"):
            if depth:
                raise OracleError(907, "missing right parenthesis", token.position)
            if any(each.is_name(*_NOT_LOCKABLE) for each in before):
                raise OracleError(1786, "FOR UPDATE of this query expression is not allowed")
            if any(each.is_name(*_LIMITED) for each in before):
                raise OracleError(
                    2014, "cannot select FOR UPDATE from view with DISTINCT, GROUP BY, etc."
                )
            return [*tokens[:index], tokens[-1]], _lock(tokens[index + 2 :])
        if depth == 0:
            before.append(token)
    return tokens, None


def _lock(tokens: list[Token]) -> RowLock:
    if tokens[0].is_name("OF"):
        end = next(
            index
            for index, token in enumerate(tokens)
            if token.is_name("NOWAIT", "WAIT", "SKIP") or token.kind is Kind.END
        )
        tokens = tokens[end:]
    return _patience(tokens, may_skip=True)


def _patience(tokens: list[Token], *, may_skip: bool) -> RowLock:
    words = [token.text for token in tokens if token.kind is not Kind.END]
    match words:
        case []:
            return FOREVER
        case ["NOWAIT"]:
            return RowLock(0.0)
        case ["WAIT", seconds] if seconds.isdigit():
            return RowLock(float(seconds))
        case ["SKIP", "LOCKED"] if may_skip:
            return RowLock(0.0, skips=True)
    raise OracleError(933, "SQL command not properly ended", tokens[0].position)


def parse_lock_table(tokens: list[Token]) -> tuple[list[str], RowLock]:
    """Parse LOCK TABLE … IN … MODE.

    Args:
        tokens: those of the statement.

    Returns:
        The names of the tables, and the lock.

    Raises:
        OracleError: ORA-00900 and others for mistakes.
    """
    if not tokens[1].is_name("TABLE"):
        raise OracleError(900, "invalid SQL statement")
    tables: list[str] = []
    index = 2
    while tokens[index].is_identifier and not tokens[index].is_name("IN"):
        while tokens[index + 1].is_operator("."):
            index += 2
        tables.append(tokens[index].text)
        index += 1
        if tokens[index].is_operator(","):
            index += 1
    mode = next((at for at, token in enumerate(tokens) if token.is_name("MODE")), None)
    if not tables or mode is None or not tokens[index].is_name("IN"):
        raise OracleError(901 if not tables else 1737, "valid modes: [ROW] SHARE, "
                          "[[SHARE] ROW] EXCLUSIVE, SHARE UPDATE")  # fmt: skip
    if " ".join(token.text for token in tokens[index + 1 : mode]) not in _TABLE_MODES:
        raise OracleError(1737, "valid modes: [ROW] SHARE, [[SHARE] ROW] EXCLUSIVE, SHARE UPDATE")
    return tables, _patience(tokens[mode + 1 :], may_skip=False)
