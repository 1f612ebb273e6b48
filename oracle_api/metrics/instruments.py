"""What the service counts and measures while it works."""

import logging
import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from prometheus_client import CollectorRegistry, disable_created_metrics

from oracle_api.exceptions import InvalidRequest
from oracle_api.jobs.job import INTERRUPTED, Job, JobStatus, Outcome
from oracle_api.metrics import catalogue
from oracle_api.metrics.firstnames import OTHER, FirstNames
from oracle_api.metrics.requests import RequestTally
from oracle_api.oracle.names import ProcedureName
from oracle_api.oracle.pool import PoolObserver

log = logging.getLogger(__name__)

P = ParamSpec("P")

_MAX_PROCEDURES = 100
_MAX_CODES = 200

_CODE = re.compile(r"(?:ORA|PLS|DPY|DPI)-\d{4,5}")
_RAISED = "ORA-"

_CONNECT = "connect"


def _harmless(note: Callable[P, None]) -> Callable[P, None]:
    """Keep trouble with a metric, such as a full disk below it, from what is measured."""

    @wraps(note)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            note(*args, **kwargs)
        except Exception:
            log.exception("A metric could not be kept.")

    return guarded


class PoolInstruments(PoolObserver):
    """Watches the connection pool of this process.

    Args:
        registry: where its metrics are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._open = catalogue.POOL_OPEN.make(registry)
        self._busy = catalogue.POOL_BUSY.make(registry)
        self._max = catalogue.POOL_MAX.make(registry)
        self._wait = catalogue.POOL_WAIT.make(registry)
        self._errors = catalogue.ORACLE_ERRORS.make(registry)
        self._codes = FirstNames(_MAX_CODES)

    @_harmless
    def waited(self, seconds: float) -> None:
        """Note how long somebody waited for a connection."""
        self._wait.observe(seconds)

    @_harmless
    def lent(self) -> None:
        """Note that a connection is in use."""
        self._busy.inc()

    @_harmless
    def returned(self) -> None:
        """Note that a connection is no longer in use."""
        self._busy.dec()

    def refused(self, code: str | None) -> None:
        """Count a connection that was not to be had."""
        self._count(code, _CONNECT)

    def failed(self, errand: str, code: str | None) -> None:
        """Count what went wrong on a connection; only errors of the database have a code."""
        self._count(code, errand)

    @_harmless
    def size(self, opened: int, most: int) -> None:
        """Note how many connections are open, and how many may be."""
        self._open.set(opened)
        self._max.set(most)

    @_harmless
    def _count(self, code: str | None, during: str) -> None:
        if code is not None and _CODE.fullmatch(code):
            self._errors.labels(self._codes.label(code), during).inc()


class Instruments:
    """The metrics of this process. Each app has its own.

    Where :mod:`sharing` has begun, the process counts together with its siblings.
    """

    def __init__(self) -> None:
        # A second series for each, which the multiprocess mode does not have anyway.
        disable_created_metrics()
        self.registry = CollectorRegistry()
        self.pool = PoolInstruments(self.registry)
        self.requests = RequestTally(self.registry)
        self._job_seconds = catalogue.JOB_SECONDS.make(self.registry)
        self._commit_seconds = catalogue.COMMIT_SECONDS.make(self.registry)
        self._commit_writes = catalogue.COMMIT_WRITES.make(self.registry)
        self._commit_failures = catalogue.COMMIT_FAILURES.make(self.registry)
        self._procedures = FirstNames(_MAX_PROCEDURES)

    @_harmless
    def job_ended(self, job: Job, outcome: Outcome, seconds: float) -> None:
        """Note a job that ran in this process, and for how long."""
        is_interrupted = outcome.error_code == INTERRUPTED
        self._job_seconds.labels(
            self._procedure(job, outcome), INTERRUPTED if is_interrupted else outcome.status
        ).observe(seconds)

    @_harmless
    def committed(self, writes: int, seconds: float, *, is_durable: bool) -> None:
        """Note a transaction of the job store.

        Args:
            writes: how many shared it.
            seconds: how long it took.
            is_durable: whether it could be committed.
        """
        if is_durable:
            self._commit_seconds.observe(seconds)
            self._commit_writes.observe(writes)
        else:
            self._commit_failures.inc()

    def _procedure(self, job: Job, outcome: Outcome) -> str:
        """Give the label of a job's procedure.

        Clients choose names: only one that the database has shown to exist gets a place.
        """
        try:
            name = str(ProcedureName.parse(job.procedure_name))
        except InvalidRequest:
            return OTHER
        exists = outcome.status is JobStatus.COMPLETED or (outcome.error_code or "").startswith(
            _RAISED
        )
        return self._procedures.label(name, may_enter=exists)
