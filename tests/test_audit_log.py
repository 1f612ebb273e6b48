"""The audit log's file: whole lines from all writers, moved files, full disks."""

import json
import logging
import multiprocessing
import os
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.audit_log import AuditLine, AuditLog, encode_line
from oracle_api.exceptions import SettingsError

PROCESSES, LINES = 4, 500


def written(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "audit.log"


def line(number: int) -> AuditLine:
    return AuditLine(event="call", status=number)


def test_a_line_is_an_object_of_what_is_known() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
    data = encode_line(AuditLine(event="call", end=moment, client="ñ", path="/a\nb", status=200))
    assert data.count(b"\n") == 1
    assert data.endswith(b"}\n")
    assert json.loads(data) == {
        "event": "call",
        "end": "2026-01-02T03:04:05.678901Z",
        "client": "ñ",
        "path": "/a\nb",
        "status": 200,
    }


@given(st.lists(st.text(max_size=128), max_size=300))
def test_a_line_is_never_longer_than_a_pipe_takes_whole(names: list[str]) -> None:
    data = encode_line(AuditLine(event="call", procedure="P", params=tuple(names)))
    assert len(data) <= 4096
    read = msgspec.json.decode(data, type=AuditLine)
    assert read.params == tuple(names[: len(read.params)])
    assert len(read.params) + read.params_left_out == len(names)


def test_the_file_is_readable_by_its_owner_and_group_only(path: Path) -> None:
    AuditLog(str(path)).write(line(1))
    assert path.stat().st_mode & 0o777 & ~0o640 == 0


def _write_many(path: str, first: int, start: Any) -> None:
    audit = AuditLog(path)
    start.wait()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(audit.write, map(line, range(first, first + LINES))))


def test_processes_and_threads_do_not_tear_each_others_lines(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(PROCESSES + 1)
    processes = [
        context.Process(target=_write_many, args=(str(path), number * LINES, start))
        for number in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    start.wait(60)
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    assert sorted(each["status"] for each in written(path)) == list(range(PROCESSES * LINES))


def test_a_file_that_is_moved_away_is_made_anew_and_no_line_is_lost(path: Path) -> None:
    audit = AuditLog(str(path))
    moved: list[Path] = []
    goes_on = threading.Event()

    def write() -> None:
        for number in range(2000):
            audit.write(line(number))
            if number == 200:
                goes_on.set()

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(write)
        assert goes_on.wait(30)
        while not writing.done():
            target = path.with_name(f"audit.log.{len(moved)}")
            try:
                path.rename(target)
            except FileNotFoundError:
                continue
            moved.append(target)
        writing.result()
    audit.write(line(2000))
    assert moved
    seen = Counter(each["status"] for file in (*moved, path) for each in written(file))
    assert seen == Counter(range(2001))


def test_a_deleted_file_is_made_anew(path: Path) -> None:
    audit = AuditLog(str(path))
    path.unlink()
    audit.write(line(1))
    assert written(path) == [{"event": "call", "status": 1}]


def test_what_was_cut_short_does_not_spoil_the_next_line(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b'{"event":"call","sta')
    AuditLog(str(path)).write(line(1))
    assert path.read_bytes() == b'{"event":"call","sta\n{"event":"call","status":1}\n'


def test_a_full_disk_is_logged_once_and_goes_no_further(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    audit = AuditLog(str(path))
    path.unlink()
    path.symlink_to("/dev/full")
    for number in range(5):
        audit.write(line(number))
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage().endswith("No space left on device")
    path.unlink()
    audit.write(line(5))
    audit.write(line(6))
    assert [each["status"] for each in written(path)] == [5, 6]
    assert [record.getMessage() for record in caplog.records[1:]] == [
        "The audit log is written again; 5 lines were lost."
    ]


def test_lines_can_go_to_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    AuditLog("-").write(line(7))
    assert json.loads(capfd.readouterr().out) == {"event": "call", "status": 7}


def test_without_a_path_nothing_is_written(tmp_path: Path) -> None:
    AuditLog("").write(line(1))
    assert not os.listdir(tmp_path)


def test_a_path_that_cannot_be_written_ends_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="AUDIT_LOG"):
        AuditLog(str(tmp_path))
