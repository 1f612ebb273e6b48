"""A real Redis, from Debian's package."""

import shutil
import socket
from collections.abc import Sequence
from pathlib import Path

from tests.integration.service import free_port

from .programs import program
from .server import Server


class Redis(Server):
    """A Redis that writes each change to disk before it answers.

    Args:
        folder: for its data and its log; made if need be.
        host: the address that it listens on.
        port: likewise; None takes a free one.
        within: a command that runs the server's, e.g. ``ip netns exec name``.
    """

    def __init__(
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int | None = None,
        within: Sequence[str] = (),
    ) -> None:
        super().__init__(folder, host, port or free_port(), within)
        self._data = folder / "data"
        self._data.mkdir(exist_ok=True)
        self.url = f"redis://{self.host}:{self.port}/0"

    def command(self, *words: str, seconds: float = 5) -> str:
        """Send a command, and give the first line of the answer (RESP)."""
        with socket.create_connection((self.host, self.port), timeout=seconds) as connection:
            connection.sendall(f"{' '.join(words)}\r\n".encode())
            return connection.makefile("r").readline().strip()

    def queued(self, queue: str, database: int = 0) -> int:
        """Count the messages of a queue (kombu keeps each queue in a list of its name)."""
        with socket.create_connection((self.host, self.port), timeout=5) as connection:
            connection.sendall(f"SELECT {database}\r\nLLEN {queue}\r\n".encode())
            answers = connection.makefile("r")
            answers.readline()
            return int(answers.readline().removeprefix(":"))

    def forget(self) -> None:
        """Remove all of its data; it must not run."""
        shutil.rmtree(self._data)
        self._data.mkdir()

    def _command(self) -> Sequence[str]:
        return [
            *(program("redis-server"), "--port", str(self.port), "--bind", self.host),
            *("--protected-mode", "no", "--dir", str(self._data), "--save", ""),
            *("--appendonly", "yes", "--appendfsync", "always"),
        ]

    def _answers(self) -> bool:
        try:
            return self.command("PING") == "+PONG"
        except OSError:
            return False
