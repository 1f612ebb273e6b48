"""Faults on demand."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import oracledb
import pytest

from oracle_api.embedded import demo
from oracle_api.embedded.server import EmbeddedServer


def _connect(server: EmbeddedServer, **options: float) -> oracledb.Connection:
    return oracledb.connect(user="dwh", password="dwh", dsn=server.dsn, **options)


def _ends(client: socket.socket) -> bool:
    """Whether the connection is at its end, in good order or not."""
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize(
    ("code", "message"), [(1017, "ORA-01017"), (28000, "ORA-28000"), (1033, "ORA-01033")]
)
def test_refused_logins(code: int, message: str, embedded: EmbeddedServer) -> None:
    embedded.faults.refuse_logins = code
    with pytest.raises(oracledb.DatabaseError, match=message):
        _connect(embedded)
    embedded.faults.refuse_logins = None
    _connect(embedded).close()


def test_refused_by_the_listener(embedded: EmbeddedServer) -> None:
    embedded.faults.refuse_logins = 12516
    with pytest.raises(oracledb.DatabaseError, match="DPY-6005") as caught:
        _connect(embedded)
    assert "ORA-12516" in str(caught.value.__cause__)


def test_dropped_in_the_middle_of_a_call(
    embedded: EmbeddedServer, wait_until: Callable[..., None]
) -> None:
    connections = [_connect(embedded) for _ in range(2)]
    errors: list[str] = []

    def run(connection: oracledb.Connection) -> None:
        try:
            connection.cursor().callproc("PROC_TEST_DEMORA", [600])
        except oracledb.Error as error:
            errors.append(error.args[0].full_code)

    threads = [threading.Thread(target=run, args=[each]) for each in connections]
    for thread in threads:
        thread.start()
    wait_until(lambda: sum(session.is_active for session in embedded.sessions()) == 2)
    assert embedded.faults.drop(connections[0].session_id) == 1
    threads[0].join(60)
    assert errors == ["DPY-4011"]
    assert embedded.faults.drop() >= 1
    threads[1].join(60)
    assert errors == ["DPY-4011"] * 2


def test_slow_answers(embedded: EmbeddedServer) -> None:
    with _connect(embedded) as connection:
        embedded.faults.delay = 0.1
        started = time.monotonic()
        connection.ping()
        assert time.monotonic() - started >= 0.1
        connection.call_timeout = 20
        with pytest.raises(oracledb.DatabaseError, match="DPY-4024"):
            connection.ping()
        connection.call_timeout = 0
        embedded.faults.delay = 0
        connection.ping()


def test_silence(embedded: EmbeddedServer) -> None:
    embedded.faults.silent = True
    with socket.create_connection(("127.0.0.1", embedded.port), timeout=0.1) as client:
        client.sendall(bytes((0, 8, 0, 0, 1, 0, 0, 0)))
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.settimeout(5)
        assert embedded.faults.drop() >= 1
        assert _ends(client)
    embedded.faults.silent = False
    _connect(embedded).close()


def test_going_away_and_coming_back() -> None:
    with EmbeddedServer(catalog=demo.catalog) as server:
        connection = _connect(server)
        cursor = connection.cursor()
        cursor.callproc("PROC_TEST_DML", ["TEST_DML", cursor.var(int)])
        connection.commit()
        server.faults.go_away()
        with pytest.raises(oracledb.Error, match=r"DPY-4011|DPY-1001"):
            connection.ping()
        with pytest.raises(oracledb.Error, match="DPY-6005"):
            _connect(server)
        server.faults.come_back()
        with _connect(server) as again:
            count = again.cursor().execute("SELECT COUNT(*) FROM test_dml").fetchone()
            assert count == (100,)
