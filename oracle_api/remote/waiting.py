"""Waits for a job's end, through restarts of the service."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from oracle_api.remote.connection import Answer
from oracle_api.remote.documents import Job, read
from oracle_api.remote.errors import RemoteError
from oracle_api.remote.exits import ExitCode
from oracle_api.remote.patience import Deadline, Patience
from oracle_api.remote.service import Service

# What the service takes as ``wait`` at most.
_LONGEST_POLL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Waiter:
    """Waits for jobs of one service.

    Args:
        service: that has them.
        patience: with a service that does not answer.
        show: is given the job each time it was looked at.
        poll_seconds: most seconds between two looks; a job's end is seen at once all the same.
    """

    service: Service
    patience: Patience
    show: Callable[[Job], None]
    poll_seconds: float = _LONGEST_POLL_SECONDS

    def wait(self, job_id: str, deadline: Deadline) -> tuple[Job, Answer]:
        """Wait until a job has ended.

        Args:
            job_id: the job.
            deadline: when to give up; the job goes on.

        Raises:
            RemoteError: the deadline passed, there is no such job, or the service is gone for
                longer than patience lasts.
        """

        def look() -> Answer:
            return self.service.job(job_id, deadline.cut(self.poll_seconds))

        while True:
            began = time.monotonic()
            seconds = deadline.cut(self.poll_seconds)
            answer = self.patience.get(look, deadline)
            job = read(answer.body, Job)
            self.show(job)
            if not job.is_active:
                return job, answer
            if deadline.is_over:
                raise RemoteError(
                    f"Job {job.id} is {job.status} still, and goes on.", ExitCode.TIMED_OUT
                )
            # A service with too many that wait answers at once.
            early = seconds - (time.monotonic() - began)
            if early > 0:
                time.sleep(deadline.cut(min(early, answer.retry_after or early)))
