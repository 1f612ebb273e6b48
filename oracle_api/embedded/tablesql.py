"""Tables and indexes as SQLite makes them."""

from __future__ import annotations

from collections.abc import Mapping

from oracle_api.embedded.datatypes import DataType, TypeSpec
from oracle_api.embedded.declared import declared_type
from oracle_api.embedded.definitions import (
    ColumnDefinition,
    Constraint,
    Definitions,
    IndexDefinition,
    TableDefinition,
)
from oracle_api.embedded.functions import PREFIX
from oracle_api.embedded.translate import literal, quote

_CHECKED = frozenset(
    {
        DataType.NUMBER, DataType.DATE, DataType.TIMESTAMP, DataType.TIMESTAMP_TZ,
        DataType.TIMESTAMP_LTZ, DataType.RAW, DataType.BLOB,
    }
)  # fmt: skip
_CHECK_ERRORS = {
    DataType.NUMBER: "ORA:1722:invalid number",
    DataType.RAW: "ORA:932:inconsistent datatypes or value too large",
    DataType.BLOB: "ORA:932:inconsistent datatypes",
}
_REBUILT = "rebuilt$"
#: What follows a key's name in the name of the index that keeps it unique.
KEY_SUFFIX = "$key"
_LOOKUP_SUFFIX = "$lookup"
# Stands for a null in an index; no value is stored like this.
_NULL_MARK = "x'004e554c4c'"


def create_table(table: TableDefinition, name: str | None = None) -> str:
    """Return the statement that makes a table.

    Args:
        table: what it is made of.
        name: how it is to be called, if not by its own name.
    """
    parts = [_column(column) for column in table.columns]
    parts += [_constraint(each) for each in table.constraints if not _needs_index(each, table)]
    return f"CREATE TABLE {quote(name or table.name)} ( {' , '.join(parts)} )"


def _column(column: ColumnDefinition) -> str:
    words = [quote(column.name), declared_type(column.spec)]
    if column.default_sql is not None:
        words.append(f"DEFAULT ( {column.default_sql} )")
    if not column.nullable:
        words.append("NOT NULL")
    # At the end, as SQLite would give a constraint's name to an unnamed one after it.
    return " ".join(words + _checks(column.name, column.spec))


def _constraint(constraint: Constraint) -> str:
    head = f"CONSTRAINT {quote(constraint.name)} "
    columns = _list(constraint.columns)
    match constraint.kind:
        case "P":
            return f"{head}PRIMARY KEY {columns}"
        case "U":
            return f"{head}UNIQUE {columns}"
        case "C":
            return f"{head}CHECK ( {constraint.condition_sql} )"
    parent = f"{quote(constraint.parent or '')} {_list(constraint.parent_columns)}"
    return f"{head}FOREIGN KEY {columns} REFERENCES {parent} ON DELETE {constraint.delete_rule}"


def _list(names: tuple[str, ...]) -> str:
    return f"( {' , '.join(map(quote, names))} )"


def _needs_index(constraint: Constraint, table: TableDefinition) -> bool:
    """Return whether SQLite's own constraint would let in what Oracle refuses.

    To SQLite a null differs from any other; in Oracle keys of several columns are the same if
    those that are not null are, unless all are null.
    """
    if constraint.kind != "U" or len(constraint.columns) == 1:
        return False
    return any(column.nullable for column in table.columns if column.name in constraint.columns)


def create_indexes(table: TableDefinition, definitions: Definitions) -> list[str]:
    """Return the statements that make the indexes of a table."""
    statements = []
    for constraint in table.constraints:
        if _needs_index(constraint, table):
            name = constraint.name + KEY_SUFFIX
            statements += _unique_index(name, table.name, [*map(quote, constraint.columns)])
    for index in definitions.indexes.values():
        if index.table == table.name:
            statements += create_index(index)
    return statements


def create_index(index: IndexDefinition) -> list[str]:
    """Return the statements that make an index."""
    expressions = [part.sql for part in index.parts]
    if index.unique and len(expressions) > 1:
        return _unique_index(index.name, index.table, expressions)
    unique = "UNIQUE " if index.unique else ""
    ordered = [part.sql + (" DESC" if part.descending else "") for part in index.parts]
    on = f"{quote(index.name)} ON {quote(index.table)}"
    return [f"CREATE {unique}INDEX {on} ( {' , '.join(ordered)} )"]


def _unique_index(name: str, table: str, expressions: list[str]) -> list[str]:
    marked = [f"ifnull ( {each} , {_NULL_MARK} )" for each in expressions]
    present = [f"( {each} ) IS NOT NULL" for each in expressions]
    return [
        f"CREATE UNIQUE INDEX {quote(name)} ON {quote(table)} ( {' , '.join(marked)} ) "
        f"WHERE {' OR '.join(present)}",
        f"CREATE INDEX {quote(name + _LOOKUP_SUFFIX)} ON {quote(table)} "
        f"( {' , '.join(expressions)} )",
    ]


def drop_index(index: IndexDefinition) -> list[str]:
    """Return the statements that remove an index."""
    statements = [f"DROP INDEX {quote(index.name)}"]
    if index.unique and len(index.parts) > 1:
        statements.append(f"DROP INDEX {quote(index.name + _LOOKUP_SUFFIX)}")
    return statements


def rebuild_table(
    before: str, table: TableDefinition, sources: Mapping[str, str], definitions: Definitions
) -> list[str]:
    """Return the statements that put a table in the place of another, with its rows.

    Args:
        before: the name of the old table.
        table: the new one.
        sources: the columns that are kept, by their new names.
        definitions: with the indexes of the new one.
    """
    kept = _list(tuple(sources))
    values = " , ".join(map(quote, sources.values()))
    return [
        create_table(table, _REBUILT),
        f"INSERT INTO {quote(_REBUILT)} {kept} SELECT {values} FROM {quote(before)}",  # noqa: S608
        f"DROP TABLE {quote(before)}",
        f"ALTER TABLE {quote(_REBUILT)} RENAME TO {quote(table.name)}",
        *create_indexes(table, definitions),
    ]


def _checks(column: str, spec: TypeSpec) -> list[str]:
    """Return constraints that keep out what the column's type does not allow.

    Their names carry the error that a violation is: ``ORA:<number>:<message>``.
    """
    name = quote(column)
    if spec.type in (DataType.VARCHAR2, DataType.CHAR):
        error = quote(f"ORA:12899:value too large for column {column} (maximum: {spec.size})")
        return [f"CONSTRAINT {error} CHECK ( length ( {name} ) <= {spec.size} )"]
    if spec.type not in _CHECKED:
        return []
    error = _CHECK_ERRORS.get(spec.type, "ORA:1861:literal does not match format string")
    checks = [_fits(name, error, spec, 0 if spec.type == DataType.NUMBER else spec.size)]
    if spec.type == DataType.NUMBER and spec.precision:
        error = "ORA:1438:value larger than specified precision allowed for this column"
        checks.append(_fits(name, error, spec, spec.precision))
    return checks


def _fits(name: str, error: str, spec: TypeSpec, size: int) -> str:
    arguments = f"{name} , {literal(spec.name)} , {size} , {spec.scale}"
    return f"CONSTRAINT {quote(error)} CHECK ( {PREFIX}fits ( {arguments} ) )"
