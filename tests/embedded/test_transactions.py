"""Transactions of several sessions at once: locks, savepoints, and which state each one sees."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import oracledb
import pytest

from oracle_api.embedded.server import EmbeddedServer

Connect = Callable[[], AbstractContextManager[oracledb.Connection]]
READ_ALL = "SELECT id, value FROM accounts ORDER BY id"
LOCK_FIRST = "SELECT id, value FROM accounts WHERE id = 1 FOR UPDATE"


@pytest.fixture
def connect(embedded: EmbeddedServer) -> Connect:
    return lambda: oracledb.connect(user="dwh", password="dwh", dsn=embedded.dsn)


@pytest.fixture
def accounts(local: oracledb.Connection, connect: Connect) -> Iterator[str]:
    """A table of two rows, (1, 10) and (2, 20)."""
    cursor = local.cursor()
    cursor.execute("CREATE TABLE accounts (id NUMBER(5) PRIMARY KEY, value NUMBER(10))")
    cursor.executemany("INSERT INTO accounts (id, value) VALUES (:1, :2)", [(1, 10), (2, 20)])
    local.commit()
    yield "ACCOUNTS"
    local.rollback()
    cursor.execute("DROP TABLE accounts")


@pytest.fixture
def other(accounts: str, connect: Connect) -> Iterator[oracledb.Connection]:
    """A second session."""
    with connect() as opened:
        yield opened


def error_of(action: Callable[[], object]) -> str:
    with pytest.raises(oracledb.DatabaseError) as caught:
        action()
    return str(caught.value.args[0].full_code)


# ---- locks


def test_rows_that_are_locked_are_waited_for(
    local: oracledb.Connection, other: oracledb.Connection
) -> None:
    local.cursor().execute(LOCK_FIRST)
    found: list[object] = []

    def lock_them_too() -> None:
        cursor = other.cursor()
        cursor.execute(LOCK_FIRST)
        found.append(cursor.fetchone())

    waiting = threading.Thread(target=lock_them_too)
    waiting.start()
    waiting.join(0.05)
    assert waiting.is_alive()
    local.cursor().execute("UPDATE accounts SET value = 11 WHERE id = 1")
    local.commit()
    waiting.join(60)
    # What is read is what the other session has committed meanwhile.
    assert found == [(1, 11)]
    other.rollback()


@pytest.mark.parametrize(
    ("patience", "code"),
    [("NOWAIT", "ORA-00054"), ("WAIT 1", "ORA-30006")],
)
def test_waiting_has_an_end(
    patience: str, code: str, local: oracledb.Connection, other: oracledb.Connection
) -> None:
    local.cursor().execute(LOCK_FIRST)
    assert error_of(lambda: other.cursor().execute(f"{LOCK_FIRST} {patience}")) == code
    assert not other.transaction_in_progress
    local.commit()
    assert other.cursor().execute(f"{LOCK_FIRST} OF value {patience}").fetchall() == [(1, 10)]
    assert other.transaction_in_progress
    other.rollback()


def test_locked_rows_are_left_out(local: oracledb.Connection, other: oracledb.Connection) -> None:
    statement = f"{LOCK_FIRST} SKIP LOCKED"
    assert local.cursor().execute(statement).fetchall() == [(1, 10)]
    assert other.cursor().execute(statement).fetchall() == []
    local.rollback()
    assert other.cursor().execute(statement).fetchall() == [(1, 10)]
    other.rollback()


def test_whoever_waits_gives_up_at_its_own_time(
    local: oracledb.Connection, other: oracledb.Connection
) -> None:
    local.cursor().execute(LOCK_FIRST)
    other.call_timeout = 60
    assert error_of(lambda: other.cursor().execute(LOCK_FIRST)) == "DPY-4024"
    other.call_timeout = 0
    assert other.cursor().execute(READ_ALL).fetchall() == [(1, 10), (2, 20)]


def test_the_lock_of_a_session_that_is_gone_is_free(
    local: oracledb.Connection, accounts: str, connect: Connect, embedded: EmbeddedServer
) -> None:
    with connect() as gone:
        gone.cursor().execute("UPDATE accounts SET value = 0")
        embedded.drop_sessions(gone.session_id)
        assert local.cursor().execute(LOCK_FIRST).fetchall() == [(1, 10)]
    local.rollback()


def test_tables_are_locked(local: oracledb.Connection, other: oracledb.Connection) -> None:
    cursor = local.cursor()
    cursor.execute("LOCK TABLE dwh.accounts IN EXCLUSIVE MODE")
    nowait = "LOCK TABLE accounts IN ROW SHARE MODE NOWAIT"
    assert error_of(lambda: other.cursor().execute(nowait)) == "ORA-00054"
    local.commit()
    other.cursor().execute(nowait)
    other.rollback()
    assert error_of(lambda: cursor.execute("LOCK TABLE nope IN SHARE MODE")) == "ORA-00942"
    assert error_of(lambda: cursor.execute("LOCK TABLE accounts IN SLOW MODE")) == "ORA-01737"


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("SELECT DISTINCT value FROM accounts FOR UPDATE", "ORA-01786"),
        ("SELECT value FROM accounts GROUP BY value FOR UPDATE", "ORA-01786"),
        ("SELECT 1 FROM accounts UNION SELECT 2 FROM accounts FOR UPDATE", "ORA-01786"),
        ("SELECT id FROM accounts FETCH FIRST 1 ROWS ONLY FOR UPDATE", "ORA-02014"),
        ("SELECT id FROM (SELECT id FROM accounts FOR UPDATE)", "ORA-00907"),
        (f"{LOCK_FIRST} AT ONCE", "ORA-00933"),
        (f"{LOCK_FIRST} WAIT LONG", "ORA-00933"),
    ],
)
def test_what_cannot_be_locked(
    statement: str, code: str, accounts: str, local: oracledb.Connection
) -> None:
    assert error_of(lambda: local.cursor().execute(statement)) == code
    assert not local.transaction_in_progress


# ---- which state is seen


def test_readers_do_not_wait_for_the_writer(
    local: oracledb.Connection, other: oracledb.Connection
) -> None:
    local.cursor().execute("UPDATE accounts SET value = 0")
    assert other.cursor().execute(READ_ALL).fetchall() == [(1, 10), (2, 20)]
    local.commit()
    assert other.cursor().execute(READ_ALL).fetchall() == [(1, 0), (2, 0)]


def test_an_open_query_does_not_keep_later_ones_from_what_is_new(
    local: oracledb.Connection, other: oracledb.Connection
) -> None:
    half_read = other.cursor()
    half_read.arraysize, half_read.prefetchrows = 1, 1
    half_read.execute(READ_ALL)
    assert half_read.fetchone() == (1, 10)
    local.cursor().execute("UPDATE accounts SET value = 0")
    local.commit()
    assert other.cursor().execute(READ_ALL).fetchall() == [(1, 0), (2, 0)]
    # The rest is of the state that its query began with.
    assert half_read.fetchall() == [(2, 20)]


@pytest.mark.parametrize(
    "begin", ["SET TRANSACTION READ ONLY", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"]
)
def test_a_transaction_sees_one_state(
    begin: str, local: oracledb.Connection, other: oracledb.Connection
) -> None:
    cursor = other.cursor()
    cursor.execute(begin)
    local.cursor().execute("UPDATE accounts SET value = 0")
    local.commit()
    for _ in range(2):
        assert cursor.execute(READ_ALL).fetchall() == [(1, 10), (2, 20)]
    other.commit()
    assert cursor.execute(READ_ALL).fetchall() == [(1, 0), (2, 0)]


def test_a_read_only_transaction_changes_nothing(local: oracledb.Connection, accounts: str) -> None:
    cursor = local.cursor()
    cursor.execute("SET TRANSACTION READ ONLY NAME 'report'")
    assert error_of(lambda: cursor.execute("DELETE FROM accounts")) == "ORA-01456"
    assert error_of(lambda: cursor.execute(LOCK_FIRST)) == "ORA-01456"
    local.rollback()
    cursor.execute("DELETE FROM accounts")
    assert error_of(lambda: cursor.execute("SET TRANSACTION READ ONLY")) == "ORA-01453"


def test_a_serializable_transaction_does_not_change_what_it_has_not_seen(
    local: oracledb.Connection, other: oracledb.Connection
) -> None:
    cursor = other.cursor()
    cursor.execute("ALTER SESSION SET ISOLATION_LEVEL = SERIALIZABLE")
    assert cursor.execute(READ_ALL).fetchall() == [(1, 10), (2, 20)]
    local.cursor().execute("UPDATE accounts SET value = 0")
    local.commit()
    raise_value = "UPDATE accounts SET value = value + 1"
    assert error_of(lambda: cursor.execute(raise_value)) == "ORA-08177"
    assert cursor.execute(READ_ALL).fetchall() == [(1, 10), (2, 20)]
    other.rollback()
    cursor.execute(raise_value)
    assert cursor.execute(READ_ALL).fetchall() == [(1, 1), (2, 1)]
    other.rollback()
    cursor.execute("ALTER SESSION SET ISOLATION_LEVEL = READ COMMITTED")
    assert not other.transaction_in_progress
    cursor.execute(READ_ALL)
    assert not other.transaction_in_progress


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("SET TRANSACTION ISOLATION LEVEL CHAOS", "ORA-02179"),
        ("ALTER SESSION SET ISOLATION_LEVEL = CHAOS", "ORA-02183"),
        ("RELEASE SAVEPOINT a", "ORA-00900"),
        ("ROLLBACK TO SAVEPOINT never", "ORA-01086"),
    ],
)
def test_unknown_ways(statement: str, code: str, cursor: oracledb.Cursor) -> None:
    assert error_of(lambda: cursor.execute(statement)) == code


# ---- savepoints


def values_of(connection: oracledb.Connection) -> list[int]:
    return [value for _, value in connection.cursor().execute(READ_ALL)]


def test_what_was_done_since_a_savepoint_is_undone(
    local: oracledb.Connection, accounts: str
) -> None:
    cursor = local.cursor()
    cursor.execute("UPDATE accounts SET value = 1 WHERE id = 1")
    cursor.execute("SAVEPOINT first")
    cursor.execute("UPDATE accounts SET value = 2 WHERE id = 1")
    cursor.execute("SAVEPOINT second")
    cursor.execute("UPDATE accounts SET value = 3 WHERE id = 1")
    cursor.execute("ROLLBACK TO SAVEPOINT second")
    assert values_of(local) == [2, 20]
    cursor.execute("ROLLBACK WORK TO first")
    assert values_of(local) == [1, 20]
    assert error_of(lambda: cursor.execute("ROLLBACK TO second")) == "ORA-01086"
    assert local.transaction_in_progress
    local.commit()
    assert error_of(lambda: cursor.execute("ROLLBACK TO first")) == "ORA-01086"
    assert values_of(local) == [1, 20]


def test_a_savepoint_of_the_same_name_is_moved(local: oracledb.Connection, accounts: str) -> None:
    cursor = local.cursor()
    for value in (1, 2, 3):
        cursor.execute("SAVEPOINT here")
        cursor.execute("UPDATE accounts SET value = :1 WHERE id = 1", [value])
    for _ in range(2):
        cursor.execute("ROLLBACK TO here")
        assert values_of(local) == [2, 20]


def test_a_savepoint_before_any_change_frees_the_lock(
    local: oracledb.Connection, other: oracledb.Connection
) -> None:
    cursor = local.cursor()
    cursor.execute("SAVEPOINT begin")
    assert not local.transaction_in_progress
    for _ in range(2):
        cursor.execute("UPDATE accounts SET value = 0")
        cursor.execute("ROLLBACK TO SAVEPOINT begin")
        assert other.cursor().execute(f"{LOCK_FIRST} NOWAIT").fetchall() == [(1, 10)]
        other.rollback()


# ---- many at once


def transfer(connection: oracledb.Connection, dice: random.Random) -> None:
    """Move 1 from one account to another, or give up."""
    cursor = connection.cursor()
    source, target = dice.sample([1, 2], 2)
    patience = dice.choice(["", "NOWAIT", "WAIT 1", "SKIP LOCKED"])
    cursor.execute(f"SELECT id FROM accounts WHERE id = :1 FOR UPDATE {patience}", [source])
    if not cursor.fetchall():
        connection.rollback()
        return
    cursor.execute("UPDATE accounts SET value = value - 1 WHERE id = :1", [source])
    cursor.execute("SAVEPOINT half")
    for _ in range(dice.randrange(1, 3)):
        cursor.execute("ROLLBACK TO half")
        cursor.execute("UPDATE accounts SET value = value + 1 WHERE id = :1", [target])
    dice.choice([connection.commit, connection.rollback])()


def test_nothing_is_lost_between_many_sessions(accounts: str, connect: Connect) -> None:
    sums: list[int] = []

    def work(number: int) -> None:
        dice = random.Random(number)
        with connect() as connection:
            cursor = connection.cursor()
            for _ in range(20):
                try:
                    transfer(connection, dice)
                except oracledb.DatabaseError as error:
                    if error.args[0].full_code != "ORA-00054":
                        raise
                cursor.execute(dice.choice(["SET TRANSACTION READ ONLY", "SAVEPOINT none"]))
                sums.append(cursor.execute("SELECT SUM(value) FROM accounts").fetchone()[0])
                connection.commit()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    assert sums == [30] * 80


def test_tables_that_are_made_at_the_same_time_are_all_known(connect: Connect) -> None:
    def make(number: int) -> None:
        with connect() as connection:
            cursor = connection.cursor()
            cursor.execute(f"CREATE TABLE made_{number} (id NUMBER GENERATED BY DEFAULT "
                           "AS IDENTITY, n NUMBER)")  # fmt: skip
            cursor.execute(f"INSERT INTO made_{number} (n) VALUES (1)")
            cursor.execute(f"ALTER TABLE made_{number} ADD other NUMBER DEFAULT 2")

    numbers = range(8)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(make, numbers))
    with connect() as connection:
        cursor = connection.cursor()
        found = cursor.execute(r"SELECT table_name FROM all_tables WHERE table_name LIKE 'MADE\_%' "
                               r"ESCAPE '\' ORDER BY 1").fetchall()  # fmt: skip
        assert found == [(f"MADE_{number}",) for number in numbers]
        for number in numbers:
            cursor.execute(f"SELECT id, n, other FROM made_{number}")
            assert cursor.fetchall() == [(1, 1, 2)]
            cursor.execute(f"DROP TABLE made_{number}")
