"""Callbacks in the job store: due with their job's end, taken once, given back by the dead."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import CallbackState, Job, JobStatus, Outcome, interrupted
from oracle_api.jobs.owners import OwnerStore
from oracle_api.jobs.store import JobStore
from oracle_api.webhooks.deliveries import Delivery, DeliveryStore
from tests.jobs.conftest import SettableClock

from .conftest import URL

End = Callable[..., Job]


def test_a_job_without_a_callback_shows_none(store: JobStore, add: Callable[..., Job]) -> None:
    assert store.get(add().id).callback is None


def test_nothing_is_due_before_the_job_has_ended(
    store: JobStore, deliveries: DeliveryStore, add: Callable[..., Job], database: JobDatabase
) -> None:
    job = add(callback_url=URL)
    shown = store.get(job.id).callback
    assert shown is not None
    assert (shown.url, shown.state, shown.attempts) == (URL, "waiting", 0)
    store.claim("me")
    assert not deliveries.has_due()
    assert deliveries.claim("me") is None
    assert not database.callbacks_due.is_set()


ENDS: dict[str, Callable[[JobStore, OwnerStore, str], object]] = {
    "completed": lambda store, owners, job: store.finish(
        job, "me", Outcome(JobStatus.COMPLETED, result=b"{}")
    ),
    "failed": lambda store, owners, job: store.finish(job, "me", Outcome(JobStatus.FAILED)),
    "cancelled": lambda store, owners, job: store.finish(job, "me", Outcome(JobStatus.CANCELLED)),
    "buried": lambda store, owners, job: owners.bury("me", interrupted("died")),
    "orphaned": lambda store, owners, job: (
        owners.bury("me", interrupted("died")),
        owners.end_orphans(interrupted("died")),
    ),
}


@pytest.mark.parametrize("how", ENDS)
def test_a_callback_is_due_however_its_job_ends(
    how: str,
    store: JobStore,
    owners: OwnerStore,
    deliveries: DeliveryStore,
    add: Callable[..., Job],
    database: JobDatabase,
) -> None:
    job = add(callback_url=URL)
    add(callback_url=URL)  # still pending: not due
    assert store.claim("me") is not None
    ENDS[how](store, owners, job.id)
    owners.register("other")
    assert database.callbacks_due.is_set()
    delivery = deliveries.claim("other")
    assert delivery is not None
    assert (delivery.job.id, delivery.url, delivery.attempt) == (job.id, URL, 1)
    assert delivery.job.status.is_final
    assert delivery.job.request is None
    assert not deliveries.has_due()


def test_a_callback_is_due_when_a_pending_job_is_cancelled(
    store: JobStore, deliveries: DeliveryStore, add: Callable[..., Job], database: JobDatabase
) -> None:
    job = add(callback_url=URL)
    assert store.request_cancel(job.id).callback is not None
    assert database.callbacks_due.is_set()
    delivery = deliveries.claim("me")
    assert delivery is not None
    assert delivery.job.status == "cancelled"


def test_an_end_that_came_too_late_makes_nothing_due_again(
    store: JobStore, owners: OwnerStore, deliveries: DeliveryStore, end: End
) -> None:
    job = end()
    delivery = deliveries.claim("me")
    assert delivery is not None
    deliveries.finish(delivery, CallbackState.DELIVERED, status=204)
    assert not store.finish(job.id, "me", Outcome(JobStatus.FAILED))
    owners.bury("me", interrupted("died"))
    owners.register("other")
    assert not deliveries.has_due()
    assert deliveries.claim("other") is None


def test_an_unknown_owner_gets_nothing(deliveries: DeliveryStore, end: End) -> None:
    end()
    assert deliveries.claim("buried") is None


def test_every_step_is_shown_and_changes_the_version(
    store: JobStore, deliveries: DeliveryStore, clock: SettableClock, end: End
) -> None:
    job = end()
    versions = [job.version]

    def shown() -> tuple[object, ...]:
        found = store.get(job.id)
        versions.append(found.version)
        one = found.callback
        assert one is not None
        return one.state, one.attempts, one.last_status, one.last_error, one.next_attempt

    first = deliveries.claim("me")
    assert first is not None
    assert shown() == ("pending", 1, None, None, clock.now)
    later = clock.now + timedelta(seconds=5)
    deliveries.finish(first, CallbackState.PENDING, status=500, error="e", next_attempt=later)
    assert shown() == ("pending", 1, 500, "e", later)
    assert deliveries.next_attempt() == later
    assert not deliveries.has_due()
    clock.pass_time(seconds=5)
    second = deliveries.claim("me")
    assert second is not None
    assert second.attempt == 2
    shown()
    deliveries.finish(second, CallbackState.DELIVERED, status=200)
    assert shown() == ("delivered", 2, 200, None, None)
    assert versions == sorted(set(versions))
    assert deliveries.next_attempt() is None


def test_the_one_that_is_due_longest_comes_first(
    deliveries: DeliveryStore, clock: SettableClock, end: End
) -> None:
    ids = []
    for _ in range(3):
        ids.append(end().id)
        clock.pass_time(seconds=1)
    taken = [deliveries.claim("me") for _ in range(3)]
    assert [one and one.job.id for one in taken] == ids


def test_what_a_dead_owner_had_taken_is_taken_again_and_its_late_end_is_ignored(
    store: JobStore, owners: OwnerStore, deliveries: DeliveryStore, end: End
) -> None:
    job = end()
    owners.register("other")
    lost = deliveries.claim("me")
    assert lost is not None
    assert deliveries.claim("other") is None
    owners.bury("me", interrupted("died"))
    again = deliveries.claim("other")
    assert again is not None
    assert (again.job.id, again.attempt) == (job.id, 2)
    assert not deliveries.finish(lost, CallbackState.FAILED, error="late")
    assert deliveries.finish(again, CallbackState.DELIVERED, status=204)
    callback = store.get(job.id).callback
    assert callback is not None
    assert callback.state == "delivered"


def test_several_processes_never_take_the_same_attempt(
    url: str, owners: OwnerStore, clock: SettableClock, end: End
) -> None:
    ids = {end().id for _ in range(30)}
    names = ["a", "b", "c"]
    for name in names:
        owners.register(name)
    databases = [JobDatabase(url, clock) for _ in names]
    barrier = threading.Barrier(len(names))

    def take(number: int) -> list[Delivery]:
        mine = DeliveryStore(databases[number])
        barrier.wait()
        taken = []
        while (one := mine.claim(names[number])) is not None:
            taken.append(one)
        return taken

    with ThreadPoolExecutor(len(names)) as threads:
        taken = [one for some in threads.map(take, range(len(names))) for one in some]
    for database in databases:
        database.close()
    assert Counter((one.job.id, one.attempt) for one in taken) == {(one, 1): 1 for one in ids}


def test_a_callback_goes_with_its_job(store: JobStore, deliveries: DeliveryStore, end: End) -> None:
    job = end()
    delivery = deliveries.claim("me")
    assert delivery is not None
    store.delete(job.id)
    assert not deliveries.finish(delivery, CallbackState.DELIVERED, status=204)
    end()
    assert store.delete_ended() == 1
    assert not deliveries.has_due()
    assert deliveries.next_attempt() is None


def test_a_large_result_is_not_read(deliveries: DeliveryStore, end: End) -> None:
    end(result=b'"' + b"x" * 5000 + b'"', extras=b'{"output":[]}')
    delivery = deliveries.claim("me")
    assert delivery is not None
    assert (delivery.job.result, delivery.job.extras) == (None, None)
