"""WORKER_CPU_AFFINITY: each worker has a processor, and so has the one that takes its place."""

import os
import signal
from pathlib import Path

import pytest

from oracle_api.affinity import CAN_BIND, processors

from .conftest import needs_embedded
from .service import Service, eventually

pytestmark = [
    needs_embedded,
    pytest.mark.skipif(not CAN_BIND or len(processors()) < 2, reason="nothing to choose from"),
]


def threads_of(pid: int) -> list[set[int]]:
    """Give the processors of each thread of a process."""
    return [os.sched_getaffinity(int(task.name)) for task in Path(f"/proc/{pid}/task").iterdir()]


def places(service: Service) -> set[frozenset[int]]:
    """Give the processors of the workers."""
    return {frozenset(each) for pid in service.workers() for each in threads_of(pid)}


def test_workers_are_bound_and_the_rest_is_not(
    tmp_path: Path, oracle_environ: dict[str, str]
) -> None:
    settings = {**oracle_environ, "WEB_CONCURRENCY": "2", "WORKER_CPU_AFFINITY": "auto"}
    service = Service(tmp_path, settings).start()
    try:
        last_two = {frozenset({each}) for each in sorted(processors())[-2:]}
        eventually(lambda: len(service.workers()) == 2 and places(service) == last_two)
        assert service.out("SUMA_SIMPLE", {"a": 1, "b": 2}) == {"RESULTADO": 3}
        killed = service.workers()[0]
        os.kill(killed, signal.SIGKILL)
        eventually(
            lambda: len(set(service.workers()) - {killed}) == 2 and places(service) == last_two
        )
        assert service.process is not None
        assert processors() in threads_of(service.process.pid)
    finally:
        service.close()
