"""The worker: sends what is due, tries again, stops in time, and survives a store that is away."""

import threading
from collections.abc import Callable, Iterator

import pytest

from oracle_api.exceptions import StoreUnavailable
from oracle_api.jobs.database import JobDatabase, utc_now
from oracle_api.jobs.job import CallbackState, Job, JobFilter
from oracle_api.jobs.store import JobStore
from oracle_api.webhooks.deliveries import DeliveryStore
from oracle_api.webhooks.message import message_body
from oracle_api.webhooks.schedule import Schedule
from oracle_api.webhooks.sender import Answer
from oracle_api.webhooks.worker import WebhookWorker

from .conftest import URL

End = Callable[..., Job]


class Sent:
    """Stands where the network is: answers as a test wants, and remembers."""

    def __init__(self) -> None:
        self.attempts: list[tuple[str, str, bytes]] = []
        self.answers: Iterator[Answer] = iter(lambda: Answer(204), None)
        self.released = threading.Event()
        self.released.set()
        self.now = self.most_at_once = 0
        self.changed = threading.Condition()

    def send(self, url: str, message_id: str, body: bytes) -> Answer:
        with self.changed:
            self.attempts.append((url, message_id, body))
            self.now += 1
            self.most_at_once = max(self.now, self.most_at_once)
            self.changed.notify_all()
        self.released.wait(60)
        with self.changed:
            self.now -= 1
        return next(self.answers)

    def wait_begun(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.attempts) >= count, timeout=60)


@pytest.fixture
def clock() -> Callable[[], object]:
    return utc_now


@pytest.fixture
def sent() -> Iterator[Sent]:
    sent = Sent()
    yield sent
    sent.released.set()


@pytest.fixture
def make(
    deliveries: DeliveryStore, database: JobDatabase, store: JobStore, sent: Sent
) -> Iterator[Callable[..., WebhookWorker]]:
    made: list[WebhookWorker] = []

    def make(workers: int = 2, owner: str = "me") -> WebhookWorker:
        worker = WebhookWorker(
            deliveries=deliveries,
            sender=sent,  # type: ignore[arg-type]
            schedule=Schedule((0.05, 0.05)),
            owner=lambda: owner,
            due=database.callbacks_due,
            workers=workers,
            now=utc_now,
        )
        worker.start()
        made.append(worker)
        return worker

    yield make
    sent.released.set()
    for worker in made:
        worker.close(10)


def wait_for(store: JobStore, job: Job, state: CallbackState) -> None:
    for _ in range(1000):
        callback = store.get(job.id).callback
        assert callback is not None
        if callback.state is state:
            return
        threading.Event().wait(0.01)
    raise AssertionError(callback)


def test_an_end_is_told_at_once(
    make: Callable[..., WebhookWorker], end: End, sent: Sent, store: JobStore
) -> None:
    make()
    job = end(result=b'{"a":1}')
    wait_for(store, job, CallbackState.DELIVERED)
    assert sent.attempts == [(URL, f"msg_{job.id}", message_body(job_as_listed(store, job)))]


def job_as_listed(store: JobStore, job: Job) -> Job:
    (listed,) = store.list(JobFilter(), 1).jobs
    assert listed.id == job.id
    return listed


def test_a_failure_is_tried_again_with_the_same_message_until_nothing_is_left(
    make: Callable[..., WebhookWorker], end: End, sent: Sent, store: JobStore
) -> None:
    sent.answers = iter(lambda: Answer(500, "e"), None)
    make()
    job = end()
    wait_for(store, job, CallbackState.FAILED)
    assert len(sent.attempts) == 3
    assert len(set(sent.attempts)) == 1


def test_no_more_are_under_way_than_allowed(
    make: Callable[..., WebhookWorker], end: End, sent: Sent, store: JobStore
) -> None:
    sent.released.clear()
    make(workers=2)
    jobs = [end() for _ in range(5)]
    sent.wait_begun(2)
    sent.released.set()
    for job in jobs:
        wait_for(store, job, CallbackState.DELIVERED)
    assert (sent.most_at_once, len(sent.attempts)) == (2, 5)


def test_closing_waits_for_what_is_under_way_and_begins_nothing(
    make: Callable[..., WebhookWorker], end: End, sent: Sent, store: JobStore
) -> None:
    sent.released.clear()
    worker = make(workers=1)
    first, second = end(), end()
    sent.wait_begun(1)
    worker.close(0.01)
    assert not worker.is_idle
    sent.released.set()
    wait_for(store, first, CallbackState.DELIVERED)
    callback = store.get(second.id).callback
    assert callback is not None
    assert (callback.state, callback.attempts) == ("pending", 0)


def test_a_bug_in_an_attempt_is_a_failed_attempt(
    make: Callable[..., WebhookWorker],
    end: End,
    sent: Sent,
    store: JobStore,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def explode() -> Iterator[Answer]:
        yield Answer(500, "e")
        raise RuntimeError("boom")

    sent.answers = explode()
    make()
    job = end()
    wait_for(store, job, CallbackState.FAILED)
    assert "met a bug" in caplog.text


def test_an_end_is_stored_however_long_the_store_is_away(
    make: Callable[..., WebhookWorker],
    end: End,
    store: JobStore,
    deliveries: DeliveryStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    finish = deliveries.finish
    failures = iter([StoreUnavailable("away")])

    def sometimes(*arguments: object, **members: object) -> bool:
        for failure in failures:
            raise failure
        return finish(*arguments, **members)  # type: ignore[arg-type]

    monkeypatch.setattr(deliveries, "finish", sometimes)
    make()
    wait_for(store, end(), CallbackState.DELIVERED)


@pytest.mark.parametrize(
    ("status", "members", "type_"),
    [
        ("completed", {"result": b'{"a":1.50}'}, "job.completed"),
        ("failed", {"error": "e", "error_code": "interrupted"}, "job.failed"),
        ("cancelled", {}, "job.cancelled"),
    ],
)
def test_the_message_names_the_event_and_holds_the_job_as_lists_do(
    end: End, store: JobStore, status: str, members: dict[str, object], type_: str
) -> None:
    listed = job_as_listed(store, end(status, **members))
    body = message_body(listed)
    assert body.startswith(b'{"type":"%s","timestamp":"' % type_.encode())
    assert b'"params"' not in body
    assert (b'"result":{"a":1.50}' in body) == (status == "completed")
