"""A real RabbitMQ, from Debian's package."""

import os
import shutil
import signal
import socket
from collections.abc import Sequence
from pathlib import Path

from tests.integration.service import free_port

from .programs import program
from .server import Server

# Debian's rabbitmq-server in PATH is a wrapper that runs this one with folders of the system's.
_SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"


class RabbitMQ(Server):
    """A RabbitMQ with its user ``guest``; root only.

    Args:
        folder: for its data and its log; made if need be.
        within: a command that runs the server's, e.g. ``ip netns exec name``.
        host: the address that it listens on.
    """

    # What it runs in knows no other end; what was confirmed is on disk.
    STOP = signal.SIGKILL

    def __init__(
        self, folder: Path, *, host: str = "127.0.0.1", within: Sequence[str] = ()
    ) -> None:
        super().__init__(folder, host, free_port(), within)
        self._data = folder / "data"
        self._data.mkdir(exist_ok=True)
        self._epmd_port, self._distribution_port = free_port(), free_port()
        self.url = f"amqp://guest:guest@{host}:{self.port}//"

    def forget(self) -> None:
        """Remove all of its data; it must not run."""
        shutil.rmtree(self._data)
        self._data.mkdir()

    def _command(self) -> Sequence[str]:
        (self.folder / "plugins").write_text("[].\n")
        (self.folder / "rabbitmq.conf").write_text("loopback_users = none\n")
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": self._epmd_port,
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": self.folder / "rabbitmq.conf",
            "RABBITMQ_DIST_PORT": self._distribution_port,
            "RABBITMQ_ENABLED_PLUGINS_FILE": self.folder / "plugins",
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_LOG_BASE": self.folder,
            "RABBITMQ_MNESIA_BASE": self._data,
            "RABBITMQ_NODENAME": "test@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": self.host,
            "RABBITMQ_NODE_PORT": self.port,
            # Erlang's threads would else wait for work in a loop.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none",
        }
        settings = [f"{name}={value}" for name, value in environ.items()]
        # Erlang's port mapper is a daemon that else outlives it: all end with the first of them.
        return [
            *(program("unshare"), "--pid", "--fork", "--kill-child", program("env"), "-i"),
            *(*settings, "sh", "-c", f"epmd & exec {_SERVER}"),
        ]

    def _answers(self) -> bool:
        # AMQP 0-9-1, section 4.2.2: a server answers this header with Connection.Start.
        try:
            with socket.create_connection((self.host, self.port), timeout=5) as connection:
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                return connection.recv(1) == b"\x01"
        except OSError:
            return False
