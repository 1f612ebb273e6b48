"""What the servers of tests have in common: they are started, hurt and ended as processes."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.integration.service import eventually


def family(pid: int) -> list[int]:
    """Give the ids of a process and all its descendants."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += family(int(child))
    return found


def as_user(name: str | None) -> list[str]:
    """Give a command that runs another as a user, where there is a choice: setpriv(1)."""
    if name is None or os.geteuid() != 0:
        return ["setpriv"]
    return ["setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups"]


class Server:
    """A server in a folder of its own, that ends with the test.

    Args:
        folder: for its data and its log; made if need be.
        host: the address that it listens on.
        port: likewise.
        within: a command that runs the server's, e.g. ``ip netns exec name``.
    """

    #: What tells it to end in good order, soon.
    STOP = signal.SIGTERM
    #: Who runs it, where root may choose.
    USER: str | None = None

    def __init__(self, folder: Path, host: str, port: int, within: Sequence[str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.host = host
        self.port = port
        self.log_path = folder / "server.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._within = within

    def _command(self) -> Sequence[str]:
        """Give the command that serves in the foreground."""
        raise NotImplementedError

    def _answers(self) -> bool:
        """Tell whether it serves."""
        raise NotImplementedError

    def forget(self) -> None:
        """Remove all of its data; it must not run."""
        raise NotImplementedError

    def start(self) -> Self:
        """Start it with the data that it has, and wait until it serves."""
        self.spawn()
        self.wait_serving()
        return self

    def spawn(self) -> None:
        """Start it, and do not wait."""
        # The kernel ends it with whoever started it, however that ends.
        command = [*as_user(self.USER), "--pdeathsig=KILL", *self._command()]
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [*self._within, *command],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _serves(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log()
        return self._answers()

    @property
    def is_running(self) -> bool:
        """Whether it has been started and not ended."""
        return self.process is not None and self.process.poll() is None

    def wait_serving(self) -> None:
        """Wait until it serves, after a spawn."""
        eventually(self._serves)

    def stop(self) -> None:
        """Stop it as an operator does."""
        if self.process is not None and self.is_running:
            self.process.send_signal(self.STOP)
            self.process.wait(60)

    def kill(self) -> None:
        """Kill every process of it at once, as a power cut would."""
        self._signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(60)

    def pause(self) -> None:
        """Let it stand still, with its connections open."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after a pause."""
        self._signal(signal.SIGCONT)

    def restart(self, *, keep_data: bool = True) -> None:
        """Stop and start it, with its data or with none."""
        self.stop()
        if not keep_data:
            self.forget()
        self.start()

    def close(self) -> None:
        """Make sure that nothing of it runs."""
        self.kill()

    def log(self) -> str:
        """Give what it logged so far."""
        return self.log_path.read_text() if self.log_path.exists() else ""

    def _signal(self, signum: signal.Signals) -> None:
        if self.process is not None and self.is_running:
            for pid in family(self.process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signum)
