"""Who runs jobs: each process beats, and a dead one's jobs are ended by exactly one other."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.ends import Ends, nobody
from oracle_api.jobs.engine import Role
from oracle_api.jobs.job import Job, JobStatus, Outcome
from oracle_api.jobs.records import PENDING_COUNT, Ended, end_jobs
from oracle_api.jobs.tables import jobs, owners


@dataclass(frozen=True, slots=True)
class Pulse:
    """What an owner learns when it beats.

    Args:
        alive: False where others have taken it for dead.
        running: ids of its running jobs.
        cancelled: those of them that somebody wants broken off.
        pending: how many jobs are waiting.
        orphans: how many running jobs belong to no known owner.
        beats: every owner's token with its count of beats.
    """

    alive: bool
    running: tuple[str, ...]
    cancelled: tuple[str, ...]
    pending: int
    orphans: int
    beats: dict[str, int]


_ORPHANED = sa.and_(
    jobs.c.status == JobStatus.RUNNING, jobs.c.owner.not_in(sa.select(owners.c.token))
)
_RUNNING = sa.select(jobs.c.id, jobs.c.cancel_requested).where(
    jobs.c.status == JobStatus.RUNNING, jobs.c.owner == sa.bindparam("of_owner")
)
_BEATS = sa.select(owners.c.token, owners.c.beat)
_MEMBERS = sa.select(
    owners.c.role, sa.func.count().label("processes"), sa.func.sum(owners.c.slots).label("slots")
).group_by(owners.c.role)
_ORPHAN_COUNT = sa.select(sa.func.count()).select_from(jobs).where(_ORPHANED)


@dataclass(frozen=True, slots=True)
class Member:
    """A process of the service.

    Args:
        role: what it does.
        name: of its host, for operators.
        slots: how many jobs it runs at once.
    """

    role: Role = "api"
    name: str | None = None
    slots: int = 0


_SOMEBODY = Member()


@dataclass(frozen=True, slots=True)
class Members:
    """The processes of one role that live, or have died within the lease.

    Args:
        processes: how many.
        slots: how many jobs they run at once, all together.
    """

    processes: int
    slots: int


class OwnerStore:
    """The processes that run jobs.

    Beats are counted, not timed: an observer takes an owner for dead when the count stands
    still for a while by the observer's own monotonic clock, so no two clocks are compared.

    Args:
        database: where they are.
        on_end: told of every job that was ended here, once that is durable.
    """

    def __init__(self, database: JobDatabase, on_end: Callable[[Job], None] = nobody) -> None:
        self._database = database
        self._ends = Ends(database, on_end)

    def register(self, owner: str, member: Member = _SOMEBODY) -> None:
        """Make an owner known.

        Args:
            owner: its token, never used before.
            member: its process.
        """
        row = {"token": owner, "beat": 0, **asdict(member)}

        def operation(connection: sa.Connection) -> None:
            connection.execute(owners.insert(), row)

        self._database.write(operation)

    def members(self) -> dict[str, Members]:
        """Count the processes, by their roles.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        with self._database.reading() as connection:
            rows = connection.execute(_MEMBERS).all()
        return {row.role: Members(row.processes, int(row.slots)) for row in rows}

    def pulse(self, owner: str) -> Pulse:
        """Beat, and learn what there is to do.

        Raises:
            StoreUnavailable: the beat could not be written.
        """

        def operation(connection: sa.Connection) -> Pulse:
            beaten = connection.execute(
                owners.update().where(owners.c.token == owner).values(beat=owners.c.beat + 1)
            )
            running = connection.execute(_RUNNING, {"of_owner": owner}).all()
            return Pulse(
                alive=beaten.rowcount == 1,
                running=tuple(row.id for row in running),
                cancelled=tuple(row.id for row in running if row.cancel_requested),
                orphans=connection.execute(_ORPHAN_COUNT).scalar_one(),
                pending=connection.execute(PENDING_COUNT).scalar_one(),
                beats={row.token: row.beat for row in connection.execute(_BEATS)},
            )

        return self._database.write(operation)

    def end_orphans(self, outcome: Outcome) -> int:
        """End running jobs that belong to no known owner.

        Args:
            outcome: what becomes of them.

        Returns:
            How many there were.
        """
        now = self._database.now()
        return self._ends.write(lambda connection: end_jobs(connection, _ORPHANED, outcome, now))

    def bury(self, owner: str, outcome: Outcome) -> int:
        """Remove an owner and end the jobs that it was running.

        Args:
            owner: its token.
            outcome: what becomes of them.

        Returns:
            How many jobs it was running; 0 where another process was first.
        """
        now = self._database.now()

        def operation(connection: sa.Connection) -> Ended:
            gone = connection.execute(owners.delete().where(owners.c.token == owner))
            if gone.rowcount == 0:
                return Ended((), 0)
            held = sa.and_(jobs.c.owner == owner, jobs.c.status == JobStatus.RUNNING)
            return end_jobs(connection, held, outcome, now)

        ended = self._ends.write(operation)
        # Also for the callbacks that it was about to make.
        self._database.callbacks_due.set()
        return ended
