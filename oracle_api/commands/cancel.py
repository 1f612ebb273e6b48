"""``cancel`` cancels a job."""

import argparse
from typing import TYPE_CHECKING

from oracle_api.commands.ending import add_waiting, wait
from oracle_api.commands.options import add_remote, open_service
from oracle_api.remote.documents import Job, read
from oracle_api.remote.exits import ExitCode
from oracle_api.terminal.printer import Printer

if TYPE_CHECKING:
    from oracle_api.commands.options import Commands


def add_to(commands: "Commands") -> None:
    """Add the command to a parser's."""
    parser = add_remote(
        commands,
        "cancel",
        _run,
        purpose="cancel a job",
        about="Cancels a job: one that waits at once, a running one as soon as the database has "
        "broken it off. Its status is printed.",
    )
    parser.add_argument("job", metavar="JOB", help="its id")
    parser.add_argument(
        "--wait", action="store_true", help="wait until it has ended; 0 only if it was cancelled"
    )
    add_waiting(parser)


def _run(options: argparse.Namespace) -> ExitCode:
    printer = Printer()
    service = open_service(options, printer)
    answer = service.cancel(options.job)
    job = read(answer.body, Job)
    if options.wait and job.is_active:
        job, answer = wait(options, service, printer, job.id)
    if options.json:
        printer.document(answer.body)
    else:
        printer.line("cancelling" if job.is_active else job.status)
    return ExitCode.OK if job.is_active or job.status == "cancelled" else ExitCode.FAILED
