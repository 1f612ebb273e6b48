"""Where a benchmark's processes live: the database, services, bare routes. All end with it."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, TypeVar

import requests

from tests.bench.processes import Program
from tests.integration.service import Service, eventually, free_port

_T = TypeVar("_T")

_USER = {"ORACLE_USER": "dwh", "ORACLE_PASSWORD": "dwh"}


class Profiler(Protocol):
    """Looks into a service while it is being measured."""

    def watching(self, service: Service, label: str) -> AbstractContextManager[None]:
        """Watch it during a block."""


class Web:
    """A WSGI app under the service's own gunicorn settings.

    Args:
        app: module and name of it.
        folder: for its log.
        environ: beside what every service gets.
    """

    def __init__(self, app: str, folder: Path, environ: dict[str, str]) -> None:
        # Its settings are those of a service that is never started.
        settings = Service(folder, {"ORACLE_DSN": "127.0.0.1:1/unused", **_USER, **environ})
        self.url = settings.url
        command = [sys.executable, "-m", "gunicorn", "--config=tests/bench/bare_conf.py", app]
        self.program = Program(command, settings.environ, folder / "web.log")

    def wait(self) -> "Web":
        """Wait until it answers."""
        eventually(self._answers, 30)
        return self

    def _answers(self) -> bool:
        self.program.check()
        try:
            return requests.get(self.url, timeout=5).status_code < 500
        except requests.ConnectionError:
            return False


class Lab:
    """One benchmark's processes and files.

    Args:
        folder: where job stores are, on the disk that is to be measured.
        quick: only prove that everything works.
        profiler: looks into services while they are measured.
    """

    def __init__(self, folder: Path, *, quick: bool, profiler: Profiler | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.quick = quick
        self._profiler = profiler
        self._stack = ExitStack()
        self._folder = Path(self.enter(TemporaryDirectory(dir=folder, prefix="bench-")))
        self._made = 0
        self._database: dict[str, str] | None = None

    def __enter__(self) -> "Lab":
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def enter(self, manager: AbstractContextManager[_T]) -> _T:
        """Keep something open until the benchmark's end."""
        return self._stack.enter_context(manager)

    def at_end(self, close: Callable[[], Any]) -> None:
        """Have something called at the benchmark's end."""
        self._stack.callback(close)

    def pick(self, full: _T, quick: _T) -> _T:
        """Choose the size of something."""
        return quick if self.quick else full

    def folder(self) -> Path:
        """Make a new folder."""
        self._made += 1
        folder = self._folder / str(self._made)
        folder.mkdir()
        return folder

    @property
    def database(self) -> dict[str, str]:
        """The variables that lead to the embedded database, which starts when they are asked for.

        It runs in a process of its own, with the procedures of the benchmarks.
        """
        if self._database is None:
            port = free_port()
            command = [sys.executable, "-m", "oracle_api.embedded", f"--port={port}"]
            command += ["--procedures=tests.bench.procedures"]
            log = self.folder() / "database.log"
            program = Program(command, {"PATH": os.environ["PATH"]}, log)
            self.at_end(program.close)

            def listens() -> bool:
                program.check()
                return "listening on" in log.read_text()

            eventually(listens)
            self._database = {"ORACLE_DSN": f"127.0.0.1:{port}/FREEPDB1", **_USER}
        return self._database

    def make_service(self, folder: Path | None = None, /, **environ: str) -> Service:
        """Make a service that is not started, with the settings of its users but for these."""
        folder = folder or self.folder()
        settings = {
            # Those that the tests set otherwise.
            "JOB_LEASE_SECONDS": None,
            "ORACLE_CONNECT_SECONDS": None,
            # Metrics are files there.
            "TMPDIR": str(folder),
            "JOB_QUEUE_LIMIT": "1000000",
            **environ,
        }
        if "ORACLE_DSN" not in environ:
            settings |= self.database
        return Service(folder, settings)

    @contextmanager
    def service(self, folder: Path | None = None, /, **environ: str) -> Iterator[Service]:
        """Run a service during a block.

        Args:
            folder: with a job store, made by :func:`tests.bench.stores.fill`.
            environ: settings.
        """
        service = self.make_service(folder, **environ)
        try:
            yield service.start()
        finally:
            service.close()

    @contextmanager
    def web(self, app: str, **environ: str) -> Iterator[Web]:
        """Run a WSGI app during a block."""
        web = Web(app, self.folder(), environ)
        try:
            yield web.wait()
        finally:
            web.program.close()

    @contextmanager
    def bare(self, answer: bytes, **environ: str) -> Iterator[Web]:
        """Run a route that answers with these bytes, during a block."""
        path = self.folder() / "answer.json"
        path.write_bytes(answer)
        with self.web("tests.bench.bare:app", BENCH_ANSWER=str(path), **environ) as web:
            yield web

    @contextmanager
    def measuring(self, service: Service, label: str = "") -> Iterator[None]:
        """Mark the block in which a service is measured: the profiler looks at it then."""
        if self._profiler is None:
            yield
        else:
            with self._profiler.watching(service, label):
                yield


def answer_of(service: Service, path: str) -> bytes:
    """Give the bytes of an answer to GET.

    Raises:
        AssertionError: it was no success.
    """
    answer = service.get(path)
    assert answer.status_code == 200, answer.text
    return answer.content
