"""The example programs, run against a live service."""

import os
import shutil
import subprocess
import sys
from typing import Any

import pytest

from .service import ROOT, TOKEN, Service, free_port

DOCS = ROOT / "docs"


def run(command: list[str], url: str, token: str = TOKEN, **options: Any) -> Any:
    """Run a command that finds the service by the environment."""
    return subprocess.run(
        command,
        env={**os.environ, "ORACLE_API_URL": url, "ORACLE_API_TOKEN": token},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        **options,
    )


# ---- the example programs

PROGRAMS = [
    pytest.param([sys.executable, str(DOCS / "examples/test_async.py")], id="python"),
    pytest.param(
        ["node", str(DOCS / "examples/test_async.js")],
        id="javascript",
        marks=pytest.mark.skipif(not shutil.which("node"), reason="node is not installed"),
    ),
]


@pytest.mark.parametrize("command", PROGRAMS)
def test_a_program_finds_everything_as_it_should_be(command: list[str], service: Service) -> None:
    done = run(command, service.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("all as it should be\n")
    assert not done.stderr


@pytest.mark.parametrize("command", PROGRAMS)
def test_a_program_fails_with_a_wrong_token(command: list[str], service: Service) -> None:
    done = run(command, service.url, "wrong-token")
    assert done.returncode == 1
    assert "FAILED" in done.stderr
    assert "401" in done.stderr


@pytest.mark.parametrize("command", PROGRAMS)
def test_a_program_fails_without_a_service(command: list[str]) -> None:
    done = run(command, f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert "FAILED: no answer from" in done.stderr
    assert "Traceback" not in done.stderr
