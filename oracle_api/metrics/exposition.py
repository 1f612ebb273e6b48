"""What ``GET /metrics`` gives: what was counted, and what is looked up when it is asked for."""

import platform
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any, get_args

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from oracle_api.exceptions import StoreUnavailable
from oracle_api.jobs.engine import EngineState, Role
from oracle_api.jobs.job import Census, JobStatus
from oracle_api.jobs.owners import Members
from oracle_api.jobs.reports import NOBODY, seconds_since
from oracle_api.metrics import catalogue, sharing
from oracle_api.metrics.instruments import Instruments
from oracle_api.version import VERSION

WSGIApp = Callable[..., Any]


class StoreReadings(Collector):
    """Asks the job store, which all worker processes share, once for each exposition.

    Args:
        census: counts its jobs.
        members: counts the processes that share it, by role.
        now: gives the present moment, aware.
        queue_limit: how many jobs may wait.
    """

    def __init__(
        self,
        census: Callable[[], Census],
        members: Callable[[], Mapping[str, Members]],
        now: Callable[[], datetime],
        queue_limit: int,
    ) -> None:
        self._census = census
        self._members = members
        self._now = now
        self._queue_limit = queue_limit

    def collect(self) -> Iterable[Metric]:
        """Give the job store's metrics; of a store that cannot be read, only that."""
        yield _single(catalogue.QUEUE_LIMIT, self._queue_limit)
        try:
            census, members = self._census(), self._members()
        except StoreUnavailable:
            yield _single(catalogue.STORE_UP, 0)
            return
        yield _single(catalogue.STORE_UP, 1)
        jobs = catalogue.JOBS.family()
        for status in JobStatus:
            jobs.add_metric([status], census.by_status.get(status, 0))
        yield jobs
        yield _single(catalogue.QUEUE_LENGTH, census.by_status.get(JobStatus.PENDING, 0))
        yield _single(catalogue.OLDEST_AGE, seconds_since(census.oldest_pending, self._now()))
        processes = catalogue.PROCESSES.family()
        for role in get_args(Role):
            processes.add_metric([role], members.get(role, NOBODY).processes)
        yield processes
        yield _single(catalogue.SLOTS, sum(each.slots for each in members.values()))


class EngineReadings(Collector):
    """Asks what brings jobs to those who run them; that looks at nothing by itself.

    Args:
        state: gives what was last seen.
    """

    def __init__(self, state: Callable[[], EngineState]) -> None:
        self._state = state

    def collect(self) -> Iterable[Metric]:
        """Give the broker's metrics; none where there is no broker."""
        state = self._state()
        if state.broker_reachable is not None:
            yield _single(catalogue.BROKER_UP, state.broker_reachable)
        if state.queue_length is not None:
            yield _single(catalogue.BROKER_QUEUE_LENGTH, state.queue_length)


class Versions(Collector):
    """Says what runs."""

    def collect(self) -> Iterable[Metric]:
        """Give the one metric."""
        facts = (VERSION, platform.python_version(), version("oracledb"))
        yield catalogue.INFO.family(dict(zip(catalogue.INFO.labels, facts, strict=True)))


def exposition(instruments: Instruments, *readings: Collector) -> WSGIApp:
    """Make the WSGI app that writes all metrics, in the format that a request prefers.

    Args:
        instruments: of this process; of its siblings too where they count together.
        readings: what is looked up.
    """
    registry = instruments.registry
    if sharing.is_on():
        registry = CollectorRegistry()
        registry.register(sharing.SharedCounts())
    for reading in (Versions(), *readings):
        registry.register(reading)
    return make_wsgi_app(registry)


def _single(metric: catalogue.Reading, value: float) -> GaugeMetricFamily:
    family = metric.family()
    family.add_metric([], value)
    return family
