"""A job: a frozen value, its states, and the moves between them that are allowed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from oracle_api.oracle.longops import Work
from oracle_api.oracle.sessions import Session


class JobStatus(StrEnum):
    """The states of a job."""

    #: Accepted and stored; no worker has it.
    PENDING = "pending"
    #: A worker has it; its owner's token is in the store.
    RUNNING = "running"
    #: The procedure returned and its work is committed.
    COMPLETED = "completed"
    #: It raised, could not be called, or was interrupted.
    FAILED = "failed"
    #: Broken off because somebody asked for it.
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether a job in this state never changes again."""
        return not MOVES[self]


MOVES: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.PENDING: frozenset({JobStatus.RUNNING, JobStatus.CANCELLED}),
    JobStatus.RUNNING: frozenset({JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED}),
    JobStatus.COMPLETED: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}

ACTIVE = tuple(status for status in JobStatus if not status.is_final)
FINAL = tuple(status for status in JobStatus if status.is_final)

#: ``error_code`` of a job whose process ended before its call did.
INTERRUPTED = "interrupted"

# Progress of the stages that the registry sees; those of a call are in oracle.call.Stage.
PROGRESS_TAKEN = 10
PROGRESS_FINAL = 100


class CallbackState(StrEnum):
    """The states of a job's callback."""

    #: The job has not ended.
    WAITING = "waiting"
    #: It is to be sent, now or at its next attempt.
    PENDING = "pending"
    #: The receiver has taken it.
    DELIVERED = "delivered"
    #: Given up.
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Callback:
    """Who is told that a job has ended, and how far that is.

    Args:
        url: as the client wrote it.
        state: how far it is.
        attempts: how many were begun.
        last_status: the receiver's last answer, where there was one.
        last_error: why the last attempt failed.
        next_attempt: when it is tried again; None where it is not.
    """

    url: str
    state: CallbackState
    attempts: int
    last_status: int | None
    last_error: str | None
    next_attempt: datetime | None


@dataclass(frozen=True, slots=True)
class Job:
    """A snapshot of one job, by default as it is accepted. Times are aware UTC.

    Args:
        id: 32 hex digits.
        status: its state.
        procedure_name: as the client wrote it.
        request: the call, as ``CallRequest.to_json`` made it; None in lists.
        submitted_by: the client's name.
        request_id: of the request that submitted it.
        start_time: when it was accepted.
        run_start_time: when a worker took it.
        end_time: when it became final.
        progress: 0 to 100, never back.
        work: true figures, where the procedure reports them.
        result: JSON of the OUT values; None in lists where it is large, and until completed.
        extras: JSON object of what came back beside them; None in lists.
        error: why it failed.
        error_code: such as ``ORA-20001`` or ``interrupted``.
        cancel_requested: somebody asked to break it off.
        version: grows with every change; the ETag is made of it.
        callback: who is told of its end; None where nobody is, and in lists.
        session: the Oracle session that its call runs in, or ran in.
        traceparent: of the request that submitted it (W3C Trace Context).
    """

    id: str
    status: JobStatus
    procedure_name: str
    request: bytes | None
    submitted_by: str
    request_id: str
    start_time: datetime
    run_start_time: datetime | None = None
    end_time: datetime | None = None
    progress: int = 0
    work: Work | None = None
    result: bytes | None = None
    extras: bytes | None = None
    error: str | None = None
    error_code: str | None = None
    cancel_requested: bool = False
    version: int = 1
    callback: Callback | None = None
    session: Session | None = None
    traceparent: str | None = None

    @property
    def duration(self) -> timedelta | None:
        """From acceptance to the end; None until then."""
        if self.end_time is None:
            return None
        # Two hosts' clocks took the times.
        return max(timedelta(), self.end_time - self.start_time)


@dataclass(frozen=True, slots=True)
class NewJob:
    """What a submission says of a job; the rest is the store's to give.

    Args:
        id: 32 hex digits.
        procedure_name: as the client wrote it.
        request: ``CallRequest.to_json`` of it.
        fingerprint: ``CallRequest.fingerprint`` of it.
        submitted_by: the client's name.
        request_id: of the submitting request.
        idempotency_key: the client's, or None.
        callback_url: who is told of its end, or None.
        traceparent: of the submitting request, or None.
    """

    id: str
    procedure_name: str
    request: bytes
    fingerprint: bytes
    submitted_by: str
    request_id: str
    idempotency_key: str | None = None
    callback_url: str | None = None
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a job ended.

    Args:
        status: a final one.
        result: JSON of the OUT values of a completed one.
        extras: JSON object of what came back beside them, where there is any.
        error: why a failed one failed.
        error_code: its code, where there is one.
    """

    status: JobStatus
    result: bytes | None = None
    extras: bytes | None = None
    error: str | None = None
    error_code: str | None = None

    def __post_init__(self) -> None:
        if self.status not in MOVES[JobStatus.RUNNING]:
            raise ValueError(f"A running job cannot become {self.status}.")


def interrupted(detail: str) -> Outcome:
    """Make the outcome of a job whose process ended before its call did."""
    return Outcome(JobStatus.FAILED, error=detail, error_code=INTERRUPTED)


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs a list shows.

    Args:
        statuses: any of these; empty is all.
        procedure: this name, case-insensitively; None is all.
        id_prefix: only ids that begin so, 1 to 32 lower-case hex digits; None is all.
        ended_since: leave out what ended before.
        submitted_by: only this client's; None is anybody's.
    """

    statuses: tuple[JobStatus, ...] = ()
    procedure: str | None = None
    ended_since: datetime | None = None
    submitted_by: str | None = None
    id_prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Census:
    """How many jobs there are.

    Args:
        by_status: only those states that a job is in.
        oldest_pending: when the oldest waiting job was accepted; None where none waits.
    """

    by_status: dict[JobStatus, int]
    oldest_pending: datetime | None


@dataclass(frozen=True, slots=True)
class PageOutline:
    """What tells one state of a page from every other one; cheaper to read than the page.

    Args:
        total: as on the page.
        versions: id and version of each of its jobs.
        next_seq: as on the page.
    """

    total: int
    versions: tuple[tuple[str, int], ...]
    next_seq: int | None


@dataclass(frozen=True, slots=True)
class JobPage:
    """One page of a list, newest first.

    Args:
        total: all that match, on every page.
        jobs: those of this page.
        next_seq: where the next page goes on, None on the last one.
    """

    total: int
    jobs: tuple[Job, ...]
    next_seq: int | None

    @property
    def outline(self) -> PageOutline:
        """What tells this state of the page from every other one."""
        versions = tuple((job.id, job.version) for job in self.jobs)
        return PageOutline(self.total, versions, self.next_seq)
