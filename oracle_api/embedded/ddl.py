"""CREATE, DROP and the other statements that change the schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from oracle_api.embedded.altering import TableAlteration
from oracle_api.embedded.columnsyntax import ColumnSyntax, ParsedColumn
from oracle_api.embedded.datatypes import TypeSpec
from oracle_api.embedded.definitions import (
    Constraint,
    Definitions,
    IndexDefinition,
    IndexPart,
    NumberSequence,
    TableDefinition,
    ViewDefinition,
)
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.lexer import Kind, Token
from oracle_api.embedded.plsql import Parser
from oracle_api.embedded.tablechanges import add_column, add_constraint
from oracle_api.embedded.tablesql import (
    create_index,
    create_indexes,
    create_table,
    drop_index,
    rebuild_table,
)
from oracle_api.embedded.translate import Translator, quote

#: Changes the definitions, and returns the statements to execute on SQLite.
Change = Callable[[Definitions], list[str]]


class DdlTranslator:
    """Translates one statement.

    ``table`` and ``columns`` are those of CREATE TABLE. ``failures`` are the errors to report
    instead of those with which SQLite refuses the statements.

    Args:
        text: the statement.
        tokens: its tokens.
        schemas: known schemas, dropped as qualifiers.
        owner: the current schema.
    """

    def __init__(self, text: str, tokens: list[Token], schemas: set[str], owner: str = "") -> None:
        self._text = text
        self._tokens = tokens
        self._schemas = schemas
        self._owner = owner
        self._parser = Parser(text)
        self._syntax = ColumnSyntax(self._parser, text, schemas)
        self.table = ""
        self.columns: list[tuple[str, TypeSpec]] = []
        self.failures: dict[int, OracleError] = {}

    def translate(self) -> Change:
        """Return the change that the statement makes.

        Raises:
            OracleError: for what is not supported.
        """
        parser = self._parser
        try:
            if parser.accept("CREATE"):
                return self._create()
            if parser.accept("DROP"):
                return self._drop()
            if parser.accept("ALTER"):
                return self._alter()
            if parser.accept("COMMENT"):
                return self._comment()
            if parser.accept("TRUNCATE"):
                parser.expect("TABLE")
                name = self._syntax.name()
                self._end()
                return lambda definitions: _truncate(definitions, name)
        except OracleError as error:
            if error.code == 6550:
                raise OracleError(922, "missing or invalid option") from None
            raise
        raise OracleError(900, "invalid SQL statement")

    def _end(self) -> None:
        if self._parser.token.kind is not Kind.END:
            raise self._parser.unexpected()

    def _drop(self) -> Change:
        parser = self._parser
        drops: dict[str, Callable[[Definitions, str, bool], list[str]]] = {
            "TABLE": _drop_table, "INDEX": _drop_index, "VIEW": _drop_view,
            "SEQUENCE": _drop_sequence,
        }  # fmt: skip
        for kind, drop in drops.items():
            if parser.accept(kind):
                name, cascades = self._syntax.name(), parser.accept("CASCADE")
                if cascades:
                    parser.expect("CONSTRAINTS")
                parser.accept("PURGE")
                self._end()
                return lambda definitions: drop(definitions, name, cascades)
        raise OracleError(950, "invalid DROP option")

    def _create(self) -> Change:
        if self._parser.accept("TABLE"):
            return self._create_table()
        if self._parser.accept("SEQUENCE"):
            return self._create_sequence()
        unique = self._parser.accept("UNIQUE")
        if self._parser.accept("INDEX"):
            return self._create_index(unique)
        replaces = self._parser.accept("OR")
        if replaces:
            self._parser.expect("REPLACE")
        if self._parser.accept("VIEW"):
            return self._create_view(replaces)
        raise OracleError(901, "invalid CREATE command")

    def _create_table(self) -> Change:
        parser, syntax = self._parser, self._syntax
        name = self.table = syntax.name()
        parser.expect("(")
        elements = [self._element()]
        while parser.accept(","):
            elements.append(self._element())
        parser.expect(")")
        self._end()

        def change(definitions: Definitions) -> list[str]:
            definitions.check_name(name)
            table = TableDefinition(self._owner, name, ())
            for element in elements:
                if isinstance(element, ParsedColumn):
                    table = add_column(table, element, definitions)
            for element in elements:
                if isinstance(element, Constraint):
                    table = add_constraint(table, element, definitions)
            definitions.put(table)
            return [create_table(table), *create_indexes(table, definitions)]

        return change

    def _element(self) -> ParsedColumn | Constraint:
        if self._syntax.at_constraint:
            return self._syntax.constraint()
        parsed = self._syntax.column()
        self.columns.append((parsed.column.name, parsed.column.spec))
        return parsed

    def _create_sequence(self) -> Change:
        name, options = self._syntax.name(), self._syntax.sequence_options()
        self._end()

        def change(definitions: Definitions) -> list[str]:
            definitions.check_name(name)
            definitions.sequences[name] = NumberSequence(self._owner, name, options)
            return []

        return change

    def _create_index(self, unique: bool) -> Change:
        name = self._syntax.name()
        self._parser.expect("ON")
        table_name = self._syntax.name()
        self._parser.expect("(")
        parts = [self._part()]
        while self._parser.accept(","):
            parts.append(self._part())
        self._parser.expect(")")
        self._end()
        self.failures[1] = OracleError(1452, "cannot CREATE UNIQUE INDEX; duplicate keys found")

        def change(definitions: Definitions) -> list[str]:
            table = definitions.table(table_name)
            for part in parts:
                if part.is_column and table.column(part.text) is None:
                    raise OracleError(904, f'"{part.text}": invalid identifier')
            if name in definitions.indexes:
                raise OracleError(955, "name is already used by an existing object")
            index = IndexDefinition(self._owner, name, table_name, tuple(parts), unique)
            _check_columns(index, table, definitions)
            definitions.indexes[name] = index
            return create_index(index)

        return change

    def _part(self) -> IndexPart:
        tokens = self._syntax.until_separator("ASC", "DESC")
        text = self._syntax.source(tokens)
        descending = self._parser.accept("DESC")
        if not descending:
            self._parser.accept("ASC")
        is_column = len(tokens) == 1 and tokens[0].is_identifier
        text = tokens[0].text if is_column else text
        return IndexPart(text, self._syntax.translated(tokens), is_column, descending)

    def _create_view(self, replaces: bool) -> Change:
        name = self._syntax.name()
        start = self._parser.token.position
        rest = [token for token in self._tokens if token.position >= start]
        query = next((token for token in rest if token.is_name("SELECT", "WITH")), rest[-1])
        translated = Translator(rest, self._text, self._schemas, {}).translate_tokens()
        view = ViewDefinition(self._owner, name, self._text[query.position :])

        def change(definitions: Definitions) -> list[str]:
            before = definitions.views.pop(name, None) if replaces else None
            definitions.check_name(name)
            definitions.views[name] = view
            dropped = [] if before is None else [f"DROP VIEW {quote(name)}"]
            return [*dropped, f"CREATE VIEW {quote(name)} {translated}"]

        return change

    def _alter(self) -> Change:
        if not self._parser.accept("TABLE"):
            raise OracleError(940, "invalid ALTER command")
        name = self._syntax.name()
        alteration = TableAlteration(self._parser, self._syntax, self.failures)
        steps = [alteration.step()]
        while not self._syntax.at_end:
            steps.append(alteration.step())

        def change(definitions: Definitions) -> list[str]:
            before = definitions.table(name)
            after, sources = before, {column.name: column.name for column in before.columns}
            for step in steps:
                after = step(after, sources, definitions)
            return _replace_table(definitions, before, after, sources)

        return change

    def _comment(self) -> Change:
        parser = self._parser
        parser.expect("ON")
        is_table = parser.accept("TABLE")
        if not is_table:
            parser.expect("COLUMN")
        path = parser.path()
        parser.expect("IS")
        if parser.token.kind is not Kind.STRING:
            raise OracleError(1780, "string literal required")
        comment = parser.advance().text or None
        self._end()

        def change(definitions: Definitions) -> list[str]:
            table = definitions.table(path[-1] if is_table else path[-2 if len(path) > 1 else -1])
            if is_table:
                definitions.put(replace(table, comment=comment))
                return []
            column = table.column(path[-1])
            if column is None:
                raise OracleError(904, f'"{path[-1]}": invalid identifier')
            changed = replace(column, comment=comment)
            columns = tuple(changed if each is column else each for each in table.columns)
            definitions.put(replace(table, columns=columns))
            return []

        return change


def _check_columns(
    index: IndexDefinition, table: TableDefinition, definitions: Definitions
) -> None:
    """Refuse an index over the columns of another.

    Raises:
        OracleError: ORA-01408.
    """
    columns = [(part.text, part.descending) for part in index.parts]
    others = [
        [(part.text, part.descending) for part in other.parts]
        for other in definitions.indexes.values()
        if other.table == table.name
    ]
    others += [[(name, False) for name in key.columns] for key in table.unique_keys()]
    if columns in others:
        raise OracleError(1408, "such column list already indexed")


def _replace_table(
    definitions: Definitions,
    before: TableDefinition,
    after: TableDefinition,
    sources: dict[str, str],
) -> list[str]:
    """Put a table in the place of another; its indexes lose what is dropped."""
    del definitions.tables[before.name]
    if after.name != before.name:
        definitions.check_name(after.name)
    renamed = {old: new for new, old in sources.items()}
    for name, index in list(definitions.indexes.items()):
        if index.table != before.name:
            continue
        if any(part.is_column and part.text not in renamed for part in index.parts):
            del definitions.indexes[name]
            continue
        parts = tuple(
            replace(part, text=renamed[part.text], sql=quote(renamed[part.text]))
            if part.is_column
            else part
            for part in index.parts
        )
        definitions.indexes[name] = replace(index, table=after.name, parts=parts)
    statements = []
    for child in definitions.children(before.name) if after.name != before.name else ():
        constraints = tuple(
            replace(each, parent=after.name) if each.parent == before.name else each
            for each in child.constraints
        )
        definitions.put(replace(child, constraints=constraints))
        statements += _rebuild(child, definitions)
    definitions.put(after)
    return rebuild_table(before.name, after, sources, definitions) + statements


def _rebuild(before: TableDefinition, definitions: Definitions) -> list[str]:
    table = definitions.tables[before.name]
    same = {column.name: column.name for column in table.columns}
    return rebuild_table(before.name, table, same, definitions)


def _truncate(definitions: Definitions, name: str) -> list[str]:
    definitions.table(name)
    return [f"DELETE FROM {quote(name)}"]  # noqa: S608 - quoted


def _drop_table(definitions: Definitions, name: str, cascades: bool) -> list[str]:
    definitions.table(name)
    statements = []
    for child in definitions.children(name):
        if not cascades:
            raise OracleError(2449, "unique/primary keys in table referenced by foreign keys")
        kept = tuple(each for each in child.constraints if each.parent != name)
        definitions.put(replace(child, constraints=kept))
        statements += _rebuild(child, definitions)
    definitions.drop_table(name)
    return [*statements, f"DROP TABLE {quote(name)}"]


def _drop_index(definitions: Definitions, name: str, _cascades: bool) -> list[str]:
    keys = (key for table in definitions.tables.values() for key in table.unique_keys())
    if any(key.name == name for key in keys):
        raise OracleError(2429, "cannot drop index used for enforcement of unique/primary key")
    if name not in definitions.indexes:
        raise OracleError(1418, "specified index does not exist")
    return drop_index(definitions.indexes.pop(name))


def _drop_view(definitions: Definitions, name: str, _cascades: bool) -> list[str]:
    if name not in definitions.views:
        raise OracleError(942, "table or view does not exist")
    del definitions.views[name]
    return [f"DROP VIEW {quote(name)}"]


def _drop_sequence(definitions: Definitions, name: str, _cascades: bool) -> list[str]:
    definitions.sequence(name)
    columns = (column for table in definitions.tables.values() for column in table.columns)
    if any(column.identity and column.identity.sequence == name for column in columns):
        raise OracleError(32794, "cannot drop a system-generated sequence")
    del definitions.sequences[name]
    return []
