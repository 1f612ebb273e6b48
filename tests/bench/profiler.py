"""Where a service's time goes, by py-spy: which functions held the interpreter's lock (GIL)."""

import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.rounds import say
from tests.integration.service import Service

_RATE = 200
_SLACK_SECONDS = 60
_SHOWN = 30


@dataclass
class Profile:
    """Samples of one service.

    Args:
        label: of what was done then.
        own: how often a function was the innermost one, by "function (file)".
        total: how often it was anywhere on the stack.
        samples: all of them.
    """

    label: str
    own: Counter[str] = field(default_factory=Counter)
    total: Counter[str] = field(default_factory=Counter)
    samples: int = 0

    def add(self, folded: str) -> None:
        """Count the stacks of a file in py-spy's raw format: ``outer;…;inner count``."""
        for line in folded.splitlines():
            stack, _, count = line.rpartition(" ")
            frames = [_without_line(frame) for frame in stack.split(";")]
            self.samples += int(count)
            self.own[frames[-1]] += int(count)
            for frame in set(frames):
                self.total[frame] += int(count)

    def table(self, shown: int = _SHOWN) -> str:
        """Write the hottest functions, once by own time and once with what they call."""
        parts = [f"{self.label or 'service'}: {self.samples} samples at {_RATE} Hz"]
        for title, counts in (("own time", self.own), ("with what it calls", self.total)):
            parts.append(f"\n  {title}")
            for frame, count in counts.most_common(shown):
                parts.append(f"  {count:7d} {count / self.samples:6.1%}  {frame}")
        return "\n".join(parts) + "\n"


def _without_line(frame: str) -> str:
    return re.sub(r":\d+\)$", ")", frame)


class PySpy:
    """Looks into the worker processes of services while they are being measured.

    Args:
        folder: for its files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.profiles: dict[str, Profile] = {}

    @contextmanager
    def watching(self, service: Service, label: str) -> Iterator[None]:
        """Watch a service during a block; blocks of the same label are added up."""
        files = [self._folder / f"{pid}.folded" for pid in service.workers()]
        watchers = [self._start(int(file.stem), file) for file in files]
        try:
            yield
        finally:
            for watcher in watchers:
                watcher.send_signal(signal.SIGINT)
            for watcher in watchers:
                watcher.communicate(timeout=_SLACK_SECONDS)
        profile = self.profiles.setdefault(label, Profile(label))
        for file in files:
            profile.add(file.read_text())
        say(profile.table())

    def _start(self, pid: int, file: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                str(Path(sys.executable).with_name("py-spy")),
                "record",
                f"--pid={pid}",
                f"--rate={_RATE}",
                # Of all threads the one that runs Python: others that wait for it look busy too.
                "--gil",
                "--format=raw",
                f"--output={file}",
                # Until it is told to stop.
                "--duration=3600",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
