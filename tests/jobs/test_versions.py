"""Versions of jobs: as exact as a read of the row, and mostly without one."""

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from oracle_api.exceptions import JobNotFound, StoreUnavailable
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import Job, JobStatus, Outcome
from oracle_api.jobs.lookup import Lookup
from oracle_api.jobs.owners import OwnerStore
from oracle_api.jobs.store import JobStore

from .conftest import only_sqlite

Add = Callable[..., Job]

# Raises the version of a job, and says so once that is committed.
_WRITER = """
import sys
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.owners import OwnerStore
from oracle_api.jobs.store import JobStore

url, times = sys.argv[1], int(sys.argv[2])
database = JobDatabase(url)
store = JobStore(database)
OwnerStore(database).register("other")
job = store.claim("other")
for _ in range(times):
    store.request_cancel(job.id)
    print(store.get(job.id).version, flush=True)
database.close()
"""


def test_it_is_the_jobs_own_after_every_move(store: JobStore, add: Add) -> None:
    job = add()
    assert store.version(job.id) == store.get(job.id).version
    store.claim("me")
    assert store.version(job.id) == store.get(job.id).version
    store.note_progress(job.id, "me", 50)
    store.request_cancel(job.id)
    assert store.version(job.id) == store.get(job.id).version
    assert store.finish(job.id, "me", Outcome(JobStatus.CANCELLED))
    assert store.version(job.id) == store.get(job.id).version
    store.delete(job.id)
    with pytest.raises(JobNotFound):
        store.version(job.id)


def test_a_callback_counts(store: JobStore, add: Add) -> None:
    job = add(callback_url="https://receiver.example/")
    store.version(job.id)
    store.request_cancel(job.id)
    assert store.version(job.id) == store.get(job.id).version


def test_others_jobs_are_not_found(store: JobStore, add: Add) -> None:
    job = add(client="etl")
    assert store.version(job.id, "etl") == store.version(job.id)
    with pytest.raises(JobNotFound):
        store.version(job.id, "web")


@only_sqlite
def test_nothing_is_read_again_while_nobody_commits(
    store: JobStore, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = add()
    version = store.version(job.id)
    monkeypatch.setattr(store._versions._lookup, "first", None)
    assert store.version(job.id) == version


def test_a_database_without_a_mark_is_read_each_time(
    store: JobStore, database: JobDatabase, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "mark", lambda: None)
    job = add()
    before = store.version(job.id)
    store.request_cancel(job.id)
    assert store.version(job.id) > before


def test_another_database_lends_its_own_connections_and_names_parameters(
    tmp_path: Path,
) -> None:
    # SQLite's driver with the manners of others: connections of a pool, parameters by name.
    engine = sa.create_engine(f"sqlite:///{tmp_path}/other.db", paramstyle="named")
    engine.dialect.name = "other"
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1), (2)")
    table = sa.table("t", sa.column("a", sa.Integer))
    lookup = Lookup(engine, sa.select(table).where(table.c.a == sa.bindparam("wanted")))
    assert lookup.first(wanted=2) == (2,)
    assert lookup.first(wanted=3) is None
    assert isinstance(engine.pool, sa.QueuePool)
    assert engine.pool.checkedout() == 0
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE t")
    with pytest.raises(StoreUnavailable):
        lookup.first(wanted=2)
    assert engine.pool.checkedout() == 0
    engine.dispose()


@only_sqlite
def test_what_is_remembered_is_bounded(
    store: JobStore, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oracle_api.jobs.versions._MOST_REMEMBERED", 2)
    jobs = [add() for _ in range(4)]
    assert all(store.version(job.id) == job.version for job in jobs)
    assert len(store._versions._seen.versions) == 2


def test_a_database_that_cannot_be_read_is_unavailable(store: JobStore, add: Add) -> None:
    job = add()
    with store._database._engine.connect() as connection:
        connection.exec_driver_sql("DROP TABLE job_callbacks")
        connection.commit()
    with pytest.raises(StoreUnavailable):
        store.version(job.id)


@only_sqlite
def test_no_reader_is_behind_a_commit_of_another_process(
    store: JobStore, url: str, add: Add
) -> None:
    job, done, known = add(), threading.Event(), [0]

    def poll() -> int:
        polls, last = 0, 0
        while not done.is_set():
            committed = known[0]
            version = store.version(job.id)
            assert version >= committed
            assert version >= last
            last, polls = version, polls + 1
        return polls

    with ThreadPoolExecutor(4) as threads:
        polls = [threads.submit(poll) for _ in range(4)]
        with subprocess.Popen(
            [sys.executable, "-c", _WRITER, url, "150"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        ) as writer:
            assert writer.stdout is not None
            for line in writer.stdout:
                known[0] = int(line)
                assert store.version(job.id) >= known[0]
        done.set()
        assert all(each.result() for each in polls)
    assert writer.returncode == 0
    assert store.version(job.id) == known[0] == 2 + 150


def test_who_commits_sees_it_at_once_from_any_store(
    url: str, store: JobStore, owners: OwnerStore, add: Add
) -> None:
    other = JobDatabase(url)
    stores = (store, JobStore(other))
    jobs = [add() for _ in range(4)]
    for _ in jobs:
        store.claim("me")

    def work(number: int) -> None:
        job = jobs[number]
        for turn in range(40):
            before = stores[turn % 2].version(job.id)
            stores[turn % 2].request_cancel(job.id)
            assert stores[(turn + 1) % 2].version(job.id) == before + 1

    with ThreadPoolExecutor(len(jobs)) as threads:
        assert list(threads.map(work, range(len(jobs)))) == [None] * len(jobs)
    other.close()
