"""Who is there to run jobs, counted by role; and how long the oldest of them waits."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from oracle_api.jobs.crew import Crew, CrewStore, seconds_since
from oracle_api.jobs.database import JobDatabase, utc_now
from oracle_api.jobs.engine import EngineState, Role
from oracle_api.jobs.job import Job, interrupted
from oracle_api.jobs.owners import OwnerStore
from oracle_api.jobs.store import JobStore

from .conftest import SettableClock

CELERY = EngineState("celery", broker_reachable=True, queue_length=1)


@pytest.fixture
def crews(database: JobDatabase) -> CrewStore:
    return CrewStore(database)


def join(database: JobDatabase, token: str, role: Role, slots: int) -> None:
    OwnerStore(database, role=role, slots=slots).register(token)


def test_nobody_is_there_at_first(crews: CrewStore) -> None:
    assert crews.read() == {}
    assert crews.report(CELERY).workers == Crew(0, 0)


def test_processes_and_their_slots_are_counted_by_role_until_they_are_buried(
    crews: CrewStore, database: JobDatabase
) -> None:
    join(database, "a", "api", 0)
    join(database, "b", "worker", 8)
    join(database, "c", "worker", 3)
    assert crews.read() == {"api": Crew(1, 0), "worker": Crew(2, 11)}
    OwnerStore(database).bury("b", interrupted("gone"))
    assert crews.read() == {"api": Crew(1, 0), "worker": Crew(1, 3)}


def test_the_oldest_of_those_that_wait_counts(
    crews: CrewStore, store: JobStore, add: Callable[..., Job], clock: SettableClock
) -> None:
    assert crews.report(CELERY).oldest_pending_seconds == 0
    for _ in range(3):
        add()
        clock.pass_time(seconds=10)
    assert crews.report(CELERY).oldest_pending_seconds == 30
    assert store.claim("me")
    report = crews.report(CELERY)
    assert (report.state, report.oldest_pending_seconds) == (CELERY, 20)


def test_a_service_that_runs_its_jobs_itself_asks_the_store_nothing(
    crews: CrewStore, database: JobDatabase
) -> None:
    join(database, "w", "worker", 2)
    report = crews.report(EngineState("threads"))
    assert (report.workers, report.oldest_pending_seconds) == (Crew(), 0)


def test_a_moment_in_the_future_of_another_clock_was_just_now() -> None:
    now = utc_now()
    assert seconds_since(now + timedelta(seconds=3), now) == 0
    assert seconds_since(now - timedelta(seconds=3), now) == 3
    assert seconds_since(None, now) == 0
