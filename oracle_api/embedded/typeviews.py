"""The views of the data dictionary about named types."""

from __future__ import annotations

from collections.abc import Iterator

from oracle_api.embedded.datatypes import DataType, TypeSpec
from oracle_api.embedded.namedtypes import NamedType, TypeKind
from oracle_api.embedded.shapes import type_name
from oracle_api.embedded.tableviews import char_used, character_set, numbers
from oracle_api.embedded.views import DictionarySource, Row, View

_COLLECTIONS = {
    TypeKind.NESTED_TABLE: "TABLE",
    TypeKind.VARRAY: "VARYING ARRAY",
    TypeKind.INDEX_TABLE: "PL/SQL INDEX TABLE",
}


def _types(source: DictionarySource, *, plsql: bool) -> Iterator[NamedType]:
    for named in source.namespace.types():
        if named.is_plsql == plsql and not named.is_row:
            yield named


def _details(spec: TypeSpec) -> Row:
    """Return the columns from LENGTH to CHARACTER_SET_NAME."""
    return (spec.size or None, *numbers(spec), character_set(spec))


def _schema_types(source: DictionarySource) -> Iterator[Row]:
    for named in _types(source, plsql=False):
        code = "COLLECTION" if named.is_collection else "OBJECT"
        yield (
            named.owner, named.name, named.oid, code, len(named.attributes), 0, "NO", "NO", "YES",
            "YES", None, None,
        )  # fmt: skip


def _schema_attributes(source: DictionarySource) -> Iterator[Row]:
    for named in _types(source, plsql=False):
        for number, attribute in enumerate(named.attributes, 1):
            spec = attribute.spec
            owner = spec.named.owner if spec.named else None
            yield (
                named.owner, named.name, attribute.name, None, owner, type_name(spec),
                *_details(spec), number, "NO", char_used(spec),
            )  # fmt: skip


def _schema_collections(source: DictionarySource) -> Iterator[Row]:
    for named in _types(source, plsql=False):
        if named.element is not None:
            spec = named.element
            owner = spec.named.owner if spec.named else None
            yield (
                named.owner, named.name, _COLLECTIONS[named.kind], named.limit or None, None,
                owner, type_name(spec), *_details(spec), None, "YES", char_used(spec),
            )  # fmt: skip


def _package_types(source: DictionarySource) -> Iterator[Row]:
    for named in _types(source, plsql=True):
        code = "COLLECTION" if named.is_collection else "PL/SQL RECORD"
        yield (
            named.owner, named.name, named.package, named.oid, code, len(named.attributes),
            "YES" if _contains_plsql(named) else "NO",
        )  # fmt: skip


def _contains_plsql(named: NamedType) -> bool:
    parts = [each.spec for each in named.attributes]
    if named.element is not None:
        parts.append(named.element)
    own = (DataType.BOOLEAN, DataType.BINARY_INTEGER)
    return any(each.named.is_plsql if each.named else each.type in own for each in parts)


def _package_attributes(source: DictionarySource) -> Iterator[Row]:
    for named in _types(source, plsql=True):
        for number, attribute in enumerate(named.attributes, 1):
            spec = attribute.spec
            inner = spec.named
            yield (
                named.owner, named.name, named.package, attribute.name, None,
                inner.owner if inner else None, type_name(spec),
                inner.package if inner else None, *_details(spec), number, char_used(spec),
            )  # fmt: skip


def _package_collections(source: DictionarySource) -> Iterator[Row]:
    for named in _types(source, plsql=True):
        if named.element is not None:
            spec = named.element
            inner = spec.named
            yield (
                named.owner, named.name, named.package, _COLLECTIONS[named.kind],
                named.limit or None, None, inner.owner if inner else None, type_name(spec),
                inner.package if inner else None, *_details(spec), None, "YES",
                char_used(spec), named.index_by,
            )  # fmt: skip


_DETAILS = "LENGTH NUMBER, PRECISION NUMBER, SCALE NUMBER, CHARACTER_SET_NAME VARCHAR2(44), "
_ATTRIBUTE = (
    "ATTR_NAME VARCHAR2(128), ATTR_TYPE_MOD VARCHAR2(7), ATTR_TYPE_OWNER VARCHAR2(128), "
    "ATTR_TYPE_NAME VARCHAR2(128), "
)
_COLLECTION = (
    "COLL_TYPE VARCHAR2(30), UPPER_BOUND NUMBER, ELEM_TYPE_MOD VARCHAR2(7), "
    "ELEM_TYPE_OWNER VARCHAR2(128), ELEM_TYPE_NAME VARCHAR2(128), "
)
_STORAGE = "ELEM_STORAGE VARCHAR2(7), NULLS_STORED VARCHAR2(3), CHAR_USED VARCHAR2(1)"
_NAME = "OWNER VARCHAR2(128), TYPE_NAME VARCHAR2(128), "
_PACKAGE_NAME = _NAME + "PACKAGE_NAME VARCHAR2(128), "

TYPE_VIEWS: dict[str, View] = {
    "ALL_TYPES": View(
        _NAME + "TYPE_OID RAW(16), TYPECODE VARCHAR2(128), ATTRIBUTES NUMBER, METHODS NUMBER, "
        "PREDEFINED VARCHAR2(3), INCOMPLETE VARCHAR2(3), FINAL VARCHAR2(3), "
        "INSTANTIABLE VARCHAR2(3), SUPERTYPE_OWNER VARCHAR2(128), SUPERTYPE_NAME VARCHAR2(128)",
        _schema_types,
    ),
    "ALL_TYPE_ATTRS": View(
        _NAME
        + _ATTRIBUTE
        + _DETAILS
        + "ATTR_NO NUMBER, INHERITED VARCHAR2(3), CHAR_USED VARCHAR2(1)",
        _schema_attributes,
    ),
    "ALL_COLL_TYPES": View(_NAME + _COLLECTION + _DETAILS + _STORAGE, _schema_collections),
    "ALL_PLSQL_TYPES": View(
        _PACKAGE_NAME + "TYPE_OID RAW(16), TYPECODE VARCHAR2(58), ATTRIBUTES NUMBER, "
        "CONTAINS_PLSQL VARCHAR2(3)",
        _package_types,
    ),
    "ALL_PLSQL_TYPE_ATTRS": View(
        _PACKAGE_NAME
        + _ATTRIBUTE
        + "ATTR_TYPE_PACKAGE VARCHAR2(128), "
        + _DETAILS
        + "ATTR_NO NUMBER, CHAR_USED VARCHAR2(1)",
        _package_attributes,
    ),
    "ALL_PLSQL_COLL_TYPES": View(
        _PACKAGE_NAME
        + _COLLECTION
        + "ELEM_TYPE_PACKAGE VARCHAR2(128), "
        + _DETAILS
        + _STORAGE
        + ", INDEX_BY VARCHAR2(14)",
        _package_collections,
    ),
}
