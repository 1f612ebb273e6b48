"""Tables with one more column or constraint."""

from __future__ import annotations

import re
from dataclasses import replace

from oracle_api.embedded.columnsyntax import ParsedColumn
from oracle_api.embedded.definitions import (
    ColumnDefinition,
    Constraint,
    Definitions,
    Identity,
    NumberSequence,
    SequenceOptions,
    TableDefinition,
)
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.functions import NEXT_VALUE
from oracle_api.embedded.translate import literal


def add_column(
    table: TableDefinition, parsed: ParsedColumn, definitions: Definitions
) -> TableDefinition:
    """Return a table with one more column.

    Raises:
        OracleError: ORA-00957 for a name that another column has, ORA-30669 for a second
            identity column.
    """
    column = parsed.column
    if table.column(column.name) is not None:
        raise OracleError(957, "duplicate column name")
    if parsed.identity is not None:
        if any(each.identity for each in table.columns):
            raise OracleError(30669, "table can have only one identity column")
        column = _with_identity(table, parsed, parsed.identity, definitions)
    table = replace(table, columns=(*table.columns, column))
    for constraint in parsed.constraints:
        table = add_constraint(table, constraint, definitions)
    return table


def _with_identity(
    table: TableDefinition,
    parsed: ParsedColumn,
    options: SequenceOptions,
    definitions: Definitions,
) -> ColumnDefinition:
    name = definitions.sequence_name()
    definitions.sequences[name] = NumberSequence(table.owner, name, options)
    return replace(
        parsed.column,
        identity=Identity(parsed.is_always, name),
        default=f'"{table.owner}"."{name}".nextval',
        default_sql=f"{NEXT_VALUE} ( {literal(name)} )",
    )


def add_constraint(
    table: TableDefinition, constraint: Constraint, definitions: Definitions
) -> TableDefinition:
    """Return a table with one more constraint.

    Raises:
        OracleError: ORA-00904 for an unknown column, ORA-02260 for a second primary key,
            ORA-02261 for a key that there is, ORA-00942 or ORA-02270 for a parent without the
            key that is referred to.
    """
    if not constraint.name:
        constraint = replace(constraint, name=definitions.constraint_name(), is_generated=True)
    for name in constraint.columns:
        if table.column(name) is None:
            raise OracleError(904, f'"{name}": invalid identifier')
    if constraint.kind in ("P", "U"):
        if constraint.kind == "P" and any(each.kind == "P" for each in table.constraints):
            raise OracleError(2260, "table can have only one primary key")
        if any(set(each.columns) == set(constraint.columns) for each in table.unique_keys()):
            raise OracleError(2261, "such unique or primary key already exists in the table")
    if constraint.kind == "P":
        columns = tuple(
            replace(each, nullable=False) if each.name in constraint.columns else each
            for each in table.columns
        )
        table = replace(table, columns=columns)
    elif constraint.kind == "R":
        constraint = _with_parent(table, constraint, definitions)
    elif constraint.kind == "C" and not constraint.columns:
        constraint = replace(constraint, columns=_mentioned(table, constraint.condition or ""))
    return replace(table, constraints=(*table.constraints, constraint))


def _with_parent(
    table: TableDefinition, constraint: Constraint, definitions: Definitions
) -> Constraint:
    name = constraint.parent or ""
    parent = table if name == table.name else definitions.table(name)
    wanted = constraint.parent_columns
    for key in parent.unique_keys():
        if (key.columns == wanted) if wanted else key.kind == "P":
            return replace(constraint, parent_columns=key.columns)
    raise OracleError(2270, "no matching unique or primary key for this column-list")


def _mentioned(table: TableDefinition, condition: str) -> tuple[str, ...]:
    words = {word.upper() for word in re.findall(r"[\w$#]+", condition)}
    return tuple(column.name for column in table.columns if column.name.upper() in words)
