"""A job database in a file of its own, and the stores on it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import Job, NewJob
from oracle_api.jobs.owners import OwnerStore
from oracle_api.jobs.rows import RowStore
from oracle_api.jobs.store import JobStore
from oracle_api.oracle.request import Argument, CallRequest


class SettableClock:
    """A wall clock that moves when a test says so."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_time(self, **length: float) -> None:
        self.now += timedelta(**length)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/folder/jobs.db"


@pytest.fixture
def database(url: str, clock: SettableClock) -> Iterator[JobDatabase]:
    database = JobDatabase(url, clock)
    yield database
    database.close()


@pytest.fixture
def store(database: JobDatabase, owners: OwnerStore) -> JobStore:
    """The store; "me" is known as an owner of jobs."""
    owners.register("me")
    return JobStore(database)


@pytest.fixture
def owners(database: JobDatabase) -> OwnerStore:
    return OwnerStore(database)


@pytest.fixture
def rows(database: JobDatabase) -> RowStore:
    return RowStore(database)


@pytest.fixture
def add(store: JobStore) -> Callable[..., Job]:
    numbers = iter(range(1, 1_000_000))

    def add(
        procedure: str = "PKG.P",
        *,
        key: str | None = None,
        client: str = "c",
        value: object = 1,
        client_limit: int | None = None,
        callback_url: str | None = None,
    ) -> Job:
        request = CallRequest(procedure, arguments=(Argument("A", value),))
        new = NewJob(
            id=f"{next(numbers):032x}",
            procedure_name=procedure,
            request=request.to_json(),
            fingerprint=request.fingerprint(),
            submitted_by=client,
            request_id="r",
            idempotency_key=key,
            callback_url=callback_url,
        )
        return store.add(new, 1_000_000, client_limit)

    return add
