"""What is made of measurements: quotients of medians, their spread, and whether a target is met."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median
from typing import Literal

#: Values by name ("contender.figure"), one of each round, in the order of the rounds.
Samples = Mapping[str, Sequence[float]]


class Verdict(StrEnum):
    """What became of a target."""

    MET = "met"
    MISSED = "not met"
    NONE = "-"


@dataclass(frozen=True, slots=True)
class Target:
    """What a value has to be.

    Args:
        direction: which side of the limit is good.
        limit: in the unit of the row; the limit itself is good.
    """

    direction: Literal["≥", "≤"]
    limit: float

    def verdict(self, value: float) -> Verdict:
        """Tell whether a value is good enough."""
        good = value >= self.limit if self.direction == "≥" else value <= self.limit
        return Verdict.MET if good else Verdict.MISSED


@dataclass(frozen=True, slots=True)
class Measured:
    """A value with the least and the greatest of its rounds."""

    value: float
    least: float
    greatest: float
    rounds: int


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a figure, or a quotient of figures.

    Args:
        what: is measured, and what it is compared with.
        figure: the name of its samples, or of the quotient's numerator.
        over: names whose sum is the quotient's denominator; empty for none.
        unit: of the value; empty for a quotient.
        target: None for what is shown beside.
        worst: take the greatest of the rounds in place of their median.
        older: what the older Go service was measured at; to win is to be at least as good.
    """

    what: str
    figure: str
    over: tuple[str, ...] = ()
    unit: str = ""
    target: Target | None = None
    worst: bool = False
    older: Target | None = None

    def measured(self, samples: Samples) -> Measured:
        """Compute its value: of medians over all rounds; the spread is that of single rounds.

        Raises:
            KeyError: a figure was not measured.
        """
        above = samples[self.figure]
        below = [samples[name] for name in self.over]
        if not below:
            singles = list(above)
            value = max(above) if self.worst else median(above)
        else:
            singles = [one / sum(others) for one, *others in zip(above, *below, strict=True)]
            value = max(singles) if self.worst else median(above) / sum(map(median, below))
        return Measured(value, min(singles), max(singles), len(singles))

    def verdict(self, value: float) -> Verdict:
        """Tell what became of its target."""
        return Verdict.NONE if self.target is None else self.target.verdict(value)
