"""A job's progress while somebody waits, on a terminal: true figures, nothing made up."""

from types import TracebackType
from typing import Self, TextIO

from oracle_api.remote.documents import Job, Work
from oracle_api.terminal.text import printable


class ProgressBar:
    """Shows a job's progress in one line, which is gone at the end.

    Args:
        stream: a terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console  # noqa: PLC0415 - only where there is a terminal
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn  # noqa: PLC0415

        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[figures]}", markup=False),
            console=Console(file=stream, highlight=False, emoji=False, markup=False),
            transient=True,
        )
        self._task = self._bar.add_task("", total=100, figures="")

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the line away."""
        self._bar.stop()

    def show(self, job: Job) -> None:
        """Show how far a job is."""
        status = "cancelling" if job.cancel_requested and job.is_active else job.status
        self._bar.update(
            self._task,
            description=printable(f"{job.procedure_name} {status}"),
            completed=job.progress,
            figures=figures(job.work) if job.work and job.is_active else "",
            refresh=True,
        )

    def notice(self, text: str) -> None:
        """Say something above the line."""
        from rich.text import Text  # noqa: PLC0415 - only where there is a terminal

        self._bar.console.print(Text(printable(text)))


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
