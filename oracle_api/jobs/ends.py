"""Who is told that jobs have ended, once that is durable."""

from collections.abc import Callable

import sqlalchemy as sa

from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import Job
from oracle_api.jobs.records import Ended


def nobody(job: Job) -> None:
    """Stand in where nobody wants to be told of a job's end."""


class Ends:
    """Ends jobs in the database, and tells of it afterwards.

    Args:
        database: where the jobs are.
        on_end: told of each one that ended.
    """

    def __init__(self, database: JobDatabase, on_end: Callable[[Job], None]) -> None:
        self._database = database
        self._on_end = on_end

    def write(self, operation: Callable[[sa.Connection], Ended]) -> int:
        """Run an operation that ends jobs, and tell of them.

        Args:
            operation: run within a transaction.

        Returns:
            How many ended.
        """
        ended = self._database.write(operation)
        self.tell(ended)
        return len(ended.jobs)

    def tell(self, ended: Ended) -> None:
        """Tell of jobs whose end is durable."""
        if ended.callbacks:
            self._database.callbacks_due.set()
        for job in ended.jobs:
            self._on_end(job)
