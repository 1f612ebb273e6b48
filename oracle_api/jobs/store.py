"""Where jobs are kept. Every move is guarded here: it names the state and owner it expects."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

import sqlalchemy as sa

from oracle_api.exceptions import Conflict, JobNotFound, OracleApiError
from oracle_api.jobs.claims import OneClaim, claim_each, claim_oldest
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.ends import Ends, nobody
from oracle_api.jobs.finishes import Finish, finish
from oracle_api.jobs.job import (
    ACTIVE,
    FINAL,
    Census,
    Job,
    JobFilter,
    JobPage,
    JobStatus,
    NewJob,
    Outcome,
    PageOutline,
)
from oracle_api.jobs.notes import Notes
from oracle_api.jobs.pages import page_of, total_of
from oracle_api.jobs.records import (
    CALLBACK,
    CENSUS,
    LISTED,
    OLDEST_PENDING,
    WHOLE,
    Ended,
    count_pieces,
    drop_results,
    end_jobs,
    to_job,
    to_moment,
    to_number,
)
from oracle_api.jobs.submissions import Submission, Submissions
from oracle_api.jobs.tables import job_callbacks, jobs
from oracle_api.jobs.versions import Versions
from oracle_api.jobs.writer import Kind
from oracle_api.oracle.longops import Work
from oracle_api.oracle.sessions import Session

# What else is to be written waits for a batch of deletions: so many jobs at most, and pieces of
# their rows and LOBs, of which a single job may have more.
_PURGE_BATCH = 200
_PURGE_PIECES = 100

_OUTLINED = (jobs.c.seq, jobs.c.id, jobs.c.version)

_BY_ID = (
    sa.select(*WHOLE, *CALLBACK)
    .select_from(jobs.outerjoin(job_callbacks, job_callbacks.c.job_id == jobs.c.id))
    .where(jobs.c.id == sa.bindparam("id"))
)


_FINISHING = Kind(finish, turn=-2)


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
        self._notes = Notes(database)
        self._adding = Kind(Submissions().add, turn=-1)
        # After all others: what is accepted now can be claimed now.
        self._claiming: Kind[str, Job | None] = Kind(self._claim, turn=1)
        self._claiming_one: Kind[OneClaim, Job | None] = Kind(self._claim_each, turn=1)

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
        submission = Submission(new, self._database.now(), queue_limit, client_limit)
        return self._database.write_one(self._adding, submission)

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
        with self._database.reading(snapshot=True) as connection:
            total = connection.execute(*total_of(wanted)).scalar_one()
            rows = connection.execute(*page_of(columns, wanted, limit + 1, before_seq)).all()
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
        return self._database.write_one(self._claiming, owner)

    def claim_one(self, job_id: str, owner: str) -> Job | None:
        """Take a certain job for an owner; as ``claim``, but None where it is not pending."""
        return self._database.write_one(self._claiming_one, OneClaim(job_id, owner))

    def _claim(self, connection: sa.Connection, takers: Sequence[str]) -> Sequence[Job | None]:
        return claim_oldest(connection, takers, self._database.now())

    def _claim_each(
        self, connection: sa.Connection, claims: Sequence[OneClaim]
    ) -> Sequence[Job | None]:
        return claim_each(connection, claims, self._database.now())

    def give_back(self, job_ids: Sequence[str], owner: str) -> int:
        """Have running jobs wait again, whose calls were never begun: ``running`` to ``pending``.

        Args:
            job_ids: which ones.
            owner: who has taken them without getting to know of it.

        Returns:
            How many there were.
        """
        statement = (
            jobs.update()
            .where(
                jobs.c.id.in_(job_ids),
                jobs.c.status == JobStatus.RUNNING,
                jobs.c.owner == owner,
            )
            .values(
                status=JobStatus.PENDING,
                owner=None,
                run_start_time=None,
                progress=0,
                version=jobs.c.version + 1,
            )
        )
        return self._database.write(lambda connection: connection.execute(statement).rowcount)

    def resend_due(self, before: datetime, most: int) -> Sequence[str]:
        """Give pending jobs whose ids were sent long ago; they count as sent now.

        Args:
            before: when, at the latest; a new job's id is sent at its start.
            most: so many at most.

        Returns:
            Their ids, the oldest first. Whoever asks at the same time gets others.
        """
        now = to_number(self._database.now())
        due = (
            sa.select(jobs.c.id)
            .where(
                jobs.c.status == JobStatus.PENDING,
                sa.func.coalesce(jobs.c.sent_time, jobs.c.start_time) < to_number(before),
            )
            .order_by(jobs.c.seq)
            .limit(most)
        )

        def operation(connection: sa.Connection) -> Sequence[str]:
            ids = connection.execute(due).scalars().all()
            connection.execute(jobs.update().where(jobs.c.id.in_(ids)).values(sent_time=now))
            return ids

        return self._database.write(operation)

    def note_progress(
        self, job_id: str, owner: str, progress: int, work: Work | None = None
    ) -> None:
        """Note a running job's progress, to be kept soon; one that would go back is ignored."""
        self._notes.progress(job_id, owner, progress, work)

    def note_session(self, job_id: str, owner: str, session: Session) -> None:
        """Note which Oracle session a running job's call runs in, to be kept soon."""
        self._notes.session(job_id, owner, session)

    def finish(self, job_id: str, owner: str, outcome: Outcome) -> bool:
        """Move a running job to its final state.

        Returns:
            False where it is no longer running under this owner: others were first.
        """
        note = self._notes.take(job_id, owner)
        one = Finish(job_id, owner, outcome, self._database.now(), note)
        try:
            ended = self._database.write_one(_FINISHING, one)
        except OracleApiError:
            self._notes.give_back(job_id, owner, note)
            raise
        self._ends.tell(ended)
        return bool(ended.jobs)

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
            # The job that is given is as far as it is.
            self._notes.keep(connection)
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
        # Final jobs alone have ended; by their states all that are kept would be looked at.
        final = (
            jobs.c.end_time.is_not(None)
            if {*statuses} >= {*FINAL}
            else jobs.c.status.in_([status for status in statuses if status.is_final])
        )
        batch = sa.select(jobs.c.id).where(final).limit(_PURGE_BATCH)
        if before is not None:
            batch = batch.where(jobs.c.end_time < to_number(before))
        if submitted_by is not None:
            batch = batch.where(jobs.c.submitted_by == submitted_by)

        def operation(connection: sa.Connection) -> int:
            ids = _first_of(connection, list(connection.execute(batch).scalars()))
            _delete(connection, ids)
            return len(ids)

        deleted = 0
        while count := self._database.write(operation):
            deleted += count
        return deleted


def _job_of(job_id: str, submitted_by: str | None) -> sa.ColumnElement[bool]:
    one = jobs.c.id == job_id
    return one if submitted_by is None else one & (jobs.c.submitted_by == submitted_by)


def _first_of(connection: sa.Connection, ids: list[str]) -> list[str]:
    """Give the first of some jobs: as many as have few pieces together, one in any case."""
    pieces = count_pieces(connection, ids)
    totals = accumulate(pieces[job_id] for job_id in ids)
    return ids[: max(1, sum(total <= _PURGE_PIECES for total in totals))]


def _delete(connection: sa.Connection, ids: list[str]) -> None:
    drop_results(connection, ids)
    connection.execute(job_callbacks.delete().where(job_callbacks.c.job_id.in_(ids)))
    connection.execute(jobs.delete().where(jobs.c.id.in_(ids)))
