"""What a job store in a database server needs: time-outs, and a lock that all hosts respect.

SQLite has one writer at a time. So has a server here: each transaction that writes first locks
the one row of ``store_lock``. What it decides from what it reads (limits, claims) then holds over
all hosts, and no two of them can wait for each other.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from oracle_api.jobs.access import Access, access_of, for_access

# Whoever is cut off or stands still in the middle of a transaction holds the lock. PostgreSQL ends
# such a session, after less than the others wait for the lock.
_IDLE_SECONDS = 4
_LOCK_SECONDS = 8
_STATEMENT_SECONDS = 15
_CONNECT_SECONDS = 3

_POSTGRESQL: dict[str, Any] = {
    "connect_timeout": _CONNECT_SECONDS,
    "application_name": "oracle_api",
    # A server that is cut off is found out by TCP within 9 s.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "tcp_user_timeout": 6000,
    "options": f"-c lock_timeout={_LOCK_SECONDS}s -c statement_timeout={_STATEMENT_SECONDS}s "
    f"-c idle_in_transaction_session_timeout={_IDLE_SECONDS}s",
}
_ORACLE: dict[str, Any] = {"tcp_connect_timeout": _CONNECT_SECONDS, "expire_time": 1}

_LOCKS = {
    "postgresql": "SELECT id FROM store_lock FOR UPDATE",
    "oracle": f"SELECT id FROM store_lock FOR UPDATE WAIT {_LOCK_SECONDS}",  # noqa: S608 - a constant
}

# One number for all that change this schema.
_SCHEMA_LOCK = 6_011_966_137

# One round trip: to set a level of isolation takes four, outside of any statement.
_ORACLE_SNAPSHOT = "SET TRANSACTION READ ONLY"

#: The databases that can hold the store, beside SQLite.
KNOWN = tuple(_LOCKS)


def connect_arguments(url: sa.URL) -> dict[str, Any]:
    """Give the driver's arguments for an engine; what the URL itself says is left to it."""
    known = {"postgresql": _POSTGRESQL, "oracle": _ORACLE}.get(url.get_backend_name(), {})
    return {name: value for name, value in known.items() if name not in url.query}


def snapshot_options(dialect: sa.Dialect) -> dict[str, Any]:
    """Give the execution options of a transaction in which all statements see one state."""
    if dialect.name == "oracle":
        return for_access(Access.SNAPSHOT)
    return {"isolation_level": "REPEATABLE READ"}


def listen(engine: sa.Engine) -> None:
    """Have each transaction of an engine begun as it must be."""
    event.listen(engine, "begin", _begin)
    if engine.dialect.name == "oracle":
        event.listen(engine, "connect", _limit_calls)


def _limit_calls(connection: Any, _record: Any) -> None:
    connection.call_timeout = round(_STATEMENT_SECONDS * 1000)


def _begin(connection: sa.Connection) -> None:
    access = access_of(connection)
    if access is Access.WRITE:
        connection.exec_driver_sql(_LOCKS[connection.dialect.name]).all()
    elif access is Access.SNAPSHOT:
        connection.exec_driver_sql(_ORACLE_SNAPSHOT)
    elif access is Access.CHANGE_SCHEMA and connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})")
