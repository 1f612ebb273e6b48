"""Jobs of a process: run once each, bounded, broken off, waited for, stopped."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from oracle_api.exceptions import (
    Conflict,
    IdempotencyMismatch,
    QueueFull,
    StoreRefused,
    StoreUnavailable,
)
from oracle_api.jobs.job import Job, JobFilter, JobStatus, Outcome
from oracle_api.jobs.owners import Member, OwnerStore
from oracle_api.jobs.registry import ABANDONED, STOPPED, JobRegistry
from oracle_api.jobs.store import JobStore
from oracle_api.jobs.threads import ThreadEngine
from oracle_api.oracle.handle import CallHandle
from oracle_api.oracle.request import CallRequest

WORKERS = 4
REQUEST = CallRequest("PKG.P")


class Calls:
    """Stands where the database call is: each waits until it is released or broken off."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.heeds_break = True
        self.started: Counter[str] = Counter()
        self.most_at_once = 0
        self._now = 0
        self._changed = threading.Condition()

    def __call__(self, job: Job, owner: str, handle: CallHandle) -> Outcome:
        with self._changed:
            self.started[job.id] += 1
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            self._changed.notify_all()
        try:
            while not self.released.wait(0.005):
                if self.heeds_break and handle.cancelled:
                    return Outcome(JobStatus.CANCELLED)
            return Outcome(JobStatus.COMPLETED, result=b"{}")
        finally:
            with self._changed:
                self._now -= 1

    def wait_started(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.started.total() >= count, timeout=60)


@pytest.fixture
def calls() -> Iterator[Calls]:
    calls = Calls()
    yield calls
    calls.released.set()


@pytest.fixture
def make(store: JobStore, owners: OwnerStore, calls: Calls) -> Iterator[Callable[..., JobRegistry]]:
    made: list[JobRegistry] = []

    def make(queue_limit: int = 1000, *, joined: bool = True) -> JobRegistry:
        registry = JobRegistry(
            store=store,
            owners=owners,
            member=Member(),
            run=calls,
            engine=ThreadEngine(WORKERS),
            queue_limit=queue_limit,
        )
        if joined:
            registry.join()
        made.append(registry)
        return registry

    yield make
    calls.released.set()
    for registry in made:
        registry.drain(5)
        registry.sign_off()


@pytest.fixture
def registry(make: Callable[..., JobRegistry]) -> JobRegistry:
    return make()


def submit(registry: JobRegistry) -> str:
    return registry.submit(REQUEST, submitted_by="c", request_id="r").id


def test_a_job_runs_to_its_end(registry: JobRegistry, calls: Calls) -> None:
    calls.released.set()
    job = registry.wait(submit(registry), 60)
    assert (job.status, job.result) == ("completed", b"{}")


def test_a_key_with_another_callback_is_another_submission(registry: JobRegistry) -> None:
    def submit_with(callback_url: str | None) -> str:
        return registry.submit(
            REQUEST,
            submitted_by="c",
            request_id="r",
            idempotency_key="k",
            callback_url=callback_url,
        ).id

    first = submit_with("https://a.example/")
    assert submit_with("https://a.example/") == first
    for other in (None, "https://b.example/"):
        with pytest.raises(IdempotencyMismatch):
            submit_with(other)


def test_200_jobs_submitted_at_once_run_once_each_and_no_more_than_allowed_at_a_time(
    registry: JobRegistry, calls: Calls
) -> None:
    with ThreadPoolExecutor(20) as threads:
        submitted = list(threads.map(lambda _: submit(registry), range(200)))
    calls.wait_started(WORKERS)
    calls.released.set()
    assert all(registry.wait(job_id, 60).status == "completed" for job_id in submitted)
    assert calls.started == Counter(submitted)
    assert calls.most_at_once <= WORKERS


def test_every_free_worker_gets_a_job(registry: JobRegistry, calls: Calls) -> None:
    for _ in range(WORKERS + 2):
        submit(registry)
    calls.wait_started(WORKERS)
    assert calls.most_at_once == WORKERS


def test_a_full_queue_refuses(make: Callable[..., JobRegistry], calls: Calls) -> None:
    registry = make(queue_limit=2)
    for _ in range(WORKERS):
        submit(registry)
    calls.wait_started(WORKERS)
    submit(registry), submit(registry)
    with pytest.raises(QueueFull):
        submit(registry)


def test_jobs_left_by_another_process_run_when_woken(
    make: Callable[..., JobRegistry], calls: Calls
) -> None:
    stopped = make()
    stopped.begin_stop()
    left = [submit(stopped) for _ in range(3)]
    calls.released.set()
    registry = make()
    registry.look(3)
    assert [registry.wait(job_id, 60).status for job_id in left] == ["completed"] * 3


def test_nothing_runs_before_the_process_is_an_owner(
    make: Callable[..., JobRegistry], store: JobStore, calls: Calls
) -> None:
    registry = make(joined=False)
    calls.released.set()
    job_id = submit(registry)
    assert store.get(job_id).status == "pending"
    registry.join()
    registry.look(1)
    assert registry.wait(job_id, 60).status == "completed"


def test_a_running_job_is_broken_off(registry: JobRegistry, calls: Calls) -> None:
    job_id = submit(registry)
    calls.wait_started(1)
    asked = registry.cancel(job_id)
    assert (asked.status, asked.cancel_requested) == ("running", True)
    ended = registry.wait(job_id, 60)
    assert (ended.status, ended.error) == ("cancelled", None)
    with pytest.raises(Conflict):
        registry.cancel(job_id)


def test_a_job_that_does_not_heed_the_break_is_running_until_it_returns(
    registry: JobRegistry, calls: Calls
) -> None:
    calls.heeds_break = False
    job_id = submit(registry)
    calls.wait_started(1)
    registry.cancel(job_id)
    job = registry.wait(job_id, 0.1)
    assert (job.status, job.cancel_requested) == ("running", True)
    calls.released.set()
    assert registry.wait(job_id, 60).status == "completed"


def test_cancelled_pending_jobs_never_run(registry: JobRegistry, calls: Calls) -> None:
    running = [submit(registry) for _ in range(WORKERS)]
    calls.wait_started(WORKERS)
    waiting = [submit(registry) for _ in range(10)]
    assert [registry.cancel(job_id).status for job_id in waiting] == ["cancelled"] * 10
    calls.released.set()
    for job_id in running:
        registry.wait(job_id, 60)
    assert set(calls.started) == set(running)


def test_a_cancel_races_with_the_end(registry: JobRegistry, calls: Calls) -> None:
    """Whatever wins, the job ends, once, and the answer to the cancel was true."""
    calls.released.set()
    for _ in range(50):
        job_id = submit(registry)
        try:
            was_final = registry.cancel(job_id).status.is_final
        except Conflict:
            was_final = True
        status = registry.wait(job_id, 60).status
        assert status in ("completed", "cancelled")
        assert not (was_final and status == "running")
    assert set(calls.started.values()) <= {1}


def test_waiting_ends_with_the_job_not_with_the_time(registry: JobRegistry, calls: Calls) -> None:
    job_id = submit(registry)
    calls.wait_started(1)
    with ThreadPoolExecutor(3) as threads:
        waiters = [threads.submit(registry.wait, job_id, 60) for _ in range(3)]
        calls.released.set()
        assert [waiter.result(60).status for waiter in waiters] == ["completed"] * 3


def test_waiting_sees_what_another_process_did(
    registry: JobRegistry, store: JobStore, owners: OwnerStore, calls: Calls
) -> None:
    registry.begin_stop()
    owners.register("another process")
    other = submit(registry)
    elsewhere = store.claim("another process")
    assert elsewhere is not None
    store.finish(other, "another process", Outcome(JobStatus.COMPLETED))
    assert registry.wait(other, 60).status == "completed"


def test_waiting_for_a_running_job_ends_in_time(registry: JobRegistry) -> None:
    assert registry.wait(submit(registry), 0.05).status in ("pending", "running")


def test_a_bug_in_the_runner_frees_its_thread(
    store: JobStore, owners: OwnerStore, calls: Calls
) -> None:
    broken = threading.Event()

    def run(job: Job, owner: str, handle: CallHandle) -> Outcome:
        if not broken.is_set():
            broken.set()
            raise ZeroDivisionError
        return Outcome(JobStatus.COMPLETED)

    registry = JobRegistry(
        store=store, owners=owners, member=Member(), run=run, engine=ThreadEngine(1), queue_limit=10
    )
    registry.join()
    submit(registry)
    assert broken.wait(60)
    assert registry._wait_idle(60)
    job_id = submit(registry)
    while not registry.wait(job_id, 0.01).status.is_final:
        registry.look(1)
    registry.sign_off()


def test_the_end_of_a_job_is_told_before_anybody_can_see_it(
    store: JobStore, owners: OwnerStore
) -> None:
    told: list[tuple[str, JobStatus, float, str]] = []

    def note(job: Job, outcome: Outcome, seconds: float) -> None:
        told.append((job.id, outcome.status, seconds, store.get(job.id).status))

    def run(job: Job, owner: str, handle: CallHandle) -> Outcome:
        return Outcome(JobStatus.FAILED, error="no", error_code="ORA-20001")

    registry = JobRegistry(
        store=store,
        owners=owners,
        member=Member(),
        run=run,
        engine=ThreadEngine(1),
        queue_limit=10,
        on_end=note,
    )
    registry.join()
    job_id = submit(registry)
    registry.wait(job_id, 60)
    registry.sign_off()
    [(told_id, status, seconds, seen)] = told
    assert (told_id, status, seen) == (job_id, JobStatus.FAILED, JobStatus.RUNNING)
    assert 0 <= seconds < 10


def test_an_outcome_that_cannot_be_stored_ends_the_job_all_the_same(
    registry: JobRegistry, store: JobStore, calls: Calls
) -> None:
    finish = store.finish

    def picky(job_id: str, owner: str, outcome: Outcome) -> bool:
        if outcome.status is JobStatus.COMPLETED:
            raise StoreRefused("no")
        return finish(job_id, owner, outcome)

    store.finish = picky  # type: ignore[method-assign]
    calls.released.set()
    job = registry.wait(submit(registry), 60)
    assert (job.status, job.error) == (
        "failed",
        "The job ended, but its outcome cannot be stored.",
    )


def test_an_outcome_is_stored_once_the_store_is_back(
    registry: JobRegistry, store: JobStore, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oracle_api.jobs.registry._STORE_RETRY_SECONDS", 0.01)
    finish, failures = store.finish, iter(range(3))

    def flaky(job_id: str, owner: str, outcome: Outcome) -> bool:
        if next(failures, None) is not None:
            raise StoreUnavailable("away")
        return finish(job_id, owner, outcome)

    store.finish = flaky  # type: ignore[method-assign]
    calls.released.set()
    assert registry.wait(submit(registry), 60).status == "completed"


# ---- stopping


def test_running_jobs_may_finish_within_the_grace(registry: JobRegistry, calls: Calls) -> None:
    job_id = submit(registry)
    calls.wait_started(1)
    with ThreadPoolExecutor(1) as threads:
        stop = threads.submit(registry.drain, 600)
        calls.released.set()
        stop.result(60)
    registry.sign_off()
    assert registry.wait(job_id, 0).status == "completed"


def test_after_the_grace_jobs_are_interrupted_and_waiting_ones_left(
    registry: JobRegistry, store: JobStore, calls: Calls
) -> None:
    jobs = [submit(registry) for _ in range(WORKERS + 3)]
    calls.wait_started(WORKERS)
    registry.drain(0.01)
    registry.sign_off()
    ended = [store.get(job_id) for job_id in jobs]
    interrupted = [job for job in ended if job.error_code == "interrupted"]
    assert {job.id for job in interrupted} == set(calls.started)
    assert {(job.status, job.error) for job in interrupted} == {("failed", STOPPED)}
    assert [job.status for job in ended if job not in interrupted] == ["pending"] * 3


def test_a_call_that_does_not_return_is_given_up_as_unknown(
    registry: JobRegistry, store: JobStore, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oracle_api.jobs.registry._BREAK_SECONDS", 0.05)
    calls.heeds_break = False
    job_id = submit(registry)
    calls.wait_started(1)
    registry.drain(0.01)
    registry.sign_off()
    job = store.get(job_id)
    assert (job.status, job.error_code, job.error) == ("failed", "interrupted", ABANDONED)
    calls.released.set()
    assert registry._wait_idle(60)
    assert store.get(job_id) == job, "what comes back later changes nothing"


def test_a_cancelled_job_stays_cancelled_when_the_service_stops(
    registry: JobRegistry, store: JobStore, calls: Calls
) -> None:
    job_id = submit(registry)
    calls.wait_started(1)
    registry.cancel(job_id)
    registry.drain(60)
    assert store.get(job_id).status == "cancelled"


def test_stopping_ends_every_wait(registry: JobRegistry, calls: Calls) -> None:
    job_id = submit(registry)
    calls.wait_started(1)
    with ThreadPoolExecutor(1) as threads:
        waiter = threads.submit(registry.wait, job_id, 60)
        registry.begin_stop()
        assert waiter.result(60).status == "running"


def test_lists_are_right_at_every_moment(
    registry: JobRegistry, store: JobStore, calls: Calls
) -> None:
    submitted: set[str] = set()
    calls.released.set()
    with ThreadPoolExecutor(4) as threads:
        futures = [threads.submit(submit, registry) for _ in range(100)]
        while not all(future.done() for future in futures):
            page = store.list(JobFilter(), 1000)
            assert page.total == len(page.jobs) == len({job.id for job in page.jobs})
            known = {future.result() for future in futures if future.done()}
            submitted |= known
            assert {job.id for job in store.list(JobFilter(), 1000).jobs} >= known
    assert len(store.list(JobFilter(), 1000).jobs) == 100
