"""What databases write differently in the statements of the job store."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


def rows_per_insert(dialect: sa.Dialect, most: int) -> int:
    """Give how many rows one INSERT may have, up to so many."""
    return most if dialect.supports_multivalues_insert else 1


def releases_savepoints(dialect: sa.Dialect) -> bool:
    """Tell whether the dialect has RELEASE SAVEPOINT; else they go with the transaction."""
    return dialect.name != "oracle"


class AsBlob(FunctionElement[bytes]):
    """A bound value that shares a CASE with a column of binary data.

    To Oracle it is a RAW, which has not the same type as a BLOB (ORA-00932); PostgreSQL cannot
    tell its type where it is only asked whether it is null.
    """

    name = "as_blob"
    inherit_cache = True
    type = sa.LargeBinary()


class IfReturnable(FunctionElement[Any]):
    """A value of RETURNING that holds a sub-query; null in Oracle, which knows none there."""

    name = "if_returnable"
    inherit_cache = True
    type = sa.Integer()


@compiles(AsBlob)
@compiles(IfReturnable)
def _as_it_is(element: FunctionElement[Any], compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(AsBlob, "postgresql")
def _typed(element: AsBlob, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS BYTEA)"


@compiles(AsBlob, "oracle")
def _converted(element: AsBlob, compiler: SQLCompiler, **options: Any) -> str:
    return f"TO_BLOB({compiler.process(element.clauses, **options)})"


@compiles(IfReturnable, "oracle")
def _left_out(_element: IfReturnable, _compiler: SQLCompiler, **_options: Any) -> str:
    return "CAST(NULL AS INTEGER)"
