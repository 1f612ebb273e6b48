"""The job store of the jobs' tests, and the callbacks in it."""

from collections.abc import Callable
from typing import Any

import pytest

from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import Job, Outcome
from oracle_api.jobs.store import JobStore
from oracle_api.webhooks.deliveries import DeliveryStore
from tests.jobs.conftest import add, clock, database, owners, store, url

__all__ = ["add", "clock", "database", "owners", "store", "url"]

URL = "https://hooks.example.com/done"


@pytest.fixture
def deliveries(database: JobDatabase) -> DeliveryStore:
    return DeliveryStore(database)


@pytest.fixture
def end(store: JobStore, add: Callable[..., Job]) -> Callable[..., Job]:
    """Add a job that wants to call back, and end it."""

    def end(status: Any = "completed", url: str = URL, **members: Any) -> Job:
        job = add(callback_url=url)
        assert store.claim("me") is not None
        assert store.finish(job.id, "me", Outcome(status, **members))
        return store.get(job.id)

    return end
