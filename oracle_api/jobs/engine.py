"""What brings jobs that wait in the store to threads that run them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

#: Takes a job, runs it to its end, and says whether there was one; see ``JobRegistry.take``.
Take = Callable[[str | None], bool]


#: What a process of the service does: answers requests, or runs jobs only.
Role = Literal["api", "worker"]


@dataclass(frozen=True, slots=True)
class EngineState:
    """What an engine knows of itself.

    Args:
        kind: the word of JOB_ENGINE.
        broker_reachable: None where there is no broker, or nobody has looked yet.
        queue_length: messages that wait in the broker; None where that is not known.
    """

    kind: Literal["threads", "celery"]
    broker_reachable: bool | None = None
    queue_length: int | None = None


class JobEngine(Protocol):
    """Carries the news of waiting jobs, and nothing else: the store alone knows what they are.

    None of the methods waits or raises. News may come late, twice or never: a job is taken by
    a guarded move, and :meth:`look` comes again.
    """

    def start(self, take: Take) -> None:
        """Begin.

        Args:
            take: runs a job in this process.
        """

    def offer(self, job_id: str) -> None:
        """Say that a job was accepted; it is durable."""

    def look(self, pending: int) -> None:
        """Say how many jobs wait in the store; each heartbeat does."""

    def state(self) -> EngineState:
        """Give what was last seen, without a look at anything else."""

    def stop(self) -> None:
        """Begin no more; what runs goes on."""

    def close(self) -> None:
        """Let go of everything."""
