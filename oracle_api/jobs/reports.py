"""How it stands with those who run jobs, and with what waits for them."""

from dataclasses import dataclass
from datetime import datetime

from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.engine import EngineState
from oracle_api.jobs.owners import Members, OwnerStore
from oracle_api.jobs.records import OLDEST_PENDING, to_moment

NOBODY = Members(processes=0, slots=0)


@dataclass(frozen=True, slots=True)
class EngineReport:
    """What an engine says of itself, and what the job store knows.

    Args:
        state: the engine's own.
        workers: processes that run jobs for all API hosts.
        oldest_pending_seconds: how long the oldest waiting job has waited; 0 where none waits.
    """

    state: EngineState
    workers: Members = NOBODY
    oldest_pending_seconds: float = 0.0


class EngineReports:
    """Asks the job store about an engine's jobs, in two short statements.

    Args:
        database: where jobs wait.
        owners: where processes beat.
    """

    def __init__(self, database: JobDatabase, owners: OwnerStore) -> None:
        self._database = database
        self._owners = owners

    def make(self, state: EngineState) -> EngineReport:
        """Make a report; of an engine without workers of its own there is nothing to ask.

        Raises:
            StoreUnavailable: the job store cannot be read.
        """
        if state.kind == "threads":
            return EngineReport(state)
        workers = self._owners.members().get("worker", NOBODY)
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
