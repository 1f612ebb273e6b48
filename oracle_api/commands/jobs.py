"""``jobs`` lists jobs, or shows one."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from oracle_api.commands.ending import show_job_results
from oracle_api.commands.options import add_remote, open_service
from oracle_api.remote.connection import Answer
from oracle_api.remote.documents import Job, JobPage, PageEnd, RawJobPage, compact, read
from oracle_api.remote.exits import ExitCode
from oracle_api.remote.service import Service
from oracle_api.terminal.figures import figures
from oracle_api.terminal.printer import Printer

if TYPE_CHECKING:
    from oracle_api.commands.options import Commands

_COLUMNS = ("ID", "STATUS", "PROGRESS", "PROCEDURE", "STARTED", "DURATION", "CLIENT")

_MOST_PER_PAGE = 1000


def add_to(commands: "Commands") -> None:
    """Add the command to a parser's."""
    parser = add_remote(
        commands,
        "jobs",
        _run,
        purpose="list jobs, or show one",
        about="Lists jobs, newest first; with an id, shows that one and its results. Into a pipe "
        "go tab-separated lines without a head: "
        f"{', '.join(name.lower() for name in _COLUMNS)}.",
    )
    parser.add_argument("job", metavar="JOB", nargs="?", help="show this one")
    parser.add_argument("--status", help="only these, such as pending,running")
    parser.add_argument("--procedure", metavar="NAME", help="only of this procedure")
    parser.add_argument("--id", metavar="PREFIX", help="only those whose id begins so")
    parser.add_argument("--limit", type=int, metavar="N", help="so many at most (default: 100)")
    parser.add_argument("--all", action="store_true", help="all of them, page after page")


def _run(options: argparse.Namespace) -> ExitCode:
    printer = Printer()
    service = open_service(options, printer)
    if options.job:
        return _show(options, service, printer)
    answers = _pages(options, service)
    if options.json:
        printer.document(_as_one(answers) if options.all else next(answers).body)
        return ExitCode.OK
    rows = _rows(answers, printer, is_all=options.all)
    printer.table(_COLUMNS, rows, is_list=True)
    return ExitCode.OK


def _show(options: argparse.Namespace, service: Service, printer: Printer) -> ExitCode:
    answer = service.job(options.job)
    if options.json:
        printer.document(answer.body)
        return ExitCode.OK
    job = read(answer.body, Job)
    members = {
        "id": job.id,
        "status": job.status,
        "procedure": job.procedure_name,
        "params": job.params,
        "progress": job.progress,
        "work": figures(job.work) if job.work else None,
        "client": job.submitted_by,
        "accepted": job.start_time,
        "started": job.run_start_time,
        "ended": job.end_time,
        "duration": job.duration,
        "error code": job.error_code,
        "error": job.error,
    }
    printer.pairs((name, value) for name, value in members.items() if value is not None)
    show_job_results(service, printer, job)
    return ExitCode.OK


def _pages(options: argparse.Namespace, service: Service) -> Iterator[Answer]:
    query: dict[str, Any] = {
        "status": options.status,
        "procedure": options.procedure,
        "id": options.id,
        "limit": _MOST_PER_PAGE if options.all and options.limit is None else options.limit,
    }
    while True:
        answer = service.jobs(query)
        yield answer
        query["cursor"] = read(answer.body, PageEnd).next
        if not options.all or query["cursor"] is None:
            return


def _as_one(answers: Iterator[Answer]) -> bytes:
    """Make one document of all pages, with the jobs as they came."""
    pages = [read(answer.body, RawJobPage) for answer in answers]
    jobs = [job for page in pages for job in page.jobs]
    return compact({"total": pages[0].total, "jobs": jobs}).encode()


def _rows(answers: Iterator[Answer], printer: Printer, *, is_all: bool) -> Iterator[list[Any]]:
    for answer in answers:
        page = read(answer.body, JobPage)
        for job in page.jobs:
            status = "cancelling" if job.is_active and job.cancel_requested else job.status
            yield [
                job.id,
                status,
                f"{job.progress}%",
                job.procedure_name,
                f"{job.start_time[:19]}Z",
                job.duration,
                job.submitted_by,
            ]
        if page.next and not is_all:
            printer.remark(f"{page.total} in all; --all shows them.")
