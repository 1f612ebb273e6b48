"""The mark of a SQLite database: another one after each commit, whoever made it."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from oracle_api.jobs.walindex import WalIndex, open_index

_COMMIT = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("INSERT INTO t VALUES (1)")
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "some.db")


@pytest.fixture
def connection(path: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE t (a)")
        yield connection


@pytest.fixture
def index(connection: sqlite3.Connection, path: str) -> Iterator[WalIndex]:
    index = WalIndex(path)
    yield index
    connection.close()
    index.close()


def test_it_changes_with_a_commit_and_with_nothing_else(
    connection: sqlite3.Connection, index: WalIndex
) -> None:
    before = index.mark()
    connection.execute("SELECT * FROM t").fetchall()
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO t VALUES (1)")
    connection.execute("ROLLBACK")
    assert index.mark() == before
    connection.execute("INSERT INTO t VALUES (1)")
    assert index.mark() != before


def test_no_mark_comes_back(connection: sqlite3.Connection, index: WalIndex) -> None:
    seen = {index.mark()}
    for number in range(200):
        connection.execute("INSERT INTO t VALUES (1)")
        if number % 20 == 0:
            # The log begins anew.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert index.mark() not in seen
        seen.add(index.mark())


def test_another_process_commits(index: WalIndex, path: str) -> None:
    before = index.mark()
    subprocess.run([sys.executable, "-c", _COMMIT, path], check=True)
    assert index.mark() != before


def test_closing_one_keeps_the_locks_of_others(
    connection: sqlite3.Connection, index: WalIndex, path: str
) -> None:
    open_index(path).close()  # type: ignore[union-attr]
    connection.execute("BEGIN IMMEDIATE")
    failed = subprocess.run(
        [sys.executable, "-c", _COMMIT.replace("isolation", "timeout=0, isolation"), path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "database is locked" in failed.stderr
    connection.execute("COMMIT")


def test_there_is_none_without_a_log(tmp_path: Path) -> None:
    path = str(tmp_path / "plain.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (a)")
        assert open_index(path) is None
    assert open_index("") is None


def test_there_is_none_of_an_unknown_version(tmp_path: Path) -> None:
    (tmp_path / "some.db-shm").write_bytes(bytes(32768))
    assert open_index(str(tmp_path / "some.db")) is None
