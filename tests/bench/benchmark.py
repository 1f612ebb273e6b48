"""What a benchmark is: contenders that take turns, and what is made of their figures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.figures import Row
from tests.bench.lab import Lab
from tests.bench.rounds import Measure


@dataclass(frozen=True)
class Benchmark:
    """Rows of the table.

    Args:
        name: on the command line.
        contenders: sets up in a lab what is measured, by name.
        rows: what is made of the figures.
    """

    name: str
    contenders: Callable[[Lab], Mapping[str, Measure]]
    rows: tuple[Row, ...]

    @property
    def about(self) -> str:
        """What it measures, in a line."""
        return "; ".join(row.what for row in self.rows)


@dataclass(frozen=True)
class Panel:
    """One diagram of a plot: the figures of this name of all series.

    Args:
        figure: its name in the measurements.
        label: of the axis, with the unit.
        logarithmic: where what is measured grows as far as the work does.
    """

    figure: str
    label: str
    logarithmic: bool = False


@dataclass(frozen=True)
class Point:
    """One point of one line of a plot."""

    series: str
    x: float
    measure: Measure


@dataclass(frozen=True)
class Growth:
    """A plot of what something costs against how much of it there is.

    Args:
        name: on the command line, and of the plot's file.
        title: above the plot.
        x_label: what there is more and more of.
        panels: what it costs.
        points: sets up in a lab what is measured.
    """

    name: str
    title: str
    x_label: str
    panels: tuple[Panel, ...]
    points: Callable[[Lab], Sequence[Point]]

    @property
    def about(self) -> str:
        """What it measures, in a line."""
        return f"plot: {self.title}"
