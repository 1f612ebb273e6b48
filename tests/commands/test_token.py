"""``python -m oracle_api token``."""

import hashlib
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oracle_api.__main__ import main
from oracle_api.clients.client import Scope
from oracle_api.clients.tokenfile import parse


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def test_a_new_token_is_printed_with_the_table_to_paste(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["token", "new", "etl", "--procedures", "PKG_ETL.*", "REPORTES.PKG_*.*"]
    options = [
        "--procedures-deny",
        "PKG_ETL.X",
        "--max-active-jobs",
        "3",
        "--addresses",
        "10.0.0.1",
    ]
    assert main([*command, *options]) == 0
    first, block = capsys.readouterr().out.split("For the file that API_TOKENS_FILE names:")
    made = first.split()[-1]
    [token] = parse(block)
    assert token.digest == digest(made)
    assert made not in block
    assert len(made) >= 43
    client = token.client
    assert (client.name, client.max_active_jobs) == ("etl", 3)
    assert client.scopes == frozenset(Scope) - {Scope.JOBS_READ_ALL, Scope.METRICS}
    assert client.rules.allows(("REPORTES", "PKG_A", "P"))
    assert not client.rules.allows(("DWH", "PKG_ETL", "X"))
    assert len(client.networks) == 1


def test_no_token_is_made_twice(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        main(["token", "new", "m", "--scopes", "metrics"])
    lines = capsys.readouterr().out.split("\n")
    assert len({line for line in lines if line.startswith("sha256")}) == 2


def test_with_a_file_the_client_is_added_and_the_token_printed_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "clients.toml"
    made = []
    for name in ("a", "b"):
        command = ["token", "new", name, "--procedures", "*", "--scopes", "call"]
        assert main([*command, "--file", str(path)]) == 0
        made.append(capsys.readouterr().out)
        assert made[-1] == made[-1].strip() + "\n"
    assert path.stat().st_mode & 0o777 == 0o600
    tokens = parse(path.read_text())
    assert [token.client.name for token in tokens] == ["a", "b"]
    assert [token.digest for token in tokens] == [digest(one.strip()) for one in made]


def test_what_a_file_holds_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "clients.toml"
    path.write_text("# ours, without a line's end")
    assert main(["token", "new", "m", "--scopes", "metrics", "--file", str(path)]) == 0
    assert path.read_text().startswith("# ours, without a line's end\n\n[[clients]]\n")
    before = path.read_text()
    assert main(["token", "new", "m", "--scopes", "metrics", "--file", str(path)]) == 1
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["etl"], "--procedures is needed"),
        (["default", "--scopes", "metrics"], "client 'default': name: "),
        (["a b", "--scopes", "metrics"], "client 'a b': name: "),
        (["x", "--procedures", "A..B"], "procedures: 'A..B'"),
        (["x", "--scopes", "metrics", "--addresses", "10.0.0.0/33"], "addresses: "),
        (["x", "--scopes", "metrics", "--max-active-jobs", "0"], "max_active_jobs: "),
        (["x", "--scopes", "metrics", "--file", "/"], "/ cannot be read: Is a directory."),
    ],
)
def test_what_no_file_may_hold_is_not_made(
    capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    assert main(["token", "new", *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert says in captured.err


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("90d", timedelta(days=90)),
        ("12h", timedelta(hours=12)),
        ("2101-01-01", datetime(2101, 1, 1, tzinfo=UTC)),
        ("2101-01-01T02:00:00+02:00", datetime(2101, 1, 1, tzinfo=UTC)),
        ("2101-01-01T00:00:00Z", datetime(2101, 1, 1, tzinfo=UTC)),
    ],
)
def test_when_a_token_expires(tmp_path: Path, text: str, after: timedelta | datetime) -> None:
    path = tmp_path / "clients.toml"
    main(["token", "new", "m", "--scopes", "metrics", "--expires", text, "--file", str(path)])
    [token] = parse(path.read_text())
    assert token.client.expires is not None
    expected = after if isinstance(after, datetime) else datetime.now(UTC) + after
    assert abs(token.client.expires - expected) < timedelta(minutes=1)


@pytest.mark.parametrize("text", ["soon", "2001-01-01", "0d", "-1d", "9999999d", ""])
def test_a_time_that_is_none_or_over_is_refused(
    capsys: pytest.CaptureFixture[str], text: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["token", "new", "m", "--scopes", "metrics", f"--expires={text}"])
    assert caught.value.code == 2
    assert "--expires" in capsys.readouterr().err


def test_a_file_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "clients.toml"
    path.write_text(
        f'[[clients]]\nname = "old"\nsha256 = "{"ab" * 32}"\nexpires = 2001-01-01T00:00:00Z\n'
        f'[[clients]]\nname = "new"\nsha256 = "{"cd" * 32}"\nscopes = ["call"]\n'
    )
    assert main(["token", "check", str(path)]) == 0
    out = capsys.readouterr().out
    assert "old: expired" in out
    assert "new: valid; call" in out
    path.write_text('[[clients]]\nname = "old"\n')
    assert main(["token", "check", str(path)]) == 1
    error = capsys.readouterr().err
    assert f"{path}: client 'old': Object missing required field `sha256`" in error
    assert main(["token", "check", str(tmp_path / "none")]) == 1


def test_the_command_line_runs_by_itself_and_lists_what_there_is() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "oracle_api", "--help"], capture_output=True, text=True, check=True
    )
    assert "token" in done.stdout
    none = subprocess.run([sys.executable, "-m", "oracle_api"], capture_output=True, check=False)
    assert none.returncode == 2
