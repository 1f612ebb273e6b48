"""logrotate, run for real with the file of docs/deploy, takes no line from who writes on."""

import gzip
import logging.handlers
import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

from .edited import DEPLOY

LOGROTATE = shutil.which("logrotate", path=f"{os.environ['PATH']}:/usr/sbin")

pytestmark = pytest.mark.skipif(LOGROTATE is None, reason="logrotate is not installed")


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """The file, for a log of the test's own and its user."""
    me = pwd.getpwuid(os.geteuid()).pw_name
    text = (DEPLOY / "logrotate").read_text()
    for old, new in (
        ("/var/log/oracle_api/", f"{tmp_path}/"),
        ("create 0640 oracle_api oracle_api", f"create 0640 {me} {me}"),
        ("su oracle_api oracle_api", f"su {me} {me}"),
    ):
        assert text.count(old) == 1
        text = text.replace(old, new)
    path = tmp_path / "logrotate.conf"
    path.write_text(text)
    path.chmod(0o644)
    return path


def rotate(configuration: Path) -> None:
    assert LOGROTATE is not None
    state = configuration.with_name("state")
    done = subprocess.run(
        [LOGROTATE, "--force", "--state", str(state), str(configuration)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_no_line_is_lost_and_nobody_is_signalled(configuration: Path, tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    writer = logging.handlers.WatchedFileHandler(path)
    try:
        writer.emit(logging.makeLogRecord({"msg": "before"}))
        rotate(configuration)
        writer.emit(logging.makeLogRecord({"msg": "after"}))
    finally:
        writer.close()
    [rotated] = tmp_path.glob("audit.log-*")
    assert rotated.read_text() == "before\n"
    assert path.read_text() == "after\n"
    assert path.stat().st_mode & 0o777 == 0o640


def test_older_files_are_compressed(configuration: Path, tmp_path: Path) -> None:
    old = tmp_path / "audit.log-20200101"
    old.write_text("old\n")
    (tmp_path / "audit.log").write_text("new\n")
    rotate(configuration)
    assert gzip.decompress(old.with_name(f"{old.name}.gz").read_bytes()) == b"old\n"
