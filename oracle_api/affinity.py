"""Binds worker processes to processors.

Python runs one thread of a process at a time. Where these are on several processors, each of the
many hand-overs between them wakes another processor, which can cost more than the work itself.
"""

import os
from collections import Counter
from collections.abc import Collection, Iterable

#: Whether the system can bind a process (sched_setaffinity(2); Linux has it).
CAN_BIND = hasattr(os, "sched_setaffinity")


def least_used(processors: Collection[int], used: Iterable[int | None]) -> int:
    """Choose a processor for a new worker.

    Args:
        processors: that the service may run on; at least one.
        used: those of the workers that are there; None of one that is not bound.

    Returns:
        One that as few as possible use; of several the last, as interrupts favour the first.
    """
    counts = Counter(used)
    return min(processors, key=lambda processor: (counts[processor], -processor))


def processors() -> set[int]:
    """Give the processors that this process may run on."""
    return os.sched_getaffinity(0)


def bind(processor: int) -> None:
    """Have this process, and the threads that it starts from now on, run on one processor only."""
    os.sched_setaffinity(0, {processor})
