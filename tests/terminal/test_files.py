"""Files are there only once they are complete."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from oracle_api.terminal.files import write_whole


def broken() -> Iterator[bytes]:
    yield b"half"
    raise InterruptedError


def test_a_file_is_as_any_new_one(tmp_path: Path) -> None:
    path = tmp_path / "new"
    write_whole(path, [b"a", b"b"])
    (tmp_path / "other").touch()
    assert path.read_bytes() == b"ab"
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_what_breaks_off_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    path.chmod(0o640)
    with pytest.raises(InterruptedError):
        write_whole(path, broken())
    assert path.read_bytes() == b"before"
    write_whole(path, [b"after"])
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"after", 0o640)
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"before")
    link = tmp_path / "link"
    link.symlink_to("file")
    write_whole(link, [b"after"])
    assert link.is_symlink()
    assert (tmp_path / "file").read_bytes() == b"after"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(path, [b"a", b"b"])
        assert os.read(reader, 10) == b"ab"
    finally:
        os.close(reader)
    assert path.is_fifo()
