"""A whole cluster on this machine, to be tried: ``make cluster``.

nginx, two API hosts, Redis, two workers, PostgreSQL and the embedded database, each a process of
its own on loopback. ``PORT`` (8080) and ``API_TOKEN`` (demo) are of the environment. Ctrl-C stops
all of it, and nothing is left.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from tests.deploy.nginx import Nginx
from tests.integration.service import Program, Service, eventually, free_port
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis

# The kernel ends them with this process, however that ends.
_WITH_US = ("setpriv", "--pdeathsig=KILL")
_LOOK_SECONDS = 0.5
_STOP_SECONDS = 30


class _Part(Protocol):
    @property
    def process(self) -> "subprocess.Popen[bytes] | None": ...


class Trial:
    """The cluster's processes.

    Args:
        folder: for their data and logs.
        port: where nginx listens.
        token: of the API.
    """

    def __init__(self, folder: Path, port: int, token: str) -> None:
        self._folder = folder
        self._port = port
        self._token = token
        self._stack = ExitStack()
        self._ended: set[str] = set()
        #: By name, in the order of their start.
        self.parts: dict[str, _Part] = {}

    def start(self) -> str:
        """Start all of it, and wait until it serves; gives the URL of nginx."""
        postgres = Postgres(self._folder / "postgres", template_folder=self._folder, durable=True)
        self._stack.callback(postgres.close)
        self.parts["postgres"] = postgres.start()
        redis = Redis(self._folder / "redis")
        self._stack.callback(redis.close)
        self.parts["redis"] = redis.start()
        environ = {
            **self._start_database(),
            "JOB_ENGINE": "celery",
            "CELERY_BROKER_URL": redis.url,
            "JOBS_DATABASE_URL": postgres.new_database(),
            "API_TOKEN": self._token,
            "SHUTDOWN_GRACE_SECONDS": "2",
        }
        self._start_workers(environ)
        ports = [self._start_api(name, environ).port for name in ("api1", "api2")]
        folder = self._folder / "nginx"
        folder.mkdir()
        nginx = Nginx(folder, *ports, port=self._port, tls=False)
        self._stack.callback(nginx.stop)
        self.parts["nginx"] = nginx.start()
        return nginx.url

    def _start_database(self) -> Mapping[str, str]:
        port = free_port()
        words = ["-m", "oracle_api.embedded", f"--port={port}"]
        database = self._add("database", Program(words, _path(), self._log("database"), _WITH_US))
        database.spawn()
        _wait_until_it_says(database, "listening on")
        dsn = f"127.0.0.1:{port}/FREEPDB1"
        return {"ORACLE_DSN": dsn, "ORACLE_USER": "dwh", "ORACLE_PASSWORD": "dwh"}

    def _start_workers(self, environ: Mapping[str, str]) -> None:
        workers = []
        for name in ("worker1", "worker2"):
            settings = {**_path(), "ENV_FILE": os.devnull, **environ, "INSTANCE_NAME": name}
            words = ["-m", "oracle_api", "worker"]
            workers.append(self._add(name, Program(words, settings, self._log(name), _WITH_US)))
            workers[-1].spawn()
        for worker in workers:
            _wait_until_it_says(worker, "A worker for ")

    def _start_api(self, name: str, environ: Mapping[str, str]) -> Service:
        settings = {
            **environ,
            "INSTANCE_NAME": name,
            "TRUSTED_PROXIES": "1",
            # As the service has them by itself.
            "JOB_LEASE_SECONDS": None,
            "ORACLE_CONNECT_SECONDS": None,
        }
        api = Service(self._folder, settings, within=_WITH_US, name=name)
        self._add(name, api)
        return api.start()

    def _add(self, name: str, program: Program) -> Program:
        self.parts[name] = program
        self._stack.callback(_stop, program)
        return program

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def newly_ended(self) -> dict[str, int]:
        """Give the exit statuses of parts that have ended since the last look, by name."""
        ended = {
            name: status
            for name, part in self.parts.items()
            if part.process is not None and (status := part.process.poll()) is not None
        }
        news = {name: status for name, status in ended.items() if name not in self._ended}
        self._ended |= news.keys()
        return news

    def stop(self) -> None:
        """Stop all of it, what was started last first."""
        # All at once: each lets its running jobs go on for a while.
        for part in self.parts.values():
            if isinstance(part, Program) and part is not self.parts["database"] and part.is_running:
                part.signal()
        self._stack.close()


def _path() -> dict[str, str]:
    return {"PATH": os.environ["PATH"]}


def _stop(program: Program) -> None:
    if program.is_running:
        program.signal()
        try:
            program.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            program.kill()


def _wait_until_it_says(program: Program, words: str) -> None:
    def said() -> bool:
        assert program.is_running, program.log()
        return words in program.log()

    eventually(said)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _introduce(trial: Trial, url: str, token: str, folder: Path) -> None:
    ids = [f"{name} {part.process.pid}" for name, part in trial.parts.items() if part.process]
    _say(
        f"A cluster of oracle_api on this machine, with the embedded database.\n"
        f"  address  {url}\n"
        f"  token    {token}\n"
        f"  pages    {url}/ (jobs), {url}/docs (the API)\n"
        f"  try      curl -H 'Authorization: Bearer {token}'"
        f" -H 'Content-Type: application/json' \\\n"
        f'             -d \'{{"name": "SUMA_SIMPLE", "params": {{"a": 1, "b": 2}}}}\' \\\n'
        f"             {url}/procedure/async\n"
        f"  parts    {', '.join(ids)}\n"
        f"  logs     {folder}\n"
        f"Ctrl-C stops all of it; kill a part to see what becomes of jobs."
    )


def main() -> int:
    """Run until SIGINT or SIGTERM.

    Returns:
        The exit status: 1 where a part could not be started.
    """
    is_over = threading.Event()
    token = os.environ.get("API_TOKEN") or "demo"
    with TemporaryDirectory(prefix="oracle_api-cluster-") as name:
        trial = Trial(Path(name), int(os.environ.get("PORT") or 8080), token)
        try:
            url = trial.start()
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: is_over.set())
            _introduce(trial, url, token, Path(name))
            while not is_over.wait(_LOOK_SECONDS):
                for part, status in trial.newly_ended().items():
                    _say(f"{part} has ended: {status}")
        except (AssertionError, OSError) as exc:
            _say(f"The cluster cannot be started: {exc}")
            return 1
        except KeyboardInterrupt:
            return 130
        finally:
            trial.stop()
    _say("All of it is stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
