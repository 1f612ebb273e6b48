"""Measures the service: ``python -m tests.bench``."""

import argparse
import json
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench import machine, plots, report
from tests.bench.benchmark import Benchmark, Growth
from tests.bench.lab import Lab
from tests.bench.profiler import PySpy
from tests.bench.registry import chosen
from tests.bench.rounds import say, take_turns
from tests.integration.service import ROOT

_ROUNDS = 5
_MOST_SECONDS = 420.0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", metavar="NAME", nargs="*", help="what to measure; all by default")
    parser.add_argument("--list", action="store_true", help="show the names")
    parser.add_argument("--quick", action="store_true", help="tiny loads: does everything work?")
    parser.add_argument("--rounds", type=int, help=f"{_ROUNDS} by default, 1 with --quick")
    parser.add_argument(
        "--output", type=Path, default=ROOT / "var" / "bench", help="folder for results and plots"
    )
    parser.add_argument(
        "--docs", action="store_true", help="also write docs/performance.md and its plots"
    )
    parser.add_argument(
        "--profile", action="store_true", help="show where the service's time goes, by py-spy"
    )
    options = parser.parse_args()
    if options.docs and (options.names or options.quick):
        parser.error("--docs wants everything to be measured, and not quickly")
    return options


class _Run:
    """One run of some benchmarks.

    Args:
        options: of the command line.
        profiler: None for none.
    """

    def __init__(self, options: argparse.Namespace, profiler: PySpy | None) -> None:
        self._options = options
        self._profiler = profiler
        self._rounds = options.rounds or (1 if options.quick or options.profile else _ROUNDS)
        self._results: list[report.Result] = []
        self._growths: dict[str, Any] = {}
        self._drawn: list[tuple[Growth, dict[str, Any]]] = []
        self.failed: list[str] = []

    def measure(self, one: Benchmark | Growth) -> None:
        """Measure one; a failure is told, and the others go on."""
        say(f"{one.name}: {one.about}")
        began = time.monotonic()
        try:
            with Lab(ROOT / "var", quick=self._options.quick, profiler=self._profiler) as lab:
                if isinstance(one, Benchmark):
                    samples = take_turns(one.contenders(lab), self._rounds, _MOST_SECONDS)
                    self._results.append(report.Result(one.name, one.rows, samples))
                else:
                    self._grow(one, lab)
        except Exception as exc:  # noqa: BLE001 - told, and the exit status
            say(f"  FAILED: {type(exc).__name__}: {exc}")
            self.failed.append(one.name)
            if isinstance(one, Benchmark):
                self._results.append(report.Result(one.name, one.rows, failure=str(exc)))
        say(f"  {time.monotonic() - began:.0f} s")

    def _grow(self, growth: Growth, lab: Lab) -> None:
        points = growth.points(lab)
        turns = {f"{point.series} at {point.x:,g}": point.measure for point in points}
        samples = take_turns(turns, self._rounds, _MOST_SECONDS)
        panels: dict[str, Any] = {panel.figure: {} for panel in growth.panels}
        for point, name in zip(points, turns, strict=True):
            for figure, lines in panels.items():
                if (values := samples.get(f"{name}.{figure}")) is not None:
                    lines.setdefault(point.series, {})[point.x] = values
        self._growths[growth.name] = panels
        self._drawn.append((growth, panels))

    def write(self, *folders: Path) -> str:
        """Write page and plots into folders, and the results into the output; gives the page."""
        info = report.RunInfo(
            date=datetime.now(UTC).date().isoformat(),
            machine=machine.describe(),
            rounds=self._rounds,
            quick=self._options.quick,
        )
        output: Path = self._options.output
        output.mkdir(parents=True, exist_ok=True)
        results = report.as_json(self._results, self._growths, info)
        (output / "results.json").write_text(json.dumps(results, indent=1) + "\n")
        for folder in (output, *folders):
            text = report.page(self._results, self._draw(folder), info)
            (folder / "performance.md").write_text(text)
        return text

    def _draw(self, folder: Path) -> dict[str, str]:
        paths = {}
        for growth, panels in self._drawn:
            path = f"img/performance-{growth.name.removeprefix('growth-')}.svg"
            plots.draw(growth, panels, folder / path)
            paths[growth.title] = path
        return paths


def main() -> int:
    """Measure what was asked for.

    Returns:
        The exit status: 1 where something could not be measured.
    """
    options = _arguments()
    try:
        selected = chosen(options.names)
    except ValueError as exc:
        say(str(exc))
        return 2
    if options.list:
        for one in selected:
            sys.stdout.write(f"{one.name:16} {one.about}\n")
        return 0
    # An end by SIGTERM ends what was started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with TemporaryDirectory() as folder:
        run = _Run(options, PySpy(Path(folder)) if options.profile else None)
        for one in selected:
            run.measure(one)
            # What was measured is there, whatever becomes of the rest.
            run.write()
    sys.stdout.write(run.write(*([ROOT / "docs"] if options.docs else [])))
    if run.failed:
        say(f"Not measured: {', '.join(run.failed)}")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
