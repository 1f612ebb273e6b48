"""The data dictionary and dynamic performance views, as temporary tables that are refilled."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable, Iterator

from oracle_api.embedded.datatypes import DataType, TypeSpec
from oracle_api.embedded.declared import declared_type, parse_type
from oracle_api.embedded.namedtypes import TypeKind
from oracle_api.embedded.procedures import StoredObject
from oracle_api.embedded.signatures import Parameter, Subprogram
from oracle_api.embedded.storage import to_storage
from oracle_api.embedded.tableviews import TABLE_VIEWS, objects
from oracle_api.embedded.translate import quote
from oracle_api.embedded.typeviews import TYPE_VIEWS
from oracle_api.embedded.views import DictionarySource, Row, View

_DATA_TYPE_NAMES = {
    DataType.BOOLEAN: "PL/SQL BOOLEAN",
    DataType.CURSOR: "REF CURSOR",
    DataType.BINARY_INTEGER: "BINARY_INTEGER",
    DataType.NUMBER: "NUMBER",
    DataType.VARCHAR2: "VARCHAR2",
    DataType.XMLTYPE: "OPAQUE/XMLTYPE",
    DataType.TIMESTAMP: "TIMESTAMP",
    DataType.TIMESTAMP_TZ: "TIMESTAMP WITH TIME ZONE",
    DataType.TIMESTAMP_LTZ: "TIMESTAMP WITH LOCAL TIME ZONE",
}


def _overload(stored: StoredObject, subprogram: Subprogram) -> str | None:
    same = stored.named(subprogram.name) if stored.is_package else [subprogram]
    return str(same.index(subprogram) + 1) if len(same) > 1 else None


def _subprograms(
    source: DictionarySource,
) -> Iterator[tuple[StoredObject, int, Subprogram, str | None]]:
    for stored in source.namespace.objects():
        for number, subprogram in enumerate(stored.subprograms, 1):
            yield stored, number, subprogram, _overload(stored, subprogram)


def _arguments(source: DictionarySource) -> Iterator[Row]:
    for stored, number, subprogram, overload in _subprograms(source):
        package = stored.name if stored.is_package else None
        head = (stored.owner, subprogram.name, package, stored.object_id, overload, number)
        sequence = itertools.count(1)
        if subprogram.returns is not None:
            position = (None, 0, next(sequence), 0)
            yield (*head, *position, *_type_columns(subprogram.returns, None, "OUT"))
        for index, parameter in enumerate(subprogram.parameters, 1):
            position = (parameter.name, index, next(sequence), 0)  # type: ignore[assignment]
            columns = _type_columns(parameter.spec, parameter, parameter.direction)
            yield (*head, *position, *columns)


def _type_columns(spec: TypeSpec, parameter: Parameter | None, in_out: str) -> Row:
    data_type = spec.name if spec.national else _DATA_TYPE_NAMES.get(spec.type, spec.name)
    if spec.named is not None:
        data_type = _COMPOSITE_NAMES[spec.named.kind]
    character_set = "CHAR_CS" if spec.type in _CHARACTER_TYPES else None
    if spec.national:
        character_set = "NCHAR_CS"
    pls_type = None if spec.type in (DataType.CURSOR, DataType.OBJECT) else spec.name
    defaulted = "Y" if parameter is not None and parameter.has_default else "N"
    return (
        data_type, defaulted, None, 0, in_out, spec.size or None, spec.precision or None,
        spec.scale if spec.precision else None, 10 if spec.type == DataType.NUMBER else None,
        character_set, *_type_name(spec), None, pls_type, spec.size,
        "B" if character_set else "0", "N",
    )  # fmt: skip


def _type_name(spec: TypeSpec) -> tuple[str | None, ...]:
    """Return owner, name, subname and kind of object of a named type."""
    named = spec.named
    if spec.type == DataType.XMLTYPE:
        return "PUBLIC", "XMLTYPE", None, "TYPE"
    if named is None:
        return None, None, None, None
    if named.package is not None:
        return named.owner, named.package, named.name, "PACKAGE"
    name = named.name.removesuffix("%ROWTYPE")
    return named.owner, name, None, "TABLE" if named.is_row else "TYPE"


_COMPOSITE_NAMES = {
    TypeKind.OBJECT: "OBJECT",
    TypeKind.RECORD: "PL/SQL RECORD",
    TypeKind.NESTED_TABLE: "TABLE",
    TypeKind.VARRAY: "VARRAY",
    TypeKind.INDEX_TABLE: "PL/SQL TABLE",
}
_CHARACTER_TYPES = (DataType.VARCHAR2, DataType.CHAR, DataType.CLOB)


def _procedures(source: DictionarySource) -> Iterator[Row]:
    for stored in source.namespace.objects():
        if stored.is_package:
            yield (stored.owner, stored.name, None, stored.object_id, 0, None, "PACKAGE")
    for stored, number, subprogram, overload in _subprograms(source):
        procedure = subprogram.name if stored.is_package else None
        identity = (stored.object_id, number, overload)
        yield (stored.owner, stored.name, procedure, *identity, stored.object_type)


def _objects(source: DictionarySource) -> Iterator[Row]:
    for stored in source.namespace.objects():
        created = stored.last_ddl_time
        head = (stored.owner, stored.name, stored.object_id)
        yield (*head, stored.object_type, created, created, "VALID", "N")
    for named in source.namespace.types():
        if not named.is_plsql:
            head = (named.owner, named.name, named.object_id)
            yield (*head, "TYPE", named.created, named.created, "VALID", "N")
    for synonym in source.namespace.synonyms():
        head = (synonym.owner, synonym.name, synonym.object_id)
        yield (*head, "SYNONYM", None, None, "VALID", "N")
    yield from objects(source)


def _synonyms(source: DictionarySource) -> Iterator[Row]:
    for synonym in source.namespace.synonyms():
        target = (synonym.target_owner, synonym.target_name, synonym.db_link)
        yield (synonym.owner, synonym.name, *target)


def _sessions(source: DictionarySource) -> Iterator[Row]:
    for each in source.sessions():
        status = "ACTIVE" if each.is_active else "INACTIVE"
        yield (
            each.sid, each.serial, each.user, status, each.module, each.action,
            each.client_info, each.client_identifier,
        )  # fmt: skip


def _longops(source: DictionarySource) -> Iterator[Row]:
    for row in source.longops.rows():
        yield (
            row.sid, row.serial, row.opname, row.target, row.target_desc, row.sofar,
            row.totalwork, row.units, row.start_time.replace(microsecond=0),
            row.last_update_time.replace(microsecond=0), row.remaining, round(row.elapsed),
            row.context, row.message, row.username,
        )  # fmt: skip


def _dual(source: DictionarySource) -> Iterator[Row]:
    del source
    yield ("X",)


VIEWS: dict[str, View] = {
    "DUAL": View("DUMMY VARCHAR2(1)", _dual),
    "ALL_ARGUMENTS": View(
        "OWNER VARCHAR2(128), OBJECT_NAME VARCHAR2(128), PACKAGE_NAME VARCHAR2(128), "
        "OBJECT_ID NUMBER, OVERLOAD VARCHAR2(40), SUBPROGRAM_ID NUMBER, "
        "ARGUMENT_NAME VARCHAR2(128), POSITION NUMBER, SEQUENCE NUMBER, DATA_LEVEL NUMBER, "
        "DATA_TYPE VARCHAR2(30), DEFAULTED VARCHAR2(1), DEFAULT_VALUE LONG, "
        "DEFAULT_LENGTH NUMBER, IN_OUT VARCHAR2(9), DATA_LENGTH NUMBER, DATA_PRECISION NUMBER, "
        "DATA_SCALE NUMBER, RADIX NUMBER, CHARACTER_SET_NAME VARCHAR2(44), "
        "TYPE_OWNER VARCHAR2(128), TYPE_NAME VARCHAR2(128), TYPE_SUBNAME VARCHAR2(128), "
        "TYPE_OBJECT_TYPE VARCHAR2(7), TYPE_LINK VARCHAR2(128), PLS_TYPE VARCHAR2(128), "
        "CHAR_LENGTH NUMBER, CHAR_USED VARCHAR2(1), NESTED VARCHAR2(1)",
        _arguments,
    ),
    "ALL_PROCEDURES": View(
        "OWNER VARCHAR2(128), OBJECT_NAME VARCHAR2(128), PROCEDURE_NAME VARCHAR2(128), "
        "OBJECT_ID NUMBER, SUBPROGRAM_ID NUMBER, OVERLOAD VARCHAR2(40), OBJECT_TYPE VARCHAR2(13)",
        _procedures,
    ),
    "ALL_OBJECTS": View(
        "OWNER VARCHAR2(128), OBJECT_NAME VARCHAR2(128), OBJECT_ID NUMBER, "
        "OBJECT_TYPE VARCHAR2(23), CREATED DATE, LAST_DDL_TIME DATE, STATUS VARCHAR2(7), "
        "TEMPORARY VARCHAR2(1)",
        _objects,
    ),
    "ALL_SYNONYMS": View(
        "OWNER VARCHAR2(128), SYNONYM_NAME VARCHAR2(128), TABLE_OWNER VARCHAR2(128), "
        "TABLE_NAME VARCHAR2(128), DB_LINK VARCHAR2(128)",
        _synonyms,
    ),
    "V$SESSION": View(
        "SID NUMBER, SERIAL# NUMBER, USERNAME VARCHAR2(128), STATUS VARCHAR2(8), "
        "MODULE VARCHAR2(64), ACTION VARCHAR2(64), CLIENT_INFO VARCHAR2(64), "
        "CLIENT_IDENTIFIER VARCHAR2(64)",
        _sessions,
        dynamic=True,
    ),
    "V$SESSION_LONGOPS": View(
        "SID NUMBER, SERIAL# NUMBER, OPNAME VARCHAR2(64), TARGET VARCHAR2(64), "
        "TARGET_DESC VARCHAR2(32), SOFAR NUMBER, TOTALWORK NUMBER, UNITS VARCHAR2(32), "
        "START_TIME DATE, LAST_UPDATE_TIME DATE, TIME_REMAINING NUMBER, ELAPSED_SECONDS NUMBER, "
        "CONTEXT NUMBER, MESSAGE VARCHAR2(512), USERNAME VARCHAR2(128)",
        _longops,
        dynamic=True,
    ),
    **TYPE_VIEWS,
    **TABLE_VIEWS,
}

#: What the views may be called, and the name of their table.
VIEW_NAMES = {name: name for name in VIEWS} | {
    "V_$SESSION": "V$SESSION",
    "V_$SESSION_LONGOPS": "V$SESSION_LONGOPS",
    "ALL_TAB_COLUMNS": "ALL_TAB_COLS",
}


def _declare(column: str) -> str:
    """Return the declaration of a view's column for SQLite."""
    name, _, type_name = column.partition(" ")
    spec = parse_type(type_name)
    if spec is None:
        raise ValueError(f"unknown type in a view: {column}")
    return f"{quote(name)} {declared_type(spec)}"


class Dictionary:
    """The views as seen by one connection.

    Args:
        connection: the SQLite connection of a session.
        source: where the rows come from.
    """

    def __init__(self, connection: sqlite3.Connection, source: DictionarySource) -> None:
        self._connection = connection
        self._source = source
        self._versions: dict[str, tuple[int, int]] = {}
        self._created: set[str] = set()

    def stale(self, names: Iterable[str]) -> list[str]:
        """Return which of these views must be filled before they are read."""
        version = self._version
        return [
            name for name in names if VIEWS[name].dynamic or self._versions.get(name) != version
        ]

    @property
    def _version(self) -> tuple[int, int]:
        return self._source.namespace.version, self._source.definitions().version

    def forget(self) -> None:
        """Have all views made and filled again, as a rollback undoes that too."""
        self._versions.clear()
        self._created.clear()

    def _create(self, name: str) -> None:
        if name not in self._created:
            columns = ", ".join(map(_declare, VIEWS[name].columns.split(", ")))
            self._connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {quote(name)} ({columns})")
            self._created.add(name)

    def refresh(self, names: Iterable[str]) -> None:
        """Fill views with their present rows."""
        for name in names:
            view = VIEWS[name]
            self._versions[name] = self._version
            self._create(name)
            self._connection.execute(f"DELETE FROM temp.{quote(name)}")  # noqa: S608 - constant
            places = ", ".join("?" * (view.columns.count(", ") + 1))
            self._connection.executemany(
                f"INSERT INTO temp.{quote(name)} VALUES ({places})",  # noqa: S608 - constant names
                [tuple(map(to_storage, row)) for row in view.rows(self._source)],
            )
