"""EXCEPT ALL, MINUS ALL and INTERSECT ALL, which SQLite has not."""

from __future__ import annotations

from dataclasses import dataclass

from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.lexer import Kind, Token

_NAMES = {"EXCEPT": "EXCEPT", "MINUS": "EXCEPT", "INTERSECT": "INTERSECT"}
_OTHERS = ("UNION", "ORDER", "FETCH", "OFFSET", *_NAMES)


@dataclass(frozen=True)
class Multiset:
    """An operation on two queries that counts equal rows; each list is ended by END."""

    name: str
    left: list[Token]
    right: list[Token]


def split_multiset(tokens: list[Token]) -> Multiset | None:
    """Return the operation that a query is, None if it is another.

    Raises:
        OracleError: ORA-03001 if it is combined with others, or sorted.
    """
    depth = 0
    found = None
    outer = []
    for index, token in enumerate(tokens):
        depth += token.is_operator("(") - token.is_operator(")")
        if depth == 0 and token.is_name(*_OTHERS):
            outer.append(token)
            if token.text in _NAMES and tokens[index + 1].is_name("ALL"):
                found = index
    if found is None:
        return None
    if len(outer) > 1:
        raise OracleError(3001, "unimplemented feature", tokens[found].position)
    end = Token(Kind.END, "", tokens[found].position)
    return Multiset(_NAMES[tokens[found].text], [*tokens[:found], end], tokens[found + 2 :])


def multiset_text(operation: str, left: str, right: str, names: list[str] | None) -> str:
    """Return the operation for SQLite: equal rows are numbered, and so are different ones.

    Args:
        operation: EXCEPT or INTERSECT.
        left: the first query, translated.
        right: the second one.
        names: the columns of the first, None if they are not known.

    Raises:
        OracleError: ORA-03001 if they are not known.
    """
    if names is None:
        raise OracleError(3001, "unimplemented feature")
    columns = ", ".join(f"c{number}" for number in range(len(names)))
    numbered = f"{columns}, row_number() OVER (PARTITION BY {columns}) AS n"
    return (
        f"WITH l$ ({columns}) AS ({left}), r$ ({columns}) AS ({right}) SELECT {columns} FROM "  # noqa: S608
        f"(SELECT {numbered} FROM l$ {operation} SELECT {numbered} FROM r$)"
    )
