"""Which procedures there are, by a pattern of their names.

Source: Oracle Database Reference, ALL_PROCEDURES.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import oracledb

from oracle_api.exceptions import InvalidRequest
from oracle_api.oracle.errors import translated

# Standalone procedures have no PROCEDURE_NAME; a package has a row of its own without one.
_PROCEDURES = """
SELECT DISTINCT owner, object_name, procedure_name FROM all_procedures
 WHERE (procedure_name IS NOT NULL OR object_type IN ('PROCEDURE', 'FUNCTION'))
   AND object_type IN ('PACKAGE', 'PROCEDURE', 'FUNCTION')
   AND ({condition})
 ORDER BY owner, object_name, procedure_name"""

_OWN = "owner = SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')"
_LIKE = "{column} LIKE :{bind} ESCAPE '\\'"

_ROWS_AT_ONCE = 1000

_PART = re.compile(r"[\w$#*?]{1,128}")


@dataclass(frozen=True)
class Listed:
    """A procedure's place: package is None for a standalone one."""

    owner: str
    package: str | None
    name: str

    @property
    def parts(self) -> tuple[str, ...]:
        """Owner, package if there is one, and name."""
        return tuple(filter(None, (self.owner, self.package, self.name)))

    @property
    def full_name(self) -> str:
        """Owner, package and name with dots between them."""
        return ".".join(self.parts)


def list_procedures(
    connection: oracledb.Connection,
    pattern: str | None,
    most: int,
    allows: Callable[[tuple[str, ...]], bool],
) -> list[Listed]:
    """List the procedures and functions that the dictionary shows.

    Args:
        connection: to ask over.
        pattern: one to three parts with dots between them, ``*`` for any letters and ``?`` for
            one. One part names packages and standalone procedures of the current schema, two
            parts ``package.procedure`` of it or ``schema.procedure``, three parts
            ``schema.package.procedure``. None is all of the current schema.
        most: so many at most.
        allows: says of a full name whether it may be listed.

    Raises:
        InvalidRequest: the pattern is none.
    """
    condition, binds = _condition(pattern)
    with translated(in_call=False), connection.cursor() as cursor:
        cursor.arraysize = _ROWS_AT_ONCE
        cursor.execute(_PROCEDURES.format(condition=condition), binds)
        found = (
            Listed(owner, name, member) if member else Listed(owner, None, name)
            for owner, name, member in cursor
        )
        return list(islice((one for one in found if allows(one.parts)), most))


def _condition(pattern: str | None) -> tuple[str, dict[str, Any]]:
    if not pattern:
        return _OWN, {}
    parts = pattern.split(".")
    if len(parts) > 3 or not all(map(_PART.fullmatch, parts)):
        raise InvalidRequest(
            "like is a name of one to three parts, in which * and ? stand for letters."
        )
    match [_like(part) for part in parts]:
        case [name]:
            return f"{_OWN} AND {_column('object_name', 'name')}", {"name": name}
        case [first, second]:
            in_package = " AND ".join(
                (_OWN, _column("object_name", "first"), _column("procedure_name", "second"))
            )
            standalone = " AND ".join(
                (
                    _column("owner", "owner"),
                    _column("object_name", "name"),
                    "procedure_name IS NULL",
                )
            )
            return f"({in_package}) OR ({standalone})", {
                "first": first,
                "second": second,
                "owner": first,
                "name": second,
            }
        case [owner, package, name]:
            columns = ("owner", "object_name", "procedure_name")
            return " AND ".join(
                _column(column, bind) for column, bind in zip(columns, "opn", strict=True)
            ), {"o": owner, "p": package, "n": name}
    raise AssertionError("a pattern has one to three parts")


def _column(column: str, bind: str) -> str:
    return _LIKE.format(column=column, bind=bind)


def _like(part: str) -> str:
    return part.upper().replace("_", "\\_").replace("*", "%").replace("?", "_")
