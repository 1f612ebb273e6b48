"""What the database knows of its tables, indexes, views and sequences."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from oracle_api.embedded.datatypes import TypeSpec
from oracle_api.embedded.errors import OracleError

#: Words that name nothing unless they are quoted (SQL Language Reference, Oracle SQL Reserved
#: Words).
_RESERVED_WORDS = (
    "ACCESS ADD ALL ALTER AND ANY AS ASC AUDIT BETWEEN BY CHAR CHECK CLUSTER COLUMN COLUMN_VALUE "
    "COMMENT COMPRESS CONNECT CREATE CURRENT DATE DECIMAL DEFAULT DELETE DESC DISTINCT DROP ELSE "
    "EXCLUSIVE EXISTS FILE FLOAT FOR FROM GRANT GROUP HAVING IDENTIFIED IMMEDIATE IN INCREMENT "
    "INDEX INITIAL INSERT INTEGER INTERSECT INTO IS LEVEL LIKE LOCK LONG MAXEXTENTS MINUS MLSLABEL "
    "MODE MODIFY NESTED_TABLE_ID NOAUDIT NOCOMPRESS NOT NOWAIT NULL NUMBER OF OFFLINE ON ONLINE "
    "OPTION OR ORDER PCTFREE PRIOR PUBLIC RAW RENAME RESOURCE REVOKE ROW ROWID ROWNUM ROWS SELECT "
    "SESSION SET SHARE SIZE SMALLINT START SUCCESSFUL SYNONYM SYSDATE TABLE THEN TO TRIGGER UID "
    "UNION UNIQUE UPDATE USER VALIDATE VALUES VARCHAR VARCHAR2 VIEW WHENEVER WHERE WITH"
)
RESERVED = frozenset(_RESERVED_WORDS.split())

_LARGEST = 10**28 - 1


def _now() -> dt.datetime:
    return dt.datetime.now().replace(microsecond=0)


@dataclass(frozen=True)
class SequenceOptions:
    """How a sequence counts."""

    start: int = 1
    increment: int = 1
    least: int = 1
    greatest: int = _LARGEST
    cycles: bool = False
    cache: int = 20
    ordered: bool = False


class NumberSequence:
    """A sequence: its numbers are given once, whatever becomes of the transaction.

    Args:
        owner: its schema.
        name: its name.
        options: how it counts.
    """

    def __init__(self, owner: str, name: str, options: SequenceOptions) -> None:
        self.owner = owner
        self.name = name
        self.options = options
        self.created = _now()
        self._lock = threading.Lock()
        self._next = options.start

    def next(self) -> int:
        """Give the next number.

        Raises:
            OracleError: ORA-08004 when there is none left.
        """
        options = self.options
        with self._lock:
            number = self._next
            if not options.least <= number <= options.greatest:
                if not options.cycles:
                    bound = "MAXVALUE" if options.increment > 0 else "MINVALUE"
                    verb = "exceeds" if options.increment > 0 else "goes below"
                    raise OracleError(
                        8004,
                        f"sequence {self.name}.NEXTVAL {verb} {bound} and cannot be instantiated",
                    )
                number = options.least if options.increment > 0 else options.greatest
            self._next = number + options.increment
            return number

    @property
    def upcoming(self) -> int:
        """The number that comes next."""
        return self._next


@dataclass(frozen=True)
class Identity:
    """A column whose numbers come from a sequence of its own."""

    always: bool
    sequence: str


@dataclass(frozen=True)
class ColumnDefinition:
    """A column of a table.

    Args:
        name: its name.
        spec: its type.
        nullable: whether it may be null.
        default: as it was written.
        default_sql: the same for SQLite.
        identity: where its numbers come from, if it is such a column.
        comment: of COMMENT ON COLUMN.
    """

    name: str
    spec: TypeSpec
    nullable: bool = True
    default: str | None = None
    default_sql: str | None = None
    identity: Identity | None = None
    comment: str | None = None


@dataclass(frozen=True)
class Constraint:
    """A constraint of a table; NOT NULL is kept with its column.

    Args:
        name: its name.
        kind: as in ALL_CONSTRAINTS: primary key, unique, reference, check.
        columns: those that it is about.
        condition: that of a check, as it was written.
        condition_sql: the same for SQLite.
        parent: the table that is referred to.
        parent_columns: its columns.
        delete_rule: what becomes of a row whose parent is deleted.
        is_generated: whether the name was made up.
    """

    name: str
    kind: Literal["P", "U", "R", "C"]
    columns: tuple[str, ...]
    condition: str | None = None
    condition_sql: str | None = None
    parent: str | None = None
    parent_columns: tuple[str, ...] = ()
    delete_rule: str = "NO ACTION"
    is_generated: bool = False


@dataclass(frozen=True)
class IndexPart:
    """A column or expression of an index.

    Args:
        text: a column's name, or the expression as it was written.
        sql: for SQLite.
        is_column: whether it is a column.
        descending: whether it is sorted downwards.
    """

    text: str
    sql: str
    is_column: bool
    descending: bool = False


@dataclass(frozen=True)
class IndexDefinition:
    """An index that a statement of its own created."""

    owner: str
    name: str
    table: str
    parts: tuple[IndexPart, ...]
    unique: bool
    created: dt.datetime = field(default_factory=_now)


@dataclass(frozen=True)
class TableDefinition:
    """A table."""

    owner: str
    name: str
    columns: tuple[ColumnDefinition, ...]
    constraints: tuple[Constraint, ...] = ()
    comment: str | None = None
    created: dt.datetime = field(default_factory=_now)
    changed: dt.datetime = field(default_factory=_now)

    def column(self, name: str) -> ColumnDefinition | None:
        """Return the column of a name, None if there is none."""
        return next((column for column in self.columns if column.name == name), None)

    def unique_keys(self) -> Iterator[Constraint]:
        """Return the primary key and the unique constraints."""
        return (each for each in self.constraints if each.kind in ("P", "U"))


@dataclass(frozen=True)
class ViewDefinition:
    """A view."""

    owner: str
    name: str
    text: str
    created: dt.datetime = field(default_factory=_now)


class Definitions:
    """All of them by their names; a copy is changed, and then takes the place of the original.

    ``version`` grows with each change.
    """

    def __init__(self) -> None:
        self.version = 0
        self.tables: dict[str, TableDefinition] = {}
        self.indexes: dict[str, IndexDefinition] = {}
        self.views: dict[str, ViewDefinition] = {}
        self.sequences: dict[str, NumberSequence] = {}
        self._names = itertools.count(7001)
        self._object_ids = itertools.count(90001)
        self.object_ids: dict[tuple[str, str], int] = {}

    def copy(self) -> Definitions:
        """Return a copy of the next version."""
        made = Definitions()
        made.version = self.version + 1
        for name in ("tables", "indexes", "views", "sequences", "object_ids"):
            setattr(made, name, dict(getattr(self, name)))
        made._names, made._object_ids = self._names, self._object_ids
        return made

    def constraint_name(self) -> str:
        """Make up a name for a constraint without one."""
        return f"SYS_C{next(self._names):06d}"

    def sequence_name(self) -> str:
        """Make up a name for the sequence of an identity column."""
        return f"ISEQ$$_{next(self._names)}"

    def object_id(self, kind: str, name: str) -> int:
        """Return the number of an object, the same each time."""
        if (kind, name) not in self.object_ids:
            self.object_ids[kind, name] = next(self._object_ids)
        return self.object_ids[kind, name]

    def check_name(self, name: str) -> None:
        """Refuse a name that a table, view or sequence has.

        Raises:
            OracleError: ORA-00955.
        """
        if name in self.tables or name in self.views or name in self.sequences:
            raise OracleError(955, "name is already used by an existing object")

    def table(self, name: str) -> TableDefinition:
        """Return a table.

        Raises:
            OracleError: ORA-00942.
        """
        if name not in self.tables:
            raise OracleError(942, "table or view does not exist")
        return self.tables[name]

    def sequence(self, name: str) -> NumberSequence:
        """Return a sequence.

        Raises:
            OracleError: ORA-02289.
        """
        if name not in self.sequences:
            raise OracleError(2289, "sequence does not exist")
        return self.sequences[name]

    def children(self, parent: str) -> list[TableDefinition]:
        """Return the other tables that refer to one."""
        return [
            table
            for table in self.tables.values()
            if table.name != parent and any(each.parent == parent for each in table.constraints)
        ]

    def check_constraints(self, table: TableDefinition) -> None:
        """Refuse a table whose constraints have names that others have.

        Raises:
            OracleError: ORA-02264.
        """
        others = {
            constraint.name
            for other in self.tables.values()
            if other.name != table.name
            for constraint in other.constraints
        }
        names = [constraint.name for constraint in table.constraints]
        if len(set(names)) < len(names) or others.intersection(names):
            raise OracleError(2264, "name already used by an existing constraint")

    def key_of(self, table: str, columns: Sequence[str]) -> str | None:
        """Return the name of what keeps these columns of a table unique, None if nothing does."""
        known = self.tables.get(table)
        for constraint in known.unique_keys() if known else ():
            if list(constraint.columns) == list(columns):
                return constraint.name
        for index in self.indexes.values():
            is_unique = index.unique and index.table == table
            if is_unique and [part.text for part in index.parts] == list(columns):
                return index.name
        return None

    def drop_table(self, name: str) -> None:
        """Forget a table, with its indexes and the sequences of its columns."""
        for column in self.tables.pop(name).columns:
            if column.identity is not None:
                del self.sequences[column.identity.sequence]
        self.indexes = {key: each for key, each in self.indexes.items() if each.table != name}

    def put(self, table: TableDefinition) -> None:
        """Keep a table that was changed."""
        self.check_constraints(table)
        self.tables[table.name] = replace(table, changed=_now())
