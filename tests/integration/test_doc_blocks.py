"""Every block of the documents that can be carried out, against a live service.

The shell blocks of a page run in order in one shell, in a folder that looks like a clone; each
program is one of its own. Where the answer is shown right after a block, it is held against the
real one, but for what is another each time. A block that is marked with ``<!-- not run: why -->``
is left out. The service has the token of ``make run``, and only its port is another.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import oracledb
import pytest

from oracle_api.embedded.server import EmbeddedServer
from tests.doc_blocks import PROGRAMS, SHELL, Block, all_blocks, blocks, pages

from .conftest import needs_embedded
from .service import ROOT, Service

TOKEN = "demo"

_RULE = "=== block {} ==="


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, oracle_environ: dict[str, str]
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("service")
    service = Service(folder, {**oracle_environ, "API_TOKEN": TOKEN}).start()
    yield service
    service.stop()
    service.close()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Give a folder with all that a clone has, where blocks may write files of their own."""
    for path in ROOT.iterdir():
        if path.name not in (".git", ".env", ".venv", "var"):
            (tmp_path / path.name).symlink_to(path)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


def run(command: list[str], service: Service, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run a command in a clone, with the service's address and token in the environment."""
    programs = Path(sys.executable).parent
    return subprocess.run(
        command,
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "ORACLE_API_URL": service.url,
            "ORACLE_API_TOKEN": TOKEN,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def live(text: str, service: Service) -> str:
    """Point a block at the service under test."""
    return re.sub(r"\b(127\.0\.0\.1|localhost):8080\b", rf"\1:{service.port}", text)


def typed(block: Block) -> tuple[str, str]:
    """Give what is typed into a shell, and what is shown as its answer."""
    if block.kind != "console":
        return block.text, ""
    lines = block.text.splitlines()
    commands = [line[2:] for line in lines if line.startswith(("$ ", "> "))]
    return "\n".join(commands), "\n".join(line for line in lines if line[:2] not in ("$ ", "> "))


def run_shell(page: str, service: Service, folder: Path) -> list[tuple[Block, str]]:
    """Run the shell blocks of a page; gives each with what it printed."""
    found = [block for block in blocks(page) if block.kind in SHELL and block.is_run]
    script = "set -euo pipefail\n" + "\n".join(
        f"printf '\\n{_RULE.format(number)}\\n'\n{live(typed(block)[0], service)}"
        for number, block in enumerate(found)
    )
    done = run(["bash", "-c", script], service, folder)
    outputs = re.split(rf"\n{_RULE.format('[0-9]+')}\n", done.stdout)[1:]
    assert done.returncode == 0, (
        f"{found[len(outputs) - 1]}\n{found[len(outputs) - 1].text}\n\n"
        f"ended with {done.returncode}:\n{outputs[-1]}\n{done.stderr}"
    )
    return list(zip(found, outputs, strict=True))


SHELL_PAGES = [
    page for page in pages() if any(block.kind in SHELL and block.is_run for block in blocks(page))
]
RUN_PROGRAMS = [block for block in all_blocks() if block.kind in PROGRAMS and block.is_run]
RUN_SQL = [block for block in all_blocks() if block.kind == "sql" and block.is_run]


@pytest.mark.parametrize("page", [page for page in SHELL_PAGES if page != "README.md"])
def test_the_commands_of_a_page_succeed_and_answer_as_it_says(
    page: str, service: Service, clone: Path
) -> None:
    for block, output in run_shell(page, service, clone):
        compare(block, output)


@needs_embedded
def test_the_session_of_the_readme_shows_what_it_promises(service: Service, clone: Path) -> None:
    ran = run_shell("README.md", service, clone)
    session = next(output for block, output in ran if block.kind == "bash")
    total, running, completed, asked, cancelled, listed, deleted = session.splitlines()
    assert total == '{"status":"ok","out":{"RESULTADO":3.5}}'
    assert '"status":"running"' in running
    assert '"result":{"vRESULTADO":12500}' in completed
    assert '"cancel_requested":true' in asked or '"status":"cancelled"' in asked
    assert '"status":"cancelled"' in cancelled
    assert listed.startswith('{"total":')
    assert '"message":' in deleted


@pytest.mark.parametrize("block", RUN_PROGRAMS, ids=str)
def test_a_program_of_a_page_succeeds(block: Block, service: Service, clone: Path) -> None:
    done = run([*_interpreter(block), live(block.text, service)], service, clone)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout
    compare(block, done.stdout)


def _interpreter(block: Block) -> list[str]:
    if block.kind == "python":
        return [sys.executable, "-c"]
    return ["node", f"--input-type={'commonjs' if 'require(' in block.text else 'module'}", "-e"]


@needs_embedded
@pytest.mark.parametrize("block", RUN_SQL, ids=str)
def test_a_statement_of_a_page_is_one(block: Block, embedded: EmbeddedServer) -> None:
    with (
        oracledb.connect(
            user=embedded.user, password=embedded.password, dsn=embedded.dsn
        ) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(block.text.strip().removesuffix(";"))


def test_hardly_a_block_is_left_out() -> None:
    found = [block for block in all_blocks() if block.kind in SHELL + PROGRAMS]
    assert sum(block.is_run for block in found) > 50
    assert len(RUN_PROGRAMS) >= 4
    assert RUN_SQL


# ---- holding an answer against the one that is shown

# Members whose value is another one each time; that they are there is compared.
_VARYING = {
    "duration", "progress", "work", "total", "next", "deleted", "start_time", "run_start_time",
    "end_time", "request_id", "session_id", "serial_num", "instance",
}  # fmt: skip
_VARYING_TEXT = re.compile(r"[0-9a-f]{32}|\d{4}-\d\d-\d\dT[\d:.]+Z?")


def compare(block: Block, output: str) -> None:
    """Hold what a block printed against the answer that is shown, if one is."""
    if block.kind == "console":
        assert comparable("text", output) == comparable("text", typed(block)[1]), str(block)
    elif block.answer is not None:
        kind = block.answer.kind
        assert comparable(kind, output) == comparable(kind, block.answer.text), str(block)


def comparable(kind: str, text: str) -> Any:
    """Give what of an answer must be the same each time."""
    text = text.replace("\r\n", "\n").strip()
    if kind == "json":
        return _steady(json.loads(text))
    if kind == "text":
        return [_VARYING_TEXT.sub("*", line.strip()) for line in text.splitlines()]
    head, _, body = text.partition("\n\n")
    status, *headers = head.splitlines()
    fields = dict(line.split(": ", 1) for line in headers)
    shown = {name: _steady(fields.get(name)) for name in ("Location", "Retry-After", "Allow")}
    return status, shown, "ETag" in fields, body and _steady(json.loads(body))


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: None if name in _VARYING else _steady(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_steady(one) for one in value]
    return _VARYING_TEXT.sub("*", value) if isinstance(value, str) else value
