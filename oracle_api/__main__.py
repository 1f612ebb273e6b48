"""The command line: ``python -m oracle_api --help``."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from oracle_api.exceptions import OracleApiError
from oracle_api.remote.errors import RemoteError
from oracle_api.remote.exits import ExitCode
from oracle_api.terminal.text import printable

_COMMANDS = ("call", "submit", "wait", "jobs", "cancel", "describe", "token", "worker")

_EPILOG = """\
COMMAND --help tells of each. All but token and worker talk to a running service: ORACLE_API_URL
says where it is, ORACLE_API_TOKEN holds the token.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry a command out.

    Args:
        arguments: of the command line; None is the process's own.

    Returns:
        The exit status.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = _parser(given)
    options = _parse(parser, given)
    try:
        status = _run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered has no reader either, and would be complained of at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.PIPE_CLOSED
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except RemoteError as exc:
        sys.stderr.write(f"{parser.prog}: {printable(exc.detail)}\n")
        return exc.exit_code
    except OracleApiError as exc:
        sys.stderr.write(f"{parser.prog}: {exc.detail}\n")
        return 1
    return status


def _run(options: argparse.Namespace) -> int:
    for stream in (sys.stdout, sys.stderr):
        # Text of the database may hold what the terminal's encoding does not have.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    return options.run(options) or 0


def _parse(parser: argparse.ArgumentParser, given: Sequence[str]) -> argparse.Namespace:
    """Read the command line; parameters of a call may stand before, between and after options."""
    if any(not _is_text(word) for word in given):
        parser.error("an argument is not text in the terminal's encoding")
    options, rest = parser.parse_known_args(given)
    # argparse gives a list of positional arguments only those that stand together.
    unknown = [word for word in rest if word.startswith("-") or "read_parameter" not in options]
    if unknown:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        for word in rest:
            options.parameters.append(options.read_parameter(word))
    except argparse.ArgumentTypeError as exc:
        parser.error(str(exc))
    return options


def _is_text(word: str) -> bool:
    """Say whether a word holds no bytes that could not be decoded (PEP 383)."""
    return not any("\ud800" <= letter <= "\udfff" for letter in word)


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """Make the parser; of the commands, only the one that is given is loaded."""
    parser = argparse.ArgumentParser(
        prog="python -m oracle_api",
        description="Calls procedures and looks after jobs of a running oracle_api, and helps "
        "its operators.",
        epilog=_EPILOG,
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    wanted = given[:1] if given and given[0] in _COMMANDS else _COMMANDS
    for name in wanted:
        import_module(f"oracle_api.commands.{name}").add_to(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
