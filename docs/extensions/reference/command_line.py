"""The commands, as they describe themselves."""

import io
import os
import re
from contextlib import redirect_stdout, suppress
from unittest.mock import patch

from oracle_api.__main__ import main
from reference.markdown import heading, paragraphs

_COMMAND = re.compile(r"^ {4}([a-z][a-z-]*)(?: {2}|$)", re.MULTILINE)


def command_line() -> str:
    """Describe every command, and the commands within it."""
    return paragraphs(*_described(()))


def _described(command: tuple[str, ...]) -> list[str]:
    text = _help(command)
    title = [heading(2, f"`{' '.join(command)}`")] if command else []
    found = [*title, f"```text\n{text}```"]
    for name in _COMMAND.findall(text):
        found += _described((*command, name))
    return found


def _help(command: tuple[str, ...]) -> str:
    # Wide enough that lines are not broken, whatever the terminal of this build.
    with (
        patch.dict(os.environ, {"COLUMNS": "100"}),
        redirect_stdout(io.StringIO()) as printed,
        suppress(SystemExit),
    ):
        main([*command, "--help"])
    return printed.getvalue()
