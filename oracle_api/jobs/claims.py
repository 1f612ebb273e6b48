"""Pending jobs for the threads that are free, as many in one statement as ask together."""

from collections import Counter
from collections.abc import Sequence
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
_CLAIM = Prepared(
    jobs.update()
    .where(
        jobs.c.seq.in_(_OLDEST),
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
    rows = _CLAIM.rows(connection, taker=owner, most=most, moment=to_number(now))
    return [to_job(row) for row in sorted(rows, key=lambda row: -row.seq)]
