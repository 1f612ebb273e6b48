"""Names of a query's columns, as Oracle derives them from the select list."""

from __future__ import annotations

from oracle_api.embedded.lexer import Kind, Token

_MAX_NAME = 128
_NOT_ALIASES = frozenset({"END", "NULL", "DISTINCT", "SYSDATE", "USER"})


def column_names(tokens: list[Token], source: str) -> list[str] | None:
    """Return the names of the columns, None if the list has an asterisk.

    Args:
        tokens: the tokens of the query.
        source: its text; expressions without an alias are named by it.
    """
    start = _select_index(tokens)
    if start is None:
        return None
    items = _items(tokens, start + 1)
    names = []
    for item, end in items:
        if not item or (item[-1].is_operator("*") and (len(item) == 1 or item[-2].text == ".")):
            return None
        names.append(_name(item, source[item[0].position : end]))
    return names


def _select_index(tokens: list[Token]) -> int | None:
    """Return where the main SELECT is: the first outside of parentheses (after WITH …)."""
    depth = 0
    for index, token in enumerate(tokens):
        depth += token.is_operator("(") - token.is_operator(")")
        if depth == 0 and token.is_name("SELECT"):
            return index
    return None


def _items(tokens: list[Token], start: int) -> list[tuple[list[Token], int]]:
    """Return the items of the select list, each with the offset of its end."""
    if tokens[start].is_name("DISTINCT", "ALL"):
        start += 1
    items: list[tuple[list[Token], int]] = []
    current: list[Token] = []
    depth = 0
    for token in tokens[start:]:
        depth += token.is_operator("(") - token.is_operator(")")
        ends_list = depth == 0 and token.is_name("FROM")
        if ends_list or token.kind is Kind.END:
            items.append((current, token.position))
            break
        if depth == 0 and token.is_operator(","):
            items.append((current, token.position))
            current = []
        else:
            current.append(token)
    return items


def _name(item: list[Token], text: str) -> str:
    last = item[-1]
    if last.is_identifier and not last.is_name(*_NOT_ALIASES):
        if len(item) == 1 or item[-2].is_operator("."):
            return last.text
        before = item[-2]
        if before.is_operator(")") or before.kind is not Kind.OPERATOR:
            return last.text
    return _compact(text)[:_MAX_NAME]


def _compact(text: str) -> str:
    """Return an expression's text without white space, in upper case outside of strings."""
    parts = text.split("'")
    parts[::2] = ["".join(part.split()).upper() for part in parts[::2]]
    return "'".join(parts)
