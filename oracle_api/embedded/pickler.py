"""The supplied package DBMS_PICKLER, by which clients ask for the description of a type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oracle_api.embedded.call import Call
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.namedtypes import NamedType
from oracle_api.embedded.plsql import Parser
from oracle_api.embedded.procedures import Catalog
from oracle_api.embedded.shapes import can_be_described, descriptor, type_name
from oracle_api.embedded.typenames import parse_type_name

catalog = Catalog(owner="SYS")

_UNKNOWN = 22
_VERSION = 1
_ATTRIBUTE_COLUMNS = (
    ("CURSOR_VERSION", "NUMBER"), ("ATTR_NAME", "VARCHAR2(128)"), ("ATTR_NO", "NUMBER"),
    ("ATTR_TYPE_NAME", "VARCHAR2(128)"), ("ATTR_TYPE_OWNER", "VARCHAR2(128)"),
    ("ATTR_TYPE_PACKAGE", "VARCHAR2(128)"), ("ATTR_TYPE_OID", "RAW(16)"),
    ("INSTANTIABLE", "VARCHAR2(3)"), ("SUPER_TYPE_OWNER", "VARCHAR2(128)"),
    ("SUPER_TYPE_NAME", "VARCHAR2(128)"),
)  # fmt: skip


@catalog.procedure(
    "DBMS_PICKLER.GET_TYPE_SHAPE(fulltypename IN OUT VARCHAR2, typeoid OUT RAW, "
    "vers OUT BINARY_INTEGER, tds OUT RAW, instantiable OUT VARCHAR2, "
    "supertype_owner OUT VARCHAR2, supertype_name OUT VARCHAR2, attr_rc OUT SYS_REFCURSOR, "
    "subtype_rc OUT SYS_REFCURSOR) RETURN BINARY_INTEGER"
)
def _get_type_shape(call: Call, fulltypename: str | None) -> tuple[int, dict[str, Any]]:
    """Describe a type; the result is not zero if there is none that clients can use.

    The name of a table's row is completed with its schema.
    """
    named = _find(call, fulltypename or "")
    if named is None or not can_be_described(named):
        return _UNKNOWN, {"fulltypename": fulltypename}
    shape = {
        "fulltypename": f"{named.owner}.{named.name}" if named.is_row else fulltypename,
        "typeoid": named.oid,
        "vers": _VERSION,
        "tds": descriptor(named),
        "instantiable": "YES",
        "attr_rc": call.cursor(_ATTRIBUTE_COLUMNS, _attributes(named)),
    }
    return 0, shape


def _find(call: Call, text: str) -> NamedType | None:
    try:
        name = parse_type_name(Parser(text))
    except OracleError:
        return None
    return call.session.server.namespace.find_type(name, call.session.schema)


def _attributes(named: NamedType) -> Iterator[tuple[Any, ...]]:
    for number, attribute in enumerate(named.attributes, 1):
        inner = attribute.spec.named
        where = (inner.owner, inner.package, inner.oid) if inner is not None else (None,) * 3
        head = (_VERSION, attribute.name, number, type_name(attribute.spec))
        yield (*head, *where, "YES", None, None)
