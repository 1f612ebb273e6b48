"""Tokens of SQL and PL/SQL, found in the same way as the driver finds bind variables."""

from __future__ import annotations

import enum
import re
from typing import NamedTuple

from oracle_api.embedded.errors import OracleError


class Kind(enum.Enum):
    """Kinds of tokens."""

    NAME = "name"
    QUOTED = "quoted"
    STRING = "string"
    NUMBER = "number"
    BIND = "bind"
    OPERATOR = "operator"
    END = "end"


class Token(NamedTuple):
    """A token; ``text`` is upper case for unquoted names and unescaped for quoted ones."""

    kind: Kind
    text: str
    position: int

    def is_name(self, *words: str) -> bool:
        """Whether it is one of these keywords (upper case)."""
        return self.kind is Kind.NAME and self.text in words

    def is_operator(self, *texts: str) -> bool:
        """Whether it is one of these operators."""
        return self.kind is Kind.OPERATOR and self.text in texts

    @property
    def is_identifier(self) -> bool:
        """Whether it can name something."""
        return self.kind in (Kind.NAME, Kind.QUOTED)


_TOKEN = re.compile(
    r"""
      (?P<space>\s+|--[^\n]*|/\*.*?\*/)
    | (?P<qstring>[qQ]'(?:\[.*?\]|\{.*?\}|<.*?>|\(.*?\)|(?P<q>[^\[{<(\s]).*?(?P=q))')
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"[^"]*")
    | (?P<bind>:\s*(?:"[^"]+"|\d+|[^\W\d_][\w$\#]*))
    | (?P<name>[^\W\d_][\w$\#]*)
    | (?P<number>(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?)
    | (?P<operator>=>|:=|\|\||<>|!=|\^=|<=|>=|\*\*|\.\.|[-+*/%()=<>,;.@|:])
    """,
    re.VERBOSE | re.DOTALL,
)


def tokenize(text: str) -> list[Token]:
    """Cut a statement into tokens, ended by one of kind END.

    Raises:
        OracleError: ORA-01756 for a string without end, ORA-00911 for a character that
            starts no token.
    """
    tokens: list[Token] = []
    position = 0
    # A colon after a string is that of JSON and starts no bind variable, unless there is a
    # comment between them.
    after_string = False
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            if text[position] in "'\"":
                raise OracleError(1756, "quoted string not properly terminated", position)
            raise OracleError(911, "invalid character", position)
        if match["bind"] and after_string:
            tokens.append(Token(Kind.OPERATOR, ":", position))
            position += 1
            after_string = False
            continue
        token = _make_token(match)
        if token is not None:
            tokens.append(token)
        if not match.group().isspace():
            after_string = token is not None and token.kind is Kind.STRING
        position = match.end()
    tokens.append(Token(Kind.END, "", len(text)))
    return tokens


def _make_token(match: re.Match[str]) -> Token | None:
    text, start = match.group(), match.start()
    if match["space"]:
        return None
    if match["qstring"]:
        return Token(Kind.STRING, text[3:-2], start)
    if match["string"]:
        return Token(Kind.STRING, text[1:-1].replace("''", "'"), start)
    if match["quoted"]:
        return Token(Kind.QUOTED, text[1:-1], start)
    if match["bind"]:
        name = text[1:].strip()
        return Token(Kind.BIND, name[1:-1] if name[0] == '"' else name.upper(), start)
    if match["name"]:
        return Token(Kind.NAME, text.upper(), start)
    if match["number"]:
        return Token(Kind.NUMBER, text.rstrip("dDfF"), start)
    return Token(Kind.OPERATOR, text, start)


class StatementKind(enum.Enum):
    """What a statement is; it decides which shape the response has."""

    QUERY = "query"
    DML = "dml"
    DDL = "ddl"
    PLSQL = "plsql"
    OTHER = "other"


_KINDS = {
    **dict.fromkeys(("SELECT", "WITH"), StatementKind.QUERY),
    **dict.fromkeys(("INSERT", "UPDATE", "DELETE", "MERGE"), StatementKind.DML),
    **dict.fromkeys(("DECLARE", "BEGIN", "CALL"), StatementKind.PLSQL),
    **dict.fromkeys(
        ["CREATE", "ALTER", "DROP", "GRANT", "REVOKE", "ANALYZE", "AUDIT", "COMMENT", "TRUNCATE"],
        StatementKind.DDL,
    ),
}
_FIRST_WORD = re.compile(
    r"(?:[^A-Za-z'\"/-]|--[^\n]*(?:\n|$)|/\*.*?\*/|[-/'\"])*([A-Za-z]+)", re.DOTALL
)


def statement_kind(text: str) -> StatementKind:
    """Return what a statement is, by its first word alone as the driver does."""
    match = _FIRST_WORD.match(text)
    return _KINDS.get(match[1].upper(), StatementKind.OTHER) if match else StatementKind.OTHER


def returning_into(tokens: list[Token]) -> int | None:
    """Return the index of INTO in a RETURNING … INTO clause, None if there is none."""
    seen_returning = False
    for index, token in enumerate(tokens):
        if token.is_name("RETURNING"):
            seen_returning = True
        elif seen_returning and token.is_name("INTO"):
            return index
    return None


def returned_binds(text: str) -> int:
    """Return how many binds follow RETURNING … INTO in a statement that may have mistakes."""
    try:
        tokens = tokenize(text)
    except OracleError:
        return 0
    into = returning_into(tokens)
    return 0 if into is None else sum(each.kind is Kind.BIND for each in tokens[into:])
