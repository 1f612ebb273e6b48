"""What databases write differently in the statements of the job store."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

#: Execution options with which all statements of a transaction see one state; by the dialect. In
#: SQLite any transaction does, in PostgreSQL that is a level of isolation.
SNAPSHOTS: dict[str, dict[str, Any]] = {
    "sqlite": {"sqlite_begin": "BEGIN"},
    "oracle": {"oracle_begin": "SET TRANSACTION READ ONLY"},
    "postgresql": {"isolation_level": "REPEATABLE READ"},
}

# Waits as long as SQLite does, which is told when a transaction begins.
_LOCK = "SELECT id FROM store_lock FOR UPDATE WAIT 5"

# ORA-00955: the name is in use; ORA-02264: that of a constraint is; ORA-00054: another session is
# at work on the table.
_MADE_BY_ANOTHER = ("ORA-00955", "ORA-02264", "ORA-00054")


# A database that stands still, or is cut off, is given up after so long; above what _LOCK waits.
_CALL_MILLISECONDS = 10_000
_CONNECT_SECONDS = 5.0


def connect_arguments(url: sa.URL) -> dict[str, Any]:
    """Give what the driver is told of how long to wait for a connection."""
    if url.get_backend_name() == "oracle":
        return {"tcp_connect_timeout": _CONNECT_SECONDS}
    return {}


def begin_oracle(connection: sa.Connection) -> None:
    """Begin a transaction of Oracle as its execution options say."""
    begin = connection.get_execution_options().get("oracle_begin")
    if begin is not None:
        connection.exec_driver_sql(begin)


def limit_calls(connection: Any, _record: Any) -> None:
    """Let no call on a new connection to Oracle take for ever."""
    connection.call_timeout = _CALL_MILLISECONDS


def returns_in_binds(dialect: sa.Dialect) -> bool:
    """Tell whether what RETURNING gives comes in OUT binds, which SQLAlchemy makes and reads."""
    return dialect.name == "oracle"


def rows_per_insert(dialect: sa.Dialect, most: int) -> int:
    """Give how many rows one INSERT may have, up to so many."""
    return most if dialect.supports_multivalues_insert else 1


def releases_savepoints(dialect: sa.Dialect) -> bool:
    """Tell whether the dialect has RELEASE SAVEPOINT; else they go with the transaction."""
    return dialect.name != "oracle"


def is_made_by_another(error: Exception) -> bool:
    """Tell whether a table could not be made as another process was just making it."""
    return any(code in str(error) for code in _MADE_BY_ANOTHER)


def lock_store(connection: sa.Connection) -> None:
    """Wait until no other process writes to the store; none will until the transaction ends.

    Raises:
        sqlalchemy.exc.DBAPIError: another one writes for too long.
    """
    if connection.dialect.name == "oracle":
        connection.exec_driver_sql(_LOCK).all()


class AsBlob(FunctionElement[bytes]):
    """A bound value that shares a CASE with a column of binary data.

    To Oracle it is a RAW, which has not the same type as a BLOB (ORA-00932).
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


@compiles(AsBlob, "oracle")
def _converted(element: AsBlob, compiler: SQLCompiler, **options: Any) -> str:
    return f"TO_BLOB({compiler.process(element.clauses, **options)})"


@compiles(IfReturnable, "oracle")
def _left_out(_element: IfReturnable, _compiler: SQLCompiler, **_options: Any) -> str:
    return "CAST(NULL AS INTEGER)"
