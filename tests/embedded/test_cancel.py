"""Breaking calls off: cancel(), call_timeout, clients that vanish."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import oracledb
import pytest

from oracle_api.embedded.server import EmbeddedServer


@contextmanager
def cancelled(connection: oracledb.Connection, when: Callable[[], bool]) -> Iterator[None]:
    """Cancel the connection's call as soon as a condition holds."""

    def cancel() -> None:
        while not when():
            time.sleep(0.001)
        connection.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    yield
    thread.join()


def _active(server: EmbeddedServer, connection: oracledb.Connection) -> Callable[[], bool]:
    def check() -> bool:
        return any(
            session.is_active for session in server.sessions()
            if session.sid == connection.session_id
        )  # fmt: skip

    return check


@pytest.mark.parametrize(
    "block",
    [
        "BEGIN PROC_TEST_DEMORA(60); END;",
        "BEGIN COMPUTE(10000000); END;",
        "BEGIN SCAN_FOREVER; END;",
        "BEGIN DBMS_SESSION.SLEEP(60); END;",
    ],
)
def test_cancel(block: str, local: oracledb.Connection, embedded: EmbeddedServer) -> None:
    cursor = local.cursor()
    for _ in range(3):
        with (
            cancelled(local, _active(embedded, local)),
            pytest.raises(oracledb.OperationalError, match="ORA-01013"),
        ):
            cursor.execute(block)
        cursor.execute("SELECT 1 FROM DUAL")
        assert cursor.fetchone() == (1,)


def test_cancel_of_a_query(local: oracledb.Connection, embedded: EmbeddedServer) -> None:
    cursor = local.cursor()
    with (
        cancelled(local, _active(embedded, local)),
        pytest.raises(oracledb.OperationalError, match="ORA-01013"),
    ):
        cursor.execute("WITH n (i) AS (SELECT 1 FROM DUAL UNION ALL SELECT i + 1 FROM n) "
                       "SELECT COUNT(*) FROM n")  # fmt: skip
    cursor.callproc("NOTHING")


@pytest.mark.parametrize("block", ["BEGIN PROC_TEST_DEMORA(60); END;", "BEGIN SCAN_FOREVER; END;"])
def test_call_timeout(block: str, local: oracledb.Connection) -> None:
    cursor = local.cursor()
    local.call_timeout = 50
    for _ in range(3):
        with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
            cursor.execute(block)
        local.call_timeout = 0
        assert cursor.execute("SELECT 1 FROM DUAL").fetchone() == (1,)
        local.call_timeout = 50


def test_cancel_undoes_the_statement_only(
    local: oracledb.Connection, embedded: EmbeddedServer
) -> None:
    cursor = local.cursor()
    cursor.execute("INSERT INTO sample (id, name) VALUES (200, 'before')")
    reported = [0]

    def inserted() -> bool:
        reported[0] = sum(
            row.opname == "INSERT_AND_SLEEP" and row.sid == local.session_id
            for row in embedded.longops.rows()
        )
        return bool(reported[0])

    with (
        cancelled(local, inserted),
        pytest.raises(oracledb.OperationalError, match="ORA-01013"),
    ):
        cursor.callproc("INSERT_AND_SLEEP", [201])
    assert local.transaction_in_progress
    cursor.execute("SELECT id FROM sample WHERE id IN (200, 201)")
    assert cursor.fetchall() == [(200,)]
    local.rollback()


def test_cancel_when_nothing_runs(local: oracledb.Connection) -> None:
    cursor = local.cursor()
    cursor.execute("SELECT :1 FROM DUAL", [0])
    for number in range(1, 4):
        local.cancel()
        with pytest.raises(oracledb.OperationalError, match="ORA-01013"):
            cursor.execute("SELECT :1 FROM DUAL", [number])
        assert cursor.execute("SELECT :1 FROM DUAL", [number]).fetchone() == (number,)
        assert cursor.execute("SELECT :1, 2 FROM DUAL", [number]).fetchone() == (number, 2)


def _select(cursor: oracledb.Cursor, number: int) -> bool:
    return bool(cursor.execute("SELECT :1 FROM DUAL", [number]).fetchone() == (number,))


def _select_one_of_many(cursor: oracledb.Cursor, number: int) -> bool:
    found = cursor.execute(f"SELECT {number % 30} FROM DUAL").fetchone()
    return bool(found == (number % 30,))


def _call(cursor: oracledb.Cursor, number: int) -> bool:
    output = cursor.var(str)
    cursor.execute("BEGIN PROC_TEST(:1, :2); END;", [str(number), output])
    return bool(output.getvalue() == f"Procesado: {number}")


def _fetch_cursor(cursor: oracledb.Cursor, number: int) -> bool:
    rows = cursor.var(oracledb.DB_TYPE_CURSOR)
    cursor.execute("BEGIN MANY_ROWS(:1, :2); END;", [250, rows])
    return len(rows.getvalue().fetchall()) == 250


def _copy_lob(cursor: oracledb.Cursor, number: int) -> bool:
    text = str(number) * 10000
    copy, both = cursor.var(oracledb.DB_TYPE_CLOB), cursor.var(oracledb.DB_TYPE_CLOB)
    cursor.execute("BEGIN ECHO_CLOB(:1, :2, :3); END;", [text, copy, both])
    return bool(copy.getvalue().read() == text)


def _set_module(cursor: oracledb.Cursor, number: int) -> bool:
    cursor.connection.module = f"module {number}"
    cursor.execute("SELECT module FROM v$session WHERE sid = SYS_CONTEXT('USERENV', 'SID')")
    return bool(cursor.fetchone() == (f"module {number}",))


@pytest.mark.parametrize("sdu", [512, 8192])
def test_each_call_gets_its_own_answer(sdu: int, embedded: EmbeddedServer) -> None:
    """Short calls of several kinds in a loop, cancelled at random moments."""
    chance = random.Random(sdu)
    done = threading.Event()
    connection = oracledb.connect(user="dwh", password="dwh", dsn=embedded.dsn, sdu=sdu)
    calls = (_select, _call, _select_one_of_many, _fetch_cursor, _copy_lob, _set_module)

    def disturb() -> None:
        while not done.wait(chance.random() / 100):
            connection.cancel()

    thread = threading.Thread(target=disturb)
    thread.start()
    results: Counter[str] = Counter()
    begun = time.monotonic()

    def is_enough() -> bool:
        """Enough of each after a while; a slow machine needs longer."""
        seconds = time.monotonic() - begun
        return seconds > 60 or (seconds > 2.5 and min(results["right"], results["ORA-01013"]) > 20)

    cursor = connection.cursor()
    try:
        while not is_enough():
            number = sum(results.values())
            try:
                results["right" if calls[number % len(calls)](cursor, number) else "wrong"] += 1
            except oracledb.Error as error:
                results[error.args[0].full_code] += 1
    finally:
        done.set()
        thread.join()
    assert set(results) == {"right", "ORA-01013"}
    assert min(results.values()) > 20


def test_cancel_of_fetch_from_a_slow_cursor(
    local: oracledb.Connection, embedded: EmbeddedServer
) -> None:
    cursor = local.cursor()
    variable = cursor.var(oracledb.DB_TYPE_CURSOR)
    cursor.callproc("MANY_ROWS", [10**8, variable])
    rows = variable.getvalue()
    rows.arraysize = 10**6
    with (
        cancelled(local, _active(embedded, local)),
        pytest.raises(oracledb.OperationalError, match="ORA-01013"),
    ):
        rows.fetchmany(10**6)
    cursor.callproc("NOTHING")


_DOOMED_CLIENT = """
import sys, oracledb
connection = oracledb.connect(user="dwh", password="dwh", dsn=sys.argv[1])
print(connection.session_id, flush=True)
connection.cursor().callproc("INSERT_AND_SLEEP", [300])
"""


def test_client_that_vanishes(
    embedded: EmbeddedServer, local: oracledb.Connection, wait_until: Callable[..., None]
) -> None:
    """Its procedure ends, and its changes and locks are gone."""
    command = [sys.executable, "-c", _DOOMED_CLIENT, embedded.dsn]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        sid = int(client.stdout.readline())
        wait_until(lambda: any(row.sid == sid for row in embedded.longops.rows()))
        client.kill()
    wait_until(lambda: all(session.sid != sid for session in embedded.sessions()))
    cursor = local.cursor()
    cursor.execute("INSERT INTO sample (id, name) VALUES (300, 'free again')")
    local.rollback()
