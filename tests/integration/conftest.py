"""A database, and services under test on it."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from oracle_api.embedded import demo
from oracle_api.embedded.server import EmbeddedServer
from tests.real_oracle import Target, real_target
from tests.servers.redis import Redis

from . import timestamp_procedures, type_procedures
from .procedures import Tally, catalog
from .procedures import tally as the_tally
from .service import Service, ServiceWithWorker, eventually

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


@pytest.fixture(scope="session")
def broker_urls(redis: Redis) -> Iterator[str]:
    """Give the url of a database of its own for each service."""
    return (f"{redis.url.rpartition('/')[0]}/{number}" for number in itertools.cycle(range(16)))


@pytest.fixture(scope="module")
def engine(request: pytest.FixtureRequest) -> str:
    """What runs the jobs: the word of JOB_ENGINE, where a module is tested with each of them."""
    return str(getattr(request, "param", "threads"))


@pytest.fixture(scope="module")
def new_service(
    request: pytest.FixtureRequest, oracle_environ: dict[str, str], engine: str
) -> Callable[..., Service]:
    """Make a service with an engine; it is not started."""

    def new(folder: Path, environ: Mapping[str, str | None]) -> Service:
        if engine == "threads":
            return Service(folder, {**oracle_environ, **environ})
        url = next(request.getfixturevalue("broker_urls"))
        through = {"JOB_ENGINE": engine, "CELERY_BROKER_URL": url}
        return ServiceWithWorker(folder, {**oracle_environ, **through, **environ})

    return new


@pytest.fixture
def make_service(
    tmp_path: Path, new_service: Callable[..., Service]
) -> Iterator[Callable[..., Service]]:
    """Make services that share one folder and so one job store."""
    made: list[Service] = []

    def make(**environ: str | None) -> Service:
        made.append(new_service(tmp_path, environ))
        return made[-1]

    yield make
    for service in made:
        service.close()


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, new_service: Callable[..., Service]
) -> Iterator[Service]:
    """One running service for the tests of a module that leave it as it was."""
    service = new_service(tmp_path_factory.mktemp("service"), {}).start()
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
