"""Takes turns: each round measures every contender once, so that a slow minute hits them all."""

import sys
import time
from collections.abc import Callable, Mapping

Measure = Callable[[], Mapping[str, float]]


def say(text: str) -> None:
    """Tell whoever waits what goes on."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def take_turns(
    contenders: Mapping[str, Measure],
    rounds: int,
    most_seconds: float,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, list[float]]:
    """Measure A, B, A, B, …

    Args:
        contenders: each gives its figures by name.
        rounds: how many.
        most_seconds: no further round is begun after so long; the first is always made.
        clock: seconds.

    Returns:
        The values of all rounds, by "contender.figure".
    """
    samples: dict[str, list[float]] = {}
    began = clock()
    for number in range(rounds):
        if number and clock() - began > most_seconds:
            say(f"  {number} of {rounds} rounds: the time is over")
            break
        for name, measure in contenders.items():
            figures = measure()
            for figure, value in figures.items():
                samples.setdefault(f"{name}.{figure}", []).append(value)
            shown = "  ".join(f"{figure}={value:.6g}" for figure, value in figures.items())
            say(f"  {number + 1}/{rounds} {name}: {shown}")
    return samples
