"""Clients by token and name, and a file that changes while it is used."""

import hashlib
import logging
import os
from pathlib import Path

import pytest

from oracle_api.clients.directory import ClientDirectory
from oracle_api.exceptions import SettingsError


def block(name: str, token: str) -> str:
    digest = hashlib.sha256(token.encode()).hexdigest()
    return f'[[clients]]\nname = "{name}"\nsha256 = "{digest}"\n'


class Clock:
    """Monotonic seconds that pass when a test says so."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "clients.toml"
    path.write_text(block("etl", "t-etl") + block("web", "t-web"))
    return path


@pytest.fixture
def directory(path: Path, clock: Clock) -> ClientDirectory:
    directory = ClientDirectory("t-default", str(path), clock)
    directory.load()
    return directory


def who(directory: ClientDirectory, token: str) -> str | None:
    client = directory.identify(token.encode())
    return client and client.name


@pytest.mark.parametrize(
    ("token", "name"),
    [
        ("t-default", "default"),
        ("t-etl", "etl"),
        ("t-web", "web"),
        ("t-we", None),
        ("t-web ", None),
        ("", None),
        (hashlib.sha256(b"t-etl").hexdigest(), None),
    ],
)
def test_a_token_is_its_clients(directory: ClientDirectory, token: str, name: str | None) -> None:
    assert who(directory, token) == name


def test_without_api_token_nobody_is_default() -> None:
    directory = ClientDirectory("", "")
    directory.load()
    assert who(directory, "") is None


def test_an_empty_token_is_nobodys_even_where_its_digest_is_listed(
    path: Path, directory: ClientDirectory, clock: Clock
) -> None:
    path.write_text(block("etl", ""))
    clock.now += 2
    assert who(directory, "") is None


@pytest.mark.parametrize("name", ["default", "anonymous", "etl", "web"])
def test_a_client_is_found_by_its_name(directory: ClientDirectory, name: str) -> None:
    client = directory.named(name)
    assert client is not None
    assert client.name == name


def test_who_is_not_there_has_no_name(directory: ClientDirectory) -> None:
    assert directory.named("nobody") is None


def test_a_changed_file_counts_after_a_second_not_before(
    path: Path, directory: ClientDirectory, clock: Clock
) -> None:
    path.write_text(block("web", "t-web") + block("new", "t-new"))
    clock.now += 0.9
    assert (who(directory, "t-etl"), who(directory, "t-new")) == ("etl", None)
    clock.now += 0.2
    assert (who(directory, "t-etl"), who(directory, "t-new")) == (None, "new")
    assert directory.named("etl") is None
    assert who(directory, "t-default") == "default"


def test_a_file_that_is_moved_into_its_place_counts_too(
    path: Path, directory: ClientDirectory, clock: Clock
) -> None:
    status = path.stat()
    other = path.with_name("next.toml")
    other.write_text(block("etl", "t-ETL") + block("web", "t-WEB"))
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert other.stat().st_size == status.st_size
    other.rename(path)
    clock.now += 2
    assert (who(directory, "t-ETL"), who(directory, "t-etl")) == ("etl", None)


def test_a_second_change_within_the_clocks_grain_is_seen(
    path: Path, directory: ClientDirectory, clock: Clock
) -> None:
    status = path.stat()
    path.write_text(block("etl", "t-ETL") + block("web", "t-web"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    clock.now += 2
    assert who(directory, "t-ETL") == "etl"


def test_a_file_that_does_not_change_is_not_read_again(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.utime(path, (1_700_000_000, 1_700_000_000))
    directory = ClientDirectory("", str(path), clock)
    directory.load()
    reads = []
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda *a, **o: reads.append(a) or real(*a, **o))
    for _ in range(3):
        clock.now += 2
        assert who(directory, "t-etl") == "etl"
    assert reads == []
    path.unlink()
    path.touch()
    clock.now += 2
    assert who(directory, "t-etl") is None
    assert len(reads) == 1


@pytest.mark.parametrize("content", [b"[[clients", b'[[clients]]\nname = "x"\n', b"\xff", None])
def test_a_broken_file_changes_nothing_and_is_logged_once(
    path: Path,
    directory: ClientDirectory,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    content: bytes | None,
) -> None:
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    for _ in range(5):
        clock.now += 2
        assert who(directory, "t-etl") == "etl"
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert str(path) in record.getMessage()
    assert record.getMessage().endswith("The clients that it held before stay valid.")

    path.write_text(block("etl", "t-new"))
    clock.now += 2
    assert (who(directory, "t-new"), who(directory, "t-etl")) == ("etl", None)
    path.unlink()
    clock.now += 2
    assert who(directory, "t-new") == "etl"
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 2


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (None, "cannot be read: No such file"),
        (b"\xff", "UTF-8"),
        (block("x", "t").encode(), "client 'x': sha256: 'default' and 'x' share one token"),
        (b'[[clients]]\nname = "x"\n', "client 'x': Object missing required field `sha256`"),
    ],
)
def test_a_file_that_cannot_be_used_ends_the_start(
    path: Path, content: bytes | None, names: str
) -> None:
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        ClientDirectory("t", str(path)).load()
    assert caught.value.detail.startswith(f"API_TOKENS_FILE {path}")
    assert names in caught.value.detail
