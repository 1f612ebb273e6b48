"""A database, and services under test on it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from oracle_api.embedded import demo
from oracle_api.embedded.server import EmbeddedServer
from tests.real_oracle import Target, real_target

from . import timestamp_procedures, type_procedures
from .procedures import Tally, catalog
from .procedures import tally as the_tally
from .service import Service, eventually

needs_embedded = pytest.mark.skipif(
    real_target() is not None,
    reason="uses procedures or faults that only the embedded database has",
)


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedServer]:
    """Run the embedded database in this process, where tests can look into it."""
    demo.catalog.include(catalog)
    demo.catalog.include(type_procedures.catalog)
    demo.catalog.include(timestamp_procedures.catalog)
    with EmbeddedServer(
        port=0, user="dwh", password="dwh", service="FREEPDB1", catalog=demo.catalog
    ) as server:
        yield server


@pytest.fixture(scope="session")
def oracle_environ(request: pytest.FixtureRequest) -> dict[str, str]:
    """Say where the database is: the embedded one, or a real one that the environment names."""
    target = real_target()
    if target is None:
        server: EmbeddedServer = request.getfixturevalue("embedded")
        target = Target(server.dsn, server.user, server.password)
    else:
        target.load_demo_procedures()
        target.load_test_procedures()
    return {
        "ORACLE_DSN": target.dsn,
        "ORACLE_USER": target.user,
        "ORACLE_PASSWORD": target.password,
    }


@pytest.fixture
def make_service(
    tmp_path: Path, oracle_environ: dict[str, str]
) -> Iterator[Callable[..., Service]]:
    """Make services that share one folder and so one job store."""
    made: list[Service] = []

    def make(**environ: str | None) -> Service:
        made.append(Service(tmp_path, {**oracle_environ, **environ}))
        return made[-1]

    yield make
    for service in made:
        service.close()


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, oracle_environ: dict[str, str]
) -> Iterator[Service]:
    """One running service for the tests of a module that leave it as it was."""
    service = Service(tmp_path_factory.mktemp("service"), oracle_environ).start()
    yield service
    service.stop()
    service.close()


@pytest.fixture
def tally() -> Tally:
    """What happened inside the embedded database during this test."""
    # The calls of a service that was just killed end a moment later.
    eventually(lambda: the_tally.now == 0)
    the_tally.reset()
    return the_tally
