"""Signatures of procedures and functions, written as in PL/SQL."""

from __future__ import annotations

import keyword
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oracle_api.embedded.datatypes import DataType, TypeSpec, type_spec
from oracle_api.embedded.lexer import Kind
from oracle_api.embedded.plsql import Expression, Parser

#: Collection types that parameters may have, by their full name: (owner, package, element).
COLLECTIONS = {"DBMS_OUTPUT.CHARARR": ("SYS", "DBMS_OUTPUT", DataType.VARCHAR2)}


@dataclass(frozen=True)
class Parameter:
    """A formal parameter."""

    name: str
    is_in: bool
    is_out: bool
    spec: TypeSpec
    default: Expression | None
    has_default: bool

    @property
    def key(self) -> str:
        """The keyword under which a handler gets or returns its value."""
        key = self.name.lower()
        return key + "_" if keyword.iskeyword(key) else key

    @property
    def direction(self) -> str:
        """The direction as the data dictionary writes it."""
        if self.is_in:
            return "IN/OUT" if self.is_out else "IN"
        return "OUT"


@dataclass(frozen=True)
class Subprogram:
    """A registered procedure or function.

    ``package`` is None for a standalone one; ``overload`` is 0 unless the package has
    several of the same name.
    """

    owner: str
    package: str | None
    name: str
    parameters: tuple[Parameter, ...]
    returns: TypeSpec | None
    handler: Callable[..., Any]

    @property
    def unit(self) -> str:
        """Name of the unit that error stacks show: the package or the standalone procedure."""
        return f"{self.owner}.{self.package or self.name}"


def parse_signature(signature: str, owner: str, handler: Callable[..., Any]) -> Subprogram:
    """Parse ``[[SCHEMA.]PACKAGE.]NAME[(parameters)] [RETURN type]``.

    Args:
        signature: the text.
        owner: the schema if the signature names none.
        handler: the Python function that does the work.

    Raises:
        OracleError: ORA-06550 for a signature that cannot be parsed.
    """
    parser = Parser(signature)
    path = parser.path()
    if len(path) > 3:
        raise parser.unexpected()
    parameters = []
    if parser.accept("("):
        parameters.append(_parameter(parser))
        while parser.accept(","):
            parameters.append(_parameter(parser))
        parser.expect(")")
    returns = _type(parser) if parser.accept("RETURN") else None
    if parser.token.kind is not Kind.END:
        raise parser.unexpected("RETURN")
    schema = path[0] if len(path) == 3 else owner
    package = path[-2] if len(path) > 1 else None
    return Subprogram(schema, package, path[-1], tuple(parameters), returns, handler)


def _parameter(parser: Parser) -> Parameter:
    name = parser.identifier()
    is_in = parser.accept("IN")
    is_out = parser.accept("OUT")
    parser.accept("NOCOPY")
    spec = _type(parser)
    has_default = parser.accept("DEFAULT") or parser.accept(":=")
    default = parser.expression() if has_default else None
    return Parameter(name, is_in or not is_out, is_out, spec, default, has_default)


def _type(parser: Parser) -> TypeSpec:
    words = [parser.identifier()]
    if parser.accept("."):
        words[0] += "." + parser.identifier()
    if words[0] in COLLECTIONS:
        owner, package, element = COLLECTIONS[words[0]]
        return TypeSpec(
            element, words[0].split(".")[1], element=element, owner=owner, package=package
        )
    numbers = parse_numbers(parser)
    for follower in ("RAW", "WITH", "LOCAL", "TIME", "ZONE", "DAY", "TO", "SECOND"):
        if parser.accept(follower):
            words.append(follower)
    try:
        return type_spec(" ".join(words), numbers)
    except KeyError:
        raise parser.unexpected("<a data type>") from None


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
