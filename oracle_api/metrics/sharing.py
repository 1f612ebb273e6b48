"""Lets the worker processes of one gunicorn count together, in files that each maps into memory.

It is prometheus-client's multiprocess mode: https://prometheus.github.io/client_python/multiprocess/
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from prometheus_client import values
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def begin() -> None:
    """Make a private folder for the counts; it is gone when this process ends.

    To be called by the master, before it forks and before any metric is made. A folder that the
    variable named before is not used: counts of an earlier run would be in it.
    """
    folder = tempfile.mkdtemp(prefix="oracle_api-metrics-")
    os.environ[VARIABLE] = folder
    # The library looks at the variable when it is imported, and it has been.
    values.ValueClass = values.get_value_class()
    atexit.register(_remove, folder, os.getpid())


def is_on() -> bool:
    """Say whether this process counts together with others."""
    return VARIABLE in os.environ


def forget(pid: int) -> None:
    """Leave the gauges of a worker process that has ended out; what it counted stays."""
    mark_process_dead(pid)


class SharedCounts(Collector):
    """What all worker processes have counted; gauges of those that live."""

    def collect(self) -> Iterable[Metric]:
        """Give their metrics."""
        files = [str(file) for file in Path(os.environ[VARIABLE]).glob("*.db") if _size(file)]
        merged: Iterable[Metric] = MultiProcessCollector.merge(files)
        return merged


def _size(file: Path) -> int:
    # A file is empty for a moment after it is made, and for ever where its worker was killed just
    # then; the library cannot read it (prometheus/client_python, issue 1199).
    with suppress(FileNotFoundError):
        return file.stat().st_size
    return 0


def _remove(folder: str, maker: int) -> None:
    # A forked worker inherits what is to be done at exit.
    if os.getpid() == maker:
        shutil.rmtree(folder, ignore_errors=True)
