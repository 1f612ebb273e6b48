"""The systemd unit is one that systemd takes, is closed up, and stops the service in peace."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from oracle_api.settings import Settings

from .edited import DEPLOY

ROOT = DEPLOY.parents[1]
ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")

# Of systemd's own scale from 0 to 10; a unit without any hardening has 9.6.
MOST_EXPOSED = 1.5


@pytest.fixture
def unit_path(tmp_path: Path) -> Path:
    """The unit, with the folder of this checkout."""
    path = tmp_path / "oracle_api.service"
    path.write_text(
        (DEPLOY / "oracle_api.service").read_text().replace("/opt/oracle_api", str(ROOT))
    )
    return path


def analyze(*arguments: str) -> str:
    """Run systemd-analyze, which must say that all is well."""
    assert ANALYZE is not None
    done = subprocess.run(
        [ANALYZE, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@needs_systemd
def test_systemd_takes_the_unit_without_a_word(unit_path: Path) -> None:
    assert analyze("verify", "--man=no", str(unit_path)) == ""


@needs_systemd
def test_the_unit_is_closed_up(unit_path: Path) -> None:
    threshold = f"--threshold={MOST_EXPOSED * 10:.0f}"
    said = analyze("security", "--offline=yes", "--no-pager", threshold, str(unit_path))
    assert "Overall exposure level" in said


def test_it_waits_for_running_work_and_starts_what_this_repository_has() -> None:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(DEPLOY / "oracle_api.service")
    service = parser["Service"]
    settings = Settings(oracle_dsn="embedded", api_token="t")
    longest = max(settings.shutdown_grace_seconds, settings.sync_timeout_seconds) + 15
    assert int(service["TimeoutStopSec"]) > longest
    assert (service["KillSignal"], service["KillMode"]) == ("SIGTERM", "mixed")
    program, app = service["ExecStart"].split()
    assert program == f"{service['WorkingDirectory']}/.venv/bin/gunicorn"
    assert (ROOT / f"{app.partition(':')[0]}.py").exists()
