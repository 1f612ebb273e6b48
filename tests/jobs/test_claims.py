"""Threads that are free together get jobs together, in the order of acceptance."""

from collections.abc import Callable

from oracle_api.jobs.claims import claim_oldest
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import Job
from oracle_api.jobs.owners import OwnerStore
from oracle_api.jobs.store import JobStore

from .conftest import SettableClock


def test_each_taker_gets_another_job_while_there_are_any(
    add: Callable[..., Job],
    store: JobStore,
    owners: OwnerStore,
    database: JobDatabase,
    clock: SettableClock,
) -> None:
    owners.register("other")
    added = [add().id for _ in range(4)]
    takers = ["me", "stranger", "me", "other", "me", "other"]
    taken = database.write(lambda connection: claim_oldest(connection, takers, clock.now))
    assert [job and job.id for job in taken] == [added[0], None, added[1], added[3], added[2], None]
    assert {store.get(one).status for one in added} == {"running"}
