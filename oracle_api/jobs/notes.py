"""What running jobs tell of themselves on their way, gathered for a moment before it is kept."""

import threading
from dataclasses import dataclass
from typing import Any

import msgspec
import sqlalchemy as sa

from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.dialects import AsBlob
from oracle_api.jobs.job import JobStatus
from oracle_api.jobs.prepared import Prepared
from oracle_api.jobs.tables import jobs
from oracle_api.oracle.longops import Work
from oracle_api.oracle.sessions import Session

# So long a job's progress may be unseen; most jobs that are shorter need no write for it.
_DELAY_SECONDS = 0.05

_PROGRESS = sa.bindparam("noted_progress", type_=sa.SmallInteger)
_WORK = AsBlob(sa.bindparam("noted_work", type_=sa.LargeBinary))
_IS_NEWER = jobs.c.progress <= _PROGRESS

#: Changes what a note has something of; :meth:`Note.values` gives the values.
NOTED: dict[str, Any] = {
    "work": sa.case((sa.and_(_WORK.is_not(None), _IS_NEWER), _WORK), else_=jobs.c.work),
    "session_id": sa.func.coalesce(sa.bindparam("noted_sid"), jobs.c.session_id),
    "serial_num": sa.func.coalesce(sa.bindparam("noted_serial"), jobs.c.serial_num),
    "instance": sa.func.coalesce(sa.bindparam("noted_instance"), jobs.c.instance),
}

_KEEP = Prepared(
    jobs.update()
    .where(
        jobs.c.id == sa.bindparam("of_job"),
        jobs.c.status == JobStatus.RUNNING,
        jobs.c.owner == sa.bindparam("of_owner"),
    )
    .values(
        **NOTED,
        progress=sa.case((_IS_NEWER, _PROGRESS), else_=jobs.c.progress),
        version=jobs.c.version + 1,
    )
)


@dataclass(slots=True)
class Note:
    """The newest that is known of a running job.

    Args:
        progress: 0 is nothing new.
        work: None is nothing new.
        session: None is nothing new.
    """

    progress: int = 0
    work: Work | None = None
    session: Session | None = None

    def advance(self, progress: int, work: Work | None) -> None:
        """Note progress; one that would go back is ignored."""
        if progress >= self.progress:
            self.progress = progress
            self.work = work or self.work

    def values(self) -> dict[str, Any]:
        """Give the values of ``NOTED``."""
        session = self.session
        return {
            "noted_progress": self.progress,
            "noted_work": None if self.work is None else msgspec.json.encode(self.work),
            "noted_sid": session and session.sid,
            "noted_serial": session and session.serial,
            "noted_instance": session and session.instance,
        }


class Notes:
    """The notes of this process that are not in the database yet.

    Args:
        database: where they are kept soon.
    """

    def __init__(self, database: JobDatabase) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._notes: dict[tuple[str, str], Note] = {}
        self._is_keeping = False

    def progress(self, job_id: str, owner: str, progress: int, work: Work | None) -> None:
        """Note a job's progress, with the true figures where there are any."""
        with self._lock:
            self._note(job_id, owner).advance(progress, work)
        self._keep_soon()

    def session(self, job_id: str, owner: str, session: Session) -> None:
        """Note in which session a job's call runs."""
        with self._lock:
            self._note(job_id, owner).session = session
        self._keep_soon()

    def take(self, job_id: str, owner: str) -> Note:
        """Give what is not kept yet of a job, and forget it: it is kept with the job's end."""
        with self._lock:
            return self._notes.pop((job_id, owner), None) or Note()

    def give_back(self, job_id: str, owner: str, note: Note) -> None:
        """Have again what was taken, where it could not be kept."""
        with self._lock:
            self._notes.setdefault((job_id, owner), note)

    def _note(self, job_id: str, owner: str) -> Note:
        return self._notes.setdefault((job_id, owner), Note())

    def _keep_soon(self) -> None:
        with self._lock:
            if self._is_keeping:
                return
            self._is_keeping = True
        self._database.write_later(self.keep, _DELAY_SECONDS)

    def keep(self, connection: sa.Connection) -> None:
        """Keep all notes now.

        Args:
            connection: within a transaction.
        """
        with self._lock:
            notes, self._notes = self._notes, {}
            self._is_keeping = False
        for (job_id, owner), note in notes.items():
            _KEEP.run(connection, of_job=job_id, of_owner=owner, **note.values())
