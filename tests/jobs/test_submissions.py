"""The queue's limit is exact, though waiting jobs are seldom counted."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import sqlalchemy as sa

from oracle_api.exceptions import QueueFull
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import Job, JobStatus, NewJob, Outcome
from oracle_api.jobs.store import JobStore

LIMIT = 5
_numbers = count(1)


def submit(store: JobStore) -> str | None:
    """Give the id of a new job, or None where the queue is full."""
    job_id = f"{next(_numbers):032x}"
    try:
        return store.add(NewJob(job_id, "P", b"{}", b"", "c", "r"), LIMIT).id
    except QueueFull:
        return None


def fill(store: JobStore) -> list[str]:
    """Submit until the queue is full."""
    return list(iter(lambda: submit(store), None))


def test_places_that_become_free_are_given_again_and_no_more(store: JobStore) -> None:
    waiting = fill(store)
    assert len(waiting) == LIMIT
    taken = store.claim("me")
    assert taken is not None
    store.request_cancel(waiting[3])
    assert len(fill(store)) == 2
    store.finish(taken.id, "me", Outcome(JobStatus.COMPLETED))
    assert fill(store) == []


def test_numbers_of_deleted_jobs_do_not_make_room(store: JobStore) -> None:
    newest = fill(store)[-1]
    for _ in range(3):
        store.request_cancel(newest)
        store.delete(newest)
        (newest,) = fill(store)


def test_many_processes_together_keep_to_the_limit(store: JobStore, url: str) -> None:
    databases = [JobDatabase(url) for _ in range(2)]
    stores = [store, *map(JobStore, databases)]
    assert submit(stores[1])
    assert submit(stores[2])
    barrier = threading.Barrier(12)

    def race(number: int) -> str | None:
        barrier.wait()
        return submit(stores[number % 3])

    with ThreadPoolExecutor(12) as threads:
        accepted = list(filter(None, threads.map(race, range(12))))
    assert len(accepted) == LIMIT - 2
    for database in databases:
        database.close()


def test_waiting_jobs_are_not_counted_for_each_new_one(
    database: JobDatabase, add: Callable[..., Job]
) -> None:
    counted: list[str] = []

    def look(connection: sa.Connection) -> None:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.set_trace_callback(lambda text: counted.append(text) if "count(" in text else None)

    add()
    database.write(look)
    for _ in range(20):
        add()
    assert counted == []
