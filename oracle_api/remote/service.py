"""The routes of the service that commands use."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from oracle_api.remote.connection import Answer, Connection
from oracle_api.remote.documents import RowPage, read
from oracle_api.remote.errors import RemoteError
from oracle_api.remote.exits import ExitCode

_JOB_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")

#: Beyond what a long poll takes by itself.
_POLL_GRACE_SECONDS = 30.0

_ROWS_PER_PAGE = 1000


class Service:
    """A running service; every method raises what ``Connection.send`` does.

    Args:
        connection: to it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def call(self, body: bytes, seconds: float | None) -> Answer:
        """Run a procedure now; waits for the answer for so many seconds."""
        return self._connection.send("POST", "/procedure", body=body, seconds=seconds)

    def submit(self, body: bytes, key: str) -> Answer:
        """Submit a job; with the same key and body it may be repeated."""
        headers = {"Idempotency-Key": key}
        return self._connection.send("POST", "/procedure/async", body=body, headers=headers)

    def describe(self, name: str) -> Answer:
        """Describe a procedure."""
        return self._connection.send("GET", f"/procedures/{quote(name, safe='')}")

    def procedures(self, like: str | None) -> Answer:
        """List the procedures whose names are like a pattern."""
        return self._connection.send("GET", "/procedures", query={"like": like})

    def job(self, job_id: str, wait: float = 0) -> Answer:
        """Show a job, once it has ended or so many seconds are over."""
        return self._connection.send(
            "GET",
            _job_path(job_id),
            query={"wait": f"{wait:.3f}" if wait else None},
            seconds=wait + _POLL_GRACE_SECONDS,
        )

    def jobs(self, query: Mapping[str, Any]) -> Answer:
        """List jobs."""
        return self._connection.send("GET", "/jobs", query=query)

    def cancel(self, job_id: str) -> Answer:
        """Cancel a job."""
        return self._connection.send("POST", f"{_job_path(job_id)}/cancel")

    def rows(self, rows_url: str) -> Iterator[list[list[Any]]]:
        """Give all rows of a job's REF CURSOR, page by page."""
        cursor = None
        while True:
            query = {"limit": _ROWS_PER_PAGE, "cursor": cursor}
            answer = self._connection.send("GET", _rows_path(rows_url), query=query)
            page = read(answer.body, RowPage)
            yield page.rows
            if page.next is None:
                return
            cursor = page.next

    def csv(self, rows_url: str) -> Iterator[bytes]:
        """Give all rows of a job's REF CURSOR as CSV (RFC 4180), piece by piece."""
        return self._connection.stream(_rows_path(rows_url), "text/csv")


def _job_path(job_id: str) -> str:
    if not _JOB_ID.fullmatch(job_id):
        raise RemoteError("That is no job's id.", ExitCode.INVALID)
    return f"/jobs/{job_id}"


def _rows_path(rows_url: str) -> str:
    # Joined to the service's URL, anything else could lead to another host.
    if not rows_url.startswith("/jobs/"):
        raise RemoteError("The service named rows that are not its own.", ExitCode.UNEXPECTED)
    return rows_url
