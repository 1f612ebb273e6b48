"""Processes that beat, die, come back, and cancel each other's jobs."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from oracle_api.exceptions import StoreUnavailable
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.heartbeat import Heartbeat
from oracle_api.jobs.job import Job, JobStatus, Outcome
from oracle_api.jobs.owners import Member, OwnerStore
from oracle_api.jobs.registry import DIED, JobRegistry
from oracle_api.jobs.store import JobStore
from oracle_api.jobs.tables import owners as owners_table
from oracle_api.jobs.threads import ThreadEngine
from oracle_api.oracle.handle import CallHandle

LEASE = 15.0

Add = Callable[..., Job]


class Monotonic:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Process:
    """What a process of the service is made of, without its threads."""

    def __init__(self, store: JobStore, owners: OwnerStore, clock: Monotonic) -> None:
        self.handles: dict[str, CallHandle] = {}
        self.started = threading.Event()
        self.registry = JobRegistry(
            store=store,
            owners=owners,
            member=Member(),
            run=self._run,
            engine=ThreadEngine(2),
            queue_limit=100,
        )
        self.heartbeat = Heartbeat(self.registry, store, owners, LEASE, clock=clock)

    def _run(self, job: Job, owner: str, handle: CallHandle) -> Outcome:
        self.handles[job.id] = handle
        self.started.set()
        handle.wait_cancelled(20)
        return Outcome(JobStatus.CANCELLED)


def outlast_the_lease(clock: Monotonic, *survivors: Process) -> None:
    """Let so much time pass that who does not beat is dead."""
    for _ in range(int(LEASE) + 2):
        for survivor in survivors:
            survivor.heartbeat.beat()
        clock.now += 1


@pytest.fixture
def monotonic() -> Monotonic:
    return Monotonic()


@pytest.fixture
def make(
    store: JobStore, owners: OwnerStore, monotonic: Monotonic
) -> Iterator[Callable[[], Process]]:
    made: list[Process] = []

    def make() -> Process:
        made.append(Process(store, owners, monotonic))
        made[-1].heartbeat.beat()
        return made[-1]

    yield make
    for process in made:
        process.registry.drain(0)
        process.registry.sign_off()


def test_the_first_beat_makes_the_process_an_owner(
    make: Callable[[], Process], owners: OwnerStore
) -> None:
    process = make()
    assert owners.pulse(process.registry.owner).alive


def test_waiting_jobs_of_others_are_taken(
    make: Callable[[], Process], add: Add, store: JobStore
) -> None:
    process = make()
    jobs = [add(), add()]
    process.heartbeat.beat()
    assert process.started.wait(60)
    for job in jobs:
        store.request_cancel(job.id)
        process.registry.break_off(job.id)


def test_jobs_of_a_dead_process_are_ended_and_say_so(
    make: Callable[[], Process], add: Add, store: JobStore, owners: OwnerStore, monotonic: Monotonic
) -> None:
    survivor = make()
    owners.register("dead")
    job = add()
    store.claim("dead")
    outlast_the_lease(monotonic, survivor)
    survivor.heartbeat.beat()
    ended = store.get(job.id)
    assert (ended.status, ended.error_code, ended.error) == ("failed", "interrupted", DIED)
    assert not store.finish(job.id, "dead", Outcome(JobStatus.COMPLETED)), "it came back too late"


def test_a_process_that_beats_is_never_taken_for_dead(
    make: Callable[[], Process], add: Add, store: JobStore, owners: OwnerStore, monotonic: Monotonic
) -> None:
    observer = make()
    owners.register("slow")
    job = add()
    store.claim("slow")
    for second in range(100):
        monotonic.now += 1
        if second % (int(LEASE) - 1) == 0:
            owners.pulse("slow")
        observer.heartbeat.beat()
    assert store.get(job.id).status == "running"


def test_who_could_not_beat_itself_takes_nobody_for_dead(
    make: Callable[[], Process], add: Add, store: JobStore, owners: OwnerStore, monotonic: Monotonic
) -> None:
    """A store that took no writes for a while stopped everybody's beat."""
    observer = make()
    owners.register("other")
    job = add()
    store.claim("other")
    observer.heartbeat.beat()
    monotonic.now += LEASE * 10
    observer.heartbeat.beat()
    assert store.get(job.id).status == "running"
    outlast_the_lease(monotonic, observer)
    observer.heartbeat.beat()
    assert store.get(job.id).status == "failed", "but who stays silent is dead in the end"


def test_a_running_job_that_belongs_to_nobody_is_ended(
    make: Callable[[], Process], add: Add, store: JobStore, database: JobDatabase
) -> None:
    observer = make()
    job = add()
    store.claim("me")
    database.write(lambda connection: connection.execute(owners_table.delete()))
    observer.heartbeat.beat()  # finds itself unknown as well, and joins again
    observer.heartbeat.beat()
    ended = store.get(job.id)
    assert (ended.status, ended.error_code) == ("failed", "interrupted")


def test_the_heart_says_when_it_could_not_beat(
    make: Callable[[], Process], monotonic: Monotonic
) -> None:
    process = make()
    assert process.heartbeat.is_beating
    monotonic.now += LEASE + 1
    assert not process.heartbeat.is_beating
    process.heartbeat.beat()
    assert process.heartbeat.is_beating


def test_exactly_one_survivor_ends_a_dead_ones_jobs(
    make: Callable[[], Process], add: Add, store: JobStore, owners: OwnerStore, monotonic: Monotonic
) -> None:
    survivors = [make() for _ in range(4)]
    owners.register("dead")
    for _ in range(3):
        add()
        store.claim("dead")
    for survivor in survivors:
        survivor.heartbeat.beat()
    for _ in range(int(LEASE)):
        monotonic.now += 1
        for survivor in survivors:
            survivor.heartbeat.beat()
    monotonic.now += 1
    ended: list[int] = []
    bury = owners.bury

    def counting(owner: str, outcome: Outcome) -> int:
        ended.append(bury(owner, outcome))
        return ended[-1]

    owners.bury = counting  # type: ignore[method-assign]
    barrier = threading.Barrier(4)

    def beat(process: Process) -> None:
        barrier.wait()
        process.heartbeat.beat()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(beat, survivors))
    assert sum(ended) == 3
    assert sorted(ended)[:-1] == [0] * (len(ended) - 1)


def test_a_job_is_broken_off_though_another_process_was_asked(
    make: Callable[[], Process], add: Add, store: JobStore
) -> None:
    process = make()
    job = add()
    process.heartbeat.beat()
    assert process.started.wait(60)
    store.request_cancel(job.id)
    process.heartbeat.beat()
    assert process.handles[job.id].cancelled
    assert process.registry.wait(job.id, 60).status == "cancelled"


def test_a_process_taken_for_dead_breaks_its_calls_off_and_starts_anew(
    make: Callable[[], Process], add: Add, store: JobStore, owners: OwnerStore
) -> None:
    process = make()
    first = process.registry.owner
    job = add()
    process.heartbeat.beat()
    assert process.started.wait(60)
    assert owners.bury(first, Outcome(JobStatus.FAILED, error="taken for dead")) == 1
    process.heartbeat.beat()
    assert process.handles[job.id].cancelled
    assert process.registry.owner != first
    assert owners.pulse(process.registry.owner).alive
    process.registry.drain(10)
    assert store.get(job.id).error == "taken for dead"


def test_the_loop_outlives_a_store_that_is_away(
    make: Callable[[], Process], store: JobStore, owners: OwnerStore
) -> None:
    process = make()
    failures = iter([StoreUnavailable("away"), ZeroDivisionError()])
    beaten = threading.Event()
    pulse = owners.pulse

    def flaky(owner: str) -> object:
        error = next(failures, None)
        if error is not None:
            raise error
        beaten.set()
        return pulse(owner)

    owners.pulse = flaky  # type: ignore[method-assign, assignment]
    heartbeat = Heartbeat(process.registry, store, owners, LEASE, interval=0.01)
    heartbeat.start()
    assert beaten.wait(60)
    heartbeat.stop()
