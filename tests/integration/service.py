"""Drives a real gunicorn over HTTP."""

import itertools
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).parents[2]
TOKEN = "test-token"


# Below those that Linux gives to outgoing connections, which could else take a port between its
# choice and its use, or while a service is away. Each process of the suite has some of its own.
_PORTS = range(10_000, 32_000)
_PROCESSES = 16


def _own_ports() -> Iterator[int]:
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = _PORTS[number % _PROCESSES :: _PROCESSES]
    start = random.SystemRandom().randrange(len(own))
    return itertools.cycle([*own[start:], *own[:start]])


_ports = _own_ports()


def free_port() -> int:
    """Find a port that nothing listens on."""
    for port in _ports:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError


def eventually(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait until a condition holds, and give what it gave."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < until, "it did not come true in time"
        threading.Event().wait(0.02)


class Program:
    """A program of the service's, with its children in a process group of their own.

    Args:
        words: of its command, after the interpreter.
        environ: all of its settings.
        log_path: where its output goes.
        within: a command that runs it, e.g. ``ip netns exec name``.
    """

    def __init__(
        self,
        words: Sequence[str],
        environ: Mapping[str, str],
        log_path: Path,
        within: Sequence[str] = (),
    ) -> None:
        self.environ = dict(environ)
        self.log_path = log_path
        self.process: subprocess.Popen[bytes] | None = None
        self._command = [*within, sys.executable, *words]

    def spawn(self) -> None:
        """Start it, and do not wait."""
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self.environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def signal(self, signum: signal.Signals = signal.SIGTERM) -> None:
        """Send the master a signal."""
        assert self.process is not None
        self.process.send_signal(signum)

    def wait(self, seconds: float = 60) -> int:
        """Wait for its end; gives the exit status."""
        assert self.process is not None
        return self.process.wait(seconds)

    def stop(self) -> int:
        """Stop it as an operator does."""
        self.signal()
        return self.wait()

    def kill(self) -> None:
        """Kill every process of it at once, as a power cut would."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)

    def pause(self) -> None:
        """Let every process of it stand still, with its connections open."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after a pause."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGCONT)

    @property
    def is_running(self) -> bool:
        """Whether its master has not ended."""
        return self.process is not None and self.process.poll() is None

    def children(self, word: str) -> list[int]:
        """Give the ids of the master's children with a word in their command line."""
        assert self.process is not None
        master = self.process.pid
        found = []
        for pid in Path(f"/proc/{master}/task/{master}/children").read_text().split():
            # One of them may end between the two looks.
            with suppress(FileNotFoundError, ProcessLookupError):
                if word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(int(pid))
        return found

    def close(self) -> None:
        """Make sure that nothing of it is left."""
        if self.is_running:
            self.kill()

    def log(self) -> str:
        """Give what it logged so far."""
        return self.log_path.read_text() if self.log_path.exists() else ""


class Service(Program):
    """One service under test: gunicorn with settings of its own.

    Args:
        folder: for its job store and its log.
        environ: settings beside the defaults of the tests; None takes one of these away.
        address: that it listens on.
        within: a command that runs it, e.g. ``ip netns exec name``.
        name: of its log, where several services have one folder.
    """

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str | None],
        *,
        address: str = "127.0.0.1",
        within: Sequence[str] = (),
        name: str = "service",
    ) -> None:
        self.port = free_port()
        self.url = f"http://{address}:{self.port}"
        # The certificates to trust, where the url leads through a proxy with TLS.
        self.verify: bool | str = True
        settings: dict[str, str | None] = {
            "PATH": os.environ["PATH"],
            "ENV_FILE": "/dev/null",
            "HOST": address,
            "PORT": str(self.port),
            "API_TOKEN": TOKEN,
            "JOBS_DATABASE_URL": f"sqlite:///{folder}/jobs.db",
            # A busy machine must not make a living process seem dead.
            "JOB_LEASE_SECONDS": "5",
            "ORACLE_CONNECT_SECONDS": "2",
            **environ,
        }
        super().__init__(
            ["-m", "gunicorn", "wsgi:app"],
            {name: value for name, value in settings.items() if value is not None},
            folder / f"{name}.log",
            within,
        )
        self._local = threading.local()
        self._sessions: list[requests.Session] = []

    def start(self) -> "Service":
        """Start it and wait until it answers."""
        self.spawn()
        eventually(self._answers)
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log()
        try:
            answer = requests.get(f"{self.url}/healthz", timeout=30, verify=self.verify)
            return answer.status_code == 200
        except (requests.ConnectionError, requests.Timeout):
            return False

    def workers(self) -> list[int]:
        """Give the ids of its worker processes."""
        return self.children("gunicorn")

    def close(self) -> None:
        """Make sure that nothing of it is left."""
        for session in self._sessions:
            session.close()
        super().close()

    # ---- requests

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Make a request with the token, unless ``headers`` say otherwise."""
        headers = {"Authorization": f"Bearer {TOKEN}", **options.pop("headers", {})}
        options.setdefault("timeout", 90)
        # Not of the session: there the environment would win over it.
        options.setdefault("verify", self.verify)
        return self._session().request(
            method,
            self.url + path,
            headers={name: value for name, value in headers.items() if value is not None},
            **options,
        )

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._sessions.append(self._local.session)
        return self._local.session  # type: ignore[no-any-return]

    def get(self, path: str, **options: Any) -> requests.Response:
        """Make a GET request."""
        return self.request("GET", path, **options)

    def call(self, name: str, params: Any = None, **members: Any) -> requests.Response:
        """Call a procedure at once."""
        return self.request("POST", "/procedure", json=_body(name, params, members))

    def out(self, name: str, params: Any = None, **members: Any) -> Any:
        """Call a procedure at once, and give its OUT values."""
        answer = self.call(name, params, **members)
        assert answer.status_code == 200, answer.text
        return answer.json()["out"]

    def submit(
        self, name: str, params: Any = None, *, headers: Any = None, **members: Any
    ) -> requests.Response:
        """Submit a job."""
        return self.request(
            "POST", "/procedure/async", json=_body(name, params, members), headers=headers or {}
        )

    def launch(self, name: str, params: Any = None, **members: Any) -> str:
        """Submit a job that must be accepted, and give its id."""
        answer = self.submit(name, params, **members)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    def job(self, job_id: str, wait: float = 0) -> dict[str, Any]:
        """Show a job."""
        answer = self.get(f"/jobs/{job_id}", params={"wait": wait} if wait else {})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def finished(self, job_id: str, seconds: float = 60) -> dict[str, Any]:
        """Wait until a job is final, and show it."""
        return dict(
            eventually(
                lambda: (job := self.job(job_id, wait=5))["status"] not in ACTIVE and job, seconds
            )
        )


ACTIVE = ("pending", "running")


def _body(name: str, params: Any, members: dict[str, Any]) -> dict[str, Any]:
    body = {"name": name, **members}
    if params is not None:
        body["params"] = params
    return body


class ServiceWithWorker(Service):
    """A service that sends its jobs through a broker, and the worker that runs them.

    Args:
        folder: as of ``Service``.
        environ: as of ``Service``; with JOB_ENGINE and CELERY_BROKER_URL.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str | None]) -> None:
        super().__init__(folder, environ)
        self.worker = worker_of(self, folder / "worker.log")

    def start(self) -> "ServiceWithWorker":
        """Start both, and wait until the service answers."""
        self.worker.spawn()
        super().start()
        return self

    def stop(self) -> int:
        """Stop both as an operator does."""
        self.worker.signal()
        status = super().stop()
        assert self.worker.wait() == 0, self.worker.log()
        return status

    def close(self) -> None:
        """Make sure that nothing of them is left."""
        self.worker.close()
        super().close()


def worker_of(service: Service, log_path: Path, **environ: str) -> Program:
    """Make a worker for a service.

    Args:
        service: whose jobs it runs.
        log_path: where its output goes.
        environ: settings that are not the service's.
    """
    return Program(["-m", "oracle_api", "worker"], {**service.environ, **environ}, log_path)
