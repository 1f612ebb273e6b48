"""Writes of many threads share commits; each learns how its own went."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from oracle_api.exceptions import Conflict, StoreRefused, StoreUnavailable
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.tables import owners
from oracle_api.jobs.writer import Kind

from .conftest import locked


def put(token: str):
    return lambda connection: connection.execute(owners.insert(), {"token": token, "beat": 0})


def tokens(database: JobDatabase) -> set[str]:
    with database.reading() as connection:
        return set(connection.execute(sa.select(owners.c.token)).scalars())


def test_a_write_is_readable_when_it_returns(database: JobDatabase) -> None:
    database.write(put("a"))
    assert tokens(database) == {"a"}


def test_writes_of_many_threads_all_arrive(database: JobDatabase) -> None:
    with ThreadPoolExecutor(32) as threads:
        list(threads.map(lambda number: database.write(put(str(number))), range(500)))
    assert len(tokens(database)) == 500


def test_writes_that_wait_together_share_one_commit(database: JobDatabase) -> None:
    commits = 0

    def count(_connection: sa.Connection) -> None:
        nonlocal commits
        commits += 1

    held, gate = threading.Event(), threading.Event()

    def hold_the_writer(_connection: sa.Connection) -> None:
        held.set()
        gate.wait(60)

    database.write_later(hold_the_writer)
    assert held.wait(60)
    sa.event.listen(database._engine, "commit", count)
    with ThreadPoolExecutor(16) as threads:
        futures = [threads.submit(database.write, put(str(number))) for number in range(16)]
        while database._writer._queue.qsize() < 16:
            threading.Event().wait(0.001)
        gate.set()
        for future in futures:
            future.result(60)
    assert commits == 2  # the holder's own, and one for all that waited behind it
    assert len(tokens(database)) == 16


def test_a_failing_write_is_undone_alone(database: JobDatabase) -> None:
    gate = threading.Event()
    database.write_later(lambda connection: gate.wait(60))

    def fail(connection: sa.Connection) -> None:
        put("bad")(connection)
        raise Conflict("no")

    with ThreadPoolExecutor(3) as threads:
        good = threads.submit(database.write, put("good"))
        bad = threads.submit(database.write, fail)
        gate.set()
        good.result(60)
        with pytest.raises(Conflict):
            bad.result(60)
    assert tokens(database) == {"good"}


def test_a_bug_in_one_write_reaches_its_caller_and_no_other(database: JobDatabase) -> None:
    def bug(connection: sa.Connection) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        database.write(bug)
    database.write(put("after"))
    assert tokens(database) == {"after"}


def test_a_write_that_the_database_refuses_is_undone_alone_and_its_values_are_not_logged(
    database: JobDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    database.write(put("secret"))
    with pytest.raises(StoreRefused):
        database.write(put("secret"))
    database.write(put("b"))
    assert tokens(database) == {"secret", "b"}
    assert "refused a write" in caplog.text
    assert "secret" not in caplog.text


def test_a_closed_database_refuses_writes(url: str) -> None:
    database = JobDatabase(url)
    database.close()
    with pytest.raises(StoreUnavailable):
        database.write(put("late"))


def test_what_was_queued_before_closing_is_committed(url: str) -> None:
    database = JobDatabase(url)
    for number in range(50):
        database.write_later(put(str(number)))
    database.close()
    again = JobDatabase(url)
    assert len(tokens(again)) == 50
    again.close()


def test_a_database_locked_by_others_is_unavailable_and_recovers(impatient: None, url: str) -> None:
    database = JobDatabase(url)
    with locked(url), pytest.raises(StoreUnavailable):
        database.write(put("locked out"))
    database.write(put("in again"))
    assert tokens(database) == {"in again"}
    database.close()


def test_an_observer_is_told_of_each_transaction(impatient: None, url: str) -> None:
    seen: list[tuple[int, bool]] = []

    def note(writes: int, seconds: float, *, is_durable: bool) -> None:
        assert 0 < seconds < 10
        seen.append((writes, is_durable))

    database = JobDatabase(url, on_commit=note)
    held, gate = threading.Event(), threading.Event()

    def hold_the_writer(_connection: sa.Connection) -> None:
        held.set()
        gate.wait(60)

    database.write_later(hold_the_writer)
    assert held.wait(60)
    for number in range(3):
        database.write_later(put(str(number)))
    gate.set()
    database.write(put("after"))
    with locked(url), pytest.raises(StoreUnavailable):
        database.write(put("locked out"))
    database.close()
    assert sum(writes for writes, is_durable in seen if is_durable) == 5
    assert seen[0] == (1, True)
    assert seen[1][0] >= 3
    assert seen[-1] == (1, False)


def test_many_processes_may_open_a_new_file_at_once(url: str) -> None:
    barrier = threading.Barrier(6)

    def open_and_write(number: int) -> None:
        barrier.wait()
        database = JobDatabase(url)
        database.write(put(str(number)))
        database.close()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(open_and_write, range(6)))
    database = JobDatabase(url)
    assert len(tokens(database)) == 6
    database.close()


def test_of_writes_carried_out_together_a_failing_one_is_undone_alone(
    database: JobDatabase,
) -> None:
    runs: list[int] = []

    def put_all(connection: sa.Connection, items: Sequence[str]) -> list[str]:
        runs.append(len(items))
        for item in items:
            put(item)(connection)
        return list(items)

    kind = Kind(put_all, turn=1)
    database.write(put("there already"))
    held, gate = threading.Event(), threading.Event()
    others: list[None] = []

    def hold_the_writer(_connection: sa.Connection) -> None:
        held.set()
        gate.wait(60)

    database.write_later(hold_the_writer)
    assert held.wait(60)
    other = database._writer.submit(lambda _connection: others.append(None))
    writes = [database._writer.submit_one(kind, item) for item in ("a", "there already", "b")]
    gate.set()
    assert (writes[0].result(), writes[2].result()) == ("a", "b")
    with pytest.raises(StoreRefused):
        writes[1].result()
    other.result()
    assert runs == [3, 1, 1, 1]
    assert len(others) == 2, "its transaction was undone, so it ran again"
    assert tokens(database) == {"there already", "a", "b"}


def test_a_delayed_write_lets_others_pass_and_comes_in_time(database: JobDatabase) -> None:
    database.write_later(put("late"), 0.1)
    database.write(put("soon"))
    assert tokens(database) == {"soon"}
    until = time.monotonic() + 60
    while "late" not in tokens(database):
        assert time.monotonic() < until
        threading.Event().wait(0.01)


def test_a_lock_held_shortly_by_others_is_waited_for(database: JobDatabase, url: str) -> None:
    with ThreadPoolExecutor(1) as threads:
        with locked(url):
            waiting = threads.submit(database.write, put("after"))
            with pytest.raises(TimeoutError):
                waiting.result(0.05)
        waiting.result(60)
    assert tokens(database) == {"after"}
