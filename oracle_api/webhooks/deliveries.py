"""The callbacks of ended jobs: taken by one process at a time, and marked with how it went."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import CallbackState, Job
from oracle_api.jobs.records import LISTED, is_known_owner, to_job, to_moment, to_number
from oracle_api.jobs.tables import job_callbacks, jobs, owners

_PENDING = job_callbacks.c.state == CallbackState.PENDING

# An owner that others have buried holds nothing any more: its attempt is made again.
_IS_FREE = sa.or_(
    job_callbacks.c.owner.is_(None),
    job_callbacks.c.owner.not_in(sa.select(owners.c.token)),
)

_DUE = (
    sa.select(job_callbacks.c.job_id)
    .where(_PENDING, _IS_FREE, job_callbacks.c.next_attempt <= sa.bindparam("now"))
    .order_by(job_callbacks.c.next_attempt)
    .limit(1)
)
_NEXT = sa.select(sa.func.min(job_callbacks.c.next_attempt)).where(
    _PENDING, job_callbacks.c.owner.is_(None)
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to tell somebody of a job's end.

    Args:
        job: as lists show it.
        url: who is told.
        attempt: counted from 1; together with the owner it is the lease.
        owner: the process that makes it.
    """

    job: Job
    url: str
    attempt: int
    owner: str


class DeliveryStore:
    """Callbacks that are to be sent. They are made with their job, and due once it has ended."""

    def __init__(self, database: JobDatabase) -> None:
        self._database = database

    def next_attempt(self) -> datetime | None:
        """Say when the next callback that nobody has taken is due; None where there is none."""
        with self._database.reading() as connection:
            return to_moment(connection.execute(_NEXT).scalar_one())

    def has_due(self) -> bool:
        """Tell whether a callback could be claimed now; cheaper than to try."""
        with self._database.reading() as connection:
            return connection.execute(_DUE, self._now()).first() is not None

    def claim(self, owner: str) -> Delivery | None:
        """Begin the attempt that is due the longest: no other process gets it.

        Args:
            owner: this process's token; one that others have buried gets nothing.

        Returns:
            The attempt, or None where none is due.
        """

        def operation(connection: sa.Connection) -> Delivery | None:
            if not is_known_owner(connection, owner):
                return None
            job_id = connection.execute(_DUE, self._now()).scalar_one_or_none()
            if job_id is None:
                return None
            row = connection.execute(
                job_callbacks.update()
                .where(job_callbacks.c.job_id == job_id, _PENDING, _IS_FREE)
                .values(
                    owner=owner,
                    attempts=job_callbacks.c.attempts + 1,
                    version=job_callbacks.c.version + 1,
                )
                .returning(job_callbacks.c.url, job_callbacks.c.attempts)
            ).one_or_none()
            if row is None:
                return None
            job = connection.execute(sa.select(*LISTED).where(jobs.c.id == job_id)).one()
            return Delivery(to_job(job), row.url, row.attempts, owner)

        return self._database.write(operation)

    def finish(
        self,
        delivery: Delivery,
        state: CallbackState,
        *,
        status: int | None = None,
        error: str | None = None,
        next_attempt: datetime | None = None,
    ) -> bool:
        """End an attempt.

        Args:
            delivery: the attempt.
            state: what becomes of the callback.
            status: of the receiver's answer, where there was one.
            error: why it failed.
            next_attempt: when it is tried again, where it is still pending.

        Returns:
            False where the attempt was no longer this owner's, or its job is deleted.
        """
        statement = (
            job_callbacks.update()
            .where(
                _PENDING,
                job_callbacks.c.job_id == delivery.job.id,
                job_callbacks.c.owner == delivery.owner,
                job_callbacks.c.attempts == delivery.attempt,
            )
            .values(
                state=state,
                owner=None,
                last_status=status,
                last_error=error,
                next_attempt=next_attempt and to_number(next_attempt),
                version=job_callbacks.c.version + 1,
            )
        )
        return self._database.write(lambda connection: connection.execute(statement).rowcount == 1)

    def _now(self) -> dict[str, int]:
        return {"now": to_number(self._database.now())}
