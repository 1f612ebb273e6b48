"""The registry of procedures: what PL/SQL code of a real database would be."""

from __future__ import annotations

import datetime as dt
import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from oracle_api.embedded.errors import ProcedureError
from oracle_api.embedded.namedtypes import NamedType
from oracle_api.embedded.signatures import Subprogram, parse_signature
from oracle_api.embedded.standardtypes import STANDARD_TYPES
from oracle_api.embedded.typenames import TypeName
from oracle_api.embedded.typeregistry import TypeRegistry, keys

__all__ = ["Catalog", "LookupFailedError", "Namespace", "ProcedureError", "StoredObject"]

_Handler = TypeVar("_Handler", bound=Callable[..., Any])
_object_ids = itertools.count(70000)
PUBLIC = "PUBLIC"
_MAX_SYNONYM_CHAIN = 16
_A_SECOND = dt.timedelta(seconds=1)


@dataclass
class StoredObject:
    """A package or a standalone procedure or function.

    ``has_state`` tells whether it is a package with variables, which each session has its own
    of; ``version`` how often it was compiled.
    """

    owner: str
    name: str
    is_package: bool
    has_state: bool = False
    version: int = 1
    subprograms: list[Subprogram] = field(default_factory=list)
    object_id: int = field(default_factory=lambda: next(_object_ids))
    last_ddl_time: dt.datetime = field(
        default_factory=lambda: dt.datetime.now().replace(microsecond=0)
    )

    @property
    def object_type(self) -> str:
        """PACKAGE, PROCEDURE or FUNCTION."""
        if self.is_package:
            return "PACKAGE"
        return "FUNCTION" if self.subprograms[0].returns else "PROCEDURE"

    def compile(self, subprograms: list[Subprogram]) -> None:
        """Take other subprograms, as CREATE OR REPLACE does."""
        self.subprograms = subprograms
        self.version += 1
        now = dt.datetime.now().replace(microsecond=0)
        self.last_ddl_time = max(now, self.last_ddl_time + _A_SECOND)

    def named(self, name: str) -> list[Subprogram]:
        """Return the package's subprograms of a name; more than one are overloads."""
        return [each for each in self.subprograms if each.name == name]


@dataclass(frozen=True)
class Synonym:
    """Another name for an object."""

    owner: str
    name: str
    target_owner: str
    target_name: str
    db_link: str | None = None
    object_id: int = field(default_factory=lambda: next(_object_ids))


class Catalog:
    """Procedures, types, synonyms and tables to be offered by a server.

    Args:
        owner: the schema of everything that is registered without one.
    """

    def __init__(self, owner: str) -> None:
        self.owner = owner.upper()
        self.objects: dict[tuple[str, str], StoredObject] = {}
        self.synonyms: dict[tuple[str, str], Synonym] = {}
        self.types = TypeRegistry(self.owner, STANDARD_TYPES)
        self.statements: list[str] = []
        self.version = 0
        self._lock = threading.Lock()

    def procedure(self, signature: str) -> Callable[[_Handler], _Handler]:
        """Return a decorator that registers a function under a PL/SQL signature.

        The function is called with a ``Call`` and, as keywords in lower case, the values of
        the IN and IN OUT parameters (a parameter named like a Python keyword has an
        underscore at its end). It returns a dict of the OUT values, for a function the
        value itself or, if there are OUT parameters too, a pair of both.

        Raises:
            OracleError: ORA-06550 for a signature that cannot be parsed.
        """

        def register(handler: _Handler) -> _Handler:
            self._add(parse_signature(signature, self.owner, handler, self.types.find))
            return handler

        return register

    def replace_procedure(self, signature: str) -> Callable[[_Handler], _Handler]:
        """Return a decorator that compiles a procedure anew, while servers run.

        It takes the place of all of its name. Sessions lose the state of its package; the next
        call of one that had any is ORA-04068.
        """

        def register(handler: _Handler) -> _Handler:
            new = parse_signature(signature, self.owner, handler, self.types.find)
            with self._lock:
                stored = self.objects[new.owner, new.package or new.name]
                others = [each for each in stored.subprograms if each.name != new.name]
                stored.compile([*others, new])
                self.version += 1
            return handler

        return register

    def replace_type(self, declaration: str) -> None:
        """Compile a type anew, as CREATE OR REPLACE TYPE … FORCE does, while servers run.

        It has another identifier then, and so have the types that are made of it; procedures
        have the new ones as parameters. A client that binds an old one gets ORA-21700.

        Raises:
            OracleError: ORA-06550 for a mistake in the declaration, ORA-04043 for no such type.
        """
        with self._lock:
            relinker = self.types.replace(declaration)
            for stored in self.objects.values():
                linked = [relinker.subprogram(each) for each in stored.subprograms]
                if linked != stored.subprograms:
                    stored.compile(linked)
            self.version += 1

    def drop_type(self, name: str) -> None:
        """Drop a type of the schema, as DROP TYPE … FORCE does, while servers run."""
        with self._lock:
            del self.types.types[self.owner, None, name.upper()]
            self.version += 1

    def keep_state(self, package: str) -> None:
        """Have a package keep variables in each session that calls it."""
        with self._lock:
            self.objects[self.owner, package.upper()].has_state = True

    def _add(self, subprogram: Subprogram) -> None:
        key = (subprogram.owner, subprogram.package or subprogram.name)
        is_package = subprogram.package is not None
        with self._lock:
            known = self.objects.get(key)
            if known is None or not (is_package and known.is_package):
                known = self.objects[key] = StoredObject(*key, is_package)
            known.subprograms.append(subprogram)
            known.last_ddl_time = dt.datetime.now().replace(microsecond=0)
            self.version += 1

    def synonym(self, name: str, *, for_: str, owner: str = PUBLIC) -> None:
        """Register a synonym.

        Args:
            name: the synonym's name.
            for_: ``OWNER.OBJECT``, or ``OWNER.OBJECT@LINK``, where every link leads back to
                this database; the dictionary does not show what is behind one.
            owner: a schema, or PUBLIC for everybody.
        """
        target, _, link = for_.upper().partition("@")
        target_owner, _, target_name = target.rpartition(".")
        target_owner = target_owner or self.owner
        synonym = Synonym(owner.upper(), name.upper(), target_owner, target_name, link or None)
        with self._lock:
            self.synonyms[synonym.owner, synonym.name] = synonym
            self.version += 1

    def type(self, declaration: str) -> None:
        """Register a type for the parameters of procedures that are registered after it.

        A type of the schema is declared as in CREATE TYPE (``T_NUMS AS TABLE OF NUMBER``), one
        of a package as in its specification (``PKG.T_REC IS RECORD (id NUMBER)``); there
        ``PKG.T_CUR IS REF CURSOR`` and subtypes (``PKG.T_ID IS NUMBER(10)``) are types too.

        Raises:
            OracleError: ORA-06550 for a mistake in the declaration.
        """
        with self._lock:
            declared = self.types.declare(declaration)
            if declared.package is not None:
                key = (declared.owner, declared.package)
                if key not in self.objects or not self.objects[key].is_package:
                    self.objects[key] = StoredObject(*key, is_package=True)
            self.version += 1

    def statement(self, sql: str) -> None:
        """Have a statement (CREATE TABLE …, INSERT …) executed when a server starts.

        The row of a table is a type for parameters too: ``TABLE%ROWTYPE``.
        """
        with self._lock:
            self.statements.append(sql)
            self.types.add_table(sql)
            self.version += 1

    def include(self, other: Catalog) -> None:
        """Take over all that another catalog holds; packages of the same name are joined."""
        with self._lock:
            for key, stored in other.objects.items():
                known = self.objects.get(key)
                if known is not None and known.is_package and stored.is_package:
                    joined = known.subprograms + stored.subprograms
                    state = known.has_state or stored.has_state
                    self.objects[key] = StoredObject(*key, True, state, subprograms=joined)
                else:
                    self.objects[key] = stored
            self.synonyms.update(other.synonyms)
            self.types.include(other.types)
            self.statements.extend(other.statements)
            self.version += 1


class LookupFailedError(Exception):
    """A name that stands for no procedure; the message is that of the compiler."""


class Namespace:
    """Resolves names over several catalogs.

    Args:
        catalogs: where to look, the first having precedence.
        user: the schema of the user, which exists even if it owns nothing.
    """

    def __init__(self, *catalogs: Catalog, user: str) -> None:
        self._catalogs = catalogs
        self._user = user.upper()

    @property
    def version(self) -> int:
        """A number that grows with each change to any of the catalogs."""
        return sum(catalog.version for catalog in self._catalogs)

    def objects(self) -> Iterator[StoredObject]:
        """Return all packages and standalone procedures."""
        return itertools.chain.from_iterable(
            list(catalog.objects.values()) for catalog in self._catalogs
        )

    def synonyms(self) -> Iterator[Synonym]:
        """Return all synonyms."""
        return itertools.chain.from_iterable(
            list(catalog.synonyms.values()) for catalog in self._catalogs
        )

    def types(self) -> Iterator[NamedType]:
        """Return all named types."""
        return itertools.chain.from_iterable(
            list(catalog.types.types.values()) for catalog in self._catalogs
        )

    def type_of(self, oid: bytes) -> NamedType | None:
        """Return the type that a client refers to by an identifier."""
        return next((each for each in self.types() if each.oid == oid), None)

    def find_type(self, name: TypeName, schema: str) -> NamedType | None:
        """Return the type that a name of one to three parts stands for, None if none.

        Args:
            name: the name.
            schema: the current schema.
        """
        candidates = keys(name, schema)
        for owner in (schema, PUBLIC):
            synonym = self._synonym(owner, name.path[0])
            if synonym is not None and len(name.path) < 3:
                target = (synonym.target_owner, synonym.target_name, *name.path[1:])
                candidates += keys(TypeName(target, suffix=name.suffix), schema)
        for key in candidates:
            for catalog in self._catalogs:
                if key in catalog.types.types:
                    return catalog.types.types[key]
        return None

    def schemas(self) -> set[str]:
        """Return the names of all schemas that own something."""
        owners = {catalog.owner for catalog in self._catalogs}
        return owners | {each.owner for each in self.objects()} | {PUBLIC, self._user}

    def stored(self, subprogram: Subprogram) -> StoredObject | None:
        """Return the package or standalone procedure that a subprogram is part of."""
        key = (subprogram.owner, subprogram.package or subprogram.name)
        found = (catalog.objects.get(key) for catalog in self._catalogs)
        return next((each for each in found if each is not None), None)

    def resolve(self, path: tuple[str, ...], schema: str) -> list[Subprogram]:
        """Return the subprograms that a name of one to three parts stands for.

        Args:
            path: the parts of the name.
            schema: the current schema; its packages come before schemas of the same name.

        Raises:
            LookupFailedError: PLS-00201, or PLS-00302 for a package without such a member.
        """
        found = self._object(schema, path[0])
        if found is not None:
            return self._member(found, path, 1)
        if len(path) > 1:
            found = self._object_of(path[0], path[1])
            if found is not None:
                return self._member(found, path, 2)
        else:
            for package in ("STANDARD", "DBMS_STANDARD"):
                standard = self._object_of("SYS", package)
                if standard is not None and (members := standard.named(path[0])):
                    return members
        raise LookupFailedError(f"PLS-00201: identifier '{'.'.join(path)}' must be declared")

    def _member(self, found: StoredObject, path: tuple[str, ...], used: int) -> list[Subprogram]:
        rest = path[used:]
        if not found.is_package and not rest:
            return found.subprograms
        if found.is_package and len(rest) == 1:
            members = found.named(rest[0])
            if members:
                return members
        if not rest:
            raise LookupFailedError(f"PLS-00221: '{path[-1]}' is not a procedure or is undefined")
        raise LookupFailedError(f"PLS-00302: component '{rest[0]}' must be declared")

    def _object_of(self, owner: str, name: str) -> StoredObject | None:
        for _ in range(_MAX_SYNONYM_CHAIN):
            for catalog in self._catalogs:
                if (owner, name) in catalog.objects:
                    return catalog.objects[owner, name]
            synonym = self._synonym(owner, name)
            if synonym is None:
                return None
            owner, name = synonym.target_owner, synonym.target_name
        return None

    def _object(self, schema: str, name: str) -> StoredObject | None:
        return self._object_of(schema, name) or self._object_of(PUBLIC, name)

    def _synonym(self, owner: str, name: str) -> Synonym | None:
        for catalog in self._catalogs:
            if (owner, name) in catalog.synonyms:
                return catalog.synonyms[owner, name]
        return None
