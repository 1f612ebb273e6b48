"""Programs that a benchmark starts: each is ended by its id, whatever happens."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.integration.service import ROOT

_TICKS = os.sysconf("SC_CLK_TCK")
_STOP_SECONDS = 5.0

#: Where Debian has what a benchmark calls.
_PACKAGES = {"wrk": "wrk", "redis-server": "redis-server"}


def program(name: str) -> str:
    """Find a program.

    Raises:
        FileNotFoundError: it is not installed; the message says how to.
    """
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        raise FileNotFoundError(f"{name} is missing: apt-get install {_PACKAGES[name]}")
    return found


class Program:
    """A program in a process group of its own.

    Args:
        command: with its arguments.
        environ: all of its environment.
        log: where its output goes.
    """

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], log: Path) -> None:
        self.log_path = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def check(self) -> None:
        """Make sure that it runs.

        Raises:
            RuntimeError: it has ended; the message has what it logged.
        """
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.process.args!r} ended: {self.log_path.read_text()[-4000:]}")

    def close(self) -> None:
        """End it with its children, in a hurry if it does not go by itself."""
        if self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(_STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(_STOP_SECONDS)


def family(pid: int) -> list[int]:
    """Give the ids of a process and all its descendants."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += family(int(child))
    return found


def memory_bytes(pids: Iterable[int]) -> int:
    """Add up what processes hold of memory, shared pages in parts (PSS)."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def cpu_seconds(pids: Iterable[int]) -> float:
    """Add up the processor time that processes have used, in user and system mode."""
    total = 0
    for pid in pids:
        # The name, which may hold anything, is in brackets.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS
