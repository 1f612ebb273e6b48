"""Fixtures: the database to test against, and connections to it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import oracledb
import pytest

from oracle_api.embedded import demo
from oracle_api.embedded.procedures import Catalog
from oracle_api.embedded.server import EmbeddedServer
from tests.embedded import sample_procedures, sample_types
from tests.real_oracle import Target, real_target


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """An embedded server that all tests of the session share."""
    catalog = Catalog(owner="DWH")
    catalog.include(demo.catalog)
    catalog.include(sample_procedures.catalog)
    catalog.include(sample_types.catalog)
    with EmbeddedServer(catalog=catalog) as running:
        yield running


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Target:
    """The database that the tests run against: a real Oracle if one is configured."""
    real = real_target()
    if real is None:
        running: EmbeddedServer = request.getfixturevalue("server")
        return Target(running.dsn, running.user, running.password)
    real.load_demo_procedures()
    return real


@pytest.fixture
def connection(target: Target) -> Iterator[oracledb.Connection]:
    """A connection to the database under test."""
    with target.connect() as opened:
        yield opened


@pytest.fixture
def embedded(server: EmbeddedServer) -> Iterator[EmbeddedServer]:
    """The embedded server, for tests that make no sense on a real Oracle."""
    if real_target() is not None:
        pytest.skip("tests the embedded database, not the one of ORACLE_TEST_DSN")
    yield server
    server.faults.clear()


@pytest.fixture
def local(embedded: EmbeddedServer) -> Iterator[oracledb.Connection]:
    """A connection to the embedded server."""
    opened = oracledb.connect(user="dwh", password="dwh", dsn=embedded.dsn)
    yield opened
    if opened.is_healthy():
        opened.close()


@pytest.fixture
def cursor(local: oracledb.Connection) -> Iterator[oracledb.Cursor]:
    """A cursor of a connection to the embedded server."""
    with local.cursor() as opened:
        yield opened


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for a condition, failing if it does not come about."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        pause.wait(0.002)


@pytest.fixture(name="wait_until")
def wait_until_fixture() -> Callable[..., None]:
    """The function that waits for a condition."""
    return wait_until
