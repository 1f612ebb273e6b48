"""docs/sql/test_procedures.sql declares what the embedded database has for the tests."""

import re
from collections.abc import Iterator
from typing import Any

from oracle_api.embedded.datatypes import TypeSpec
from oracle_api.embedded.namedtypes import NamedType
from oracle_api.embedded.procedures import Catalog
from oracle_api.embedded.signatures import Subprogram
from tests.real_oracle import TEST_SCRIPT

from . import procedures, timestamp_procedures, type_procedures

SCRIPT = re.sub(r"--[^\n]*", "", TEST_SCRIPT.read_text())
# What only the script needs (to count, and for a query that waits), or only the embedded database
# can do (to count in a file, which outlives it).
HELPERS = {
    "TEST_TALLY_COUNT",
    "PKG_ROWS.SLOW_IDS",
    "T_SLOW_IDS",
    "TEST_TALLY_EVENTS%ROWTYPE",
    "TEST_JOURNAL",
}

_STATEMENT = re.compile(
    r"""'(?P<table>CREATE\ TABLE\ [^']+)'
    | CREATE\ OR\ REPLACE\ (?:
        TYPE\ (?P<type>\w+)\ FORCE\ (?P<shape>AS\ .*?);\s*\n/
      | PACKAGE\ BODY\ (?P<body>[\w.]+)\ AS\n(?P<code>.*?)\n\s*END\ \w+;\s*(?:\n/|\]')
      | PACKAGE\ (?P<package>[\w.]+)\ AS\n(?P<members>.*?)\n\s*END\ \w+;
      | PROCEDURE\ (?P<procedure>.*?)\sIS\s
      | (?P<public>PUBLIC\ )?SYNONYM\ (?P<synonym>\w+)\ FOR\ (?P<target>[\w.@]+)
    )""",
    re.VERBOSE | re.DOTALL,
)


def _nothing(call: Any, **values: Any) -> None:
    """Stand for code that is not compared."""


def _read(script: str) -> Catalog:
    """Read a script's declarations as the embedded database reads its own."""
    catalog = Catalog(owner="DWH")
    for match in _STATEMENT.finditer(script):
        if match["table"]:
            catalog.statement(match["table"])
        elif match["type"]:
            catalog.type(f"{match['type']} {match['shape']}")
        elif match["package"]:
            _read_package(catalog, match["package"], match["members"])
        elif match["procedure"]:
            catalog.procedure(match["procedure"])(_nothing)
        elif match["synonym"]:
            owner = "PUBLIC" if match["public"] else "DWH"
            catalog.synonym(match["synonym"], for_=match["target"], owner=owner)
    return catalog


def _read_package(catalog: Catalog, package: str, members: str) -> None:
    for member in members.split(";"):
        kind, _, declaration = member.strip().partition(" ")
        if kind == "TYPE":
            catalog.type(f"{package}.{declaration}")
        elif kind:
            catalog.procedure(f"{package}.{declaration.removesuffix(' PIPELINED')}")(_nothing)


def _spec(spec: TypeSpec | None) -> Any:
    if spec is None or spec.named is None:
        return spec
    return (spec.named.owner, spec.named.package, spec.named.name)


def _type(named: NamedType) -> Any:
    attributes = [(each.name, _spec(each.spec)) for each in named.attributes]
    return (named.kind, attributes, _spec(named.element), named.limit, named.index_by)


def _subprogram(subprogram: Subprogram) -> Any:
    parameters = [
        (each.name, each.direction, _spec(each.spec), each.default)
        for each in subprogram.parameters
    ]
    return (parameters, _spec(subprogram.returns))


def _types(catalog: Catalog) -> dict[Any, Any]:
    types = catalog.types.types
    return {key: _type(named) for key, named in types.items() if key[-1] not in HELPERS}


def _subprograms(catalog: Catalog) -> dict[Any, Any]:
    """Give the overloads of each name, in their order."""
    found: dict[Any, Any] = {}
    for stored in catalog.objects.values():
        for each in stored.subprograms:
            name = ".".join(filter(None, (each.package, each.name)))
            if name not in HELPERS:
                found.setdefault((each.owner, name), []).append(_subprogram(each))
    return found


def _synonyms(catalog: Catalog) -> dict[Any, Any]:
    return {
        key: (each.target_owner, each.target_name, each.db_link)
        for key, each in catalog.synonyms.items()
    }


def _ours() -> Catalog:
    catalog = Catalog(owner="DWH")
    catalog.include(procedures.catalog)
    catalog.include(type_procedures.catalog)
    catalog.include(timestamp_procedures.catalog)
    return catalog


def test_the_types_are_the_same() -> None:
    assert _types(_read(SCRIPT)) == _types(_ours())


def test_the_signatures_are_the_same() -> None:
    assert _subprograms(_read(SCRIPT)) == _subprograms(_ours())


def test_the_synonyms_are_the_same() -> None:
    assert _synonyms(_read(SCRIPT)) == _synonyms(_ours())


def _heads(text: str, end: str) -> Iterator[str]:
    for match in re.finditer(rf"\b(?:PROCEDURE|FUNCTION) (.*?)\s*{end}", text, re.DOTALL):
        yield " ".join(match[1].split())


def test_every_body_has_what_its_package_declares() -> None:
    declared: dict[str, list[str]] = {}
    written: dict[str, list[str]] = {}
    for match in _STATEMENT.finditer(SCRIPT):
        if match["package"]:
            declared[match["package"]] = list(_heads(match["members"], ";"))
        elif match["body"]:
            written[match["body"]] = list(_heads(match["code"], r"\sIS\s"))
    assert declared
    assert written == declared
