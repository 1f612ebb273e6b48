"""The named types of a catalog, those of its tables' rows included."""

from __future__ import annotations

from typing import Any

from oracle_api.embedded.datatypes import TypeSpec
from oracle_api.embedded.ddl import DdlTranslator
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.lexer import tokenize
from oracle_api.embedded.namedtypes import Attribute, NamedType, TypeKind
from oracle_api.embedded.relinking import Relinker
from oracle_api.embedded.typedeclarations import Declared, parse_declaration
from oracle_api.embedded.typenames import TypeName

_ROWTYPE = "%ROWTYPE"
#: Owner, package and name.
Key = tuple[str, str | None, str]


class TypeRegistry:
    """Types by (owner, package, name).

    Args:
        owner: the schema of types declared without one, and of the tables.
        standard: the types that all schemas see.
    """

    def __init__(self, owner: str, standard: TypeRegistry | None = None) -> None:
        self.owner = owner
        self._standard = standard
        self.types: dict[Key, NamedType] = {}
        self.aliases: dict[Key, TypeSpec] = {}

    def include(self, other: TypeRegistry) -> None:
        """Take over all that another registry holds."""
        self.types.update(other.types)
        self.aliases.update(other.aliases)

    def declare(self, text: str) -> Declared:
        """Add a type.

        Raises:
            OracleError: ORA-06550 for a mistake in its declaration.
        """
        declared = parse_declaration(text, self.owner, self.find)
        key = (declared.owner, declared.package, declared.name)
        named = declared.spec.named
        if named is not None and (named.owner, named.package, named.name) == key:
            self.types[key] = named
        else:
            self.aliases[key] = declared.spec
        return declared

    def replace(self, text: str) -> Relinker:
        """Declare a type anew; the other types come to refer to it.

        Returns:
            What does the same for the parameters of procedures.

        Raises:
            OracleError: ORA-06550 for a mistake in the declaration; ORA-04043 if there is no
                such type.
        """
        before = dict(self.types)
        declared = self.declare(text)
        key = (declared.owner, declared.package, declared.name)
        new = declared.spec.named
        if key not in before or new is None:
            self.types = before
            raise OracleError(4043, f"object {declared.name} does not exist")
        old = before[key]
        relinker = Relinker(old, old.successor(**_shape(new)))
        self.types = {each: relinker.type(before[each]) for each in before}
        self.aliases = {each: relinker.spec(spec) for each, spec in self.aliases.items()}
        return relinker

    def add_table(self, statement: str) -> None:
        """Add the row type of the table that a statement creates; others do not matter."""
        if statement.lstrip()[:6].upper() != "CREATE":
            return
        text = statement.rstrip().rstrip(";")
        try:
            translator = DdlTranslator(text, tokenize(text), {self.owner})
            translator.translate()
        except OracleError:
            return  # it fails again, and visibly, when it is executed
        if translator.table:
            attributes = tuple(Attribute(name, spec) for name, spec in translator.columns)
            name = translator.table + _ROWTYPE
            row = NamedType(self.owner, None, name, TypeKind.RECORD, attributes)
            self.types[self.owner, None, name] = row

    def find(self, name: TypeName) -> TypeSpec | None:
        """Return what a name in a signature or declaration stands for, None if nothing."""
        if name.suffix == "TYPE":
            return self._column(name.path)
        for key in keys(name, self.owner):
            if key in self.types:
                return self.types[key].spec
            if key in self.aliases:
                return self.aliases[key]
        return None if self._standard is None else self._standard.find(name)

    def _column(self, path: tuple[str, ...]) -> TypeSpec | None:
        if len(path) < 2:
            return None
        row = self.find(TypeName(path[:-1], suffix="ROWTYPE"))
        if row is None or row.named is None:
            return None
        return next((each.spec for each in row.named.attributes if each.name == path[-1]), None)


def _shape(named: NamedType) -> dict[str, Any]:
    names = ("kind", "attributes", "element", "limit", "index_by")
    return {name: getattr(named, name) for name in names}


def keys(name: TypeName, schema: str) -> list[Key]:
    """Return what a name may refer to: a package comes before a schema of the same name."""
    path = name.path
    last = path[-1] + (_ROWTYPE if name.suffix == "ROWTYPE" else "")
    if len(path) == 1:
        return [(schema, None, last)]
    if len(path) == 2:
        return [(schema, path[0], last), (path[0], None, last)]
    return [(path[0], path[1], last)] if len(path) == 3 else []
