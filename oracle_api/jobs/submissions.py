"""New jobs, as many in one transaction as come together: their keys and limits, and their rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from oracle_api.exceptions import IdempotencyMismatch, OracleApiError, QueueFull, TooManyJobs
from oracle_api.jobs.dialects import rows_per_insert
from oracle_api.jobs.job import ACTIVE, CallbackState, Job, JobStatus, NewJob
from oracle_api.jobs.prepared import Prepared
from oracle_api.jobs.records import PENDING_COUNT, WHOLE, to_job, to_number
from oracle_api.jobs.tables import job_callbacks, jobs

_SET = (
    "id",
    "status",
    "procedure_name",
    "request",
    "request_hash",
    "submitted_by",
    "request_id",
    "idempotency_key",
    "traceparent",
    "start_time",
    "progress",
    "version",
)


# Each statement, and each row that one gives, lets other threads have the interpreter, which costs
# more than the row itself.
_MOST_ROWS = 16
_NAMES = [tuple(f"{name}_{row}" for name in _SET) for row in range(_MOST_ROWS)]


@cache
def _insert_of(count: int) -> Prepared:
    """Make the statement that inserts so many rows; a value is named after its row as well."""
    rows = [
        {name: sa.bindparam(f"{name}_{row}", type_=jobs.c[name].type) for name in _SET}
        for row in range(count)
    ]
    return Prepared(jobs.insert().values(rows if count > 1 else rows[0]))


_PENDING_COUNT = Prepared(PENDING_COUNT)
_LAST_SEQ = Prepared(sa.select(sa.func.coalesce(sa.func.max(jobs.c.seq), 0)))
_OF_KEY = sa.select(*WHOLE).where(
    jobs.c.submitted_by == sa.bindparam("client"), jobs.c.idempotency_key == sa.bindparam("key")
)
_ACTIVE_COUNT = Prepared(
    sa.select(sa.func.count())
    .select_from(jobs)
    .where(
        jobs.c.submitted_by == sa.bindparam("client"),
        sa.or_(*(jobs.c.status == status for status in ACTIVE)),
    )
)


@dataclass(frozen=True, slots=True)
class Submission:
    """A job that is to be kept.

    Args:
        new: what is known of it.
        start: when it was submitted.
        queue_limit: how many jobs may be pending, this one included.
        client_limit: how many of its client's may be active, this one included; None is any number.
    """

    new: NewJob
    start: datetime
    queue_limit: int
    client_limit: int | None


class Submissions:
    """Keeps new jobs within their limits; used by the writer's thread alone.

    Waiting jobs are counted only where there may be too many: each new one has a ``seq`` of its
    own above all others, whichever process adds it, so the greatest one tells how many can have
    come since the last count.
    """

    def __init__(self) -> None:
        self._limit = -1
        # Up to this seq the limit cannot be exceeded.
        self._room_until = 0

    def add(
        self, connection: sa.Connection, submissions: Sequence[Submission]
    ) -> list[Job | OracleApiError]:
        """Keep jobs.

        Args:
            connection: within a transaction.
            submissions: in their order.

        Returns:
            Each one's job, or why there is none: IdempotencyMismatch, TooManyJobs, QueueFull.
        """
        ((last,),) = _LAST_SEQ.run(connection)
        batch = _Batch(connection)
        for submission in submissions:
            try:
                known = self._admit(batch, submission, last)
            except OracleApiError as exc:
                batch.answer(exc)
                continue
            if known is not None:
                batch.answer(known)
                continue
            batch.keep(submission)
            last += 1
        return batch.end()

    def _admit(self, batch: "_Batch", submission: Submission, last: int) -> Job | None:
        """Let a submission in, or give the job that it has made before."""
        new = submission.new
        if new.idempotency_key is not None:
            known = _known(batch.settle(), new)
            if known is not None:
                return known
        if submission.client_limit is not None:
            _check_client(batch.settle(), new.submitted_by, submission.client_limit)
        self._check_queue(batch, submission.queue_limit, last)
        return None

    def _check_queue(self, batch: "_Batch", limit: int, last: int) -> None:
        if limit == self._limit and last < self._room_until:
            return
        ((pending,),) = _PENDING_COUNT.run(batch.settle())
        self._limit = limit
        self._room_until = last + limit - pending
        if pending >= limit:
            raise QueueFull(f"The queue is full: all of its {limit} places are taken.")


class _Batch:
    """The answers to the submissions of a transaction; as many jobs as can be are kept at once.

    Args:
        connection: within the transaction.
    """

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._made: list[Job | OracleApiError] = []
        self._fresh: list[Submission] = []

    def keep(self, submission: Submission) -> None:
        """Answer with a new job."""
        self._fresh.append(submission)

    def answer(self, made: Job | OracleApiError) -> None:
        """Answer with something else."""
        self.settle()
        self._made.append(made)

    def settle(self) -> sa.Connection:
        """Give the connection, on which all new jobs so far can be seen."""
        fresh, self._fresh = self._fresh, []
        rows = rows_per_insert(self._connection.dialect, _MOST_ROWS)
        for first in range(0, len(fresh), rows):
            self._made += _insert(self._connection, fresh[first : first + rows])
        return self._connection

    def end(self) -> list[Job | OracleApiError]:
        """Give all answers, in the order of their submissions."""
        self.settle()
        return self._made


def _known(connection: sa.Connection, new: NewJob) -> Job | None:
    values = {"client": new.submitted_by, "key": new.idempotency_key}
    known = connection.execute(_OF_KEY, values).one_or_none()
    if known is None:
        return None
    if known.request_hash != new.fingerprint:
        raise IdempotencyMismatch("This Idempotency-Key was used with another request before.")
    return to_job(known)


def _check_client(connection: sa.Connection, client: str, limit: int) -> None:
    ((active,),) = _ACTIVE_COUNT.run(connection, client=client)
    if active >= limit:
        raise TooManyJobs(f"The client {client} has {limit} active jobs, as many as it may have.")


def _insert(connection: sa.Connection, submissions: Sequence[Submission]) -> list[Job]:
    """Insert as many rows as one statement takes."""
    values: dict[str, Any] = {}
    for names, submission in zip(_NAMES, submissions, strict=False):
        values.update(zip(names, _row(submission), strict=True))
    _insert_of(len(submissions)).run(connection, **values)
    for new in (submission.new for submission in submissions):
        if new.callback_url is not None:
            connection.execute(
                job_callbacks.insert(),
                {"job_id": new.id, "url": new.callback_url, "state": CallbackState.WAITING},
            )
    return list(map(_job, submissions))


def _row(submission: Submission) -> tuple[Any, ...]:
    """Give the values of the columns ``_SET``."""
    new = submission.new
    return (
        new.id,
        JobStatus.PENDING,
        new.procedure_name,
        new.request,
        new.fingerprint,
        new.submitted_by,
        new.request_id,
        new.idempotency_key,
        new.traceparent,
        to_number(submission.start),
        0,
        1,
    )


def _job(submission: Submission) -> Job:
    new = submission.new
    return Job(
        id=new.id,
        status=JobStatus.PENDING,
        procedure_name=new.procedure_name,
        request=new.request,
        submitted_by=new.submitted_by,
        request_id=new.request_id,
        start_time=submission.start,
        traceparent=new.traceparent,
    )
