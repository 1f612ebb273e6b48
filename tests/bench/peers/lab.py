"""Runs the peers: Redis, a web app and the workers of one of them, for a block."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.bench.lab import Lab
from tests.bench.processes import Program, program
from tests.integration.service import ROOT, eventually, free_port

WORKERS = 8

_RQ = ["rq", "worker-pool", "default", f"--num-workers={WORKERS}", "--quiet"]
_WORKERS = {
    "celery": [
        "celery",
        "--app=tests.bench.peers.celery_app",
        "worker",
        "--pool=threads",
        f"--concurrency={WORKERS}",
        "--loglevel=WARNING",
    ],
    # As it comes: each job runs in a process that is forked for it.
    "rq": _RQ,
    # Jobs run in the worker's own process, so that its connection can be kept.
    "rq-simple": [*_RQ, "--worker-class=rq.worker.SimpleWorker"],
}


@contextmanager
def redis(lab: Lab) -> Iterator[int]:
    """Run Redis, which keeps nothing on disk, during a block; gives its port."""
    port = free_port()
    folder = lab.folder()
    command = [program("redis-server"), "--port", str(port), "--bind", "127.0.0.1"]
    command += ["--dir", str(folder), "--save", "", "--appendonly", "no"]
    server = Program(command, {"PATH": os.environ["PATH"]}, folder / "redis.log")

    def listens() -> bool:
        server.check()
        return "Ready to accept connections" in server.log_path.read_text()

    try:
        eventually(listens)
        yield port
    finally:
        server.close()


@contextmanager
def peer(lab: Lab, name: str, redis_port: int) -> Iterator[str]:
    """Run one peer during a block, and make sure that its workers take jobs.

    Args:
        lab: has the database.
        name: celery, rq or rq-simple.
        redis_port: where Redis listens.

    Returns:
        The URL of its routes.
    """
    environ = {"REDIS_PORT": str(redis_port), **lab.database}
    workers = Program(_command(name, redis_port), _environ(environ), lab.folder() / "workers.log")
    try:
        with lab.web("tests.bench.peers.web:app", **environ) as web:
            url = f"{web.url}/{name.partition('-')[0]}"
            _warm_up(url, workers)
            yield url
    finally:
        workers.close()


def _command(name: str, redis_port: int) -> list[str]:
    script, *options = _WORKERS[name]
    if script == "rq":
        options.append(f"--url=redis://127.0.0.1:{redis_port}/2")
    return [str(Path(sys.executable).with_name(script)), *options]


def _environ(environ: Mapping[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environ}


def _warm_up(url: str, workers: Program) -> None:
    before, count = done(url), WORKERS * 2
    for _ in range(count):
        requests.post(f"{url}/noop", timeout=10).raise_for_status()

    def are_done() -> bool:
        workers.check()
        return done(url) >= before + count

    eventually(are_done, 60)


def done(url: str) -> int:
    """Tell how many jobs a peer has done."""
    return int(requests.get(f"{url}/done", timeout=10).json()["done"])
