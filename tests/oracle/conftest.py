"""The embedded database in this process, and a pool on it."""

from collections.abc import Callable, Iterator

import pytest

from oracle_api.embedded import demo
from oracle_api.embedded.server import EmbeddedServer
from oracle_api.oracle.pool import OraclePool, PoolObserver
from oracle_api.settings import Settings


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer(catalog=demo.catalog) as server:
        yield server


@pytest.fixture
def make_pool(server: EmbeddedServer) -> Iterator[Callable[..., OraclePool]]:
    made: list[OraclePool] = []

    def make(observer: PoolObserver | None = None, **environ: str) -> OraclePool:
        settings = Settings.from_env(
            {
                "ORACLE_DSN": server.dsn,
                "ORACLE_USER": server.user,
                "ORACLE_PASSWORD": server.password,
                "ORACLE_CONNECT_SECONDS": "2",
                "API_TOKEN": "t",
                **environ,
            }
        )
        made.append(OraclePool(settings, settings.job_workers + settings.web_threads + 1, observer))
        made[-1].open()
        return made[-1]

    yield make
    for pool in made:
        pool.close(5)
    server.faults.clear()


@pytest.fixture
def pool(make_pool: Callable[..., OraclePool]) -> OraclePool:
    return make_pool()
