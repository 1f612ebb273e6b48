"""What SQLite would accept in a statement and Oracle does not."""

from __future__ import annotations

from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.lexer import Token


def check_returning(tokens: list[Token]) -> None:
    """Refuse what RETURNING cannot do.

    Raises:
        OracleError: ORA-00933 for INSERT … SELECT, ORA-22816 for a sub-query among the values
            (SQL Language Reference, Scalar Subquery Expressions).
    """
    returning = next(index for index, each in enumerate(tokens) if each.is_name("RETURNING"))
    if any(each.is_name("SELECT") for each in tokens[returning:]):
        raise OracleError(22816, "unsupported feature with RETURNING clause")
    depth = 0
    for token in tokens[:returning]:
        depth += token.is_operator("(") - token.is_operator(")")
        if tokens[0].is_name("INSERT") and depth == 0 and token.is_name("SELECT"):
            raise OracleError(933, "SQL command not properly ended", token.position)


def check_single_row(tokens: list[Token]) -> None:
    """Refuse an INSERT of several rows.

    Raises:
        OracleError: ORA-00933.
    """
    depth = 0
    seen_values = False
    for token in tokens:
        depth += token.is_operator("(") - token.is_operator(")")
        seen_values = seen_values or (depth == 0 and token.is_name("VALUES"))
        if depth == 0 and token.is_name("RETURNING", "SELECT"):
            return
        if seen_values and depth == 0 and token.is_operator(","):
            raise OracleError(933, "SQL command not properly ended", token.position)


def insert_target(tokens: list[Token]) -> tuple[str, frozenset[str] | None]:
    """Return the table of an INSERT, and the columns that it names."""
    if not tokens[1].is_name("INTO") or not tokens[2].is_identifier:
        return "", None
    index = 2
    while tokens[index + 1].is_operator(".") and tokens[index + 2].is_identifier:
        index += 2
    name, index = tokens[index].text, index + 1
    if not tokens[index].is_operator("("):
        return name, None
    end = next((at for at, each in enumerate(tokens) if each.is_operator(")")), len(tokens))
    return name, frozenset(each.text for each in tokens[index:end] if each.is_identifier)
