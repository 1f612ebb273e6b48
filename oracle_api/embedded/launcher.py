"""Starts the embedded database as a process of its own, and stops it."""

import subprocess
import sys

USER = "dwh"
PASSWORD = "dwh"  # noqa: S105 - of a database that listens on loopback and holds demo data
_STOP_SECONDS = 5.0


class EmbeddedProcess:
    """The embedded database in a child process.

    It ends when its standard input does, so it also goes when its parent is killed.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> dict[str, str]:
        """Start it and wait until it listens.

        Returns:
            The environment variables that lead the service to it.

        Raises:
            RuntimeError: it ended instead.
        """
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "oracle_api.embedded",
                "--port=0",
                f"--user={USER}",
                f"--password={PASSWORD}",
                "--exit-with-parent",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Ctrl-C reaches the whole foreground group; this process outlives the workers.
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - PIPE was asked for
        line = self._process.stdout.readline().strip()
        prefix, _, dsn = line.rpartition(" ")
        if prefix != "listening on":
            raise RuntimeError("The embedded database did not start.")
        return {"ORACLE_DSN": dsn, "ORACLE_USER": USER, "ORACLE_PASSWORD": PASSWORD}

    def stop(self) -> None:
        """Stop it, if it runs."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
