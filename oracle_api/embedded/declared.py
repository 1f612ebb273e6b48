"""Declared types of columns, and how SQLite keeps them."""

from __future__ import annotations

import re

from oracle_api.embedded.datatypes import DataType, TypeSpec, type_spec

# Distinguishes our types from those that SQLite makes up for expressions. What follows it still
# decides about the affinity: CHAR and CLOB mean text, DOUB and FLOA binary floats.
_DECLARED_PREFIX = "ORA$"
_SPACE = "$"


def declared_type(spec: TypeSpec) -> str:
    """Return a type as SQLite keeps it, for ``parse_declared_type`` to read."""
    # Unquoted, as SQLite drops what follows a quoted name: length, precision and scale.
    name = _DECLARED_PREFIX + spec.name.replace(" ", _SPACE)
    if spec.type in (DataType.TIMESTAMP, DataType.TIMESTAMP_TZ, DataType.TIMESTAMP_LTZ):
        return f"{name}({spec.scale})"
    if spec.size:
        return f"{name}({spec.size})"
    if spec.type == DataType.NUMBER and spec.precision:
        return f"{name}({spec.precision},{spec.scale})"
    return name


def parse_declared_type(declared: str) -> TypeSpec | None:
    """Return the type that ``declared_type`` wrote, None if SQLite made it up itself."""
    if not declared.startswith(_DECLARED_PREFIX):
        return None
    return parse_type(declared.removeprefix(_DECLARED_PREFIX).replace(_SPACE, " "))


def parse_type(text: str) -> TypeSpec | None:
    """Return a type such as ``NUMBER(10,2)``, None if there is none of this name."""
    match = re.fullmatch(r"([A-Z][A-Z0-9_ ]*?)\s*(?:\((-?\d+)(?:\s*,\s*(-?\d+))?\))?", text)
    if match is None:
        return None
    try:
        return type_spec(match[1], [int(number) for number in match.groups()[1:] if number])
    except KeyError:
        return None
