"""Servers for tests: one of each kind for each process of the suite, emptied for each test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from .postgres import Postgres
from .programs import find
from .rabbitmq import RabbitMQ
from .redis import Redis

_INSTALL = "is missing: tests/servers/install.sh, as root on Debian, installs it"


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A folder that all processes of the suite share during one run (pytest-xdist's docs)."""
    base = tmp_path_factory.getbasetemp()
    return base if worker_id == "master" else base.parent


@pytest.fixture(scope="session")
def needs_postgres() -> None:
    """Skip where there is no PostgreSQL."""
    if find("postgres") is None:
        pytest.skip(f"PostgreSQL {_INSTALL}")


@pytest.fixture(scope="session")
def needs_redis() -> None:
    """Skip where there is no Redis."""
    if find("redis-server") is None:
        pytest.skip(f"Redis {_INSTALL}")


@pytest.fixture(scope="session")
def needs_rabbitmq() -> None:
    """Skip where there is no RabbitMQ, or nobody who may put it into namespaces of its own."""
    if find("rabbitmq-server") is None:
        pytest.skip(f"RabbitMQ {_INSTALL}")
    if os.geteuid() != 0:
        pytest.skip("only root can run RabbitMQ so that nothing of it is left")


@pytest.fixture(scope="session")
def postgres(
    needs_postgres: None, run_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Postgres]:
    """A PostgreSQL on loopback that no test stops or hurts."""
    server = Postgres(tmp_path_factory.mktemp("postgres"), template_folder=run_folder)
    yield server.start()
    server.close()


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """An empty database in it, for one test."""
    url = postgres.new_database()
    yield url
    postgres.drop_database(url)


@pytest.fixture(scope="session")
def redis(needs_redis: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A Redis on loopback that no test stops or hurts."""
    server = Redis(tmp_path_factory.mktemp("redis"))
    yield server.start()
    server.close()


@pytest.fixture
def redis_url(redis: Redis) -> str:
    """An empty database in it, for one test at a time."""
    redis.command("FLUSHALL")
    return redis.url


@pytest.fixture(scope="session")
def rabbitmq(needs_rabbitmq: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """A RabbitMQ on loopback that no test stops or hurts; it takes seconds to start."""
    server = RabbitMQ(tmp_path_factory.mktemp("rabbitmq"))
    yield server.start()
    server.close()
