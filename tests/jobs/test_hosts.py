"""Several hosts on one store: each decision is made once, whoever asks at the same time."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from oracle_api.exceptions import QueueFull, TooManyJobs
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import Job, JobStatus, NewJob, Outcome, interrupted
from oracle_api.jobs.owners import Member, Members, OwnerStore
from oracle_api.jobs.store import JobStore
from oracle_api.oracle.request import CallRequest

from .conftest import SettableClock

GONE = interrupted("gone")


@pytest.fixture
def other(url: str, database: JobDatabase, clock: SettableClock) -> Iterator[JobDatabase]:
    """The same store, opened by another host."""
    other = JobDatabase(url, clock)
    yield other
    other.close()


def new(number: int, key: str | None = None) -> NewJob:
    request = CallRequest("PKG.P")
    return NewJob(
        f"{number:032x}", "PKG.P", request.to_json(), request.fingerprint(), "c", "r", key
    )


def test_limits_hold_over_all_hosts(store: JobStore, other: JobDatabase) -> None:
    stores = [store, JobStore(other)]

    def submit(number: int) -> int:
        try:
            stores[number % 2].add(new(number), 10, 7 if number < 40 else None)
        except (QueueFull, TooManyJobs):
            return 0
        return 1

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(submit, range(40))) == 7
        assert sum(threads.map(submit, range(40, 80))) == 3


def test_a_key_makes_one_job_from_whichever_host(store: JobStore, other: JobDatabase) -> None:
    stores = [store, JobStore(other)]
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda n: stores[n % 2].add(new(n, "key"), 100).id, range(16)))
    assert len(made) == 1


def test_each_job_is_claimed_once(
    store: JobStore, other: JobDatabase, add: Callable[..., Job]
) -> None:
    jobs = [add() for _ in range(20)]
    OwnerStore(other).register("you")
    hosts = [(store, "me"), (JobStore(other), "you")]

    def claim(number: int) -> Job | None:
        at, owner = hosts[number % 2]
        return at.claim(owner) if number % 4 < 2 else at.claim_one(jobs[number // 2].id, owner)

    with ThreadPoolExecutor(8) as threads:
        claimed = [job.id for job in threads.map(claim, range(40)) if job]
    assert len(claimed) == len({*claimed})
    assert {*claimed} <= {job.id for job in jobs}


def test_one_is_claimed_by_its_id_by_known_owners_only(
    store: JobStore, add: Callable[..., Job]
) -> None:
    first, second = add(), add()
    assert store.claim_one(second.id, "nobody") is None
    claimed = store.claim_one(second.id, "me")
    assert claimed
    assert (claimed.id, claimed.status, claimed.progress) == (second.id, "running", 10)
    assert store.claim_one(second.id, "me") is None
    assert store.get(first.id).status == "pending"


def test_exactly_one_ends_the_jobs_of_a_dead_owner(
    database: JobDatabase, store: JobStore, other: JobDatabase, add: Callable[..., Job]
) -> None:
    told: list[str] = []
    hosts = [OwnerStore(each, lambda job: told.append(job.id)) for each in (database, other)]
    job = add()
    assert store.claim("me")
    with ThreadPoolExecutor(2) as threads:
        ended = list(threads.map(lambda host: host.bury("me", GONE), hosts))
    assert sorted(ended) == [0, 1]
    assert told == [job.id]
    assert not store.finish(job.id, "me", Outcome(JobStatus.COMPLETED))
    assert store.get(job.id).error_code == "interrupted"


def test_old_jobs_are_deleted_on_two_hosts_at_once(
    store: JobStore, other: JobDatabase, add: Callable[..., Job]
) -> None:
    for _ in range(30):
        store.request_cancel(add().id)
    kept = add()
    stores = [store, JobStore(other)]
    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(lambda each: each.delete_ended(), stores)) == 30
    assert store.get(kept.id).status == "pending"


def test_a_job_that_waits_for_long_is_sent_again_by_one_host(
    store: JobStore, other: JobDatabase, add: Callable[..., Job], clock: SettableClock
) -> None:
    jobs = [add() for _ in range(6)]
    assert store.claim_one(jobs[0].id, "me")
    clock.pass_time(seconds=31)
    add()
    before = clock() - timedelta(seconds=30)
    stores = [store, JobStore(other)]
    with ThreadPoolExecutor(2) as threads:
        due = [*threads.map(lambda each: list(each.resend_due(before, 3)), stores)]
    assert sorted(itertools.chain(*due)) == [job.id for job in jobs[1:]]
    assert list(store.resend_due(before, 10)) == []
    clock.pass_time(seconds=31)
    assert len(store.resend_due(clock() - timedelta(seconds=30), 10)) == 6


def test_only_what_an_owner_runs_is_given_back(store: JobStore, add: Callable[..., Job]) -> None:
    job, waiting = add(), add()
    assert store.claim_one(job.id, "me")
    assert store.give_back([job.id, waiting.id], "you") == 0
    assert store.give_back([job.id, waiting.id], "me") == 1
    back = store.get(job.id)
    assert (back.status, back.progress, back.run_start_time) == ("pending", 0, None)


def test_processes_are_counted_by_what_they_do(owners: OwnerStore) -> None:
    owners.register("a")
    owners.register("b", Member("worker", "host", 8))
    owners.register("c", Member("worker", "host", 4))
    assert owners.members() == {"api": Members(1, 0), "worker": Members(2, 12)}
