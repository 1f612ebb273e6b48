"""Data types as they are written in signatures, declarations and blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oracle_api.embedded.datatypes import TypeSpec, type_spec
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.lexer import Kind

if TYPE_CHECKING:
    from oracle_api.embedded.plsql import Parser

_FOLLOWERS = (
    "RAW", "PRECISION", "WITH", "LOCAL", "TIME", "ZONE", "DAY", "YEAR", "TO", "SECOND", "MONTH",
)  # fmt: skip
_ALIASES = {"DOUBLE PRECISION": "FLOAT", "CHARACTER": "CHAR"}


@dataclass(frozen=True)
class TypeName:
    """The name of a type, with the numbers in parentheses; ``suffix`` is ROWTYPE or TYPE."""

    path: tuple[str, ...]
    numbers: tuple[int, ...] = ()
    suffix: str = ""

    def __str__(self) -> str:
        return ".".join(self.path) + (f"%{self.suffix}" if self.suffix else "")


#: Finds what a name that is no built-in type stands for; None: nothing.
Lookup = Callable[[TypeName], TypeSpec | None]


def parse_type_name(parser: Parser) -> TypeName:
    """Parse a type.

    Raises:
        OracleError: ORA-06550 with PLS-00103 if there is none.
    """
    path = parser.path()
    if parser.accept("%"):
        for suffix in ("ROWTYPE", "TYPE"):
            if parser.accept(suffix):
                return TypeName(path, suffix=suffix)
        raise parser.unexpected("ROWTYPE", "TYPE")
    numbers = parse_numbers(parser)
    words = [path[-1]]
    for follower in _FOLLOWERS:
        if parser.accept(follower):
            words.append(follower)
            if follower in ("DAY", "YEAR", "SECOND"):
                numbers += parse_numbers(parser)
    return TypeName((*path[:-1], " ".join(words)), tuple(numbers))


def parse_numbers(parser: Parser) -> list[int]:
    """Parse the numbers in parentheses after a type's name, if there are any."""
    numbers: list[int] = []
    if not parser.accept("("):
        return numbers
    while not parser.accept(")"):
        negative = parser.accept("-")
        if parser.token.kind is Kind.NUMBER:
            numbers.append(int(parser.advance().text) * (-1 if negative else 1))
        elif not (parser.accept(",") or parser.accept("BYTE") or parser.accept("CHAR")):
            if not parser.accept("*"):
                raise parser.unexpected(")", "<a number>")
            numbers.append(38)
    return numbers


def resolve_type(name: TypeName, lookup: Lookup) -> TypeSpec:
    """Return the type that a name stands for.

    Raises:
        OracleError: ORA-06550 with PLS-00201 if there is none.
    """
    if not name.suffix and len(name.path) == 1:
        try:
            return type_spec(_ALIASES.get(name.path[0], name.path[0]), list(name.numbers))
        except KeyError:
            pass
    spec = lookup(name)
    if spec is None:
        raise OracleError(6550, f"line 1, column 1:\nPLS-00201: identifier '{name}' must be "
                          "declared")  # fmt: skip
    return spec
