"""The queue's limit is exact, though waiting jobs are seldom counted."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import pytest
import sqlalchemy as sa

from oracle_api.exceptions import IdempotencyMismatch, QueueFull, TooManyJobs
from oracle_api.jobs.database import JobDatabase, utc_now
from oracle_api.jobs.job import Job, JobStatus, NewJob, Outcome
from oracle_api.jobs.store import JobStore
from oracle_api.jobs.submissions import Submission, Submissions

from .conftest import only_sqlite

LIMIT = 5
_numbers = count(1)


def submit(store: JobStore) -> str | None:
    """Give the id of a new job, or None where the queue is full."""
    job_id = f"{next(_numbers):032x}"
    try:
        return store.add(NewJob(job_id, "P", b"{}", b"f", "c", "r"), LIMIT).id
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


@only_sqlite
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


def submission(
    number: int,
    *,
    key: str | None = None,
    fingerprint: bytes = b"f",
    client_limit: int | None = None,
    callback_url: str | None = None,
) -> Submission:
    new = NewJob(
        id=f"{number:032x}",
        procedure_name=f"P{number}",
        request=b"{}",
        fingerprint=fingerprint,
        submitted_by="c",
        request_id=f"r{number}",
        idempotency_key=key,
        callback_url=callback_url,
    )
    return Submission(new, utc_now(), queue_limit=100, client_limit=client_limit)


@pytest.mark.parametrize("number", [1, 2, 3, 15, 16, 17, 39])
def test_jobs_that_come_together_are_kept_in_their_order(
    database: JobDatabase, store: JobStore, number: int
) -> None:
    submissions = [submission(one) for one in range(number)]
    made = database.write(lambda connection: Submissions().add(connection, submissions))
    assert made == [store.get(one.new.id) for one in submissions]
    taken = [store.claim("me") for _ in submissions]
    assert [job and job.procedure_name for job in taken] == [f"P{one}" for one in range(number)]


def test_each_of_those_that_come_together_sees_those_before_it(
    database: JobDatabase, store: JobStore
) -> None:
    together = [
        submission(0),
        submission(1, key="k", callback_url="https://example.com/"),
        submission(2, key="k"),
        submission(3, key="k", fingerprint=b"other"),
        submission(4, client_limit=3),
        submission(5, client_limit=3),
        submission(6),
    ]
    made = database.write(lambda connection: Submissions().add(connection, together))
    assert [one.id[-1] if isinstance(one, Job) else type(one) for one in made] == [
        *("0", "1", "1"),
        IdempotencyMismatch,
        "4",
        TooManyJobs,
        "6",
    ]
    assert store.get(together[1].new.id).callback is not None
    assert store.census().by_status == {JobStatus.PENDING: 4}


def test_the_queue_is_full_within_those_that_come_together(
    database: JobDatabase, store: JobStore
) -> None:
    together = [replace(submission(one), queue_limit=LIMIT) for one in range(LIMIT + 2)]
    made = database.write(lambda connection: Submissions().add(connection, together))
    assert [isinstance(one, Job) for one in made] == [True] * LIMIT + [False] * 2
    assert store.census().by_status == {JobStatus.PENDING: LIMIT}
