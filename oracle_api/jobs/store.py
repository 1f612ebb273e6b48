"""Where jobs are kept. Every move is guarded here: it names the state and owner it expects."""

from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from oracle_api.exceptions import Conflict, IdempotencyMismatch, JobNotFound, QueueFull
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import (
    ACTIVE,
    FINAL,
    PROGRESS_TAKEN,
    Census,
    Job,
    JobFilter,
    JobPage,
    JobStatus,
    NewJob,
    Outcome,
)
from oracle_api.jobs.records import (
    CENSUS,
    LISTED,
    OLDEST_PENDING,
    PENDING_COUNT,
    WHOLE,
    drop_results,
    finishing,
    held_by,
    to_job,
    to_moment,
    to_number,
)
from oracle_api.jobs.tables import jobs, owners
from oracle_api.oracle.longops import Work

_PURGE_BATCH = 500


_BY_ID = sa.select(*WHOLE).where(jobs.c.id == sa.bindparam("id"))


class JobStore:
    """Jobs in an SQL database. A method that writes returns once its change is durable."""

    def __init__(self, database: JobDatabase) -> None:
        self._database = database

    def ping(self) -> None:
        """Read something.

        Raises:
            StoreUnavailable: that is not possible.
        """
        with self._database.reading() as connection:
            connection.execute(OLDEST_PENDING)

    # ---- submitting

    def add(self, new: NewJob, queue_limit: int) -> Job:
        """Keep a new pending job.

        Args:
            new: what is known of it.
            queue_limit: how many jobs may be pending, this one included.

        Returns:
            The job; for a known idempotency key with the same request, the one it made.

        Raises:
            IdempotencyMismatch: the key is known with another request.
            QueueFull: too many are waiting.
            StoreUnavailable: it could not be kept.
        """
        now = to_number(self._database.now())

        def operation(connection: sa.Connection) -> Job:
            known = _known_submission(connection, new)
            if known is not None:
                if known.request_hash != new.fingerprint:
                    raise IdempotencyMismatch(
                        "This Idempotency-Key was used with another request before."
                    )
                return to_job(known)
            if connection.execute(PENDING_COUNT).scalar_one() >= queue_limit:
                raise QueueFull(f"The queue is full: all of its {queue_limit} places are taken.")
            row = connection.execute(
                jobs.insert().returning(*WHOLE),
                {
                    "id": new.id,
                    "status": JobStatus.PENDING,
                    "procedure_name": new.procedure_name,
                    "request": new.request,
                    "request_hash": new.fingerprint,
                    "submitted_by": new.submitted_by,
                    "request_id": new.request_id,
                    "idempotency_key": new.idempotency_key,
                    "start_time": now,
                    "progress": 0,
                    "version": 1,
                },
            ).one()
            return to_job(row)

        return self._database.write(operation)

    # ---- reading

    def get(self, job_id: str) -> Job:
        """Read one job whole.

        Raises:
            JobNotFound: there is none with this id.
            StoreUnavailable: the database cannot be read.
        """
        with self._database.reading() as connection:
            row = connection.execute(_BY_ID, {"id": job_id}).one_or_none()
        if row is None:
            raise JobNotFound(job_id)
        return to_job(row)

    def list(self, wanted: JobFilter, limit: int, before_seq: int | None = None) -> JobPage:
        """Read a page of jobs, newest first, without requests and large results.

        Args:
            wanted: which ones.
            limit: most jobs on the page.
            before_seq: go on below this one.
        """
        condition = _condition(wanted)
        page = sa.select(*LISTED).where(condition).order_by(jobs.c.seq.desc()).limit(limit + 1)
        if before_seq is not None:
            page = page.where(jobs.c.seq < before_seq)
        with self._database.reading(snapshot=True) as connection:
            total = connection.execute(
                sa.select(sa.func.count()).select_from(jobs).where(condition)
            ).scalar_one()
            rows = connection.execute(page).all()
        found = tuple(to_job(row) for row in rows[:limit])
        return JobPage(total, found, found[-1].seq if len(rows) > limit else None)

    def census(self) -> Census:
        """Count the jobs of all processes.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        with self._database.reading() as connection:
            rows = connection.execute(CENSUS).all()
        return Census(
            {JobStatus(row.status): row.jobs for row in rows},
            to_moment(rows[0].oldest_pending) if rows else None,
        )

    # ---- running

    def claim(self, owner: str) -> Job | None:
        """Take the oldest pending job for an owner: ``pending`` to ``running``.

        Args:
            owner: its token; one that others have buried gets nothing.

        Returns:
            The job, or None where none is waiting.
        """
        now = to_number(self._database.now())
        is_known = sa.select(owners.c.token).where(owners.c.token == owner)

        def operation(connection: sa.Connection) -> Job | None:
            if connection.execute(is_known).first() is None:
                return None
            while True:
                job_id = connection.execute(OLDEST_PENDING).scalar_one_or_none()
                if job_id is None:
                    return None
                row = connection.execute(
                    jobs.update()
                    .where(jobs.c.id == job_id, jobs.c.status == JobStatus.PENDING)
                    .values(
                        status=JobStatus.RUNNING,
                        owner=owner,
                        run_start_time=now,
                        progress=PROGRESS_TAKEN,
                        version=jobs.c.version + 1,
                    )
                    .returning(*WHOLE)
                ).one_or_none()
                if row is not None:
                    return to_job(row)

        return self._database.write(operation)

    def note_progress(
        self, job_id: str, owner: str, progress: int, work: Work | None = None
    ) -> None:
        """Queue a running job's progress; one that would go back is ignored."""
        values: dict[str, Any] = {"progress": progress, "version": jobs.c.version + 1}
        if work is not None:
            values["work"] = msgspec.json.encode(work)
        statement = (
            jobs.update().where(held_by(job_id, owner), jobs.c.progress <= progress).values(values)
        )
        self._database.write_later(lambda connection: connection.execute(statement))

    def finish(self, job_id: str, owner: str, outcome: Outcome) -> bool:
        """Move a running job to its final state.

        Returns:
            False where it is no longer running under this owner: others were first.
        """
        statement = finishing(outcome, self._database.now()).where(held_by(job_id, owner))

        def operation(connection: sa.Connection) -> bool:
            is_moved = connection.execute(statement).rowcount == 1
            if is_moved and outcome.status is not JobStatus.COMPLETED:
                drop_results(connection, [job_id])
            return is_moved

        return self._database.write(operation)

    def request_cancel(self, job_id: str) -> Job:
        """Cancel a pending job, or note that a running one is to be broken off.

        Raises:
            JobNotFound: there is none with this id.
            Conflict: it is final already.
        """
        now = self._database.now()

        def operation(connection: sa.Connection) -> Job:
            cancelled = finishing(Outcome(JobStatus.CANCELLED), now).where(
                jobs.c.id == job_id, jobs.c.status == JobStatus.PENDING
            )
            asked = (
                jobs.update()
                .where(jobs.c.id == job_id, jobs.c.status == JobStatus.RUNNING)
                .values(cancel_requested=1, version=jobs.c.version + 1)
            )
            moved = any(connection.execute(move).rowcount for move in (cancelled, asked))
            row = connection.execute(_BY_ID, {"id": job_id}).one_or_none()
            if row is None:
                raise JobNotFound(job_id)
            if not moved:
                raise Conflict(f"Job {job_id} is {row.status} already.")
            return to_job(row)

        return self._database.write(operation)

    # ---- deleting

    def delete(self, job_id: str) -> None:
        """Delete a final job with its rows.

        Raises:
            JobNotFound: there is none with this id.
            Conflict: it is pending or running.
        """

        def operation(connection: sa.Connection) -> None:
            status = connection.execute(
                sa.select(jobs.c.status).where(jobs.c.id == job_id)
            ).scalar_one_or_none()
            if status is None:
                raise JobNotFound(job_id)
            if status in ACTIVE:
                raise Conflict(f"Job {job_id} is {status}; cancel it first.")
            _delete(connection, [job_id])

        self._database.write(operation)

    def delete_ended(
        self, statuses: tuple[JobStatus, ...] = FINAL, before: datetime | None = None
    ) -> int:
        """Delete final jobs, a batch in each transaction so that nobody waits long.

        Args:
            statuses: only these; those of active jobs are ignored.
            before: only what ended before; None is any time.

        Returns:
            How many were deleted.
        """
        final = jobs.c.status.in_([status for status in statuses if status.is_final])
        batch = sa.select(jobs.c.id).where(final).limit(_PURGE_BATCH)
        if before is not None:
            batch = batch.where(jobs.c.end_time < to_number(before))

        def operation(connection: sa.Connection) -> int:
            ids = list(connection.execute(batch).scalars())
            _delete(connection, ids)
            return len(ids)

        deleted = 0
        while count := self._database.write(operation):
            deleted += count
        return deleted


def _condition(wanted: JobFilter) -> sa.ColumnElement[bool]:
    parts: list[sa.ColumnElement[bool]] = [jobs.c.status.in_(wanted.statuses or tuple(JobStatus))]
    if wanted.procedure is not None:
        parts.append(sa.func.upper(jobs.c.procedure_name) == wanted.procedure.upper())
    if wanted.ended_since is not None:
        since = to_number(wanted.ended_since)
        parts.append(jobs.c.end_time.is_(None) | (jobs.c.end_time >= since))
    return sa.and_(*parts)


def _known_submission(connection: sa.Connection, new: NewJob) -> Any:
    if new.idempotency_key is None:
        return None
    return connection.execute(
        sa.select(*WHOLE).where(
            jobs.c.submitted_by == new.submitted_by,
            jobs.c.idempotency_key == new.idempotency_key,
        )
    ).one_or_none()


def _delete(connection: sa.Connection, ids: list[str]) -> None:
    drop_results(connection, ids)
    connection.execute(jobs.delete().where(jobs.c.id.in_(ids)))
