"""Where jobs are kept. Every move is guarded here: it names the state and owner it expects."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from oracle_api.exceptions import (
    Conflict,
    IdempotencyMismatch,
    JobNotFound,
    QueueFull,
    TooManyJobs,
)
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.ends import Ends, nobody
from oracle_api.jobs.job import (
    ACTIVE,
    FINAL,
    PROGRESS_TAKEN,
    CallbackState,
    Census,
    Job,
    JobFilter,
    JobPage,
    JobStatus,
    NewJob,
    Outcome,
    PageOutline,
)
from oracle_api.jobs.records import (
    CALLBACK,
    CENSUS,
    LISTED,
    OLDEST_PENDING,
    PENDING_COUNT,
    WHOLE,
    Ended,
    drop_results,
    end_jobs,
    held_by,
    is_known_owner,
    not_before,
    to_job,
    to_moment,
    to_number,
)
from oracle_api.jobs.tables import job_callbacks, jobs
from oracle_api.jobs.versions import Versions
from oracle_api.oracle.longops import Work
from oracle_api.oracle.sessions import Session

_PURGE_BATCH = 500

_OUTLINED = (jobs.c.seq, jobs.c.id, jobs.c.version)

_BY_ID = (
    sa.select(*WHOLE, *CALLBACK)
    .select_from(jobs.outerjoin(job_callbacks, job_callbacks.c.job_id == jobs.c.id))
    .where(jobs.c.id == sa.bindparam("id"))
)


class JobStore:
    """Jobs in an SQL database. A method that writes returns once its change is durable.

    Args:
        database: where they are.
        on_end: told of every job that this store ended, once that is durable.
    """

    def __init__(self, database: JobDatabase, on_end: Callable[[Job], None] = nobody) -> None:
        self._database = database
        self._ends = Ends(database, on_end)
        self._versions = Versions(database)

    def ping(self) -> None:
        """Read something.

        Raises:
            StoreUnavailable: that is not possible.
        """
        with self._database.reading() as connection:
            connection.execute(OLDEST_PENDING)

    # ---- submitting

    def add(self, new: NewJob, queue_limit: int, client_limit: int | None = None) -> Job:
        """Keep a new pending job.

        Args:
            new: what is known of it.
            queue_limit: how many jobs may be pending, this one included.
            client_limit: how many of its client's may be pending or running, this one included;
                None is any number.

        Returns:
            The job; for a known idempotency key with the same request, the one it made.

        Raises:
            IdempotencyMismatch: the key is known with another request.
            TooManyJobs: the client has too many.
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
            if client_limit is not None:
                _check_client(connection, new.submitted_by, client_limit)
            if connection.execute(PENDING_COUNT).scalar_one() >= queue_limit:
                raise QueueFull(f"The queue is full: all of its {queue_limit} places are taken.")
            row = connection.execute(
                jobs.insert().returning(*WHOLE),
                _new_row(new, now),
            ).one()
            if new.callback_url is not None:
                connection.execute(
                    job_callbacks.insert(),
                    {
                        "job_id": new.id,
                        "url": new.callback_url,
                        "state": CallbackState.WAITING,
                    },
                )
            return to_job(row)

        return self._database.write(operation)

    # ---- reading

    def get(self, job_id: str, submitted_by: str | None = None) -> Job:
        """Read one job whole.

        Args:
            job_id: which one.
            submitted_by: whose; others' are not found. None is anybody's.

        Raises:
            JobNotFound: there is none with this id.
            StoreUnavailable: the database cannot be read.
        """
        with self._database.reading() as connection:
            row = connection.execute(_BY_ID, {"id": job_id}).one_or_none()
        if row is None or submitted_by not in (None, row.submitted_by):
            raise JobNotFound(job_id)
        return to_job(row)

    def version(self, job_id: str, submitted_by: str | None = None) -> int:
        """Read the present version of one job, as ``get`` would give it, at a fraction of its cost.

        Args:
            job_id: which one.
            submitted_by: whose; others' are not found. None is anybody's.

        Raises:
            JobNotFound: there is none with this id.
            StoreUnavailable: the database cannot be read.
        """
        version = self._versions.read(job_id)
        if version is None or submitted_by not in (None, version.submitted_by):
            raise JobNotFound(job_id)
        return version.number

    def list(self, wanted: JobFilter, limit: int, before_seq: int | None = None) -> JobPage:
        """Read a page of jobs, newest first, without requests and large results.

        Args:
            wanted: which ones.
            limit: most jobs on the page.
            before_seq: go on below this one.
        """
        total, rows, next_seq = self._read_page(LISTED, wanted, limit, before_seq)
        return JobPage(total, tuple(map(to_job, rows)), next_seq)

    def outline(self, wanted: JobFilter, limit: int, before_seq: int | None = None) -> PageOutline:
        """Read what tells the present state of a page from others; arguments as of ``list``."""
        total, rows, next_seq = self._read_page(_OUTLINED, wanted, limit, before_seq)
        return PageOutline(total, tuple((row.id, row.version) for row in rows), next_seq)

    def _read_page(
        self,
        columns: Sequence[sa.ColumnElement[Any]],
        wanted: JobFilter,
        limit: int,
        before_seq: int | None,
    ) -> tuple[int, Sequence[Any], int | None]:
        condition = _condition(wanted)
        page = sa.select(*columns).where(condition).order_by(jobs.c.seq.desc()).limit(limit + 1)
        if before_seq is not None:
            page = page.where(jobs.c.seq < before_seq)
        with self._database.reading(snapshot=True) as connection:
            total = connection.execute(
                sa.select(sa.func.count()).select_from(jobs).where(condition)
            ).scalar_one()
            rows = connection.execute(page).all()
        return total, rows[:limit], rows[limit - 1].seq if len(rows) > limit else None

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
        now = self._database.now()

        def operation(connection: sa.Connection) -> Job | None:
            if not is_known_owner(connection, owner):
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
                        run_start_time=not_before(jobs.c.start_time, now),
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

    def note_session(self, job_id: str, owner: str, session: Session) -> None:
        """Queue which Oracle session a running job's call runs in."""
        statement = (
            jobs.update()
            .where(held_by(job_id, owner))
            .values(
                session_id=session.sid,
                serial_num=session.serial,
                instance=session.instance,
                version=jobs.c.version + 1,
            )
        )
        self._database.write_later(lambda connection: connection.execute(statement))

    def finish(self, job_id: str, owner: str, outcome: Outcome) -> bool:
        """Move a running job to its final state.

        Returns:
            False where it is no longer running under this owner: others were first.
        """
        now = self._database.now()
        ended = self._ends.write(
            lambda connection: end_jobs(connection, held_by(job_id, owner), outcome, now)
        )
        return ended == 1

    def request_cancel(self, job_id: str, submitted_by: str | None = None) -> Job:
        """Cancel a pending job, or note that a running one is to be broken off.

        Args:
            job_id: which one.
            submitted_by: whose; others' are not found. None is anybody's.

        Raises:
            JobNotFound: there is none with this id.
            Conflict: it is final already.
        """
        now = self._database.now()

        def operation(connection: sa.Connection) -> Job:
            one = _job_of(job_id, submitted_by)
            is_pending = sa.and_(one, jobs.c.status == JobStatus.PENDING)
            cancelled = end_jobs(connection, is_pending, Outcome(JobStatus.CANCELLED), now)
            asked = (
                jobs.update()
                .where(one, jobs.c.status == JobStatus.RUNNING)
                .values(cancel_requested=1, version=jobs.c.version + 1)
            )
            moved = cancelled.jobs or connection.execute(asked).rowcount
            row = connection.execute(_BY_ID, {"id": job_id}).one_or_none()
            if row is None or submitted_by not in (None, row.submitted_by):
                raise JobNotFound(job_id)
            if not moved:
                raise Conflict(f"Job {job_id} is {row.status} already.")
            return to_job(row)

        job = self._database.write(operation)
        if job.status.is_final:
            self._ends.tell(Ended((job,), 1 if job.callback else 0))
        return job

    # ---- deleting

    def delete(self, job_id: str, submitted_by: str | None = None) -> None:
        """Delete a final job with its rows.

        Args:
            job_id: which one.
            submitted_by: whose; others' are not found. None is anybody's.

        Raises:
            JobNotFound: there is none with this id.
            Conflict: it is pending or running.
        """

        def operation(connection: sa.Connection) -> None:
            status = connection.execute(
                sa.select(jobs.c.status).where(_job_of(job_id, submitted_by))
            ).scalar_one_or_none()
            if status is None:
                raise JobNotFound(job_id)
            if status in ACTIVE:
                raise Conflict(f"Job {job_id} is {status}; cancel it first.")
            _delete(connection, [job_id])

        self._database.write(operation)

    def delete_ended(
        self,
        statuses: tuple[JobStatus, ...] = FINAL,
        before: datetime | None = None,
        submitted_by: str | None = None,
    ) -> int:
        """Delete final jobs, a batch in each transaction so that nobody waits long.

        Args:
            statuses: only these; those of active jobs are ignored.
            before: only what ended before; None is any time.
            submitted_by: only this client's; None is anybody's.

        Returns:
            How many were deleted.
        """
        final = jobs.c.status.in_([status for status in statuses if status.is_final])
        batch = sa.select(jobs.c.id).where(final).limit(_PURGE_BATCH)
        if before is not None:
            batch = batch.where(jobs.c.end_time < to_number(before))
        if submitted_by is not None:
            batch = batch.where(jobs.c.submitted_by == submitted_by)

        def operation(connection: sa.Connection) -> int:
            ids = list(connection.execute(batch).scalars())
            _delete(connection, ids)
            return len(ids)

        deleted = 0
        while count := self._database.write(operation):
            deleted += count
        return deleted


def _condition(wanted: JobFilter) -> sa.ColumnElement[bool]:
    # Where any state will do, naming them all would keep other indexes from being used.
    parts: list[sa.ColumnElement[bool]] = [sa.true()]
    if wanted.statuses:
        parts.append(jobs.c.status.in_(wanted.statuses))
    if wanted.procedure is not None:
        # Both by the database: SQLite leaves letters beyond ASCII as they are.
        parts.append(sa.func.upper(jobs.c.procedure_name) == sa.func.upper(wanted.procedure))
    if wanted.id_prefix is not None:
        # A range is read from the index by id, which LIKE is not everywhere; "g" is behind all
        # hex digits.
        parts.append(jobs.c.id.between(wanted.id_prefix, wanted.id_prefix + "g"))
    if wanted.ended_since is not None:
        since = to_number(wanted.ended_since)
        parts.append(jobs.c.end_time.is_(None) | (jobs.c.end_time >= since))
    if wanted.submitted_by is not None:
        parts.append(jobs.c.submitted_by == wanted.submitted_by)
    return sa.and_(*parts)


def _job_of(job_id: str, submitted_by: str | None) -> sa.ColumnElement[bool]:
    one = jobs.c.id == job_id
    return one if submitted_by is None else one & (jobs.c.submitted_by == submitted_by)


def _check_client(connection: sa.Connection, client: str, limit: int) -> None:
    active = (
        sa.select(sa.func.count())
        .select_from(jobs)
        .where(jobs.c.submitted_by == client, jobs.c.status.in_(ACTIVE))
    )
    if connection.execute(active).scalar_one() >= limit:
        raise TooManyJobs(f"The client {client} has {limit} active jobs, as many as it may have.")


def _new_row(new: NewJob, now: int) -> dict[str, Any]:
    return {
        "id": new.id,
        "status": JobStatus.PENDING,
        "procedure_name": new.procedure_name,
        "request": new.request,
        "request_hash": new.fingerprint,
        "submitted_by": new.submitted_by,
        "request_id": new.request_id,
        "idempotency_key": new.idempotency_key,
        "traceparent": new.traceparent,
        "start_time": now,
        "progress": 0,
        "version": 1,
    }


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
    connection.execute(job_callbacks.delete().where(job_callbacks.c.job_id.in_(ids)))
    connection.execute(jobs.delete().where(jobs.c.id.in_(ids)))
