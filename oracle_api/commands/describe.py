"""``describe`` lists procedures, or shows how one is called."""

import argparse
import shlex
from typing import TYPE_CHECKING

from oracle_api.commands.options import add_remote, open_service
from oracle_api.remote.arguments import write_argument
from oracle_api.remote.documents import Description, Overload, Procedures, read
from oracle_api.remote.exits import ExitCode
from oracle_api.remote.service import Service
from oracle_api.terminal.printer import Printer

if TYPE_CHECKING:
    from oracle_api.commands.options import Commands

_COLUMNS = ("PARAMETER", "DIRECTION", "TYPE", "DEFAULT", "REMARK")


def add_to(commands: "Commands") -> None:
    """Add the command to a parser's."""
    parser = add_remote(
        commands,
        "describe",
        _run,
        purpose="list procedures, or show how one is called",
        about="Lists the procedures that the token may call; with a name, shows the parameters of "
        "each of its overloads and a command line that calls it.",
    )
    parser.add_argument("name", metavar="PROCEDURE", nargs="?", help="show this one")
    parser.add_argument("--like", metavar="PATTERN", help="only such as 'PKG_ETL.*'")


def _run(options: argparse.Namespace) -> ExitCode:
    printer = Printer()
    service = open_service(options, printer)
    if not options.name:
        return _list(options, service, printer)
    answer = service.describe(options.name)
    if options.json:
        printer.document(answer.body)
        return ExitCode.OK
    description = read(answer.body, Description)
    is_overloaded = len(description.overloads) > 1
    for number, overload in enumerate(description.overloads, start=1):
        _show(printer, overload, number if is_overloaded else None)
    return ExitCode.OK


def _list(options: argparse.Namespace, service: Service, printer: Printer) -> ExitCode:
    answer = service.procedures(options.like)
    if options.json:
        printer.document(answer.body)
        return ExitCode.OK
    found = read(answer.body, Procedures)
    for procedure in found.procedures:
        printer.line(procedure.name)
    if found.truncated:
        printer.remark("There are more; --like narrows them down.")
    return ExitCode.OK


def _show(printer: Printer, overload: Overload, number: int | None) -> None:
    rows = [
        (
            one.name,
            one.direction,
            one.type,
            "yes" if one.has_default else "no",
            None if one.is_supported else "cannot be passed",
        )
        for one in overload.parameters
    ]
    if overload.returns:
        rows.append(("", "RETURN", overload.returns.type, "no", None))
    printer.line(overload.signature)
    if rows:
        printer.table(_COLUMNS, [[value or "" for value in row] for row in rows])
    printer.line(_example(overload, number))
    printer.line("")


def _example(overload: Overload, number: int | None) -> str:
    """Write a command line, ready for a shell, that calls an overload."""
    words = ["python", "-m", "oracle_api", "call", overload.example.name]
    words += [write_argument(name, value) for name, value in overload.example.params.items()]
    if number is not None:
        words += ["--overload", str(number)]
    return shlex.join(words)
