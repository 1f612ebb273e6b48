"""Runs the real command line against a service under test."""

import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from .service import ROOT, TOKEN, Service

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")

_SECONDS = 60


def command(*words: str) -> list[str]:
    """Give the command line of a command."""
    return [sys.executable, "-m", "oracle_api", *words]


def environ(service: Service, **further: str) -> dict[str, str]:
    """Give the environment in which a command finds a service."""
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "ORACLE_API_URL": service.url,
        "ORACLE_API_TOKEN": TOKEN,
        **further,
    }


def run(
    service: Service, *words: str, stdin: bytes = b"", **further: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    done = subprocess.run(
        command(*words),
        cwd=ROOT,
        env=environ(service, **further),
        input=stdin,
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err, err
    assert TOKEN not in out + err
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


def succeed(service: Service, *words: str, **options: str) -> str:
    """Run a command that must succeed, and give what it printed."""
    done = run(service, *words, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def running(service: Service, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command in the background, and see to its end."""
    with subprocess.Popen(
        command(*words),
        cwd=ROOT,
        env=environ(service),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


class Terminal:
    """A command on a terminal of 120 columns.

    Args:
        service: that it talks to.
        words: of the command.
        out_too: whether its results go to the terminal as well; else to a pipe.
    """

    def __init__(self, service: Service, *words: str, out_too: bool = False) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            # A shell in the background has its children ignore Ctrl-C, and these theirs.
            ["env", "--default-signal=INT", *command(*words)],
            cwd=ROOT,
            env=environ(service, TERM="xterm", COLUMNS="120", LINES="40"),
            stdin=subprocess.DEVNULL,
            stdout=slave if out_too else subprocess.PIPE,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.raw = ""

    def read_until(self, condition: Callable[[str], object]) -> str:
        """Read what appears until it fulfils a condition, or all; without colours and moves."""
        while not condition(self.text):
            readable, _, _ = select.select([self._master], [], [], _SECONDS)
            assert readable, f"only this came: {self.text}"
            data = b""
            # On Linux the end of a terminal is an error.
            with suppress(OSError):
                data = os.read(self._master, 65536)
            if not data:
                break
            self.raw += data.decode(errors="replace")
        return self.text

    @property
    def text(self) -> str:
        """What appeared so far, without colours and moves."""
        return _ANSI.sub("", self.raw)

    def finish(self) -> tuple[int, str]:
        """Wait for its end; gives the exit status and what went into the pipe."""
        self.read_until(lambda text: False)
        out = self.process.stdout.read().decode() if self.process.stdout else ""
        status = self.process.wait(_SECONDS)
        if self.process.stdout:
            self.process.stdout.close()
        os.close(self._master)
        return status, out
