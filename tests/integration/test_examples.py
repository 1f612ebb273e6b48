"""The example programs and every command of the guides, run against a live service.

In the guides, a block after ``<!-- no ejecutar -->`` is left out. The bash blocks of a guide run in
order in one shell; where the answer is printed right after one, it is held against the real one.
Each Python block is a program of its own.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from .service import ROOT, TOKEN, Service, free_port

DOCS = ROOT / "docs"
GUIDES = ("EJEMPLO_ASYNC.md", "PROCEDIMIENTOS_ASINCRONOS.md")
NOT_RUN = "<!-- no ejecutar -->"

DEFAULT_URL = "http://127.0.0.1:8080"
DEFAULT_TOKEN = "ORACLE_API_TOKEN=demo"


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


# ---- the guides


@dataclass(frozen=True)
class Block:
    """A fenced block of a guide.

    Args:
        language: after the fence.
        text: between the fences.
        heading: the one above it.
        is_run: it is not marked as one to leave out.
        answer: the block right after it, where that one is the answer to a command.
    """

    language: str
    text: str
    heading: str
    is_run: bool
    answer: "Block | None" = None


_PIECE = re.compile(
    rf"^(?P<mark>{NOT_RUN}\n)?```(?P<language>\w+)\n(?P<text>.*?)\n```\n"
    r"(?:\n```(?P<kind>json|http|text)\n(?P<answer>.*?)\n```\n)?"
    r"|^#+ (?P<heading>[^\n]+)",
    re.MULTILINE | re.DOTALL,
)


def blocks(guide: str) -> Iterator[Block]:
    """Read the blocks of a guide."""
    heading = ""
    for piece in _PIECE.finditer((DOCS / guide).read_text("utf-8")):
        if piece["heading"]:
            heading = piece["heading"]
            continue
        answer = piece["kind"] and Block(piece["kind"], piece["answer"], heading, False)
        yield Block(piece["language"], piece["text"], heading, not piece["mark"], answer or None)


def runnable(guide: str, language: str) -> list[Block]:
    """Give the blocks of a guide in one language that are to be run."""
    return [block for block in blocks(guide) if block.language == language and block.is_run]


def live(text: str, url: str) -> str:
    """Point a block at the service under test."""
    return text.replace(DEFAULT_URL, url).replace(DEFAULT_TOKEN, f"ORACLE_API_TOKEN={TOKEN}")


def run_bash(guide: str, url: str, folder: Path) -> list[tuple[Block, str]]:
    """Run the bash blocks of a guide in one shell; gives each with what it printed."""
    found = runnable(guide, "bash")
    script = "set -euo pipefail\n" + "\n".join(
        f"printf '\\n=== %s ===\\n' {number}\n{live(block.text, url)}"
        for number, block in enumerate(found)
    )
    done = run(["bash", "-c", script], url, cwd=folder)
    outputs = re.split(r"\n=== \d+ ===\n", done.stdout)[1:]
    assert done.returncode == 0, (
        f"{found[len(outputs) - 1].text}\n\nended with {done.returncode}:\n"
        f"{outputs[-1]}\n{done.stderr}"
    )
    return list(zip(found, outputs, strict=True))


@pytest.mark.parametrize("guide", GUIDES)
def test_the_commands_of_a_guide_succeed_and_answer_as_it_says(
    guide: str, service: Service, tmp_path: Path
) -> None:
    for block, output in run_bash(guide, service.url, tmp_path):
        if block.answer is not None:
            shown = comparable(block.answer.language, block.answer.text)
            assert comparable(block.answer.language, output) == shown, block.text


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(block, id=f"{guide}: {block.heading}")
        for guide in GUIDES
        for block in runnable(guide, "python")
    ],
)
def test_a_python_program_of_a_guide_succeeds(
    block: Block, service: Service, tmp_path: Path
) -> None:
    done = run([sys.executable, "-c", live(block.text, service.url)], service.url, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout


def test_nearly_every_block_of_the_guides_is_run() -> None:
    found = [block for guide in GUIDES for block in blocks(guide)]
    assert sum(block.language == "bash" for block in found) > 25
    assert sum(block.language == "python" for block in found) >= 4
    assert sum(not block.is_run for block in found) <= 1
    for guide in GUIDES:
        text = (DOCS / guide).read_text("utf-8")
        fenced = len(re.findall(r"^```(?:bash|python)$", text, re.MULTILINE))
        assert fenced == sum(block.language in ("bash", "python") for block in blocks(guide))
        assert "FILL" not in text


# ---- holding an answer against the one that is shown

# Members whose value is another one each time; that they are there is compared.
_VARYING = {
    "duration", "progress", "work", "total", "next", "deleted", "start_time", "run_start_time",
    "end_time", "request_id", "session_id", "serial_num", "instance",
}  # fmt: skip
_VARYING_TEXT = re.compile(r"[0-9a-f]{32}|\d{4}-\d\d-\d\dT[\d:.]+Z?")


def comparable(language: str, text: str) -> Any:
    """Give what of an answer must be the same each time."""
    text = text.replace("\r\n", "\n").strip()
    if language == "json":
        return _steady(json.loads(text))
    if language == "text":
        return [line.strip() for line in text.splitlines()]
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
