"""Old jobs are deleted, on a timer that APScheduler keeps."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from oracle_api.exceptions import JobNotFound
from oracle_api.jobs.cleanup import purge, schedule_purge
from oracle_api.jobs.job import Job, JobStatus, Outcome
from oracle_api.jobs.store import JobStore

from .conftest import SettableClock

DAY = timedelta(hours=24)


def ended(add: Callable[..., Job], store: JobStore) -> Job:
    add()
    job = store.claim("me")
    assert job is not None
    store.finish(job.id, "me", Outcome(JobStatus.COMPLETED))
    return job


def test_only_what_ended_long_ago_is_deleted(
    add: Callable[..., Job], store: JobStore, clock: SettableClock
) -> None:
    old = ended(add, store)
    clock.pass_time(hours=23)
    recent = ended(add, store)
    active = add()
    clock.pass_time(hours=2)
    assert purge(store, DAY, clock) == 1
    with pytest.raises(JobNotFound):
        store.get(old.id)
    assert store.get(recent.id).status == "completed"
    assert store.get(active.id).status == "pending"
    assert purge(store, DAY, clock) == 0


def test_the_scheduler_purges_again_and_again(
    add: Callable[..., Job], store: JobStore, clock: SettableClock
) -> None:
    purged = threading.Semaphore(0)
    delete_ended = store.delete_ended

    def watched(*args: object, **kwargs: object) -> int:
        try:
            return delete_ended(*args, **kwargs)  # type: ignore[arg-type]
        finally:
            purged.release()

    store.delete_ended = watched  # type: ignore[method-assign]
    old = ended(add, store)
    clock.pass_time(hours=25)
    scheduler = schedule_purge(store, DAY, timedelta(milliseconds=20), clock)
    scheduler.start()
    try:
        assert purged.acquire(timeout=60)
        assert purged.acquire(timeout=60)
    finally:
        scheduler.shutdown()
    with pytest.raises(JobNotFound):
        store.get(old.id)
