"""Whoever wants to know is told of every job's end, once; jobs remember their session and trace."""

from collections.abc import Callable

import pytest

from oracle_api.exceptions import Conflict
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import Job, JobStatus, NewJob, Outcome, interrupted
from oracle_api.jobs.owners import OwnerStore
from oracle_api.jobs.store import JobStore
from oracle_api.oracle.request import CallRequest
from oracle_api.oracle.sessions import Session

Add = Callable[..., Job]

DONE = Outcome(JobStatus.COMPLETED, result=b"{}")
SESSION = Session(12, 34567, "ORCL1")


@pytest.fixture
def ended() -> list[Job]:
    return []


@pytest.fixture
def store(database: JobDatabase, owners: OwnerStore, ended: list[Job]) -> JobStore:
    owners.register("me")
    return JobStore(database, ended.append)


@pytest.fixture
def owners(database: JobDatabase, ended: list[Job]) -> OwnerStore:
    return OwnerStore(database, ended.append)


def test_the_end_of_a_run_is_told_with_its_session(
    add: Add, store: JobStore, ended: list[Job]
) -> None:
    job = add()
    store.claim("me")
    store.note_session(job.id, "me", SESSION)
    assert not store.finish(job.id, "other", DONE)
    assert not ended
    assert store.finish(job.id, "me", DONE)
    assert not store.finish(job.id, "me", DONE)
    [told] = ended
    assert (told.id, told.status, told.session) == (job.id, "completed", SESSION)
    assert told.request is None, "a large request is not read again"
    assert store.get(job.id).session == SESSION


def test_only_the_owner_notes_a_session(add: Add, store: JobStore) -> None:
    job = add()
    store.claim("me")
    store.note_session(job.id, "other", SESSION)
    assert store.request_cancel(job.id).session is None


def test_a_waiting_job_that_is_cancelled_has_ended(
    add: Add, store: JobStore, ended: list[Job]
) -> None:
    job = add()
    store.request_cancel(job.id)
    with pytest.raises(Conflict):
        store.request_cancel(job.id)
    assert [(told.id, told.status) for told in ended] == [(job.id, "cancelled")]


def test_a_running_job_that_is_to_be_cancelled_has_not(
    add: Add, store: JobStore, ended: list[Job]
) -> None:
    job = add()
    store.claim("me")
    store.request_cancel(job.id)
    assert not ended


def test_jobs_of_the_dead_end_too(
    add: Add, store: JobStore, owners: OwnerStore, ended: list[Job]
) -> None:
    jobs = [add() for _ in range(3)]
    for _ in jobs:
        store.claim("me")
    assert owners.bury("me", interrupted("died")) == 3
    assert owners.bury("me", interrupted("died")) == 0
    assert {told.id for told in ended} == {job.id for job in jobs}
    assert {told.error_code for told in ended} == {"interrupted"}
    assert len(ended) == 3


def test_a_job_remembers_its_trace(store: JobStore) -> None:
    traceparent = f"00-{'a' * 32}-{'b' * 16}-01"
    request = CallRequest("P")
    new = NewJob(
        id="1" * 32,
        procedure_name="P",
        request=request.to_json(),
        fingerprint=request.fingerprint(),
        submitted_by="c",
        request_id="r",
        traceparent=traceparent,
    )
    assert store.add(new, queue_limit=1).traceparent == traceparent
    claimed = store.claim("me")
    assert claimed is not None
    assert claimed.traceparent == traceparent
