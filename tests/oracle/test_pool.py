"""Connections are lent clean, named and in time; a database in trouble is not made worse."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from oracle_api.embedded.server import EmbeddedServer
from oracle_api.exceptions import DatabaseUnavailable, ProcedureFailed
from oracle_api.oracle.pool import Identity, OraclePool, PoolObserver

ME = Identity("PKG.P", "job-1")

Make = Callable[..., OraclePool]


def test_nothing_connects_before_it_is_needed(pool: OraclePool, server: EmbeddedServer) -> None:
    before = len(server.sessions())
    with pool.lend(ME):
        assert len(server.sessions()) == before + 1


def test_the_session_says_who_it_is_lent_to(make_pool: Make, server: EmbeddedServer) -> None:
    pool = make_pool(INSTANCE_NAME="ñ" * 60)
    with pool.lend(Identity("PKG.LARGO_" + "X" * 60, "id", "ñ" * 40)) as connection:
        connection.ping()
        [session] = [each for each in server.sessions() if each.client_identifier == "id"]
        assert session.module is not None
        assert session.module.startswith("oracle_api ñ")
        assert len(session.module.encode()) <= 48
        assert session.action == ("PKG.LARGO_" + "X" * 60)[:32]
        assert session.client_info == "ñ" * 32
    with pool.lend(ME) as connection:
        connection.ping()
        [session] = [each for each in server.sessions() if each.client_identifier == "job-1"]
        assert session.client_info == "-", "the client before is not named any more"


def test_what_is_left_open_is_rolled_back(pool: OraclePool) -> None:
    with pool.lend(ME) as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO test_dml (id, descripcion) VALUES (-7, 'open')")
    with pool.lend(ME) as connection, connection.cursor() as cursor:
        assert not connection.transaction_in_progress
        cursor.execute("SELECT COUNT(*) FROM test_dml WHERE id = -7")
        assert cursor.fetchone() == (0,)


def test_a_connection_is_lent_without_the_timeout_of_its_last_call(pool: OraclePool) -> None:
    with pool.lend(ME) as connection:
        connection.call_timeout = 1
    with pool.lend(ME) as connection:
        assert connection.call_timeout == 0


def test_a_connection_that_died_is_replaced(pool: OraclePool, server: EmbeddedServer) -> None:
    with pool.lend(ME) as connection:
        sid = connection.session_id
    server.faults.drop(sid)
    with pool.lend(ME) as connection:
        connection.ping()
        assert connection.session_id != sid


def test_a_connection_that_dies_while_lent_is_given_up(
    pool: OraclePool, server: EmbeddedServer
) -> None:
    with pool.lend(ME) as connection:
        sid = connection.session_id
        server.faults.drop(sid)
    with pool.lend(ME) as connection:
        connection.ping()
        assert connection.session_id != sid


def test_a_session_with_stale_packages_is_not_lent_again(pool: OraclePool) -> None:
    sids: list[int] = []

    def call() -> None:
        with pool.lend(ME) as connection:
            sids.append(connection.session_id)
            raise ProcedureFailed("existing state of packages has been discarded", "ORA-04068")

    with pytest.raises(ProcedureFailed):
        call()
    with pool.lend(ME) as connection:
        assert connection.session_id not in sids


def test_a_full_pool_is_unavailable_and_not_a_hang(make_pool: Make) -> None:
    pool = make_pool(JOB_WORKERS="1", WEB_THREADS="2", ORACLE_CONNECT_SECONDS="0.3")
    ready = threading.Barrier(5)
    done = threading.Event()

    def hold(_number: int) -> None:
        with pool.lend(ME):
            ready.wait(60)
            done.wait(60)

    with ThreadPoolExecutor(4) as threads:
        futures = [threads.submit(hold, number) for number in range(4)]
        ready.wait(60)
        with pytest.raises(DatabaseUnavailable), pool.lend(ME):
            pass
        done.set()
        for future in futures:
            future.result(60)
    with pool.lend(ME) as connection:
        connection.ping()


def test_a_refused_login_is_not_tried_again_at_once(
    make_pool: Make, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oracle_api.oracle.pool._LOGIN_PAUSE_SECONDS", 0.5)
    pool = make_pool()
    server.faults.refuse_logins = 1017
    with pytest.raises(DatabaseUnavailable) as first:
        pool.ping()
    assert first.value.code == "ORA-01017"
    server.faults.clear()
    with pytest.raises(DatabaseUnavailable) as second:
        pool.ping()
    assert second.value.code == "ORA-01017"
    time.sleep(0.6)  # the pause itself is what is tested
    pool.ping()


def test_a_login_that_is_never_answered_does_not_block_the_next(
    make_pool: Make, server: EmbeddedServer
) -> None:
    pool = make_pool(ORACLE_CONNECT_SECONDS="0.5")
    server.faults.silent = True
    with pytest.raises(DatabaseUnavailable):
        pool.ping()
    server.faults.silent = False
    pool.ping()


def test_lent_connections_survive_that_their_pool_is_replaced(
    make_pool: Make, server: EmbeddedServer
) -> None:
    pool = make_pool(ORACLE_CONNECT_SECONDS="0.5")
    with pool.lend(ME) as connection:
        server.faults.silent = True
        with pytest.raises(DatabaseUnavailable):
            pool.ping()
        server.faults.silent = False
        pool.ping()
        connection.ping()


def test_a_closed_pool_lends_nothing(make_pool: Make) -> None:
    pool = make_pool()
    pool.close(5)
    with pytest.raises(DatabaseUnavailable), pool.lend(ME):
        pass


@pytest.mark.parametrize("number", [18, 20, 1035, 2391, 12516, 28009])
def test_whatever_refuses_a_login_the_database_is_unavailable(
    pool: OraclePool, server: EmbeddedServer, number: int
) -> None:
    server.faults.refuse_logins = number
    with pytest.raises(DatabaseUnavailable) as caught:
        pool.ping()
    assert caught.value.code is not None


def test_all_who_wait_learn_that_a_silent_database_is_unavailable(
    make_pool: Make, server: EmbeddedServer
) -> None:
    pool = make_pool(ORACLE_CONNECT_SECONDS="0.5")
    server.faults.silent = True
    barrier = threading.Barrier(8)

    def ask(_number: int) -> str | None:
        barrier.wait()
        with pytest.raises(DatabaseUnavailable) as caught:
            pool.ping()
        return caught.value.code

    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(ask, range(8))) == {"DPY-4005"}
    server.faults.silent = False
    pool.ping()


class Notes(PoolObserver):
    """Keeps what an observer is told."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.busy = 0
        self.errors: list[tuple[str, str | None]] = []
        self.sizes: list[tuple[int, int]] = []

    def waited(self, seconds: float) -> None:
        self.waits.append(seconds)

    def refused(self, code: str | None) -> None:
        self.errors.append(("connect", code))

    def lent(self) -> None:
        self.busy += 1

    def failed(self, errand: str, code: str | None) -> None:
        self.errors.append((errand, code))

    def returned(self) -> None:
        self.busy -= 1

    def size(self, opened: int, most: int) -> None:
        self.sizes.append((opened, most))


def test_an_observer_is_told_what_becomes_of_connections(make_pool: Make) -> None:
    notes = Notes()
    pool = make_pool(notes, JOB_WORKERS="2", WEB_THREADS="3")
    with pool.lend(ME), pool.lend(ME):
        assert notes.busy == 2
        assert notes.sizes[-1] == (2, 6)
    with pytest.raises(ProcedureFailed), pool.lend(Identity("describe", "r", errand="describe")):
        raise ProcedureFailed("no", "ORA-20001")
    assert notes.busy == 0
    assert len(notes.waits) == 3
    assert all(0 < seconds < 10 for seconds in notes.waits)
    assert notes.errors == [("describe", "ORA-20001")]
    pool.close(5)
    pool.note_size()
    assert notes.sizes[-1] == (0, 6)
    assert all(size != another for size, another in pairwise(notes.sizes)), "told of changes only"


def test_an_observer_is_told_of_each_login_that_was_tried(
    make_pool: Make, server: EmbeddedServer
) -> None:
    notes = Notes()
    pool = make_pool(notes)
    server.faults.refuse_logins = 1017
    for _ in range(3):
        with pytest.raises(DatabaseUnavailable):
            pool.ping()
    # The others were spared, so that the account is not locked.
    assert notes.errors == [("connect", "ORA-01017")]
    assert len(notes.waits) == 1
    assert notes.busy == 0
