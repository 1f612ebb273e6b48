"""Signatures of procedures and functions, written as in PL/SQL."""

from __future__ import annotations

import keyword
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oracle_api.embedded.datatypes import TypeSpec
from oracle_api.embedded.lexer import Kind
from oracle_api.embedded.plsql import Parser
from oracle_api.embedded.syntax import Expression
from oracle_api.embedded.typenames import Lookup, TypeName, parse_type_name, resolve_type


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


def parse_signature(
    signature: str, owner: str, handler: Callable[..., Any], lookup: Lookup
) -> Subprogram:
    """Parse ``[[SCHEMA.]PACKAGE.]NAME[(parameters)] [RETURN type]``.

    Args:
        signature: the text.
        owner: the schema if the signature names none.
        handler: the Python function that does the work.
        lookup: finds named types; those of the own package need no qualifier.

    Raises:
        OracleError: ORA-06550 for a signature that cannot be parsed.
    """
    parser = Parser(signature)
    path = parser.path()
    if len(path) > 3:
        raise parser.unexpected()
    schema = path[0] if len(path) == 3 else owner
    package = path[-2] if len(path) > 1 else None

    def find(name: TypeName) -> TypeSpec | None:
        local = None
        if package is not None and len(name.path) == 1 and not name.suffix:
            local = lookup(TypeName((schema, package, *name.path)))
        return local or lookup(name)

    parameters = []
    if parser.accept("("):
        parameters.append(_parameter(parser, find))
        while parser.accept(","):
            parameters.append(_parameter(parser, find))
        parser.expect(")")
    returns = None
    if parser.accept("RETURN"):
        returns = resolve_type(parse_type_name(parser), find)
    if parser.token.kind is not Kind.END:
        raise parser.unexpected("RETURN")
    return Subprogram(schema, package, path[-1], tuple(parameters), returns, handler)


def _parameter(parser: Parser, lookup: Lookup) -> Parameter:
    name = parser.identifier()
    is_in = parser.accept("IN")
    is_out = parser.accept("OUT")
    parser.accept("NOCOPY")
    spec = resolve_type(parse_type_name(parser), lookup)
    has_default = parser.accept("DEFAULT") or parser.accept(":=")
    default = parser.expression() if has_default else None
    return Parameter(name, is_in or not is_out, is_out, spec, default, has_default)
