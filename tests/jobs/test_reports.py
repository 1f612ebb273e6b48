"""Which workers are there, and how long the oldest job waits for them."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from oracle_api.jobs.database import JobDatabase, utc_now
from oracle_api.jobs.engine import EngineState
from oracle_api.jobs.job import Job, interrupted
from oracle_api.jobs.owners import Member, Members, OwnerStore
from oracle_api.jobs.reports import NOBODY, EngineReports, seconds_since
from oracle_api.jobs.store import JobStore

from .conftest import SettableClock

CELERY = EngineState("celery", broker_reachable=True, queue_length=1)


@pytest.fixture
def reports(database: JobDatabase, owners: OwnerStore) -> EngineReports:
    return EngineReports(database, owners)


def test_workers_are_those_that_are_not_buried(reports: EngineReports, owners: OwnerStore) -> None:
    assert reports.make(CELERY).workers == NOBODY
    owners.register("a", Member("api", "host1", 0))
    assert reports.make(CELERY).workers == NOBODY
    owners.register("b", Member("worker", "host2", 8))
    owners.register("c", Member("worker", "host3", 3))
    assert reports.make(CELERY).workers == Members(2, 11)
    owners.bury("b", interrupted("gone"))
    assert reports.make(CELERY).workers == Members(1, 3)


def test_the_oldest_of_those_that_wait_counts(
    reports: EngineReports, store: JobStore, add: Callable[..., Job], clock: SettableClock
) -> None:
    assert reports.make(CELERY).oldest_pending_seconds == 0
    for _ in range(3):
        add()
        clock.pass_time(seconds=10)
    assert reports.make(CELERY).oldest_pending_seconds == 30
    assert store.claim("me")
    report = reports.make(CELERY)
    assert (report.state, report.oldest_pending_seconds) == (CELERY, 20)


def test_of_a_service_that_runs_its_jobs_itself_the_store_is_asked_nothing(
    reports: EngineReports, owners: OwnerStore, add: Callable[..., Job], clock: SettableClock
) -> None:
    owners.register("b", Member("worker", "host2", 8))
    add()
    clock.pass_time(seconds=10)
    report = reports.make(EngineState("threads"))
    assert (report.workers, report.oldest_pending_seconds) == (NOBODY, 0)


def test_a_moment_in_the_future_of_another_clock_was_just_now() -> None:
    now = utc_now()
    assert seconds_since(now + timedelta(seconds=3), now) == 0
    assert seconds_since(now - timedelta(seconds=3), now) == 3
    assert seconds_since(None, now) == 0
