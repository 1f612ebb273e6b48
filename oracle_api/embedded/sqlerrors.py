"""SQLite's errors in Oracle's terms."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence

from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.tablesql import KEY_SUFFIX

#: Gives the name of what keeps columns of a table unique.
KeyFinder = Callable[[str, Sequence[str]], str | None]


def _column(match: re.Match[str], schema: str) -> str:
    del schema
    return ".".join(f'"{part}"' for part in match[1].split("."))


def _constraint(match: re.Match[str], schema: str) -> str:
    return f"{schema}.{match[1].split(',')[0]}"


def _table_column(match: re.Match[str], schema: str) -> str:
    table, _, column = match[1].partition(".")
    return f'("{schema}"."{table}"."{column}")'


_Describe = Callable[[re.Match[str], str], str]
_RULES: list[tuple[str, int, str, _Describe | None]] = [
    (r"no such table: ", 942, "table or view does not exist", None),
    (r"no such (?:view|index): ", 942, "table or view does not exist", None),
    (r"(?:no such column|no such function): (\S+)", 904, "{}: invalid identifier", _column),
    (r"has no column named (\S+)", 904, "{}: invalid identifier", _column),
    (r"(?:table|index|view) \S+ already exists", 955,
     "name is already used by an existing object", None),
    (r"ambiguous column name", 918, "column ambiguously defined", None),
    (r"duplicate column name", 957, "duplicate column name", None),
    (r"NOT NULL constraint failed: (\S+)", 1400, "cannot insert NULL into {}", _table_column),
    (r"CHECK constraint failed: ORA:(\d+):(.*)", 0, "", None),
    (r"CHECK constraint failed: (.+)", 2290, "check constraint ({}) violated", _constraint),
    (r"FOREIGN KEY constraint failed", 2291,
     "integrity constraint violated - parent key not found", None),
    (r"incomplete input", 936, "missing expression", None),
    (r"all VALUES must have the same number of terms|(\d+) values for (\d+) columns", 913,
     "too many values", None),
    (r"has (\d+) columns but (\d+) values were supplied", 947, "not enough values", None),
    (r"wrong number of arguments to function", 909, "invalid number of arguments", None),
    (r"SELECTs to the left and right .* do not have the same number", 1789,
     "query block has incorrect number of result columns", None),
    (r"misuse of (?:aggregate|window)", 934, "group function is not allowed here", None),
    (r"database or disk is full", 1653, "unable to extend table", None),
]  # fmt: skip


def _violated_key(text: str, schema: str, key_of: KeyFinder) -> OracleError | None:
    """Return the error for a key that would be there twice, None if it is another error."""
    match = re.search(r"UNIQUE constraint failed: (?:index '(.+)'|(.+))", text)
    if match is None:
        return None
    if match[1]:
        name = match[1].removesuffix(KEY_SUFFIX)
    else:
        columns = [column.split(".", 1) for column in match[2].split(", ")]
        name = key_of(columns[0][0], [column for _, column in columns]) or columns[0][0]
    return OracleError(1, f"unique constraint ({schema}.{name}) violated")


def translate_error(
    error: sqlite3.Error, schema: str, key_of: KeyFinder, is_update: bool = False
) -> OracleError:
    """Return the ORA- error for an error of SQLite.

    Args:
        error: what SQLite raised.
        schema: the current schema, which Oracle names in messages.
        key_of: gives the name of what keeps columns of a table unique.
        is_update: whether the statement is an UPDATE, whose nulls are ORA-01407.
    """
    text = str(error)
    violated = _violated_key(text, schema, key_of)
    if violated is not None:
        return violated
    for pattern, code, message, describe in _RULES:
        match = re.search(pattern, text)
        if match is None:
            continue
        if code == 0:
            return OracleError(int(match[1]), match[2])
        if code == 1400 and is_update:
            return OracleError(1407, f"cannot update {_table_column(match, schema)} to NULL")
        if code == 913 and match.lastindex and int(match[1]) < int(match[2]):
            return OracleError(947, "not enough values")
        if code == 947 and int(match[1]) < int(match[2]):
            return OracleError(913, "too many values")
        return OracleError(code, message.format(describe(match, schema)) if describe else message)
    if "syntax error" in text:
        return OracleError(933, "SQL command not properly ended")
    return OracleError(604, f"error occurred at recursive SQL level 1: {text}")
