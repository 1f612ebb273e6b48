"""The jobs of this process: submitted, run on an engine's threads, broken off, waited for."""

import hashlib
import itertools
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from oracle_api.context import WorkContext, working_for
from oracle_api.exceptions import StoreRefused, StoreUnavailable
from oracle_api.jobs.engine import JobEngine
from oracle_api.jobs.job import Job, JobStatus, NewJob, Outcome, interrupted
from oracle_api.jobs.owners import Member, OwnerStore
from oracle_api.jobs.store import JobStore
from oracle_api.oracle.handle import CallHandle
from oracle_api.oracle.request import CallRequest
from oracle_api.traceparent import parse_traceparent

log = logging.getLogger(__name__)

Run = Callable[[Job, str, CallHandle], Outcome]

# Told of a job that ran here: how it ended, and how many seconds it ran.
OnEnd = Callable[[Job, Outcome, float], None]

STOPPED = "The service was stopped; the call was broken off and rolled back."
DIED = "The process that ran the call died; the call's outcome in the database is unknown."
ABANDONED = "The service was stopped before the call returned; its outcome is unknown."

_UNSTORABLE = Outcome(JobStatus.FAILED, error="The job ended, but its outcome cannot be stored.")

# Another process may end a job that somebody waits for here.
_LOOK_SECONDS = 0.5
_STORE_RETRY_SECONDS = 1.0
_BREAK_SECONDS = 5.0


def work_of(job: Job) -> WorkContext:
    """Give the ids that a line of the log about a job shows."""
    trace = parse_traceparent(job.traceparent)
    return WorkContext(job.request_id, job.id, trace.trace_id if trace else None)


@dataclass(slots=True)
class _Execution:
    """A job that runs in this process; ``stopped`` marks a cancel that nobody asked for."""

    handle: CallHandle = field(default_factory=CallHandle)
    stopped: bool = False


class JobRegistry:
    """Accepts jobs, and runs those that an engine brings.

    Waiting jobs are only in the store. They are taken there by a guarded move, so any process may
    run a job that another accepted, and none runs it twice.

    The lock guards this process's executions and counters alone; it is never held across a
    commit or a call.

    Args:
        store: where jobs are kept.
        owners: where this process is known as an owner of jobs.
        member: what is to be known of it.
        run: carries one job out.
        engine: gives the threads; it is started and closed with the registry.
        queue_limit: how many may wait, in all processes together.
        on_end: told of each job that ran here, before its end is stored; it must not raise.
    """

    def __init__(
        self,
        *,
        store: JobStore,
        owners: OwnerStore,
        member: Member,
        run: Run,
        engine: JobEngine,
        queue_limit: int,
        on_end: OnEnd = lambda job, outcome, seconds: None,
    ) -> None:
        self._store = store
        self._owners = owners
        self._member = member
        self._run = run
        self._engine = engine
        self._queue_limit = queue_limit
        self._on_end = on_end
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._executions: dict[str, _Execution] = {}
        # Those that are under way, and those that ran and whose ends are not stored.
        self._claims: set[int] = set()
        self._unfinished: set[str] = set()
        self._numbers = itertools.count()
        self._busy = 0
        self._ends = 0
        self._stopping = False
        self._grace_is_over = False
        self._owner = ""
        engine.start(self.take)

    # ---- for requests

    def submit(
        self,
        request: CallRequest,
        *,
        submitted_by: str,
        request_id: str,
        idempotency_key: str | None = None,
        client_limit: int | None = None,
        callback_url: str | None = None,
        traceparent: str | None = None,
    ) -> Job:
        """Accept a job: it is durable when this returns.

        Args:
            request: what to call.
            submitted_by: the client's name.
            request_id: of the submitting request.
            idempotency_key: makes a repeated submission give the same job.
            client_limit: how many of the client's jobs may be active; None is any number.
            callback_url: who is to be told of its end; already checked.
            traceparent: of the submitting request.

        Raises:
            TooManyJobs, QueueFull, IdempotencyMismatch, StoreUnavailable: see ``JobStore.add``.
        """
        job = self._store.add(
            NewJob(
                id=secrets.token_hex(16),
                procedure_name=request.name,
                request=request.to_json(),
                fingerprint=_fingerprint(request, callback_url),
                submitted_by=submitted_by,
                request_id=request_id,
                idempotency_key=idempotency_key,
                callback_url=callback_url,
                traceparent=traceparent,
            ),
            self._queue_limit,
            client_limit,
        )
        self._engine.offer(job.id)
        return job

    def wait(self, job_id: str, seconds: float, submitted_by: str | None = None) -> Job:
        """Give a job as soon as it is final, or as it is when the time is over.

        Args:
            job_id: which one.
            seconds: the longest wait; also over when the service is told to stop.
            submitted_by: whose; others' are not found. None is anybody's.

        Raises:
            JobNotFound: there is none with this id.
        """
        until = time.monotonic() + seconds
        while True:
            with self._lock:
                seen = self._ends
            job = self._store.get(job_id, submitted_by)
            left = until - time.monotonic()
            if job.status.is_final or left <= 0 or self.is_stopping:
                return job
            self._wait_for_an_end(seen, min(left, _LOOK_SECONDS))

    def cancel(self, job_id: str, submitted_by: str | None = None) -> Job:
        """Cancel a pending job, or break a running one off wherever it runs.

        Args:
            job_id: which one.
            submitted_by: whose; others' are not found. None is anybody's.

        Raises:
            JobNotFound: there is none with this id.
            Conflict: it is final already.
        """
        job = self._store.request_cancel(job_id, submitted_by)
        self.break_off(job_id)
        self._tell_waiters()
        return job

    # ---- for the heartbeat

    @property
    def owner(self) -> str:
        """The token that this process holds jobs by."""
        with self._lock:
            return self._owner

    def join(self) -> None:
        """Become known as an owner, under a token never used before.

        Raises:
            StoreUnavailable: the store cannot be written to.
        """
        token = secrets.token_hex(16)
        self._owners.register(token, self._member)
        with self._lock:
            self._owner = token

    def begin_look(self) -> int:
        """Give a number for :meth:`never_got`; before the store is asked what runs here."""
        with self._lock:
            return next(self._numbers)

    def never_got(self, job_ids: Iterable[str], look: int) -> list[str]:
        """Tell which jobs this process holds in the store without having got to know of it.

        The answer to a claim can be lost while the claim itself is kept.

        Args:
            job_ids: what the store says that this process runs.
            look: of ``begin_look``.
        """
        with self._lock:
            if self._stopping or any(claim < look for claim in self._claims):
                # One that is being told of now may be among them.
                return []
            return [
                job_id
                for job_id in job_ids
                if job_id not in self._executions and job_id not in self._unfinished
            ]

    def look(self, pending: int) -> None:
        """Have the engine know how many jobs wait in the store."""
        self._engine.look(pending)

    def break_off(self, job_id: str) -> None:
        """Break a job off if it runs here."""
        with self._lock:
            execution = self._executions.get(job_id)
        if execution is not None:
            execution.handle.cancel()

    def break_off_all(self) -> None:
        """Break off every job that runs here: nobody asked for it, so none ends as cancelled."""
        with self._lock:
            executions = list(self._executions.values())
            for execution in executions:
                execution.stopped = True
        for execution in executions:
            execution.handle.cancel()

    # ---- stopping

    def begin_stop(self) -> None:
        """Take no new job, and let nobody wait any longer."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._engine.stop()

    def drain(self, grace_seconds: float) -> None:
        """Let running jobs finish, then break them off; waiting ones stay in the store.

        Args:
            grace_seconds: how long they may go on, unless somebody hurries.
        """
        self.begin_stop()
        with self._changed:
            is_idle = (
                self._changed.wait_for(
                    lambda: self._busy == 0 or self._grace_is_over, timeout=grace_seconds
                )
                and not self._busy
            )
            self._grace_is_over = True
        if not is_idle:
            self.break_off_all()
            self._wait_idle(_BREAK_SECONDS)

    def hurry(self) -> None:
        """End the grace of a drain."""
        with self._changed:
            self._grace_is_over = True
            self._changed.notify_all()

    def sign_off(self) -> None:
        """Give up what still runs, and be no owner any more. The heartbeat must have stopped."""
        try:
            self._owners.bury(self.owner, interrupted(ABANDONED))
        except StoreUnavailable as exc:
            log.error("This process could not sign off: %s", exc.detail)
        self._engine.close()

    @property
    def is_stopping(self) -> bool:
        """Whether no job is taken here any more."""
        with self._lock:
            return self._stopping

    def wait_stopping(self, seconds: float) -> bool:
        """Wait until no job is taken here any more, so long at most; say whether it is so."""
        with self._changed:
            return self._changed.wait_for(lambda: self._stopping, timeout=seconds)

    @property
    def is_idle(self) -> bool:
        """Whether nobody works on a job here."""
        with self._lock:
            return self._busy == 0

    def _wait_idle(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._busy == 0, timeout=seconds)

    # ---- on the engine's threads

    def take(self, job_id: str | None = None) -> bool:
        """Take a waiting job and run it to its end.

        Args:
            job_id: which one; None is the oldest.

        Returns:
            False where it does not wait, or none does, or this process is told to stop.

        Raises:
            StoreUnavailable: none can be taken now.
        """
        with self._lock:
            if self._stopping:
                return False
            if not self._owner:
                raise StoreUnavailable("This process is not known to the job store yet.")
            owner = self._owner
            self._busy += 1
            claim = next(self._numbers)
            self._claims.add(claim)
        try:
            job, execution = self._claim(owner, job_id, claim)
            if job is None:
                return False
            with working_for(work_of(job)):
                self._execute(job, owner, execution)
            return True
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    def _claim(self, owner: str, job_id: str | None, claim: int) -> tuple[Job | None, _Execution]:
        execution = _Execution()
        job: Job | None = None
        try:
            store = self._store
            job = store.claim(owner) if job_id is None else store.claim_one(job_id, owner)
        finally:
            with self._lock:
                self._claims.remove(claim)
                if job is not None:
                    self._executions[job.id] = execution
                    # It was being claimed when all that ran were broken off.
                    execution.stopped = self._grace_is_over
        return job, execution

    def _execute(self, job: Job, owner: str, execution: _Execution) -> None:
        if execution.stopped:
            execution.handle.cancel()
        log.info(
            "job=%s procedure=%s running request=%s", job.id, job.procedure_name, job.request_id
        )
        began = time.monotonic()
        is_stored = False
        try:
            outcome = self._run(job, owner, execution.handle)
            if execution.stopped and outcome.status is JobStatus.CANCELLED:
                outcome = interrupted(STOPPED)
            self._on_end(job, outcome, time.monotonic() - began)
            self._finish(job, owner, outcome)
            is_stored = True
        finally:
            with self._lock:
                del self._executions[job.id]
                if not is_stored:
                    self._unfinished.add(job.id)
            self._tell_waiters()

    def _finish(self, job: Job, owner: str, outcome: Outcome) -> None:
        """Store how a job ended, however long the store takes to be there again."""
        while True:
            try:
                kept = self._store.finish(job.id, owner, outcome)
            except StoreRefused:
                if outcome is _UNSTORABLE:
                    raise
                outcome = _UNSTORABLE
            except StoreUnavailable as exc:
                log.error("job=%s %s cannot be stored: %s", job.id, outcome.status, exc.detail)
                if self.is_stopping:
                    return
                self.wait_stopping(_STORE_RETRY_SECONDS)
            else:
                log.info(
                    "job=%s procedure=%s %s%s%s",
                    job.id,
                    job.procedure_name,
                    outcome.status,
                    f" code={outcome.error_code}" if outcome.error_code else "",
                    "" if kept else " but was ended by another process before",
                )
                return

    def _wait_for_an_end(self, seen: int, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._ends != seen or self._stopping, timeout=seconds)

    def _tell_waiters(self) -> None:
        with self._changed:
            self._ends += 1
            self._changed.notify_all()


def _fingerprint(request: CallRequest, callback_url: str | None) -> bytes:
    """Give 32 bytes that are the same for submissions that mean the same."""
    if callback_url is None:
        return request.fingerprint()
    return hashlib.sha256(request.fingerprint() + callback_url.encode()).digest()
