"""A job database in a file of its own, and the stores on it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from oracle_api.embedded.server import EmbeddedServer
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import Job, NewJob
from oracle_api.jobs.owners import OwnerStore
from oracle_api.jobs.rows import RowStore
from oracle_api.jobs.servers import KNOWN
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


#: For tests of what only a store in SQLite has.
only_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@contextmanager
def locked(url: str) -> Iterator[None]:
    """Keep the store from being written to, as another process does within a transaction."""
    engine = sa.create_engine(url)
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "BEGIN IMMEDIATE" if is_sqlite else "SELECT id FROM store_lock FOR UPDATE"
        )
        yield
        connection.rollback()
    engine.dispose()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let stores that are opened from now on hardly wait for another's transaction."""
    monkeypatch.setattr("oracle_api.jobs.sqlite._BUSY_MILLISECONDS", 10)
    nowait = "SELECT id FROM store_lock FOR UPDATE NOWAIT"
    monkeypatch.setattr("oracle_api.jobs.servers._LOCKS", dict.fromkeys(KNOWN, nowait))


@pytest.fixture(params=["sqlite", "postgresql", "oracle"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind that can hold the store."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/folder/jobs.db"
        return
    if request.param == "postgresql":
        yield request.getfixturevalue("postgres_url")
        return
    with EmbeddedServer() as server:
        address, _, service = server.dsn.partition("/")
        yield f"oracle+oracledb://dwh:dwh@{address}/?service_name={service}"


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
