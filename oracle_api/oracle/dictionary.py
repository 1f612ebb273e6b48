"""A procedure's signature, from the data dictionary.

Sources: Oracle Database Reference, ALL_ARGUMENTS, ALL_PROCEDURES, ALL_OBJECTS, ALL_SYNONYMS;
PL/SQL Language Reference, "PL/SQL Name Resolution".
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import oracledb

from oracle_api.exceptions import StaleTypes
from oracle_api.oracle.composites import Composite, Node, describe_composite
from oracle_api.oracle.errors import translated
from oracle_api.oracle.names import ProcedureName
from oracle_api.oracle.request import Direction
from oracle_api.oracle.values import type_named

log = logging.getLogger(__name__)

_CURRENT_SCHEMA = "SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') FROM DUAL"

_OBJECT = """
SELECT object_type FROM all_objects
 WHERE owner = :owner AND object_name = :name
   AND object_type IN ('PACKAGE', 'PROCEDURE', 'FUNCTION')"""

_SYNONYM = """
SELECT table_owner, table_name FROM all_synonyms
 WHERE owner = :owner AND synonym_name = :name AND db_link IS NULL"""

# ALL_ARGUMENTS has no row for a subprogram without parameters: ALL_PROCEDURES tells of it.
_SUBPROGRAMS = """
SELECT subprogram_id FROM all_procedures
 WHERE owner = :owner AND object_name = :package AND procedure_name = :name
 ORDER BY subprogram_id"""

_STANDALONE = """
SELECT subprogram_id FROM all_procedures
 WHERE owner = :owner AND object_name = :name AND procedure_name IS NULL
   AND object_type IN ('PROCEDURE', 'FUNCTION')
 ORDER BY subprogram_id"""

_ARGUMENTS = """
SELECT subprogram_id, position, argument_name, data_type, in_out, defaulted,
       type_owner, type_name, type_subname
  FROM all_arguments
 WHERE owner = :owner AND object_name = :name AND package_name = :package
   AND data_level = 0
 ORDER BY subprogram_id, sequence"""

_STANDALONE_ARGUMENTS = _ARGUMENTS.replace("package_name = :package", "package_name IS NULL")

_CHANGED = """
SELECT MAX(last_ddl_time) FROM all_objects
 WHERE owner = :owner AND object_name = :name AND object_type IN ('TYPE', 'PACKAGE', 'TABLE')"""

_MAX_SYNONYM_CHAIN = 8

# A request that does not fit is no reason to read a description again that is younger than this.
_YOUNG_SECONDS = 1.0

_COMPOSITE_TYPES = ("TABLE", "VARRAY", "OBJECT", "PL/SQL TABLE", "PL/SQL RECORD")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a signature, as the dictionary has it.

    Args:
        name: as the dictionary spells it.
        type_name: the dictionary's ``DATA_TYPE``.
        direction: of its value.
        has_default: whether it may be left out.
        named_type: of a collection, record or object: its full name.
        composite: what that type is made of; None where it is none, or cannot travel.
    """

    name: str
    type_name: str
    direction: Direction
    has_default: bool = False
    named_type: str | None = None
    composite: Composite | None = None

    @cached_property
    def kind(self) -> Node | None:
        """How its values travel; None where they cannot."""
        return type_named(self.type_name) if self.named_type is None else self.composite

    @property
    def full_type_name(self) -> str:
        """The name that a person knows its type by."""
        return self.named_type or self.type_name

    def __str__(self) -> str:
        default = " DEFAULT" if self.has_default else ""
        return f"{self.name} {self.direction} {self.full_type_name}{default}"


@dataclass(frozen=True)
class Signature:
    """One overload.

    Args:
        name: of the procedure, behind its package's.
        parameters: in their order.
        result: a function's result, as a nameless OUT parameter; None for a procedure.
    """

    name: str
    parameters: tuple[Parameter, ...] = ()
    result: Parameter | None = None

    @property
    def returns(self) -> str | None:
        """The type of a function's result, None for a procedure."""
        return None if self.result is None else self.result.full_type_name

    def __str__(self) -> str:
        inner = ", ".join(map(str, self.parameters))
        result = f" RETURN {self.returns}" if self.returns else ""
        return f"{self.name}({inner}){result}"


@dataclass(frozen=True)
class Procedure:
    """A procedure or function with its overloads, found under its real owner and package."""

    name: ProcedureName
    overloads: tuple[Signature, ...]

    def type_names(self) -> set[str]:
        """Give the names of all collections, records and objects that its parameters hold."""
        parameters = [
            parameter
            for signature in self.overloads
            for parameter in (*signature.parameters, signature.result)
        ]
        composites = (one.composite for one in parameters if one is not None)
        return set[str]().union(*(one.names() for one in composites if one is not None))


class Dictionary:
    """Describes procedures, and remembers for a while what it has read.

    One that was not found is looked for again each time: it may just have been created.

    Args:
        cache_seconds: how long a description is kept.
        clock: monotonic seconds.
    """

    def __init__(self, cache_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._cache_seconds = cache_seconds
        self._clock = clock
        self._lock = threading.Lock()
        # When each was read, and when each type was compiled as far as any of them told.
        self._known: dict[ProcedureName, tuple[float, Procedure]] = {}
        self._compiled: dict[str, Any] = {}

    def describe(self, connection: oracledb.Connection, name: ProcedureName) -> Procedure | None:
        """Find a procedure as PL/SQL would, synonyms followed.

        Returns:
            The procedure, or None where the dictionary does not show one.

        Raises:
            StaleTypes: one of its types was compiled anew, so that no session of now knows it.
            OracleApiError: the database could not be asked.
        """
        return self._describe(connection, name, self._cache_seconds)

    def describe_again(
        self, connection: oracledb.Connection, name: ProcedureName
    ) -> Procedure | None:
        """Do the same where a request does not fit what was described: it may have changed."""
        return self._describe(connection, name, min(_YOUNG_SECONDS, self._cache_seconds))

    def _describe(
        self, connection: oracledb.Connection, name: ProcedureName, oldest: float
    ) -> Procedure | None:
        with self._lock:
            known = self._known.get(name)
        if known is not None and self._clock() - known[0] < oldest:
            return known[1]
        with translated(in_call=False), connection.cursor() as cursor:
            procedure = _find(cursor, name)
            compiled = {} if procedure is None else _compiled(cursor, procedure.type_names())
        if procedure is not None:
            self._check_compiled(compiled)
            with self._lock:
                self._drop_expired()
                self._known[name] = (self._clock(), procedure)
        return procedure

    def _check_compiled(self, compiled: dict[str, Any]) -> None:
        """Compare with what was known: the driver asks for a type once for each session."""
        with self._lock:
            changed = [
                name for name, when in compiled.items() if self._compiled.get(name, when) != when
            ]
            self._compiled.update(compiled)
        if changed:
            self.forget_all()
            raise StaleTypes(f"The type {changed[0]} was compiled anew.")

    def forget(self, name: ProcedureName) -> None:
        """Drop what is known of a procedure: its package may have been compiled anew."""
        with self._lock:
            self._known.pop(name, None)

    def forget_all(self) -> None:
        """Drop what is known of all procedures, as others may have the same types."""
        with self._lock:
            self._known.clear()
            self._compiled.clear()

    def _drop_expired(self) -> None:
        oldest = self._clock() - self._cache_seconds
        for name in [name for name, (read, _) in self._known.items() if read <= oldest]:
            del self._known[name]


def _find(cursor: oracledb.Cursor, name: ProcedureName) -> Procedure | None:
    for owner, package, procedure in _places(cursor, name):
        overloads = _overloads(cursor, owner, package, procedure)
        if overloads:
            parts = (owner, package, procedure) if package else (owner, procedure)
            return Procedure(ProcedureName(parts), overloads)
    return None


def _places(cursor: oracledb.Cursor, name: ProcedureName) -> Iterator[tuple[str, str | None, str]]:
    """Give where the name may lead, in Oracle's order: own schema, synonyms, other schemas."""
    if len(name.parts) == 3:
        owner, package, procedure = name.parts
        yield from _resolved(cursor, owner, package, procedure)
        return
    schema = _one(cursor, _CURRENT_SCHEMA)[0]
    first = name.parts[0]
    member = name.parts[1] if len(name.parts) == 2 else None
    yield from _resolved(cursor, schema, first, member)
    yield from _resolved(cursor, "PUBLIC", first, member)
    if member is not None:
        yield from _resolved(cursor, first, member, None)


def _resolved(
    cursor: oracledb.Cursor, owner: str, name: str, member: str | None
) -> Iterator[tuple[str, str | None, str]]:
    """Give where ``owner.name`` leads, through synonyms, if it is there at all.

    With a member it must be a package, without one a standalone procedure or function.
    """
    for _ in range(_MAX_SYNONYM_CHAIN):
        row = _one(cursor, _OBJECT, owner=owner, name=name)
        if row is not None:
            if member is not None and row[0] == "PACKAGE":
                yield owner, name, member
            elif member is None and row[0] != "PACKAGE":
                yield owner, None, name
            return
        synonym = _one(cursor, _SYNONYM, owner=owner, name=name)
        if synonym is None:
            return
        owner, name = synonym


def _overloads(
    cursor: oracledb.Cursor, owner: str, package: str | None, name: str
) -> tuple[Signature, ...]:
    binds = {"owner": owner, "name": name}
    if package is not None:
        binds["package"] = package
    cursor.execute(_SUBPROGRAMS if package else _STANDALONE, binds)
    subprograms = [row[0] for row in cursor]
    rows: dict[int, list[Any]] = defaultdict(list)
    cursor.execute(_ARGUMENTS if package else _STANDALONE_ARGUMENTS, binds)
    for subprogram, *row in cursor:
        rows[subprogram].append(row)
    title = ".".join(filter(None, (package, name)))
    return tuple(
        _signature(cursor.connection, title, rows[subprogram]) for subprogram in subprograms
    )


def _signature(connection: oracledb.Connection, title: str, rows: list[Any]) -> Signature:
    result = None
    parameters: list[Parameter] = []
    for position, argument, data_type, in_out, defaulted, *named in rows:
        # A function's result has position 0 and no name; a row without a type stands for
        # "no parameters" in older dictionaries.
        if data_type is None:
            continue
        direction: Direction = "IN OUT" if in_out == "IN/OUT" else in_out
        full_name = _named_type(data_type, *named)
        parameter = Parameter(
            argument or "",
            data_type,
            direction,
            defaulted == "Y",
            full_name,
            None if full_name is None else _describe(connection, full_name),
        )
        if position == 0:
            result = parameter
        else:
            parameters.append(parameter)
    return Signature(title, tuple(parameters), result)


def _named_type(
    data_type: str, owner: str | None, name: str | None, subname: str | None
) -> str | None:
    """Give the full name of a collection's, record's or object's type; None for other types."""
    if data_type not in _COMPOSITE_TYPES or name is None:
        return None
    if data_type == "PL/SQL RECORD" and subname is None:
        return f"{owner}.{name}%ROWTYPE"
    return ".".join(filter(None, (owner, name, subname)))


def _describe(connection: oracledb.Connection, name: str) -> Composite | None:
    try:
        return describe_composite(connection, name)
    except oracledb.Error as exc:
        # The procedure may have overloads, or defaults, that do without it.
        log.info("The type %s cannot be described: %s", name, exc)
        return None


def _compiled(cursor: oracledb.Cursor, types: set[str]) -> dict[str, Any]:
    """Give when each type, or the package that it is in, was compiled last."""
    objects = {name: tuple(name.removesuffix("%ROWTYPE").split(".")[:2]) for name in types}
    times = {
        each: _one(cursor, _CHANGED, owner=each[0], name=each[-1])[0]
        for each in set(objects.values())
    }
    return {name: times[objects[name]] for name in types}


def _one(cursor: oracledb.Cursor, sql: str, **binds: Any) -> Any:
    cursor.execute(sql, binds)
    return cursor.fetchone()
