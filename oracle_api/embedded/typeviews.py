"""The views of the data dictionary about named types and the columns of tables."""

from __future__ import annotations

from collections.abc import Iterator

from oracle_api.embedded.datatypes import NO_SCALE, DataType, TypeSpec
from oracle_api.embedded.namedtypes import NamedType, TypeKind
from oracle_api.embedded.shapes import byte_size, type_name
from oracle_api.embedded.views import DictionarySource, Row, View

_COLLECTIONS = {
    TypeKind.NESTED_TABLE: "TABLE",
    TypeKind.VARRAY: "VARYING ARRAY",
    TypeKind.INDEX_TABLE: "PL/SQL INDEX TABLE",
}
_TEXT = (DataType.VARCHAR2, DataType.CHAR, DataType.CLOB)
_DATETIMES = {
    DataType.TIMESTAMP: "TIMESTAMP({})",
    DataType.TIMESTAMP_TZ: "TIMESTAMP({}) WITH TIME ZONE",
    DataType.TIMESTAMP_LTZ: "TIMESTAMP({}) WITH LOCAL TIME ZONE",
}
_LENGTHS = {DataType.NUMBER: 22, DataType.DATE: 7, DataType.CLOB: 4000, DataType.BLOB: 4000}


def _types(source: DictionarySource, *, plsql: bool) -> Iterator[NamedType]:
    for named in source.namespace.types():
        if named.is_plsql == plsql and not named.is_row:
            yield named


def _character_set(spec: TypeSpec) -> str | None:
    if spec.type not in _TEXT:
        return None
    return "NCHAR_CS" if spec.national else "CHAR_CS"


def _numbers(spec: TypeSpec) -> tuple[int | None, int | None]:
    """Return precision and scale of a NUMBER or timestamp, None where there are none."""
    if spec.type == DataType.NUMBER and spec.name not in ("INTEGER", "INT", "SMALLINT"):
        precision = spec.precision or None
        return precision, None if spec.scale == NO_SCALE else spec.scale
    if spec.type == DataType.NUMBER:
        return None, 0
    return None, spec.scale if spec.type in _DATETIMES else None


def _details(spec: TypeSpec) -> Row:
    """Return the columns from LENGTH to CHARACTER_SET_NAME."""
    return (spec.size or None, *_numbers(spec), _character_set(spec))


def _char_used(spec: TypeSpec) -> str | None:
    return "B" if spec.type in (DataType.VARCHAR2, DataType.CHAR) else None


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
                *_details(spec), number, "NO", _char_used(spec),
            )  # fmt: skip


def _schema_collections(source: DictionarySource) -> Iterator[Row]:
    for named in _types(source, plsql=False):
        if named.element is not None:
            spec = named.element
            owner = spec.named.owner if spec.named else None
            yield (
                named.owner, named.name, _COLLECTIONS[named.kind], named.limit or None, None,
                owner, type_name(spec), *_details(spec), None, "YES", _char_used(spec),
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
                inner.package if inner else None, *_details(spec), number, _char_used(spec),
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
                _char_used(spec), named.index_by,
            )  # fmt: skip


def _columns(source: DictionarySource) -> Iterator[Row]:
    for named in source.namespace.types():
        if not named.is_row:
            continue
        table = named.name.removesuffix("%ROWTYPE")
        for number, attribute in enumerate(named.attributes, 1):
            spec = attribute.spec
            data_type = _DATETIMES.get(spec.type, type_name(spec)).format(spec.scale)
            if data_type in ("INTEGER", "SMALLINT"):
                data_type = "NUMBER"
            length = byte_size(spec) or _LENGTHS.get(spec.type, 11)
            yield (
                named.owner, table, attribute.name, data_type, None, None, length,
                *_numbers(spec), number, spec.size, _character_set(spec), "NO", "NO",
                _char_used(spec),
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
    "ALL_TAB_COLS": View(
        "OWNER VARCHAR2(128), TABLE_NAME VARCHAR2(128), COLUMN_NAME VARCHAR2(128), "
        "DATA_TYPE VARCHAR2(128), DATA_TYPE_MOD VARCHAR2(3), DATA_TYPE_OWNER VARCHAR2(128), "
        "DATA_LENGTH NUMBER, DATA_PRECISION NUMBER, DATA_SCALE NUMBER, COLUMN_ID NUMBER, "
        "CHAR_LENGTH NUMBER, CHARACTER_SET_NAME VARCHAR2(44), HIDDEN_COLUMN VARCHAR2(3), "
        "VIRTUAL_COLUMN VARCHAR2(3), CHAR_USED VARCHAR2(1)",
        _columns,
    ),
}
