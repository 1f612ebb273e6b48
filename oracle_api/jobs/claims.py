"""Pending jobs for who is to run them: the oldest, as many as ask together, or one by its id."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from oracle_api.jobs.job import PROGRESS_TAKEN, Job, JobStatus
from oracle_api.jobs.prepared import Prepared
from oracle_api.jobs.records import WHOLE, not_before, to_job, to_number
from oracle_api.jobs.tables import jobs, owners

_OLDEST = (
    sa.select(jobs.c.seq)
    .where(jobs.c.status == JobStatus.PENDING)
    .order_by(jobs.c.seq)
    .limit(sa.bindparam("most"))
)
_TAKING = (
    jobs.update()
    .where(
        jobs.c.status == JobStatus.PENDING,
        # One that others have buried gets nothing.
        sa.exists().where(owners.c.token == sa.bindparam("taker")),
    )
    .values(
        status=JobStatus.RUNNING,
        owner=sa.bindparam("taker"),
        run_start_time=not_before(jobs.c.start_time, sa.bindparam("moment", type_=sa.BigInteger)),
        progress=PROGRESS_TAKEN,
        version=jobs.c.version + 1,
    )
    .returning(*WHOLE)
)
_CLAIM_OLDEST = Prepared(_TAKING.where(jobs.c.seq.in_(_OLDEST)))
_CLAIM_ONE = Prepared(_TAKING.where(jobs.c.id == sa.bindparam("of_job")))


def claim_oldest(
    connection: sa.Connection, takers: Sequence[str], now: datetime
) -> list[Job | None]:
    """Take the oldest pending jobs for owners: ``pending`` to ``running``.

    Args:
        connection: within a transaction.
        takers: the owners' tokens, one for each job that is wanted.
        now: when.

    Returns:
        Each one's job, or None where none was left or its owner is not known.
    """
    taken = {owner: _claim(connection, owner, most, now) for owner, most in Counter(takers).items()}
    return [taken[owner].pop() if taken[owner] else None for owner in takers]


def _claim(connection: sa.Connection, owner: str, most: int, now: datetime) -> list[Job]:
    rows = _CLAIM_OLDEST.rows(connection, taker=owner, most=most, moment=to_number(now))
    return [to_job(row) for row in sorted(rows, key=lambda row: -row.seq)]


@dataclass(frozen=True, slots=True)
class OneClaim:
    """A pending job that somebody is to run.

    Args:
        job_id: which one.
        taker: the owner's token.
    """

    job_id: str
    taker: str


def claim_each(
    connection: sa.Connection, claims: Sequence[OneClaim], now: datetime
) -> list[Job | None]:
    """Take jobs for owners; as :func:`claim_oldest`, but each a certain one."""
    return [_claim_one(connection, claim, now) for claim in claims]


def _claim_one(connection: sa.Connection, claim: OneClaim, now: datetime) -> Job | None:
    rows = _CLAIM_ONE.rows(
        connection, of_job=claim.job_id, taker=claim.taker, moment=to_number(now)
    )
    return to_job(rows[0]) if rows else None
