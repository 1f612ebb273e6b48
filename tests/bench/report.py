"""Writes what was measured as Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.bench.figures import Measured, Row, Samples, Verdict


@dataclass(frozen=True)
class RunInfo:
    """When, on what and how a run was made.

    Args:
        date: ISO 8601.
        machine: names and values.
        rounds: of each benchmark, at most.
        quick: the loads were too small to tell anything.
    """

    date: str
    machine: Mapping[str, str]
    rounds: int
    quick: bool


@dataclass(frozen=True)
class Result:
    """What became of one benchmark.

    Args:
        name: of the benchmark.
        rows: of the table.
        samples: of all rounds.
        failure: why there are none; empty where all went well.
    """

    name: str
    rows: Sequence[Row]
    samples: Samples = field(default_factory=dict)
    failure: str = ""

    def lines(self) -> list[tuple[Row, Measured]]:
        """Give the rows that were measured."""
        return [] if self.failure else [(row, row.measured(self.samples)) for row in self.rows]


def write_number(value: float) -> str:
    """Write a number with three digits that count, whole ones whole."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}" if abs(value) >= 0.1 or value == 0 else f"{value:.2g}"


def _with_unit(value: float, row: Row) -> str:
    number = write_number(value)
    if not row.unit:
        return number
    return (
        f"{number} %{row.unit.removeprefix('%')}" if row.unit[0] == "%" else f"{number} {row.unit}"
    )


def table(results: Sequence[Result]) -> str:
    """Write the table of targets: what was measured, its spread, and whether it is met."""
    lines = ["| what | target | measured | least to greatest | |", "|---|---|---|---|---|"]
    for result in results:
        measured_rows = dict(result.lines())
        for row in result.rows:
            if row.target is None:
                continue
            limit = f"{row.target.direction} {_with_unit(row.target.limit, row)}"
            measured = measured_rows.get(row)
            shown = "not measured | |" if measured is None else _verdict(row, measured)
            lines.append(f"| {row.what} | {limit} | {shown} |")
    return "\n".join(lines)


def beside(results: Sequence[Result]) -> str:
    """Write the table of what was measured beside the targets."""
    lines = ["| what | measured | least to greatest |", "|---|---|---|"]
    for result in results:
        for row, measured in result.lines():
            if row.target is None:
                value = _with_unit(measured.value, row)
                lines.append(f"| {row.what} | {value} | {_spread(measured)} |")
    return "\n".join(lines)


def against_older(results: Sequence[Result]) -> str:
    """Write the table of what the older service was measured at as well."""
    lines = ["| what | the Go service | here | |", "|---|---|---|---|"]
    for result in results:
        measured_rows = dict(result.lines())
        for row in result.rows:
            if row.older is None:
                continue
            measured = measured_rows.get(row)
            shown = "not measured | |"
            if measured is not None:
                won = row.older.verdict(measured.value) is Verdict.MET
                shown = f"{_with_unit(measured.value, row)} | {'won' if won else '**not won**'}"
            lines.append(f"| {row.what} | {_with_unit(row.older.limit, row)} | {shown} |")
    return "\n".join(lines)


def _verdict(row: Row, measured: Measured) -> str:
    verdict = row.verdict(measured.value)
    shown = f"**{verdict}**" if verdict is Verdict.MISSED else str(verdict)
    return f"{_with_unit(measured.value, row)} | {_spread(measured)} | {shown}"


def _spread(measured: Measured) -> str:
    return f"{write_number(measured.least)} to {write_number(measured.greatest)}"


def page(results: Sequence[Result], plots: Mapping[str, str], info: RunInfo) -> str:
    """Write the whole page.

    Args:
        results: of all benchmarks.
        plots: path of each image, relative to the page, by its title.
        info: about the run.
    """
    return "\n".join(
        [
            _HEAD,
            *([_QUICK] if info.quick else []),
            table(results),
            "",
            "## Beside it",
            "",
            beside(results),
            "",
            _METHOD.format(rounds=info.rounds),
            _OLDER,
            against_older(results),
            _NOT_WON,
            "## How costs grow",
            "",
            *(f"![{title}]({path})\n" for title, path in plots.items()),
            "## The machine",
            "",
            f"Measured on {info.date}.",
            "",
            "| | |\n|---|---|",
            *(f"| {name} | {value} |" for name, value in info.machine.items()),
            "",
        ]
    )


def as_json(results: Sequence[Result], growths: Mapping[str, Any], info: RunInfo) -> dict[str, Any]:
    """Give everything that was measured, to be written as JSON."""
    return {
        "date": info.date,
        "quick": info.quick,
        "rounds": info.rounds,
        "machine": dict(info.machine),
        "benchmarks": {
            result.name: {
                "failure": result.failure,
                "samples": {name: list(values) for name, values in result.samples.items()},
                "rows": [
                    {
                        "what": row.what,
                        "unit": row.unit,
                        "target": f"{row.target.direction} {row.target.limit}"
                        if row.target
                        else None,
                        "value": measured.value,
                        "least": measured.least,
                        "greatest": measured.greatest,
                        "rounds": measured.rounds,
                        "verdict": row.verdict(measured.value),
                    }
                    for row, measured in result.lines()
                ],
            }
            for result in results
        },
        "growths": dict(growths),
    }


_HEAD = """# Performance

`make bench` measures the service and writes this page. Ratios are what counts: both sides of one
are measured in turns in the same run on the same machine.

- *bare* is a Flask route that answers with the same bytes, under the service's own gunicorn
  settings (worker class, threads, processes): the least that an answer can cost here.
- *driver* is the same call through python-oracledb alone, from a pool of one connection.
"""

_QUICK = """> **These figures mean nothing**: they are of a quick run, which only proves that the
> benchmarks work.
"""

_METHOD = """## How it is measured

- The service runs as its users run it, with its log and its SQLite job store on the disk, but for
  `JOB_QUEUE_LIMIT`, which is 1,000,000. The database is the embedded one, in a process of its own;
  Celery and RQ call the same procedures in it through a pool of python-oracledb.
- Up to {rounds} rounds, in each of which every contender has its turn (A B A B …). A ratio is that
  of the medians of all rounds; the spread is the least and the greatest ratio of a single round.
  A wait that must never be long is the greatest of all rounds.
- Load over HTTP is made by wrk on the same machine, which takes a part of its processors from both
  sides. Throughput is measured with 8 connections, each of which sends its next request when it has
  its answer. Such a closed loop hides waits from latencies (coordinated omission), so latencies are
  those of a single connection, or of an open rate: requests have fixed moments and go out on
  whichever of 32 connections is free. The part that went out more than 2 ms late is in the table.
- Durable 202s: each gunicorn worker has one job worker, which an endless job keeps busy, so that
  accepting is measured alone; service, store and bare route are new in each round.
- Celery and RQ stand behind a Flask route under the same gunicorn settings, and Redis writes
  nothing to disk, while the service has every job on disk before its 202. RQ forks a process for
  each job, which therefore logs in to the database anew; its `SimpleWorker` does not.
- From the 202 to the call's start: from the client's receipt of the 202 to the moment that the
  procedure itself reads from the clock that all processes share. One job at a time.
- Memory is the proportional set size (PSS) of all of the service's processes. *Cold* is a new
  process, with the files in the system's cache.
"""

_OLDER = """## The older Go service

Measured on such a machine against a comparable stand-in database. It kept its jobs in memory only,
and its list was always of all of them.
"""

_NOT_WON = """
A WSGI service cannot win `GET /jobs/{id}`, nor can it accept jobs as fast as a service that only
writes them into its memory: the bare Flask route above, which does nothing at all, is far below
both. Nor does it write 5,000 jobs as JSON as fast; it is asked for 100 of them, and answers 304
where none has changed.
"""
