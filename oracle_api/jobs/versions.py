"""The present versions of jobs: what a poll reads first, and mostly all that it reads."""

from dataclasses import dataclass, field
from typing import NamedTuple

import sqlalchemy as sa

from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.tables import job_callbacks, jobs

_VERSION = (
    sa.select(jobs.c.submitted_by, jobs.c.version, job_callbacks.c.version)
    .select_from(jobs.outerjoin(job_callbacks, job_callbacks.c.job_id == jobs.c.id))
    .where(jobs.c.id == sa.bindparam("id"))
)

_MOST_REMEMBERED = 10_000


class JobVersion(NamedTuple):
    """The version of a job.

    Args:
        submitted_by: the client's name.
        number: grows with every change of what a client sees of the job.
    """

    submitted_by: str
    number: int


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was read while the database had one mark."""

    mark: bytes | None
    versions: dict[str, JobVersion] = field(default_factory=dict)


class Versions:
    """Reads versions, and again only after somebody has committed. May be used by any thread.

    Args:
        database: where the jobs are.
    """

    def __init__(self, database: JobDatabase) -> None:
        self._database = database
        self._lookup = database.lookup(_VERSION)
        self._seen = _Seen(None)

    def read(self, job_id: str) -> JobVersion | None:
        """Give a job's present version; None where there is no such job.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        # Before the row: one that is newer than its mark is read once more, and none is older.
        mark = self._database.mark()
        if mark is None:
            return self._look_up(job_id)
        seen = self._seen
        if seen.mark != mark:
            self._seen = seen = _Seen(mark)
        version = seen.versions.get(job_id) or self._look_up(job_id)
        if version is not None and len(seen.versions) < _MOST_REMEMBERED:
            seen.versions[job_id] = version
        return version

    def _look_up(self, job_id: str) -> JobVersion | None:
        row = self._lookup.first(id=job_id)
        return None if row is None else JobVersion(row[0], row[1] + (row[2] or 0))
