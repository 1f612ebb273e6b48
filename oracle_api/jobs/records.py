"""Between rows of the table ``jobs`` and :class:`Job`; the statement parts that stores share."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from oracle_api.exceptions import Conflict
from oracle_api.jobs.job import INTERRUPTED, PROGRESS_FINAL, Job, JobStatus, Outcome
from oracle_api.jobs.tables import job_lobs, job_rows, jobs
from oracle_api.oracle.longops import Work

#: A result above so many bytes is left out of lists.
LIST_RESULT_BYTES = 4096

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

#: What makes a whole job.
WHOLE = [column for column in jobs.c if column.name not in ("owner", "idempotency_key")]

#: What makes a job of a list: no request, and no large result.
LISTED: list[sa.ColumnElement[Any]] = [
    *(
        column
        for column in WHOLE
        if column.name not in ("request", "request_hash", "result", "extras")
    ),
    sa.case((jobs.c.result_size <= LIST_RESULT_BYTES, jobs.c.result)).label("result"),
]

#: The id of the job whose turn it is.
OLDEST_PENDING = (
    sa.select(jobs.c.id).where(jobs.c.status == JobStatus.PENDING).order_by(jobs.c.seq).limit(1)
)

#: How many jobs wait.
PENDING_COUNT = (
    sa.select(sa.func.count()).select_from(jobs).where(jobs.c.status == JobStatus.PENDING)
)

#: How many jobs there are of each status, and since when the oldest of the waiting ones waits.
#: All of it but that one moment is read from the index by status.
CENSUS = sa.select(
    jobs.c.status,
    sa.func.count().label("jobs"),
    sa.select(jobs.c.start_time)
    .where(jobs.c.status == JobStatus.PENDING)
    .order_by(jobs.c.seq)
    .limit(1)
    .scalar_subquery()
    .label("oldest_pending"),
).group_by(jobs.c.status)


def held_by(job_id: str, owner: str) -> sa.ColumnElement[bool]:
    """Guard a change of a running job: it is still this owner's."""
    return sa.and_(jobs.c.id == job_id, jobs.c.status == JobStatus.RUNNING, jobs.c.owner == owner)


def finishing(outcome: Outcome, now: datetime) -> sa.Update:
    """Make the statement that ends jobs; the caller adds the guard."""
    return jobs.update().values(
        status=outcome.status,
        end_time=to_number(now),
        progress=PROGRESS_FINAL,
        result=outcome.result,
        extras=outcome.extras,
        result_size=len(outcome.result or b""),
        error=outcome.error,
        error_code=outcome.error_code,
        version=jobs.c.version + 1,
    )


def insert_held(
    connection: sa.Connection, table: sa.Table, job_id: str, owner: str, values: dict[str, Any]
) -> None:
    """Keep something that belongs to a running job.

    Args:
        connection: within a transaction.
        table: where, with a column ``job_id``.
        job_id: the job.
        owner: who runs it.
        values: of the other columns.

    Raises:
        Conflict: the job is no longer this owner's.
    """
    held = sa.select(jobs.c.seq).where(held_by(job_id, owner))
    if connection.execute(held).first() is None:
        raise Conflict(f"Job {job_id} is no longer run by this process.", INTERRUPTED)
    connection.execute(table.insert(), {"job_id": job_id, **values})


def drop_results(connection: sa.Connection, ids: Iterable[str] | sa.Select[tuple[str]]) -> None:
    """Delete the rows and LOBs that jobs have kept.

    Args:
        connection: within a transaction.
        ids: of the jobs.
    """
    for table in (job_rows, job_lobs):
        connection.execute(table.delete().where(table.c.job_id.in_(ids)))


def to_number(moment: datetime) -> int:
    """Give an aware moment as microseconds since 1970 UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def to_moment(number: int | None) -> datetime | None:
    """Give the moment that such a number stands for."""
    return None if number is None else _EPOCH + number * _MICROSECOND


def to_job(row: Any) -> Job:
    """Make a job of a row that has the columns WHOLE or LISTED."""
    values = row._mapping
    return Job(
        seq=row.seq,
        id=row.id,
        status=JobStatus(row.status),
        procedure_name=row.procedure_name,
        request=values.get("request"),
        submitted_by=row.submitted_by,
        request_id=row.request_id,
        start_time=_EPOCH + row.start_time * _MICROSECOND,
        run_start_time=to_moment(row.run_start_time),
        end_time=to_moment(row.end_time),
        progress=row.progress,
        work=msgspec.json.decode(row.work, type=Work) if row.work else None,
        result=row.result,
        extras=values.get("extras"),
        error=row.error,
        error_code=row.error_code,
        cancel_requested=bool(row.cancel_requested),
        version=row.version,
    )
