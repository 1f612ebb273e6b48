"""The ends of jobs that ran, as many in one transaction as come together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from oracle_api.jobs.job import JobStatus, Outcome
from oracle_api.jobs.notes import NOTED, Note
from oracle_api.jobs.prepared import Prepared
from oracle_api.jobs.records import ENDED, FINISHING, Ended, finishing, follow_up
from oracle_api.jobs.tables import jobs

_FINISH = Prepared(
    jobs.update()
    .where(
        jobs.c.id == sa.bindparam("of_job"),
        jobs.c.status == JobStatus.RUNNING,
        jobs.c.owner == sa.bindparam("of_owner"),
    )
    .values(**FINISHING, **NOTED)
    .returning(*ENDED)
)


@dataclass(frozen=True, slots=True)
class Finish:
    """The end of a running job.

    Args:
        job_id: which one.
        owner: who runs it.
        outcome: what became of it.
        end: when.
        note: what is not kept yet of it.
    """

    job_id: str
    owner: str
    outcome: Outcome
    end: datetime
    note: Note


def finish(connection: sa.Connection, finishes: Sequence[Finish]) -> list[Ended]:
    """Move running jobs to their final state.

    Args:
        connection: within a transaction.
        finishes: in their order.

    Returns:
        What each did: nothing where its job is no longer running under its owner.
    """
    return [_finish(connection, one) for one in finishes]


def _finish(connection: sa.Connection, one: Finish) -> Ended:
    rows = _FINISH.rows(
        connection,
        of_job=one.job_id,
        of_owner=one.owner,
        **finishing(one.outcome, one.end),
        **one.note.values(),
    )
    return follow_up(connection, rows, one.outcome, one.end)
