"""Who is there to run jobs, and what waits for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.engine import EngineState, Role
from oracle_api.jobs.records import OLDEST_PENDING, to_moment
from oracle_api.jobs.tables import owners

ROLES: tuple[Role, ...] = ("api", "worker")

_CREWS = sa.select(
    owners.c.role, sa.func.count().label("processes"), sa.func.sum(owners.c.slots).label("slots")
).group_by(owners.c.role)


@dataclass(frozen=True, slots=True)
class Crew:
    """The processes of one role that live; a dead one counts until others have buried it.

    Args:
        processes: how many there are.
        slots: how many jobs may run at once in all of them together.
    """

    processes: int = 0
    slots: int = 0


Crews = Mapping[Role, Crew]


@dataclass(frozen=True, slots=True)
class EngineReport:
    """How it stands with the engine: what it says of itself, and what the store knows.

    Args:
        state: the engine's own.
        workers: processes that run jobs for all API hosts.
        oldest_pending_seconds: how long the oldest waiting job has waited; 0 where none waits.
    """

    state: EngineState
    workers: Crew = Crew()
    oldest_pending_seconds: float = 0.0


class CrewStore:
    """The processes that share a job store.

    Args:
        database: where they beat.
    """

    def __init__(self, database: JobDatabase) -> None:
        self._database = database

    def read(self) -> Crews:
        """Count them, by role; a role that nobody has may be left out.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        with self._database.reading() as connection:
            rows = connection.execute(_CREWS).all()
        return {row.role: Crew(row.processes, int(row.slots)) for row in rows}

    def report(self, state: EngineState) -> EngineReport:
        """Add what the store knows to what an engine knows of itself.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        if state.kind == "threads":
            return EngineReport(state)
        workers = self.read().get("worker", Crew())
        with self._database.reading() as connection:
            oldest = connection.execute(OLDEST_PENDING).scalar_one_or_none()
        return EngineReport(state, workers, seconds_since(to_moment(oldest), self._database.now()))


def seconds_since(moment: datetime | None, now: datetime) -> float:
    """Tell how long ago something was; 0 where it never was.

    Args:
        moment: when it was, by the clock of another process or of an earlier hour.
        now: the present moment.
    """
    return 0.0 if moment is None else max(0.0, (now - moment).total_seconds())
