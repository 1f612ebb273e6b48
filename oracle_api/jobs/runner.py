"""Runs one job from start to end. Knows neither locks nor threads nor what becomes of it."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress

from oracle_api.exceptions import (
    CallCancelled,
    DatabaseUnavailable,
    OracleApiError,
    OutcomeUnknown,
)
from oracle_api.jobs.job import Job, JobStatus, Outcome
from oracle_api.jobs.lobs import LobStore
from oracle_api.jobs.monitor import WorkMonitor
from oracle_api.jobs.results import ResultKeeper, encoder
from oracle_api.jobs.rows import RowStore
from oracle_api.jobs.store import JobStore
from oracle_api.oracle.call import Answer, Caller, Stage
from oracle_api.oracle.handle import CallHandle, Deadline
from oracle_api.oracle.longops import Work
from oracle_api.oracle.permits import Permit
from oracle_api.oracle.pool import Identity, OraclePool
from oracle_api.oracle.request import CallRequest
from oracle_api.oracle.sessions import session_of

log = logging.getLogger(__name__)

_RETRY_CONNECT_SECONDS = 0.5


class JobRunner:
    """Carries a claimed job out.

    Args:
        pool: lends the connection that the call runs on.
        caller: makes the call.
        monitor: follows its long operations.
        store: is told its progress.
        rows: keeps the rows of its REF CURSORs.
        lobs: keeps its large LOBs.
        connect_wait_seconds: how long it waits for the database before the job fails.
        permit_of: gives what a client may call now, by the client's name.
    """

    def __init__(
        self,
        *,
        pool: OraclePool,
        caller: Caller,
        monitor: WorkMonitor,
        store: JobStore,
        rows: RowStore,
        lobs: LobStore,
        connect_wait_seconds: float,
        permit_of: Callable[[str], Permit],
    ) -> None:
        self._pool = pool
        self._caller = caller
        self._monitor = monitor
        self._store = store
        self._rows = rows
        self._lobs = lobs
        self._connect_wait_seconds = connect_wait_seconds
        self._permit_of = permit_of

    def run(self, job: Job, owner: str, handle: CallHandle) -> Outcome:
        """Run a job that this owner has claimed.

        Args:
            job: with its request.
            owner: the token that it was claimed with.
            handle: breaks it off from another thread.

        Returns:
            How it ended; no error of the call's gets out.
        """
        try:
            answer = self._call(job, owner, handle)
            extras = answer.members()
            return Outcome(
                JobStatus.COMPLETED,
                result=encoder.encode(answer.out),
                extras=encoder.encode(extras) if extras else None,
            )
        except OracleApiError as exc:
            # A procedure may catch the break and raise something of its own instead.
            if handle.cancelled and not isinstance(exc, OutcomeUnknown):
                return Outcome(JobStatus.CANCELLED)
            return Outcome(JobStatus.FAILED, error=exc.detail, error_code=exc.code)
        except Exception as exc:
            log.exception("job=%s failed in a way that is a bug", job.id)
            return Outcome(
                JobStatus.FAILED, error=f"Internal error ({type(exc).__name__}); see the log."
            )

    def _call(self, job: Job, owner: str, handle: CallHandle) -> Answer:
        """Call as soon as the database is there; once the call may have been sent, never again."""
        until = time.monotonic() + self._connect_wait_seconds
        stages: list[Stage] = []

        def on_stage(stage: Stage) -> None:
            stages.append(stage)
            self._store.note_progress(job.id, owner, stage)

        while True:
            try:
                return self._try(job, owner, handle, on_stage)
            except DatabaseUnavailable:
                if Stage.SENT in stages or time.monotonic() >= until:
                    raise
            if handle.wait_cancelled(_RETRY_CONNECT_SECONDS):
                raise CallCancelled("The job was cancelled before its call was sent.")

    def _try(
        self, job: Job, owner: str, handle: CallHandle, on_stage: Callable[[Stage], None]
    ) -> Answer:
        # What was allowed when the job was accepted may not be any more.
        permit = self._permit_of(job.submitted_by)
        identity = Identity(job.procedure_name, job.id, job.submitted_by)
        with self._pool.lend(identity) as connection:
            session = session_of(connection)
            self._store.note_session(job.id, owner, session)
            with self._monitor.watching(job.id, session, self._reporter(job, owner)) as watch:
                answer = self._caller.call(
                    connection,
                    CallRequest.from_json(job.request or b""),
                    readers=ResultKeeper(job.id, owner, self._rows, self._lobs).readers,
                    deadline=Deadline(None),
                    handle=handle,
                    on_stage=on_stage,
                    permit=permit,
                )
            if watch.has_reports:
                with suppress(OracleApiError):
                    watch.look(connection)
            return answer

    def _reporter(self, job: Job, owner: str) -> Callable[[int, Work], None]:
        def report(progress: int, work: Work) -> None:
            self._store.note_progress(job.id, owner, progress, work)

        return report
