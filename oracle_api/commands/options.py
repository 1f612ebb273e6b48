"""Options that several commands share, and the way from them to the service."""

import argparse
import os
import sys
import textwrap
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from oracle_api.remote.arguments import Values, call_body, parse_argument, parse_out
from oracle_api.remote.connection import Answer, Connection
from oracle_api.remote.documents import Description, read
from oracle_api.remote.errors import Refused, RemoteError
from oracle_api.remote.exits import ExitCode
from oracle_api.remote.service import Service
from oracle_api.remote.target import DEFAULT_URL, TOKEN_VARIABLE, URL_VARIABLE, find_target
from oracle_api.terminal.printer import Printer

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_T = TypeVar("_T")

_HELP_COLUMNS = 88

# A year; what is longer than a clock can count to is no wait.
_LONGEST_SECONDS = 31_536_000

#: Lines below the help of each command that talks to a service.
EXITS = "exit codes:\n" + "".join(f"  {code.value:>3}  {code.meaning}\n" for code in ExitCode)

#: Below the help of a command that calls a procedure.
CALL_EPILOG = """\
parameters:
  NAME=VALUE    text; the database's own description of the parameter makes of it a number, a
                date, a boolean … For a collection, record, object or JSON it is JSON
  NAME:=JSON    any JSON value, as it is
  NAME=@FILE    what is in the file, @- on standard input: text in UTF-8; any bytes for RAW, BLOB
  NAME=         null, which for Oracle an empty text is too
"""


def add_remote(
    commands: "Commands",
    name: str,
    run: Callable[[argparse.Namespace], ExitCode],
    *,
    purpose: str,
    about: str,
    epilog: str = "",
) -> argparse.ArgumentParser:
    """Add a command that talks to a service.

    Args:
        commands: of the command line.
        name: of the command.
        run: carries it out.
        purpose: in the list of commands.
        about: what it does, in its own help.
        epilog: below its options, above the exit codes.
    """
    parser = commands.add_parser(
        name,
        help=purpose,
        description=textwrap.fill(about, _HELP_COLUMNS),
        epilog=f"{epilog}\n{EXITS}".lstrip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    group = parser.add_argument_group("service")
    group.add_argument("--url", help=f"where it is; else {URL_VARIABLE}, else {DEFAULT_URL}")
    group.add_argument(
        "--token-file", type=Path, metavar="FILE", help=f"holds the token; else {TOKEN_VARIABLE}"
    )
    group.add_argument(
        "--ca-file", type=Path, metavar="FILE", help="certificates to trust for https (PEM)"
    )
    parser.add_argument(
        "--json", action="store_true", help="print the service's own JSON, as one document"
    )
    parser.set_defaults(run=run)
    return parser


def add_call(parser: argparse.ArgumentParser) -> None:
    """Add what says which procedure is called, and with what."""
    read_parameter = _checked(parse_argument)
    parser.add_argument("name", metavar="PROCEDURE", help="PROC, PKG.PROC or SCHEMA.PKG.PROC")
    parser.add_argument(
        "parameters",
        nargs="*",
        type=read_parameter,
        metavar="NAME=VALUE",
        help="see below",
    )
    parser.set_defaults(read_parameter=read_parameter)
    parser.add_argument("--schema", help="the owner, beside the name")
    parser.add_argument("--overload", type=int, metavar="N", help="which overload, from 1")
    parser.add_argument(
        "--function",
        action="store_true",
        help="it is a function; only where the data dictionary does not show it",
    )
    parser.add_argument(
        "--out",
        action="append",
        default=[],
        type=parse_out,
        metavar="NAME[:TYPE]",
        help="an OUT parameter; only where the data dictionary does not show it",
    )
    parser.add_argument(
        "--dbms-output", action="store_true", help="show the lines that it writes with DBMS_OUTPUT"
    )


def positive_seconds(text: str) -> float:
    """Read a number of seconds above 0."""
    with suppress(ValueError):
        if 0 < float(text) < _LONGEST_SECONDS:
            return float(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")


def some_seconds(text: str) -> float:
    """Read a number of seconds, or 0."""
    return 0.0 if text == "0" else positive_seconds(text)


def open_service(options: argparse.Namespace, printer: Printer) -> Service:
    """Make a client of the service that a command's options and the environment name.

    Raises:
        RemoteError: they name none that can be used.
    """
    target = find_target(options.url, options.token_file, options.ca_file, os.environ)
    if target.is_exposed:
        printer.remark("Warning: the token goes over the network unencrypted: use https.")
    return Service(Connection(target))


def body_of(
    options: argparse.Namespace, describe: Callable[[str], Answer], **members: str | None
) -> bytes:
    """Make the body of a call from a command's options.

    Args:
        options: of ``add_call``.
        describe: asks the service for a procedure's description, where a value may mean two things.
        members: further ones of the body.

    Raises:
        RemoteError: a value or a file cannot be sent.
    """
    full_name = f"{options.schema}.{options.name}" if options.schema else options.name

    def description() -> Description | None:
        try:
            return read(describe(full_name).body, Description)
        except Refused as exc:
            if exc.exit_code not in (ExitCode.NOT_FOUND, ExitCode.NOT_ALLOWED):
                raise
            # The call itself says what is wrong, or needs no description.
            return None

    values = Values(options.parameters, _read_file, description)
    return call_body(
        options.name,
        values.as_json(),
        options.out,
        schema=options.schema,
        overload=options.overload,
        isFunction=options.function or None,
        output=options.dbms_output or None,
        **members,
    )


def _read_file(name: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as exc:
        raise RemoteError(f"{name} cannot be read: {exc.strerror}.", ExitCode.INVALID) from None


def _checked(parse: Callable[[str], _T]) -> Callable[[str], _T]:
    """Have argparse show what is wrong in the words of a reader."""

    def read_one(text: str) -> _T:
        try:
            return parse(text)
        except ValueError as exc:
            raise argparse.ArgumentTypeError(str(exc)) from None

    return read_one
