"""The command line itself."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from oracle_api.__main__ import main
from oracle_api.remote.exits import ExitCode

ROOT = Path(__file__).parents[1]
REMOTE = ("call", "submit", "wait", "jobs", "cancel", "describe")

_LOADED = """
import sys
from oracle_api.__main__ import main
try:
    main([*sys.argv[1:], "--help"])
except SystemExit as exc:
    assert exc.code == 0
print("LOADED", *(name for name in sys.modules if "." not in name))
"""


def loaded(*words: str) -> set[str]:
    """Give what is loaded to show the help of a command."""
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, *words], capture_output=True, text=True, check=True
    )
    return set(done.stdout.partition("LOADED")[2].split())


def test_a_command_starts_without_the_service() -> None:
    names = loaded("call")
    assert "urllib3" in names
    assert not names & {"flask", "werkzeug", "oracledb", "sqlalchemy", "apscheduler", "rich"}


@pytest.mark.parametrize("command", REMOTE)
def test_every_command_documents_its_exit_codes(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    text = capsys.readouterr().out
    for code in ExitCode:
        assert f"{code.value:>3}  {code.meaning}\n" in text


def test_the_how_to_page_has_the_exit_codes() -> None:
    page = (ROOT / "docs" / "how-to" / "command-line.md").read_text()
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", page, re.MULTILINE)
    assert rows == [(str(code.value), code.meaning) for code in ExitCode]
