"""``wait`` waits for a job's end."""

import argparse
from typing import TYPE_CHECKING

from oracle_api.commands.ending import add_saving, add_waiting, check_saving, wait_and_show
from oracle_api.commands.options import add_remote, open_service
from oracle_api.remote.exits import ExitCode
from oracle_api.terminal.printer import Printer

if TYPE_CHECKING:
    from oracle_api.commands.options import Commands


def add_to(commands: "Commands") -> None:
    """Add the command to a parser's."""
    parser = add_remote(
        commands,
        "wait",
        _run,
        purpose="wait for a job's end, and show its results",
        about="Waits for a job's end, also through restarts of the service, with a progress bar "
        "on standard error where that is a terminal. Then shows what the job gave.",
    )
    parser.add_argument("job", metavar="JOB", help="its id")
    add_waiting(parser)
    add_saving(parser)


def _run(options: argparse.Namespace) -> ExitCode:
    printer = Printer()
    check_saving(options)
    return wait_and_show(options, open_service(options, printer), printer, options.job)
