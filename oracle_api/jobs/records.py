"""Between rows of the table ``jobs`` and :class:`Job`; the statement parts that stores share."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from oracle_api.exceptions import Conflict
from oracle_api.jobs.dialects import IfReturnable
from oracle_api.jobs.job import (
    INTERRUPTED,
    PROGRESS_FINAL,
    Callback,
    CallbackState,
    Job,
    JobStatus,
    Outcome,
)
from oracle_api.jobs.prepared import Prepared
from oracle_api.jobs.tables import job_callbacks, job_lobs, job_rows, jobs, owners
from oracle_api.oracle.longops import Work
from oracle_api.oracle.sessions import Session

#: A result above so many bytes is left out of lists.
LIST_RESULT_BYTES = 4096

# Where the pieces of jobs' large results are.
_PIECES = (job_rows, job_lobs)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

#: What makes a whole job.
WHOLE = [
    column for column in jobs.c if column.name not in ("owner", "idempotency_key", "sent_time")
]

#: What makes a job of a list: no request, and no large result.
LISTED: list[sa.ColumnElement[Any]] = [
    *(
        column
        for column in WHOLE
        if column.name not in ("request", "request_hash", "result", "extras")
    ),
    sa.case((jobs.c.result_size <= LIST_RESULT_BYTES, jobs.c.result)).label("result"),
]

#: What makes a job of a list, and whether somebody is to be told of its end; null if that cannot
#: be told along with it.
ENDED: list[sa.ColumnElement[Any]] = [
    *LISTED,
    IfReturnable(sa.exists().where(job_callbacks.c.job_id == jobs.c.id)).label("has_callback"),
]

#: A job's callback, beside the columns of its job.
CALLBACK = [column.label(f"callback_{column.name}") for column in job_callbacks.c]

#: The id of the job whose turn it is.
OLDEST_PENDING = (
    sa.select(jobs.c.id).where(jobs.c.status == JobStatus.PENDING).order_by(jobs.c.seq).limit(1)
)

#: How many jobs wait.
PENDING_COUNT = (
    sa.select(sa.func.count()).select_from(jobs).where(jobs.c.status == JobStatus.PENDING)
)

#: Since when the oldest of the waiting jobs waits.
OLDEST_PENDING = (
    sa.select(jobs.c.start_time)
    .where(jobs.c.status == JobStatus.PENDING)
    .order_by(jobs.c.seq)
    .limit(1)
)

#: How many jobs there are of each status, and since when the oldest of the waiting ones waits.
#: All of it but that one moment is read from the index by status.
CENSUS = sa.select(
    jobs.c.status,
    sa.func.count().label("jobs"),
    OLDEST_PENDING.scalar_subquery().label("oldest_pending"),
).group_by(jobs.c.status)


def held_by(job_id: str, owner: str) -> sa.ColumnElement[bool]:
    """Guard a change of a running job: it is still this owner's."""
    return sa.and_(jobs.c.id == job_id, jobs.c.status == JobStatus.RUNNING, jobs.c.owner == owner)


def is_known_owner(connection: sa.Connection, owner: str) -> bool:
    """Tell whether an owner may take anything: one that others have buried may not."""
    known = sa.select(owners.c.token).where(owners.c.token == owner)
    return connection.execute(known).first() is not None


_MAKE_DUE = Prepared(
    job_callbacks.update()
    .where(job_callbacks.c.job_id == sa.bindparam("of_job"))
    .values(
        state=CallbackState.PENDING,
        next_attempt=sa.bindparam("from_now"),
        version=job_callbacks.c.version + 1,
    )
)


@dataclass(frozen=True, slots=True)
class Ended:
    """What :func:`end_jobs` did.

    Args:
        jobs: that ended, as lists show them.
        callbacks: how many of them have somebody who is to be told.
    """

    jobs: tuple[Job, ...]
    callbacks: int


def end_jobs(
    connection: sa.Connection, which: sa.ColumnElement[bool], outcome: Outcome, now: datetime
) -> Ended:
    """End jobs; every way in which a job ends comes by here.

    Args:
        connection: within a transaction.
        which: the guard: the state that they must be in, and whose they must be.
        outcome: what becomes of them.
        now: when.
    """
    statement = jobs.update().values(FINISHING).where(which).returning(*ENDED)
    return follow_up(
        connection, connection.execute(statement, finishing(outcome, now)).all(), outcome, now
    )


def follow_up(
    connection: sa.Connection, rows: Sequence[Any], outcome: Outcome, now: datetime
) -> Ended:
    """Do what belongs to the end of jobs whose rows have been changed.

    Args:
        connection: within the same transaction.
        rows: with the columns ENDED.
        outcome: what became of the jobs.
        now: when.
    """
    if rows and outcome.status is not JobStatus.COMPLETED:
        drop_results(connection, [row.id for row in rows])
    told = _told(connection, rows)
    for job_id in told:
        _MAKE_DUE.run(connection, of_job=job_id, from_now=to_number(now))
    return Ended(tuple(map(to_job, rows)), len(told))


def _told(connection: sa.Connection, rows: Sequence[Any]) -> list[str]:
    """Give the ids of the jobs, among some that ended, of whose end somebody is to be told."""
    unknown = [row.id for row in rows if row.has_callback is None]
    known = {row.id for row in rows if row.has_callback}
    if unknown:
        found = sa.select(job_callbacks.c.job_id).where(job_callbacks.c.job_id.in_(unknown))
        known.update(connection.execute(found).scalars())
    return [row.id for row in rows if row.id in known]


def not_before(
    earlier: sa.ColumnElement[int], moment: sa.ColumnElement[int]
) -> sa.ColumnElement[int]:
    """Give a moment, but none before an earlier one: the wall clock may step back."""
    return sa.case((earlier > moment, earlier), else_=moment)


#: What a job's end changes; :func:`finishing` gives the values.
FINISHING: dict[str, Any] = {
    "status": sa.bindparam("final_status"),
    "end_time": not_before(
        sa.func.coalesce(jobs.c.run_start_time, jobs.c.start_time),
        sa.bindparam("ended_at", type_=sa.BigInteger),
    ),
    "progress": PROGRESS_FINAL,
    "result": sa.bindparam("the_result", type_=sa.LargeBinary),
    "extras": sa.bindparam("the_extras", type_=sa.LargeBinary),
    "result_size": sa.bindparam("size"),
    "error": sa.bindparam("the_error"),
    "error_code": sa.bindparam("the_code"),
    "version": jobs.c.version + 1,
}


def finishing(outcome: Outcome, now: datetime) -> dict[str, Any]:
    """Give the values of ``FINISHING``."""
    return {
        "final_status": outcome.status,
        "ended_at": to_number(now),
        "the_result": outcome.result,
        "the_extras": outcome.extras,
        "size": len(outcome.result or b""),
        "the_error": outcome.error,
        "the_code": outcome.error_code,
    }


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


def count_pieces(connection: sa.Connection, ids: Sequence[str]) -> Counter[str]:
    """Count the pieces that the rows and LOBs of jobs are kept in, by the jobs' ids."""
    pieces: Counter[str] = Counter()
    for table in _PIECES:
        number = (
            sa.select(table.c.job_id, sa.func.count().label("pieces"))
            .where(table.c.job_id.in_(ids))
            .group_by(table.c.job_id)
        )
        pieces.update({row.job_id: row.pieces for row in connection.execute(number)})
    return pieces


def drop_results(connection: sa.Connection, ids: Iterable[str]) -> None:
    """Delete the rows and LOBs that jobs have kept.

    Args:
        connection: within a transaction.
        ids: of the jobs.
    """
    for table in _PIECES:
        connection.execute(table.delete().where(table.c.job_id.in_(ids)))


def to_number(moment: datetime) -> int:
    """Give an aware moment as microseconds since 1970 UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def to_moment(number: int | None) -> datetime | None:
    """Give the moment that :func:`to_number` made a number of."""
    return None if number is None else _EPOCH + number * _MICROSECOND


def to_job(row: Any) -> Job:
    """Make a job of a row that has the columns WHOLE or LISTED, and CALLBACK or not."""
    values = row._mapping
    return Job(
        id=row.id,
        status=JobStatus(row.status),
        procedure_name=row.procedure_name,
        request=_optional(values, "request"),
        submitted_by=row.submitted_by,
        request_id=row.request_id,
        start_time=_EPOCH + row.start_time * _MICROSECOND,
        run_start_time=to_moment(row.run_start_time),
        end_time=to_moment(row.end_time),
        progress=row.progress,
        work=msgspec.json.decode(row.work, type=Work) if row.work else None,
        result=row.result,
        extras=_optional(values, "extras"),
        error=row.error,
        error_code=row.error_code,
        cancel_requested=bool(row.cancel_requested),
        version=row.version + (_optional(values, "callback_version") or 0),
        callback=_to_callback(row) if _optional(values, "callback_url") else None,
        session=None
        if row.session_id is None
        else Session(row.session_id, row.serial_num, row.instance),
        traceparent=row.traceparent,
    )


def _optional(values: Mapping[str, Any], name: str) -> Any:
    # A look first: SQLAlchemy's own ``get`` raises and catches an error for what there is not.
    return values[name] if name in values else None  # noqa: SIM401


def _to_callback(row: Any) -> Callback:
    return Callback(
        url=row.callback_url,
        state=CallbackState(row.callback_state),
        attempts=row.callback_attempts,
        last_status=row.callback_last_status,
        last_error=row.callback_last_error,
        next_attempt=to_moment(row.callback_next_attempt),
    )
