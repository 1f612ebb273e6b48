"""What a job store in a SQLite file needs: its settings, its locks, and who waits how for them."""

import sqlite3
import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.pool import PoolProxiedConnection

from oracle_api.jobs.access import Access, access_of

_BUSY_MILLISECONDS = 5000
_LOOK_SECONDS = 0.0003

# A transaction that reads first and writes later cannot wait for another writer: SQLite fails it
# at once with SQLITE_BUSY_SNAPSHOT. A writer therefore takes the lock at its start. A single
# SELECT sees one state by itself; a transaction around it would cost as much again.
_BEGIN = {
    Access.WRITE: "BEGIN IMMEDIATE",
    Access.SNAPSHOT: "BEGIN",
    Access.CHANGE_SCHEMA: "BEGIN EXCLUSIVE",
}


def listen(engine: sa.Engine) -> None:
    """Have each connection of an engine set up, and each transaction begun as it must be."""
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)


def open_guard(engine: sa.Engine) -> PoolProxiedConnection:
    """Open a connection that is only held: with the last one of all, SQLite deletes the index."""
    guard = engine.raw_connection()
    guard.detach()
    cursor = guard.cursor()
    cursor.execute("SELECT COUNT(*) FROM sqlite_master")
    cursor.fetchall()
    cursor.close()
    return guard


def file_of(connection: PoolProxiedConnection) -> str:
    """Give the path of the file that a connection has open."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA database_list")
    [(_, _, path), *_] = cursor.fetchall()
    cursor.close()
    return str(path)


def _set_up(connection: Any, _record: Any) -> None:
    # Transactions are begun by _begin, not by the driver.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    # A 202 promises that the job survives: each commit reaches the disk.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    access = access_of(connection)
    if access is Access.WRITE:
        _begin_writing(connection, _BEGIN[access])
    elif access is not None:
        connection.exec_driver_sql(_BEGIN[access])


def _begin_writing(connection: sa.Connection, begin: str) -> None:
    """Wait for other processes' transactions in short steps.

    SQLite itself sleeps up to 100 ms between two looks, while a transaction takes less than one.
    """
    cursor = connection.connection.cursor()
    if not connection.connection.is_detached:
        # Kept for writing: whoever reads may well wait as SQLite does.
        connection.detach()
        cursor.execute("PRAGMA busy_timeout = 0")
    until = time.monotonic() + _BUSY_MILLISECONDS / 1000
    while time.monotonic() < until:
        try:
            cursor.execute(begin)
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                break
            time.sleep(_LOOK_SECONDS)
        else:
            return
    connection.exec_driver_sql(begin)
