"""Draws how costs grow, by matplotlib."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.bench.benchmark import Growth

# By series, then by x: the values of all rounds of one figure.
Lines = Mapping[str, Mapping[float, Sequence[float]]]

# The same picture is the same file.
mpl.rcParams["svg.hashsalt"] = "oracle_api"
mpl.rcParams["svg.fonttype"] = "none"
mpl.rcParams["font.family"] = "sans-serif"

_WIDTH, _HEIGHT = 5.2, 3.8


def draw(growth: Growth, panels: Mapping[str, Lines], path: Path) -> None:
    """Draw a plot.

    Args:
        growth: what it shows.
        panels: the lines of each panel, by its figure.
        path: of the SVG file.
    """
    figure = Figure(figsize=(_WIDTH * len(growth.panels), _HEIGHT), layout="constrained")
    figure.suptitle(growth.title)
    for number, panel in enumerate(growth.panels):
        axes = figure.add_subplot(1, len(growth.panels), number + 1)
        _draw_lines(axes, panels[panel.figure])
        if panel.logarithmic:
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0)
        axes.set_xlabel(growth.x_label)
        axes.set_ylabel(panel.label)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, format="svg", metadata={"Date": None})


def _draw_lines(axes: Axes, lines: Lines) -> None:
    for series, points in lines.items():
        x = sorted(points)
        middle = [median(points[each]) for each in x]
        [line] = axes.plot(x, middle, marker="o", label=series)
        least = [min(points[each]) for each in x]
        greatest = [max(points[each]) for each in x]
        axes.fill_between(x, least, greatest, color=line.get_color(), alpha=0.15)
    axes.set_xscale("log")
    measured = sorted({x for points in lines.values() for x in points})
    axes.set_xticks(measured, labels=[f"{x:,.0f}" for x in measured])
    axes.xaxis.minorticks_off()
    axes.grid(visible=True, alpha=0.3)
    axes.legend(fontsize="small")
