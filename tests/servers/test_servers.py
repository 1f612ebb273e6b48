"""The servers that other tests build on: their data outlives what it should, and only that."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.integration.service import ROOT, eventually

from .postgres import Postgres
from .redis import Redis


@pytest.fixture
def own_postgres(needs_postgres: None, run_folder: Path, tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres(tmp_path / "postgres", template_folder=run_folder, durable=True)
    yield server.start()
    server.close()


@pytest.fixture
def own_redis(needs_redis: None, tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path / "redis")
    yield server.start()
    server.close()


def test_postgres_keeps_what_was_committed_through_kill_and_restart(
    own_postgres: Postgres,
) -> None:
    own_postgres.execute("CREATE TABLE notes AS SELECT 1 AS n")
    own_postgres.kill()
    own_postgres.start()
    own_postgres.restart()
    assert own_postgres.execute("SELECT n FROM notes") == [(1,)]
    own_postgres.restart(keep_data=False)
    with pytest.raises(psycopg.errors.UndefinedTable):
        own_postgres.execute("SELECT n FROM notes")


def test_postgres_stands_still_and_goes_on(own_postgres: Postgres) -> None:
    address = {"host": own_postgres.host, "port": own_postgres.port, "user": "oracle_api"}
    own_postgres.pause()
    with pytest.raises(psycopg.errors.ConnectionTimeout):
        psycopg.connect(**address, dbname="postgres", connect_timeout=2)
    own_postgres.resume()
    assert own_postgres.execute("SELECT 1") == [(1,)]


def test_each_test_has_an_empty_database(postgres: Postgres, postgres_url: str) -> None:
    name = postgres_url.rpartition("/")[2]
    count = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert postgres.execute(count, name) == [(0,)]


def test_redis_keeps_what_it_answered_through_kill_and_restart(own_redis: Redis) -> None:
    assert own_redis.command("RPUSH", "celery", "job") == ":1"
    own_redis.kill()
    own_redis.start()
    own_redis.restart()
    assert own_redis.command("LLEN", "celery") == ":1"
    own_redis.restart(keep_data=False)
    assert own_redis.command("LLEN", "celery") == ":0"


def test_redis_stands_still_and_goes_on(own_redis: Redis) -> None:
    own_redis.pause()
    with pytest.raises(TimeoutError):
        own_redis.command("PING", seconds=0.5)
    own_redis.resume()
    assert own_redis.command("PING") == "+PONG"


def test_a_server_ends_with_the_process_that_started_it(needs_redis: None, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.servers.redis import Redis;"
        "server = Redis(Path(sys.argv[1])).start(); print(server.process.pid, flush=True);"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        os.kill(pid, 0)
        starter.kill()
    eventually(lambda: not Path(f"/proc/{pid}").exists())
