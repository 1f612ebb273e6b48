"""What a procedure reports of its own progress, in words."""

from oracle_api.remote.documents import Work
from oracle_api.terminal.text import printable


def figures(work: Work) -> str:
    """Write what a procedure reports: ``3/10 blocks, 7s left``."""
    text = f"{work.sofar}/{work.totalwork} {work.units or ''}".rstrip()
    if work.remaining_seconds is not None:
        text += f", {_length(work.remaining_seconds)} left"
    return printable(text)


def _length(seconds: int) -> str:
    """Write a length as jobs' ``duration`` is written: ``1h2m3s``."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h{minutes}m{seconds}s"
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"
