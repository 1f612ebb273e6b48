"""What running jobs tell of themselves is kept soon, and with their end at the latest."""

import threading
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from oracle_api.exceptions import StoreUnavailable
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import Job, JobStatus, Outcome
from oracle_api.jobs.store import JobStore
from oracle_api.oracle.longops import Work
from oracle_api.oracle.sessions import Session

from .conftest import locked

DONE = Outcome(JobStatus.COMPLETED)


@pytest.fixture
def job(add: Callable[..., Job], store: JobStore) -> Job:
    add()
    job = store.claim("me")
    assert job is not None
    return job


def test_a_note_is_seen_without_anything_else_happening(job: Job, store: JobStore) -> None:
    store.note_session(job.id, "me", Session(1, 2, "i"))
    store.note_progress(job.id, "me", 50)
    until = time.monotonic() + 60
    while store.get(job.id).progress != 50:
        assert time.monotonic() < until
        threading.Event().wait(0.01)
    assert store.get(job.id).session == Session(1, 2, "i")


def test_a_job_of_no_time_is_written_twice(
    job: Job, store: JobStore, database: JobDatabase
) -> None:
    commits: list[object] = []
    sa.event.listen(database._engine, "commit", commits.append)
    work = Work(3, 10, "blocks", "3 of 10", 4, 9)
    store.note_session(job.id, "me", Session(1, 2, "i"))
    store.note_progress(job.id, "me", 59, work)
    store.note_progress(job.id, "me", 50, Work(1, 10, "blocks", "older", 1, 9))
    store.finish(job.id, "me", DONE)
    assert len(commits) == 1
    ended = store.get(job.id)
    assert (ended.status, ended.progress, ended.work) == ("completed", 100, work)
    assert ended.session == Session(1, 2, "i")
    assert ended.version == job.version + 1


def test_notes_of_an_end_that_could_not_be_stored_come_with_the_next_try(
    impatient: None, job: Job, store: JobStore, url: str
) -> None:
    with locked(url):
        store.note_session(job.id, "me", Session(1, 2, "i"))
        with pytest.raises(StoreUnavailable):
            store.finish(job.id, "me", DONE)
    assert store.finish(job.id, "me", DONE)
    assert store.get(job.id).session == Session(1, 2, "i")


def test_a_note_of_a_job_that_has_ended_changes_nothing(
    job: Job, store: JobStore, database: JobDatabase
) -> None:
    store.finish(job.id, "me", DONE)
    ended = store.get(job.id)
    store.note_progress(job.id, "me", 99)
    store.note_session(job.id, "me", Session(1, 2, "i"))
    database.write(store._notes.keep)
    assert store.get(job.id) == ended
