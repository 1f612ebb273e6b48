"""Puts the purge of old jobs on APScheduler."""

import logging
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler

from oracle_api.exceptions import StoreUnavailable
from oracle_api.jobs.database import Clock
from oracle_api.jobs.store import JobStore

log = logging.getLogger(__name__)


def purge(store: JobStore, retention: timedelta, now: Clock) -> int:
    """Delete the jobs that ended longer ago than they are kept; harmless in several processes.

    Args:
        store: where jobs are kept.
        retention: how long after their end.
        now: gives the present moment, aware.

    Returns:
        How many were deleted.
    """
    deleted = store.delete_ended(before=now() - retention)
    if deleted:
        log.info("Deleted %d jobs that ended more than %s ago.", deleted, retention)
    return deleted


def schedule_purge(
    store: JobStore, retention: timedelta, every: timedelta, now: Clock
) -> BackgroundScheduler:
    """Make a scheduler that purges regularly; the caller starts it and shuts it down."""

    def task() -> None:
        try:
            purge(store, retention, now)
        except StoreUnavailable as exc:
            log.error("Old jobs could not be deleted: %s", exc.detail)

    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(
        task,
        "interval",
        seconds=every.total_seconds(),
        # Also at the start: a service may be restarted more often than it purges.
        next_run_time=datetime.now(UTC),
        id="purge",
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    return scheduler
