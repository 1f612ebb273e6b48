"""``call`` runs a procedure now."""

import argparse
from typing import TYPE_CHECKING

from oracle_api.commands.options import (
    CALL_EPILOG,
    add_call,
    add_remote,
    body_of,
    open_service,
    positive_seconds,
)
from oracle_api.remote.documents import CallAnswer, read
from oracle_api.remote.exits import ExitCode
from oracle_api.terminal.printer import Printer
from oracle_api.terminal.results import show_results

if TYPE_CHECKING:
    from oracle_api.commands.options import Commands


def add_to(commands: "Commands") -> None:
    """Add the command to a parser's."""
    parser = add_remote(
        commands,
        "call",
        _run,
        purpose="run a procedure now, and show what it gives",
        about="Runs a procedure and shows its OUT parameters; cursors are tables. It is sent "
        "once, whatever comes.",
        epilog=CALL_EPILOG,
    )
    add_call(parser)
    parser.add_argument(
        "--timeout", type=positive_seconds, metavar="S", help="wait so many seconds for the answer"
    )


def _run(options: argparse.Namespace) -> ExitCode:
    printer = Printer()
    service = open_service(options, printer)
    answer = service.call(body_of(options, service.describe), options.timeout)
    if options.json:
        printer.document(answer.body)
    else:
        found = read(answer.body, CallAnswer)
        show_results(printer, found.out, found.results, found.output, service.rows)
    return ExitCode.OK
