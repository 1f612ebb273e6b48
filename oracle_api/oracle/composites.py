"""Collections, records and object types: JSON arrays and objects to the driver's objects and back.

Source: python-oracledb user guide, "Binding Oracle Collections and Objects"; PL/SQL Language
Reference, "PL/SQL Collections and Records".
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import oracledb

from oracle_api.oracle.documents import placed
from oracle_api.oracle.values import OracleType, type_of_attribute

# Nothing that a person wrote is nested deeper; a type that contains itself would be without end.
_DEEPEST = 20


@dataclass(frozen=True)
class Composite:
    """A collection, a record or an object type.

    Args:
        name: as ``Connection.gettype`` takes it.
        attributes: of a record or object, by their names; None for a collection.
        element: of a collection; None for a record or object.
    """

    name: str
    attributes: "dict[str, Node] | None" = None
    element: "Node | None" = None

    #: One bind variable takes a value in and out; as of :class:`OracleType`.
    expression: ClassVar[str] = "{}"
    takes_null: ClassVar[bool] = True
    local: ClassVar[str] = ""
    give: ClassVar[str] = "{}"

    def encode(self, value: Any) -> Any:
        """Check a JSON value and make every leaf what the driver binds.

        Args:
            value: an array for a collection, an object for the others; never null.

        Raises:
            ValueError: it does not fit; the text says where within the value.
        """
        if self.element is not None:
            if not isinstance(value, list):
                raise ValueError(f"must be an array ({self.name})")
            return [_encode(self.element, item, f"[{n}]") for n, item in enumerate(value)]
        if not isinstance(value, dict):
            raise ValueError(f"must be an object ({self.name})")
        attributes = self.attributes or {}
        given = {name.upper(): item for name, item in value.items()}
        if unknown := given.keys() - attributes.keys():
            raise ValueError(f"has no attribute {sorted(unknown)[0]} ({self.name})")
        return {
            name: _encode(node, given.get(name), f".{name}") for name, node in attributes.items()
        }

    def make(self, connection: oracledb.Connection, value: Any) -> Any:
        """Make the driver's object of what :meth:`encode` gave, None of a null."""
        if value is None:
            return None
        made = connection.gettype(self.name).newobject()
        if self.element is not None:
            _fill(made, [_make(self.element, connection, item) for item in value])
        else:
            for name, node in (self.attributes or {}).items():
                setattr(made, name, _make(node, connection, value[name]))
        return made

    def decode(self, value: Any, leaf: Callable[[OracleType, Any], Any]) -> Any:
        """Make a JSON value of the driver's object.

        Args:
            value: what the driver gives, None for a null.
            leaf: makes one of a scalar that is not null.
        """
        if value is None:
            return None
        if self.element is not None:
            return [_decode(self.element, item, leaf) for item in value.aslist()]
        return {
            name: _decode(node, getattr(value, name), leaf)
            for name, node in (self.attributes or {}).items()
        }

    def names(self) -> set[str]:
        """Give its name, and those of all named types within it."""
        inner = [*(self.attributes or {}).values(), self.element]
        return {self.name}.union(*(one.names() for one in inner if isinstance(one, Composite)))


Node: TypeAlias = OracleType | Composite


def describe_composite(connection: oracledb.Connection, name: str) -> Composite | None:
    """Describe a named type with all that it is made of.

    Args:
        connection: to ask over; the driver remembers the answer with it.
        name: such as ``DWH.PKG.T_REC``, ``DWH.T_NUMBERS`` or ``DWH.EMP%ROWTYPE``.

    Returns:
        The type, or None where it holds something that cannot travel.

    Raises:
        oracledb.Error: the type cannot be described.
    """
    node = _node(connection.gettype(name), _DEEPEST, name)
    return node if isinstance(node, Composite) else None


def _node(described: Any, depth: int, name: str | None = None) -> Node | None:
    if not isinstance(described, oracledb.DbObjectType):
        return type_of_attribute(described)
    if depth == 0:
        return None
    title = name or _full_name(described)
    if described.iscollection:
        element = _node(described.element_type, depth - 1)
        return None if element is None else Composite(title, element=element)
    attributes: dict[str, Node] = {}
    for attribute in described.attributes:
        node = _node(attribute.type, depth - 1)
        if node is None:
            return None
        attributes[attribute.name] = node
    return Composite(title, attributes=attributes)


def _full_name(described: oracledb.DbObjectType) -> str:
    return ".".join(filter(None, (described.schema, described.package_name, described.name)))


def _encode(node: Node, value: Any, place: str) -> Any:
    if value is None:
        return None
    try:
        return node.encode(value)
    except ValueError as exc:
        raise ValueError(placed(place, str(exc))) from None


def _make(node: Node, connection: oracledb.Connection, value: Any) -> Any:
    if isinstance(node, Composite):
        return node.make(connection, value)
    if node.is_lob and value is not None:
        return connection.createlob(node.lob_type, value)
    return value


def _decode(node: Node, value: Any, leaf: Callable[[OracleType, Any], Any]) -> Any:
    if isinstance(node, Composite):
        return node.decode(value, leaf)
    return None if value is None else leaf(node, value)


def _fill(collection: oracledb.DbObject, items: list[Any]) -> None:
    """Put items into an empty collection, from index 1 on where it is indexed by integers.

    The driver does not tell the two kinds apart, but only a table that is indexed takes an
    element at an index that does not exist yet.
    """
    if not items:
        return
    try:
        collection.setelement(1, items[0])
    except oracledb.Error:
        for item in items:
            collection.append(item)
    else:
        for index, item in enumerate(items[1:], start=2):
            collection.setelement(index, item)
