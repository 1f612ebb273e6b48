"""ALTER TABLE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from oracle_api.embedded.columnsyntax import ColumnSyntax, ParsedColumn
from oracle_api.embedded.datatypes import DataType, TypeSpec
from oracle_api.embedded.definitions import ColumnDefinition, Definitions, TableDefinition
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.plsql import Parser
from oracle_api.embedded.tablechanges import add_column, add_constraint

#: Returns the table as it is afterwards; changes which columns its rows come from.
Step = Callable[[TableDefinition, dict[str, str], Definitions], TableDefinition]

_DUPLICATES = OracleError(2299, "cannot validate constraint - duplicate keys found")
_VIOLATED = OracleError(2293, "cannot validate constraint - check constraint violated")
_ORPHANS = OracleError(2298, "cannot validate constraint - parent keys not found")
_NULLS = OracleError(2296, "cannot enable constraint - null values found")
# What MODIFY has where it names no type.
_NO_TYPE = TypeSpec(DataType.VARCHAR2, "")
_TOO_LONG = OracleError(1441, "cannot decrease column length because some value is too big")
_TOO_LARGE = OracleError(1440, "column to be modified must be empty to decrease precision or scale")
_NOT_EMPTY = OracleError(1758, "table must be empty to add mandatory (NOT NULL) column")


class TableAlteration:
    """Parses the clauses of ALTER TABLE.

    Args:
        parser: behind the table's name.
        syntax: parses columns and constraints.
        failures: takes the errors to report instead of those of SQLite.
    """

    def __init__(
        self, parser: Parser, syntax: ColumnSyntax, failures: dict[int, OracleError]
    ) -> None:
        self._parser = parser
        self._syntax = syntax
        self._failures = failures

    def step(self) -> Step:
        """Parse one clause.

        Raises:
            OracleError: ORA-01735 for an unknown one.
        """
        parser = self._parser
        if parser.accept("ADD"):
            return self._add()
        if parser.accept("MODIFY"):
            return self._modify()
        if parser.accept("DROP"):
            return self._drop()
        if parser.accept("RENAME"):
            return self._rename()
        raise OracleError(1735, "invalid ALTER TABLE option")

    def _add(self) -> Step:
        if self._syntax.at_constraint:
            return self._add_constraint()
        columns = self._columns(self._syntax.column)
        self._failures |= {1400: _NOT_EMPTY}

        def step(
            table: TableDefinition, _sources: dict[str, str], definitions: Definitions
        ) -> TableDefinition:
            for parsed in columns:
                if table.column(parsed.column.name) is not None:
                    raise OracleError(1430, "column being added already exists in table")
                table = add_column(table, parsed, definitions)
            return table

        return step

    def _columns(self, parse: Callable[[], ParsedColumn]) -> list[ParsedColumn]:
        if not self._parser.accept("("):
            return [parse()]
        columns = [parse()]
        while self._parser.accept(","):
            columns.append(parse())
        self._parser.expect(")")
        return columns

    def _add_constraint(self) -> Step:
        constraint = self._syntax.constraint()
        self._failures |= {1: _DUPLICATES, 2290: _VIOLATED, 1400: _NULLS, 2291: _ORPHANS}
        return lambda table, _sources, definitions: add_constraint(table, constraint, definitions)

    def _modify(self) -> Step:
        changes = self._columns(self._modification)
        self._failures |= {1400: _NULLS, 1: _DUPLICATES, 2290: _VIOLATED}
        self._failures |= {12899: _TOO_LONG, 1438: _TOO_LARGE}

        def step(
            table: TableDefinition, _sources: dict[str, str], definitions: Definitions
        ) -> TableDefinition:
            for change in changes:
                before = _column(table, change.column.name)
                after = _modified(before, change)
                columns = tuple(after if each is before else each for each in table.columns)
                table = replace(table, columns=columns)
                for constraint in change.constraints:
                    table = add_constraint(table, constraint, definitions)
            return table

        return step

    def _modification(self) -> ParsedColumn:
        """Parse a column of MODIFY; what is not named stays as it is."""
        name, has_type = self._syntax.column_name(), self._syntax.at_type
        spec = self._syntax.type() if has_type else _NO_TYPE
        parsed = ParsedColumn(ColumnDefinition(name, spec))
        self._syntax.options(parsed)
        if parsed.identity is not None:
            raise OracleError(30673, "column to be modified is not an identity column")
        return parsed

    def _drop(self) -> Step:
        parser = self._parser
        if parser.accept("CONSTRAINT"):
            name = parser.identifier()
            parser.accept("CASCADE")
            return lambda table, _sources, _definitions: _without_constraint(table, name)
        if parser.token.is_operator("("):
            names = self._syntax.column_names()
        else:
            parser.expect("COLUMN")
            names = (parser.identifier(),)
        return lambda table, sources, definitions: _without(table, names, sources, definitions)

    def _rename(self) -> Step:
        parser = self._parser
        if parser.accept("TO"):
            name = self._syntax.name()
            return lambda table, _sources, _definitions: replace(table, name=name)
        parser.expect("COLUMN")
        old = parser.identifier()
        parser.expect("TO")
        new = self._syntax.column_name()
        return lambda table, sources, _definitions: _renamed(table, old, new, sources)


def _column(table: TableDefinition, name: str) -> ColumnDefinition:
    column = table.column(name)
    if column is None:
        raise OracleError(904, f'"{name}": invalid identifier')
    return column


def _modified(before: ColumnDefinition, parsed: ParsedColumn) -> ColumnDefinition:
    change, after = parsed.column, before
    if change.spec is not _NO_TYPE:
        after = replace(after, spec=change.spec)
    if parsed.has_default:
        after = replace(after, default=change.default, default_sql=change.default_sql)
    if parsed.has_nullability:
        if not (before.nullable or change.nullable):
            raise OracleError(1442, "column to be modified to NOT NULL is already NOT NULL")
        if before.nullable and change.nullable:
            raise OracleError(1451, "column to be modified to NULL cannot be modified to NULL")
        after = replace(after, nullable=change.nullable)
    return after


def _without_constraint(table: TableDefinition, name: str) -> TableDefinition:
    kept = tuple(each for each in table.constraints if each.name != name)
    if len(kept) == len(table.constraints):
        raise OracleError(2443, "Cannot drop constraint  - nonexistent constraint")
    return replace(table, constraints=kept)


def _without(
    table: TableDefinition,
    names: tuple[str, ...],
    sources: dict[str, str],
    definitions: Definitions,
) -> TableDefinition:
    for name in names:
        column = _column(table, name)
        if len(table.columns) == 1:
            raise OracleError(12983, "cannot drop all columns in a table")
        if any(name in each.columns and len(each.columns) > 1 for each in table.constraints):
            raise OracleError(12991, "column is referenced in a multi-column constraint")
        if column.identity is not None:
            del definitions.sequences[column.identity.sequence]
        table = replace(
            table,
            columns=tuple(each for each in table.columns if each is not column),
            constraints=tuple(each for each in table.constraints if name not in each.columns),
        )
        sources.pop(name, None)
    return table


def _renamed(
    table: TableDefinition, old: str, new: str, sources: dict[str, str]
) -> TableDefinition:
    column = _column(table, old)
    if table.column(new) is not None:
        raise OracleError(957, "duplicate column name")
    if any(old in each.columns and each.kind == "C" for each in table.constraints):
        # The condition would have to be rewritten.
        raise OracleError(3001, "unimplemented feature")
    if old in sources:
        sources[new] = sources.pop(old)
    constraints = tuple(
        replace(each, columns=tuple(new if name == old else name for name in each.columns))
        for each in table.constraints
    )
    columns = tuple(replace(column, name=new) if each is column else each for each in table.columns)
    return replace(table, columns=columns, constraints=constraints)
