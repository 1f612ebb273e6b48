"""``submit`` runs a procedure in the background."""

import argparse
import re
import uuid
from typing import TYPE_CHECKING

from oracle_api.commands.ending import add_saving, add_waiting, check_saving, wait_and_show
from oracle_api.commands.options import CALL_EPILOG, add_call, add_remote, body_of, open_service
from oracle_api.remote.connection import Answer
from oracle_api.remote.documents import Accepted, read
from oracle_api.remote.exits import ExitCode
from oracle_api.remote.patience import Deadline, Patience
from oracle_api.terminal.printer import Printer

if TYPE_CHECKING:
    from oracle_api.commands.options import Commands


def add_to(commands: "Commands") -> None:
    """Add the command to a parser's."""
    parser = add_remote(
        commands,
        "submit",
        _run,
        purpose="run a procedure in the background",
        about="Submits a job and prints its id alone. It is sent again where the connection is "
        "lost or the service cannot take it now, always with the same Idempotency-Key: one job "
        "comes of it.",
        epilog=CALL_EPILOG,
    )
    add_call(parser)
    parser.add_argument(
        "--wait", action="store_true", help="wait for its end and show its results, as wait does"
    )
    parser.add_argument(
        "--idempotency-key",
        type=_key,
        metavar="KEY",
        help="the same key and call give the same job; left out: one of its own",
    )
    parser.add_argument("--callback-url", metavar="URL", help="is told when the job has ended")
    add_waiting(parser)
    add_saving(parser)


def _key(text: str) -> str:
    """Read a key that can stand in a header (RFC 9110, section 5.5)."""
    if not re.fullmatch(r"[\x21-\x7e]{1,255}", text):
        raise argparse.ArgumentTypeError("a key has 1 to 255 letters of ASCII, no blanks")
    return text


def _run(options: argparse.Namespace) -> ExitCode:
    printer = Printer()
    check_saving(options)
    service = open_service(options, printer)
    patience, deadline = Patience(options.retry, printer.remark), Deadline(options.timeout)

    def describe(name: str) -> Answer:
        return patience.get(lambda: service.describe(name), deadline)

    body = body_of(options, describe, callback_url=options.callback_url)
    key = options.idempotency_key or str(uuid.uuid4())
    answer = patience.get(lambda: service.submit(body, key), deadline)
    job_id = read(answer.body, Accepted).job_id
    if options.wait:
        printer.remark(f"Job {job_id}")
        return wait_and_show(options, service, printer, job_id)
    if options.json:
        printer.document(answer.body)
    else:
        printer.line(job_id)
    return ExitCode.OK
