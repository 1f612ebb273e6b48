"""A store in Oracle whose database is away for a while, and what it is asked for there."""

from collections.abc import Iterator

import oracledb
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import oracle, postgresql, sqlite

from oracle_api.embedded.server import EmbeddedServer
from oracle_api.exceptions import StoreUnavailable
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.dialects import AsBlob, IfReturnable
from oracle_api.jobs.job import JobFilter, NewJob
from oracle_api.jobs.store import JobStore


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as server:
        yield server


@pytest.fixture
def oracle_url(server: EmbeddedServer) -> str:
    return f"oracle+oracledb://dwh:dwh@127.0.0.1:{server.port}/?service_name={server.service}"


@pytest.fixture
def store(oracle_url: str) -> Iterator[JobStore]:
    database = JobDatabase(oracle_url)
    yield JobStore(database)
    database.close()


def submit(store: JobStore, number: int) -> None:
    store.add(NewJob(f"{number:032x}", "P", b"{}", b"f", "c", "r"), 100)


def total(store: JobStore) -> int:
    return store.list(JobFilter(), 1).total


def test_a_database_that_stands_still_is_given_up(
    oracle_url: str, server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oracle_api.jobs.servers._STATEMENT_SECONDS", 0.1)
    database = JobDatabase(oracle_url)
    store = JobStore(database)
    submit(store, 1)
    server.faults.delay = 60
    with pytest.raises(StoreUnavailable):
        submit(store, 2)
    with pytest.raises(StoreUnavailable):
        total(store)
    server.faults.delay = 0
    submit(store, 3)
    assert total(store) == 2
    database.close()


def test_connections_that_were_cut_are_made_anew(store: JobStore, server: EmbeddedServer) -> None:
    submit(store, 1)
    assert total(store) == 1
    assert server.drop_sessions() >= 2
    submit(store, 2)
    assert total(store) == 2


def test_one_who_writes_and_is_gone_keeps_nobody_from_writing(
    store: JobStore, server: EmbeddedServer
) -> None:
    gone = oracledb.connect(user="dwh", password="dwh", dsn=server.dsn)
    gone.cursor().execute("SELECT id FROM store_lock FOR UPDATE")
    server.drop_sessions(gone.session_id)
    submit(store, 1)
    assert total(store) == 1


def test_what_differs_is_written_for_each_database() -> None:
    value = sa.bindparam("v", type_=sa.LargeBinary)
    texts = [
        [str(element.compile(dialect=each.dialect(paramstyle="named"))) for each in _DIALECTS]
        for element in (AsBlob(value), IfReturnable(sa.exists(sa.text("1"))))
    ]
    assert texts == [
        [":v", ":v", "TO_BLOB(:v)"],
        [*["EXISTS (SELECT 1)"] * 2, "CAST(NULL AS INTEGER)"],
    ]


_DIALECTS = (sqlite, postgresql, oracle)
