"""A job's progress while somebody waits, on a terminal. Slow to load: only for one who looks."""

from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.text import Text

from oracle_api.remote.documents import Job
from oracle_api.terminal.figures import figures
from oracle_api.terminal.text import printable


class ProgressBar:
    """Shows a job's progress in one line, which is gone at the end.

    Args:
        stream: a terminal.
    """

    def __init__(self, stream: TextIO) -> None:
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
        self._bar.console.print(Text(printable(text)))
