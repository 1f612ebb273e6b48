"""Fills job stores through their own tables: as many jobs as a service has after a long time."""

import itertools
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from oracle_api.jobs.database import JobDatabase, utc_now
from oracle_api.jobs.job import PROGRESS_FINAL, JobStatus
from oracle_api.jobs.records import to_number
from oracle_api.jobs.tables import jobs
from oracle_api.oracle.request import CallRequest

_ROWS_AT_ONCE = 5000

NAME = "PKG_BENCH.NOOP"


def fill(
    folder: Path, count: int, status: JobStatus, *, ended: datetime | None = None
) -> list[str]:
    """Add jobs to the store of a service, which may run; one that is free takes those that wait.

    Args:
        folder: of the service.
        count: how many.
        status: pending or completed.
        ended: when they ended; None is now.

    Returns:
        The ids of the last ones, 100 at most.
    """
    # The service's own opener makes the tables.
    JobDatabase(f"sqlite:///{folder}/jobs.db").close()
    request = CallRequest(name=NAME).to_json()
    rows = _rows(count, status, to_number(ended or utc_now()), request)
    engine = sa.create_engine(f"sqlite:///{folder}/jobs.db")
    last: list[str] = []
    try:
        while batch := list(itertools.islice(rows, _ROWS_AT_ONCE)):
            # A service that runs may write in between.
            with engine.begin() as connection:
                connection.execute(jobs.insert(), batch)
            last = [row["id"] for row in batch[-100:]]
    finally:
        engine.dispose()
    return last


def _rows(count: int, status: JobStatus, moment: int, request: bytes) -> Iterator[dict[str, Any]]:
    second = timedelta(seconds=1) // timedelta(microseconds=1)
    waiting = {
        "status": status,
        "procedure_name": NAME,
        "request": request,
        "request_hash": bytes(32),
        "submitted_by": "default",
        "start_time": moment - second,
        "progress": 0,
        "version": 1,
    }
    final = {
        "run_start_time": moment - second,
        "end_time": moment,
        "progress": PROGRESS_FINAL,
        "result": b"{}",
        "result_size": 2,
        "owner": secrets.token_hex(16),
        "session_id": 100,
        "serial_num": 1,
        "instance": "FREE",
        "version": 6,
    }
    values = waiting | final if status.is_final else waiting
    for _ in range(count):
        yield {**values, "id": secrets.token_hex(16), "request_id": secrets.token_hex(16)}


def count_jobs(folder: Path, *statuses: JobStatus) -> int:
    """Count jobs in the store of a service that runs.

    Args:
        folder: of the service.
        statuses: only these.
    """
    marks = ",".join("?" * len(statuses))
    return _ask(folder, f"SELECT COUNT(*) FROM jobs WHERE status IN ({marks})", *statuses)


def count_accepted(folder: Path) -> int:
    """Tell how many jobs a store has ever been given; none was deleted from it."""
    return _ask(folder, "SELECT COALESCE(MAX(seq), 0) FROM jobs")


def has_ended_by(folder: Path, moment: datetime) -> bool:
    """Tell whether a store has jobs that ended at a moment or before."""
    query = "SELECT EXISTS (SELECT 1 FROM jobs WHERE end_time <= ?)"
    return bool(_ask(folder, query, to_number(moment)))


def _ask(folder: Path, query: str, *values: str | int) -> int:
    with closing(sqlite3.connect(f"file:{folder}/jobs.db?mode=ro", uri=True)) as connection:
        return int(connection.execute(query, values).fetchone()[0])
