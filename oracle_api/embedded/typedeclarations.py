"""Declarations of types, written as in CREATE TYPE and in package specifications."""

from __future__ import annotations

from dataclasses import dataclass

from oracle_api.embedded.datatypes import DataType, TypeSpec
from oracle_api.embedded.lexer import Kind
from oracle_api.embedded.namedtypes import Attribute, NamedType, TypeKind
from oracle_api.embedded.plsql import Parser
from oracle_api.embedded.typenames import Lookup, TypeName, parse_type_name, resolve_type

_CONSTRUCTORS = ("OBJECT", "RECORD", "TABLE", "VARRAY", "VARYING")


@dataclass(frozen=True)
class Declared:
    """A declared type: ``spec`` is what its name stands for."""

    owner: str
    package: str | None
    name: str
    spec: TypeSpec


def parse_declaration(text: str, owner: str, lookup: Lookup) -> Declared:
    """Parse ``NAME AS OBJECT (…)``, ``PACKAGE.NAME IS RECORD (…)``, ``NAME IS TABLE OF type``.

    A package may have ``NAME IS REF CURSOR`` and subtypes, ``NAME IS type``, too.

    Args:
        text: the declaration; a name of three parts begins with the schema. Only types of
            packages can be records and index-by tables.
        owner: the schema if the declaration names none.
        lookup: finds types that were declared before.

    Raises:
        OracleError: ORA-06550 for a mistake in it.
    """
    return _Declaration(text, owner, lookup).parse()


class _Declaration:
    def __init__(self, text: str, owner: str, lookup: Lookup) -> None:
        self._parser = Parser(text)
        self._owner = owner
        self._lookup = lookup
        self._package: str | None = None

    def parse(self) -> Declared:
        """Parse the whole text."""
        parser = self._parser
        path = parser.path()
        if len(path) > 3:
            raise parser.unexpected()
        self._owner = path[0] if len(path) == 3 else self._owner
        self._package = path[-2] if len(path) > 1 else None
        parser.expect("IS", "AS")
        if self._package is not None and parser.accept("REF"):
            spec = self._ref_cursor()
        elif self._package is None or parser.token.is_name(*_CONSTRUCTORS):
            spec = self._body(path[-1]).spec
        else:
            spec = self._type()
        parser.accept(";")
        if parser.token.kind is not Kind.END:
            raise parser.unexpected(";")
        return Declared(self._owner, self._package, path[-1], spec)

    def _ref_cursor(self) -> TypeSpec:
        self._parser.expect("CURSOR")
        if self._parser.accept("RETURN"):
            self._type()
        return TypeSpec(DataType.CURSOR, "REF CURSOR")

    def _body(self, name: str) -> NamedType:
        parser, where = self._parser, (self._owner, self._package, name)
        if self._package is None and parser.accept("OBJECT"):
            return NamedType(*where, TypeKind.OBJECT, attributes=self._attributes())
        if self._package is not None and parser.accept("RECORD"):
            return NamedType(*where, TypeKind.RECORD, attributes=self._attributes())
        if parser.accept("TABLE"):
            element = self._element()
            if self._package is None or not parser.accept("INDEX"):
                return NamedType(*where, TypeKind.NESTED_TABLE, element=element)
            parser.expect("BY")
            key = parse_type_name(parser)
            return NamedType(
                *where, TypeKind.INDEX_TABLE, element=element, index_by=self._index(key)
            )
        if parser.accept("VARRAY") or self._varying_array():
            parser.expect("(")
            if parser.token.kind is not Kind.NUMBER:
                raise parser.unexpected("<a number>")
            limit = int(parser.advance().text)
            parser.expect(")")
            return NamedType(*where, TypeKind.VARRAY, element=self._element(), limit=limit)
        raise parser.unexpected("record" if self._package else "object", "table", "varray")

    def _varying_array(self) -> bool:
        if not self._parser.accept("VARYING"):
            return False
        self._parser.expect("ARRAY")
        return True

    def _element(self) -> TypeSpec:
        self._parser.expect("OF")
        element = self._type()
        self._not_null()
        return element

    def _attributes(self) -> tuple[Attribute, ...]:
        parser = self._parser
        parser.expect("(")
        attributes = [self._attribute()]
        while parser.accept(","):
            attributes.append(self._attribute())
        parser.expect(")")
        parser.accept("NOT")
        parser.accept("FINAL")
        return tuple(attributes)

    def _attribute(self) -> Attribute:
        name = self._parser.identifier()
        spec = self._type()
        self._not_null()
        if self._parser.accept("DEFAULT") or self._parser.accept(":="):
            self._parser.expression()
        return Attribute(name, spec)

    def _not_null(self) -> None:
        if self._parser.accept("NOT"):
            self._parser.expect("NULL")

    def _type(self) -> TypeSpec:
        return resolve_type(parse_type_name(self._parser), self._find)

    def _find(self, name: TypeName) -> TypeSpec | None:
        """Find a type, first in the same package."""
        if len(name.path) == 1 and self._package is not None and not name.suffix:
            found = self._lookup(TypeName((self._owner, self._package, *name.path)))
            if found is not None:
                return found
        return self._lookup(name)

    def _index(self, key: TypeName) -> str:
        """Return the key of an index-by table as the dictionary names it."""
        spec = resolve_type(key, self._find)
        return "VARCHAR2" if spec.name in ("VARCHAR2", "STRING", "LONG") else "BINARY_INTEGER"
