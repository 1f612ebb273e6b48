"""Waits for a job on behalf of a command, and shows how it ended."""

import argparse
import sys
from pathlib import Path

from oracle_api.commands.options import positive_seconds, some_seconds
from oracle_api.remote.connection import Answer
from oracle_api.remote.documents import Job
from oracle_api.remote.errors import RemoteError, with_code
from oracle_api.remote.exits import ExitCode
from oracle_api.remote.patience import Deadline, Patience
from oracle_api.remote.service import Service
from oracle_api.remote.waiting import Waiter
from oracle_api.terminal.files import write_whole
from oracle_api.terminal.printer import Printer
from oracle_api.terminal.results import rows_url, show_results

# How often the figures of a progress bar are new.
_DRAWING_SECONDS = 1.0

# Longer than a service takes to stop and start again.
_RETRY_SECONDS = 120.0

_BY_STATUS = {"completed": ExitCode.OK, "cancelled": ExitCode.CANCELLED}


def add_waiting(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command that waits for a job."""
    parser.add_argument(
        "--timeout",
        type=positive_seconds,
        metavar="S",
        help="give up after so many seconds; the job goes on",
    )
    parser.add_argument(
        "--retry",
        type=some_seconds,
        default=_RETRY_SECONDS,
        metavar="S",
        help="how long to go on trying while the service cannot be reached "
        f"(default: {_RETRY_SECONDS:g})",
    )


def add_saving(parser: argparse.ArgumentParser) -> None:
    """Add the options that save a cursor as CSV."""
    parser.add_argument("--csv", metavar="PARAM", help="give all rows of this cursor as CSV")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="where the CSV goes; left out: standard output"
    )


def check_saving(options: argparse.Namespace) -> None:
    """Refuse options that exclude each other.

    Raises:
        RemoteError: they do.
    """
    if options.output and not options.csv:
        raise RemoteError("--output needs --csv PARAM.", ExitCode.INVALID)
    if options.csv and options.json and not options.output:
        raise RemoteError("--json and --csv need --output FILE for the CSV.", ExitCode.INVALID)


def wait(
    options: argparse.Namespace, service: Service, printer: Printer, job_id: str
) -> tuple[Job, Answer]:
    """Wait for a job's end, with a progress bar where there is a terminal for it.

    Raises:
        RemoteError: as ``Waiter.wait`` does.
    """
    deadline = Deadline(options.timeout)
    if not sys.stderr.isatty():
        patience = Patience(options.retry, printer.remark)
        return Waiter(service, patience, lambda job: None).wait(job_id, deadline)
    from oracle_api.terminal.progress import ProgressBar  # noqa: PLC0415 - slow to load

    with ProgressBar(sys.stderr) as bar:
        patience = Patience(options.retry, bar.notice)
        return Waiter(service, patience, bar.show, _DRAWING_SECONDS).wait(job_id, deadline)


def wait_and_show(
    options: argparse.Namespace, service: Service, printer: Printer, job_id: str
) -> ExitCode:
    """Wait for a job's end and show its results, or what went wrong.

    Raises:
        RemoteError: as ``Waiter.wait`` does, or the results cannot be had.
    """
    try:
        job, answer = wait(options, service, printer, job_id)
    except KeyboardInterrupt:
        printer.remark(f"Job {job_id} goes on. To wait again: python -m oracle_api wait {job_id}")
        return ExitCode.INTERRUPTED
    if options.csv and job.status == "completed":
        _save(service, job, options.csv, options.output)
    if options.json:
        printer.document(answer.body)
    elif not options.csv:
        show_job_results(service, printer, job)
    return _say_end(printer, job)


def show_job_results(service: Service, printer: Printer, job: Job) -> None:
    """Show what a job gave."""
    show_results(printer, job.result, job.results, job.output, service.rows)


def _say_end(printer: Printer, job: Job) -> ExitCode:
    """Say how a job ended, its success only to people; gives the exit code."""
    code = _BY_STATUS.get(job.status, ExitCode.FAILED)
    if code is not ExitCode.OK or sys.stderr.isatty():
        error = with_code(job.error, job.error_code) if job.error else ""
        printer.remark(f"Job {job.id} is {job.status}" + (f": {error}" if error else "."))
    return code


def _save(service: Service, job: Job, label: str, path: Path | None) -> None:
    pieces = service.csv(_find_rows(job, label))
    if path is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    else:
        try:
            write_whole(path, pieces)
        except OSError as exc:
            detail = f"{path} cannot be written: {exc.strerror}."
            raise RemoteError(detail, ExitCode.INVALID) from None


def _find_rows(job: Job, label: str) -> str:
    result = job.result if isinstance(job.result, dict) else {}
    cursors = {name: url for name, value in result.items() if (url := rows_url(value))}
    for number, value in enumerate(job.results):
        if url := rows_url(value):
            cursors[f"results.{number}"] = url
    for name, url in cursors.items():
        if name.upper() == label.upper():
            return url
    names = ", ".join(cursors) or "none"
    raise RemoteError(f"The job has no cursor {label}; it has {names}.", ExitCode.INVALID)
