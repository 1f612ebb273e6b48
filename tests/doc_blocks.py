"""The fenced blocks of README.md and of the documentation's pages."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[1]

#: Carried out against a live service; "console" is a shell with what it answers.
SHELL = ("bash", "sh", "console")
PROGRAMS = ("python", "js", "javascript")
EXECUTED = (*SHELL, *PROGRAMS, "sql")
#: Must be well-formed, and say what is so.
CHECKED = ("json", "http", "toml", "yaml", "ini")
#: What a block that is carried out is answered with.
ANSWERS = ("json", "http", "text")

_MARK = re.compile(r"<!-- (?:not run|no se ejecuta): (.+?) -->")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Args:
        page: the file, from the project's root.
        line: of its opening fence.
        kind: the word after the fence.
        text: between the fences.
        excuse: why it is not carried out; empty where it is.
        answer: the block that follows without a word between them.
        is_answer: it is that of the block before.
    """

    page: str
    line: int
    kind: str
    text: str
    excuse: str = ""
    answer: "Block | None" = None
    is_answer: bool = False

    @property
    def is_run(self) -> bool:
        """Whether it is carried out."""
        return self.kind in EXECUTED and not self.excuse

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """Give the files that are read, from the project's root."""
    found = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "docs").rglob("*.md")
        if "_build" not in path.parts
    ]
    return ["README.md", *sorted(found)]


@cache
def blocks(page: str) -> tuple[Block, ...]:
    """Read the blocks of a page, but those that Sphinx itself carries out."""
    tokens = MarkdownIt("commonmark").enable("table").parse((ROOT / page).read_text("utf-8"))
    found: list[Block] = []
    before = ""
    for token in tokens:
        if token.type == "fence" and not token.info.startswith("{"):
            assert token.map is not None
            block = Block(page, token.map[0] + 1, token.info.strip(), token.content)
            if mark := _MARK.fullmatch(before.strip()):
                block = replace(block, excuse=mark[1])
            elif before == "fence" and found[-1].is_run and block.kind in ANSWERS:
                block = replace(block, is_answer=True)
                found[-1] = replace(found[-1], answer=block)
            found.append(block)
        before = token.content if token.type == "html_block" else token.type
    return tuple(found)


def all_blocks() -> Iterator[Block]:
    """Give the blocks of all pages."""
    for page in pages():
        yield from blocks(page)
