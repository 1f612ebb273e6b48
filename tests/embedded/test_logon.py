"""Logging on and off, pools, and garbage from strangers."""

from __future__ import annotations

import gc
import os
import socket
import threading
from collections.abc import Callable

import oracledb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle_api.embedded.server import EmbeddedServer


def test_attributes_of_a_connection(local: oracledb.Connection) -> None:
    assert local.version.startswith("21.")
    assert local.username == "dwh"
    assert local.session_id > 0
    assert local.serial_num > 0
    assert local.service_name == "FREEPDB1"
    assert local.max_open_cursors > 0
    assert local.is_healthy()
    local.ping()
    local.commit()
    local.rollback()


@pytest.mark.parametrize(
    ("user", "password"), [("dwh", "wrong"), ("nobody", "dwh"), ("dwh", "dwh "), ("dwh", "x" * 100)]
)
def test_wrong_password(user: str, password: str, embedded: EmbeddedServer) -> None:
    with pytest.raises(oracledb.DatabaseError, match="ORA-01017"):
        oracledb.connect(user=user, password=password, dsn=embedded.dsn)


def test_unknown_service(embedded: EmbeddedServer) -> None:
    dsn = f"127.0.0.1:{embedded.port}/OTHER"
    with pytest.raises(oracledb.DatabaseError, match="DPY-6005") as caught:
        oracledb.connect(user="dwh", password="dwh", dsn=dsn)
    assert "DPY-6001" in str(caught.value.__cause__)
    assert "ORA-12514" in str(caught.value.__cause__)


def test_names_without_regard_to_case(embedded: EmbeddedServer) -> None:
    dsn = f"127.0.0.1:{embedded.port}/freepdb1"
    with oracledb.connect(user="DWH", password="dwh", dsn=dsn) as connection:
        assert connection.is_healthy()
        connection.ping()


@pytest.mark.parametrize("password", ["ñ€", "a" * 15, "b" * 16, "c" * 17, "d" * 200])
def test_any_password(password: str) -> None:
    with (
        EmbeddedServer(user="u", password=password, service="s") as server,
        oracledb.connect(user="u", password=password, dsn=server.dsn) as connection,
    ):
        assert connection.session_id == server.sessions()[0].sid


def test_pool(embedded: EmbeddedServer, wait_until: Callable[..., None]) -> None:
    pool = oracledb.create_pool(
        user="dwh", password="dwh", dsn=embedded.dsn, min=2, max=5, increment=1, ping_interval=0
    )
    sids = set()
    for _ in range(20):
        with pool.acquire() as connection:
            sids.add(connection.session_id)
            connection.cursor().execute("INSERT INTO sample (id, name) VALUES (400, 'x')")
    held = [pool.acquire() for _ in range(5)]
    assert len({connection.session_id for connection in held}) == 5
    assert embedded.faults.drop(held[0].session_id) == 1
    for connection in held:
        connection.close()
    with pool.acquire() as connection:
        assert connection.cursor().execute(
            "SELECT COUNT(*) FROM sample WHERE id = 400").fetchone() == (0,)  # fmt: skip
    pool.close()
    wait_until(lambda: not any(session.sid in sids for session in embedded.sessions()))


def test_many_sessions_at_once(embedded: EmbeddedServer) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with oracledb.connect(user="dwh", password="dwh", dsn=embedded.dsn) as connection:
                cursor = connection.cursor()
                for step in range(10):
                    result = cursor.var(int)
                    cursor.callproc("SUMA_SIMPLE", [number, step, result])
                    assert result.getvalue() == number + step
                    assert cursor.execute("SELECT :1 FROM DUAL", [step]).fetchone() == (step,)
        except (oracledb.Error, AssertionError) as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=[number]) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_start_and_stop_leave_nothing_behind() -> None:
    gc.collect()
    before = set(threading.enumerate()), len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        with EmbeddedServer() as server:
            connection = oracledb.connect(user="dwh", password="dwh", dsn=server.dsn)
            connection.cursor().execute("SELECT 1 FROM DUAL")
            directory = server.database.directory
        assert not directory.exists()
        with pytest.raises(oracledb.Error):
            connection.ping()
    gc.collect()
    assert set(threading.enumerate()) <= before[0]
    assert len(os.listdir("/proc/self/fd")) <= before[1]


@given(st.binary(max_size=200))
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_garbage_does_no_harm(embedded: EmbeddedServer, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", embedded.port)) as stranger:
        stranger.sendall(data)
    with oracledb.connect(user="dwh", password="dwh", dsn=embedded.dsn) as connection:
        assert connection.is_healthy()


def test_bytes_that_trickle_in(embedded: EmbeddedServer) -> None:
    """A relay that passes on a few bytes at a time, in both directions."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        relay = threading.Thread(target=_relay, args=(listener, embedded.port))
        relay.start()
        dsn = f"127.0.0.1:{listener.getsockname()[1]}/FREEPDB1"
        with oracledb.connect(user="dwh", password="dwh", dsn=dsn) as connection:
            cursor = connection.cursor()
            for _ in range(3):
                output = cursor.var(str)
                cursor.execute("BEGIN PROC_TEST(:1, :2); END;", ["a", output])
                assert output.getvalue() == "Procesado: a"
                cursor.execute("SELECT 1, 'x', SYSDATE FROM DUAL")
                assert cursor.fetchone()[:2] == (1, "x")
        relay.join()


def _relay(listener: socket.socket, port: int) -> None:
    client, _ = listener.accept()
    with client, socket.create_connection(("127.0.0.1", port)) as server:
        for sock in (client, server):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(target=_copy, args=(server, client))
        back.start()
        _copy(client, server)
        back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(4096):
            for start in range(0, len(data), 7):
                target.sendall(data[start : start + 7])
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
