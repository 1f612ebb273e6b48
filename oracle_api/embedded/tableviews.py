"""The views of the data dictionary about tables, indexes, constraints and sequences."""

from __future__ import annotations

from collections.abc import Iterator

from oracle_api.embedded.datatypes import NO_SCALE, DataType, TypeSpec
from oracle_api.embedded.definitions import (
    ColumnDefinition,
    IndexDefinition,
    SequenceOptions,
    TableDefinition,
)
from oracle_api.embedded.shapes import byte_size, type_name
from oracle_api.embedded.views import DictionarySource, Row, View

_TEXT = (DataType.VARCHAR2, DataType.CHAR, DataType.CLOB)
_DATETIMES = {
    DataType.TIMESTAMP: "TIMESTAMP({})",
    DataType.TIMESTAMP_TZ: "TIMESTAMP({}) WITH TIME ZONE",
    DataType.TIMESTAMP_LTZ: "TIMESTAMP({}) WITH LOCAL TIME ZONE",
}
_LENGTHS = {DataType.NUMBER: 22, DataType.DATE: 7, DataType.CLOB: 4000, DataType.BLOB: 4000}
_TABLESPACE = "USERS"


def numbers(spec: TypeSpec) -> tuple[int | None, int | None]:
    """Return precision and scale of a NUMBER or timestamp, None where there are none."""
    if spec.type == DataType.NUMBER and spec.name not in ("INTEGER", "INT", "SMALLINT"):
        precision = spec.precision or None
        return precision, None if spec.scale == NO_SCALE else spec.scale
    if spec.type == DataType.NUMBER:
        return None, 0
    return None, spec.scale if spec.type in _DATETIMES else None


def character_set(spec: TypeSpec) -> str | None:
    """Return the name of a text's character set, None for other types."""
    if spec.type not in _TEXT:
        return None
    return "NCHAR_CS" if spec.national else "CHAR_CS"


def char_used(spec: TypeSpec) -> str | None:
    """Return what the length of a text is counted in, None for other types."""
    return "B" if spec.type in (DataType.VARCHAR2, DataType.CHAR) else None


def _columns(source: DictionarySource) -> Iterator[Row]:
    tables = source.definitions().tables
    described = set()
    for named in source.namespace.types():
        if named.is_row:
            table = named.name.removesuffix("%ROWTYPE")
            described.add(table)
            known = tables.get(table)
            for number, attribute in enumerate(named.attributes, 1):
                column = known.column(attribute.name) if known else None
                column = column or ColumnDefinition(attribute.name, attribute.spec)
                yield _column(named.owner, table, number, column, attribute.spec)
    for definition in tables.values():
        if definition.name not in described:
            for number, column in enumerate(definition.columns, 1):
                yield _column(definition.owner, definition.name, number, column, column.spec)


def _column(owner: str, table: str, number: int, column: ColumnDefinition, spec: TypeSpec) -> Row:
    data_type = _DATETIMES.get(spec.type, type_name(spec)).format(spec.scale)
    if data_type in ("INTEGER", "SMALLINT"):
        data_type = "NUMBER"
    length = byte_size(spec) or _LENGTHS.get(spec.type, 11)
    default = column.default
    return (
        owner, table, column.name, data_type, None, None, length, *numbers(spec), number,
        spec.size, character_set(spec), "NO", "NO", char_used(spec),
        "Y" if column.nullable else "N", default, len(default) if default else None, "NO",
        "YES" if column.identity else "NO",
    )  # fmt: skip


def _identities(source: DictionarySource) -> Iterator[Row]:
    definitions = source.definitions()
    for table in definitions.tables.values():
        for column in table.columns:
            if column.identity is not None:
                sequence = definitions.sequences[column.identity.sequence]
                kind = "ALWAYS" if column.identity.always else "BY DEFAULT"
                head = (table.owner, table.name, column.name, kind, sequence.name)
                yield (*head, _identity_options(sequence.options))


def _identity_options(options: SequenceOptions) -> str:
    flags = {
        "START WITH": options.start,
        "INCREMENT BY": options.increment,
        "MAX_VALUE": options.greatest,
        "MIN_VALUE": options.least,
        "CYCLE_FLAG": "Y" if options.cycles else "N",
        "CACHE_SIZE": options.cache,
        "ORDER_FLAG": "Y" if options.ordered else "N",
        "SCALE_FLAG": "N",
        "EXTEND_FLAG": "N",
        "SESSION_FLAG": "N",
        "KEEP_VALUE": "N",
    }
    return ", ".join(f"{name}: {value}" for name, value in flags.items())


def _tables(source: DictionarySource) -> Iterator[Row]:
    for table in source.definitions().tables.values():
        yield (
            table.owner, table.name, _TABLESPACE, None, "VALID", "N", None, "DISABLED", None, "NO",
            None, None, "NO",
        )  # fmt: skip


def _views(source: DictionarySource) -> Iterator[Row]:
    for view in source.definitions().views.values():
        yield (view.owner, view.name, len(view.text), view.text, "N")


def objects(source: DictionarySource) -> Iterator[Row]:
    """Return the rows of ALL_OBJECTS for what statements created."""
    definitions = source.definitions()

    def row(kind: str, owner: str, name: str, *times: object) -> Row:
        number = definitions.object_id(kind, name)
        return (owner, name, number, kind, times[0], times[-1], "VALID", "N")

    for table in definitions.tables.values():
        yield row("TABLE", table.owner, table.name, table.created, table.changed)
    for index in _all_indexes(source):
        yield row("INDEX", index.owner, index.name, index.created)
    for view in definitions.views.values():
        yield row("VIEW", view.owner, view.name, view.created)
    for sequence in definitions.sequences.values():
        yield row("SEQUENCE", sequence.owner, sequence.name, sequence.created)


def _all_indexes(source: DictionarySource) -> Iterator[IndexDefinition]:
    """Return all indexes, those of keys included, which have no definition of their own."""
    definitions = source.definitions()
    for table in definitions.tables.values():
        for key in table.unique_keys():
            yield IndexDefinition(table.owner, key.name, table.name, (), True, table.created)
    yield from definitions.indexes.values()


def _indexes(source: DictionarySource) -> Iterator[Row]:
    for index in _all_indexes(source):
        kind = "NORMAL" if all(part.is_column for part in index.parts) else "FUNCTION-BASED NORMAL"
        unique = "UNIQUE" if index.unique else "NONUNIQUE"
        table = (index.owner, index.table, "TABLE")
        options = ("DISABLED", None, _TABLESPACE, "VALID", "NO")
        yield (index.owner, index.name, kind, *table, unique, *options)


def _index_columns(source: DictionarySource) -> Iterator[Row]:
    definitions = source.definitions()
    for table in definitions.tables.values():
        for key in table.unique_keys():
            for number, name in enumerate(key.columns, 1):
                yield (table.owner, key.name, table.owner, table.name, name, number, 22, 0, "ASC")
    for index in definitions.indexes.values():
        for number, part in enumerate(index.parts, 1):
            direction = "DESC" if part.descending else "ASC"
            is_plain = part.is_column and not part.descending
            name = part.text if is_plain else f"SYS_NC{number:05d}$"
            head = (index.owner, index.name, index.owner, index.table, name)
            yield (*head, number, 22, 0, direction)


def _index_expressions(source: DictionarySource) -> Iterator[Row]:
    for index in source.definitions().indexes.values():
        for number, part in enumerate(index.parts, 1):
            if part.descending or not part.is_column:
                text = f'"{part.text}"' if part.is_column else part.text
                yield (index.owner, index.name, index.owner, index.table, text, number)


def _constraints(source: DictionarySource) -> Iterator[Row]:
    definitions = source.definitions()
    for table in definitions.tables.values():
        for each in table.constraints:
            parent = definitions.tables.get(each.parent or "")
            keys = parent.unique_keys() if parent else iter(())
            key = next((key.name for key in keys if key.columns == each.parent_columns), None)
            yield (
                table.owner, each.name, each.kind, table.name, each.condition,
                parent.owner if parent else None, key,
                each.delete_rule if each.kind == "R" else None, "ENABLED", "NOT DEFERRABLE",
                "IMMEDIATE", "VALIDATED",
                "GENERATED NAME" if each.is_generated else "USER NAME",
                each.name if each.kind in ("P", "U") else None,
            )  # fmt: skip
        for name, column in _not_null(table):
            yield (
                table.owner, name, "C", table.name, f'"{column}" IS NOT NULL', None, None, None,
                "ENABLED", "NOT DEFERRABLE", "IMMEDIATE", "VALIDATED", "GENERATED NAME", None,
            )  # fmt: skip


def _not_null(table: TableDefinition) -> Iterator[tuple[str, str]]:
    """Return names and columns of the NOT NULL constraints; a primary key needs none."""
    keys = {name for key in table.constraints if key.kind == "P" for name in key.columns}
    for number, column in enumerate(table.columns, 1):
        if not column.nullable and column.name not in keys:
            yield f"SYS_NN_{table.name}_{number}", column.name


def _constraint_columns(source: DictionarySource) -> Iterator[Row]:
    for table in source.definitions().tables.values():
        for each in table.constraints:
            for number, column in enumerate(each.columns, 1):
                position = None if each.kind == "C" else number
                yield (table.owner, each.name, table.name, column, position)
        for name, column in _not_null(table):
            yield (table.owner, name, table.name, column, None)


def _table_comments(source: DictionarySource) -> Iterator[Row]:
    definitions = source.definitions()
    for table in definitions.tables.values():
        yield (table.owner, table.name, "TABLE", table.comment)
    for view in definitions.views.values():
        yield (view.owner, view.name, "VIEW", None)


def _column_comments(source: DictionarySource) -> Iterator[Row]:
    for table in source.definitions().tables.values():
        for column in table.columns:
            yield (table.owner, table.name, column.name, column.comment)


def _sequences(source: DictionarySource) -> Iterator[Row]:
    for sequence in source.definitions().sequences.values():
        options = sequence.options
        yield (
            sequence.owner, sequence.name, options.least, options.greatest, options.increment,
            "Y" if options.cycles else "N", "Y" if options.ordered else "N", options.cache,
            sequence.upcoming,
        )  # fmt: skip


def _users(source: DictionarySource) -> Iterator[Row]:
    for number, name in enumerate(sorted(source.namespace.schemas() - {"PUBLIC"}), 100):
        yield (name, number)


def _nothing(source: DictionarySource) -> Iterator[Row]:
    del source
    yield from ()


_OWNER = "OWNER VARCHAR2(128), "
_TABLE = "TABLE_NAME VARCHAR2(128), "
_COLUMN = "COLUMN_NAME VARCHAR2(4000), "
_INDEX = "INDEX_OWNER VARCHAR2(128), INDEX_NAME VARCHAR2(128), TABLE_OWNER VARCHAR2(128), " + _TABLE

TABLE_VIEWS: dict[str, View] = {
    "ALL_TAB_COLS": View(
        _OWNER + _TABLE + _COLUMN + "DATA_TYPE VARCHAR2(128), DATA_TYPE_MOD VARCHAR2(3), "
        "DATA_TYPE_OWNER VARCHAR2(128), DATA_LENGTH NUMBER, DATA_PRECISION NUMBER, "
        "DATA_SCALE NUMBER, COLUMN_ID NUMBER, CHAR_LENGTH NUMBER, CHARACTER_SET_NAME VARCHAR2(44), "
        "HIDDEN_COLUMN VARCHAR2(3), VIRTUAL_COLUMN VARCHAR2(3), CHAR_USED VARCHAR2(1), "
        "NULLABLE VARCHAR2(1), DATA_DEFAULT LONG, DEFAULT_LENGTH NUMBER, "
        "DEFAULT_ON_NULL VARCHAR2(3), IDENTITY_COLUMN VARCHAR2(3)",
        _columns,
    ),
    "ALL_TAB_IDENTITY_COLS": View(
        _OWNER + _TABLE + _COLUMN + "GENERATION_TYPE VARCHAR2(10), SEQUENCE_NAME VARCHAR2(128), "
        "IDENTITY_OPTIONS VARCHAR2(298)",
        _identities,
    ),
    "ALL_TABLES": View(
        _OWNER + _TABLE + "TABLESPACE_NAME VARCHAR2(30), IOT_NAME VARCHAR2(128), "
        "STATUS VARCHAR2(8), TEMPORARY VARCHAR2(1), DURATION VARCHAR2(15), "
        "COMPRESSION VARCHAR2(8), COMPRESS_FOR VARCHAR2(30), PARTITIONED VARCHAR2(3), "
        "IOT_TYPE VARCHAR2(12), NUM_ROWS NUMBER, NESTED VARCHAR2(3)",
        _tables,
    ),
    "ALL_VIEWS": View(
        _OWNER + "VIEW_NAME VARCHAR2(128), TEXT_LENGTH NUMBER, TEXT LONG, READ_ONLY VARCHAR2(1)",
        _views,
    ),
    "ALL_MVIEWS": View(_OWNER + "MVIEW_NAME VARCHAR2(128), QUERY LONG", _nothing),
    "ALL_INDEXES": View(
        _OWNER + "INDEX_NAME VARCHAR2(128), INDEX_TYPE VARCHAR2(27), TABLE_OWNER VARCHAR2(128), "
        "TABLE_NAME VARCHAR2(128), TABLE_TYPE VARCHAR2(11), UNIQUENESS VARCHAR2(9), "
        "COMPRESSION VARCHAR2(13), PREFIX_LENGTH NUMBER, TABLESPACE_NAME VARCHAR2(30), "
        "STATUS VARCHAR2(8), PARTITIONED VARCHAR2(3)",
        _indexes,
    ),
    "ALL_IND_COLUMNS": View(
        _INDEX + _COLUMN + "COLUMN_POSITION NUMBER, COLUMN_LENGTH NUMBER, CHAR_LENGTH NUMBER, "
        "DESCEND VARCHAR2(4)",
        _index_columns,
    ),
    "ALL_IND_EXPRESSIONS": View(
        _INDEX + "COLUMN_EXPRESSION LONG, COLUMN_POSITION NUMBER", _index_expressions
    ),
    "ALL_CONSTRAINTS": View(
        _OWNER + "CONSTRAINT_NAME VARCHAR2(128), CONSTRAINT_TYPE VARCHAR2(1), " + _TABLE
        + "SEARCH_CONDITION LONG, R_OWNER VARCHAR2(128), R_CONSTRAINT_NAME VARCHAR2(128), "
        "DELETE_RULE VARCHAR2(9), STATUS VARCHAR2(8), DEFERRABLE VARCHAR2(14), "
        "DEFERRED VARCHAR2(9), VALIDATED VARCHAR2(13), GENERATED VARCHAR2(14), "
        "INDEX_NAME VARCHAR2(128)",
        _constraints,
    ),
    "ALL_CONS_COLUMNS": View(
        _OWNER + "CONSTRAINT_NAME VARCHAR2(128), " + _TABLE + _COLUMN + "POSITION NUMBER",
        _constraint_columns,
    ),
    "ALL_TAB_COMMENTS": View(
        _OWNER + _TABLE + "TABLE_TYPE VARCHAR2(11), COMMENTS VARCHAR2(4000)", _table_comments
    ),
    "ALL_COL_COMMENTS": View(
        _OWNER + _TABLE + _COLUMN + "COMMENTS VARCHAR2(4000)", _column_comments
    ),
    "ALL_MVIEW_COMMENTS": View(
        _OWNER + "MVIEW_NAME VARCHAR2(128), COMMENTS VARCHAR2(4000)", _nothing
    ),
    "ALL_SEQUENCES": View(
        "SEQUENCE_OWNER VARCHAR2(128), SEQUENCE_NAME VARCHAR2(128), MIN_VALUE NUMBER, "
        "MAX_VALUE NUMBER, INCREMENT_BY NUMBER, CYCLE_FLAG VARCHAR2(1), ORDER_FLAG VARCHAR2(1), "
        "CACHE_SIZE NUMBER, LAST_NUMBER NUMBER",
        _sequences,
        dynamic=True,
    ),
    "ALL_USERS": View("USERNAME VARCHAR2(128), USER_ID NUMBER", _users),
}  # fmt: skip
