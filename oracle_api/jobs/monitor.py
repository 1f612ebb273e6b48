"""Watches running calls' long operations over a second connection."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from oracle_api.exceptions import DatabaseUnavailable, OracleApiError
from oracle_api.oracle.call import Stage
from oracle_api.oracle.longops import OwnReports, Work, read_report
from oracle_api.oracle.pool import Connection, Identity, OraclePool
from oracle_api.oracle.sessions import Session

log = logging.getLogger(__name__)

_IDENTITY = Identity("progress", "", errand="progress")
# Of the interval.
_SOON = 0.3
_LOOK_TIMEOUT_MILLISECONDS = 5000
_NO_GRANT = ("ORA-00942", "ORA-01031")
_GRANT = " It needs GRANT SELECT ON SYS.V_$SESSION_LONGOPS."


@dataclass(slots=True)
class Watch:
    """One running call that is watched.

    Args:
        session: the session that it runs in.
        report: told the progress in percent and the true figures.
        since: when it began, in monotonic seconds.
        has_reports: whether its session ever reported a long operation.
        own: tells which of them are its.
    """

    session: Session
    report: Callable[[int, Work], None]
    since: float = field(default_factory=time.monotonic)
    has_reports: bool = False
    own: OwnReports = field(default_factory=OwnReports)

    def look(self, connection: Connection) -> None:
        """Read and report what the call says of itself now.

        Raises:
            OracleApiError: the database could not be asked.
        """
        report = read_report(connection, self.session)
        if report is None:
            return
        self.has_reports = True
        if self.own.owns(report, time.monotonic() - self.since):
            self.report(_progress(report.work), report.work)


class WorkMonitor:
    """One thread that reads V$SESSION_LONGOPS for every running call of this process.

    It asks nothing while nothing runs, and a call that ends before the first look costs nothing.

    Args:
        pool: where the second connection comes from.
        interval: seconds between two looks.
    """

    def __init__(self, pool: OraclePool, interval: float = 1.0) -> None:
        self._pool = pool
        self._interval = interval
        self._lock = threading.Lock()
        self._watched: dict[str, Watch] = {}
        self._said_why = False
        self._wanted = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="work-monitor", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, wait_seconds: float = 5.0) -> None:
        """Stop the thread; a silent database is not waited for longer than this."""
        self._stopping.set()
        self._wanted.set()
        self._thread.join(wait_seconds)

    @contextmanager
    def watching(
        self, job_id: str, session: Session, report: Callable[[int, Work], None]
    ) -> Iterator[Watch]:
        """Watch a session for the length of a block.

        Args:
            job_id: the job that runs in it.
            session: as the database knows it.
            report: told the progress in percent and the true figures, from the monitor's thread.
        """
        watch = Watch(session, report)
        with self._lock:
            self._watched[job_id] = watch
            self._wanted.set()
        try:
            yield watch
        finally:
            with self._lock:
                self._watched.pop(job_id, None)
                if not self._watched and not self._stopping.is_set():
                    self._wanted.clear()

    def _loop(self) -> None:
        pause = self._interval
        while self._wanted.wait() and not self._stopping.wait(pause):
            with self._lock:
                watches = list(self._watched.values())
            if watches:
                self._look(watches)
            asks_again = any(watch.own.asks_again for watch in watches)
            pause = self._interval * (_SOON if asks_again else 1)

    def _look(self, watches: list[Watch]) -> None:
        try:
            with self._pool.lend(_IDENTITY) as connection:
                connection.call_timeout = _LOOK_TIMEOUT_MILLISECONDS
                for watch in watches:
                    watch.look(connection)
        except DatabaseUnavailable as exc:
            log.debug("Long operations are not read now: %s", exc.detail)
        except OracleApiError as exc:
            if not self._said_why:
                self._said_why = True
                log.warning(
                    "Long operations cannot be read, so jobs show no `work`: %s (%s)%s",
                    exc.detail,
                    exc.code,
                    _GRANT if exc.code in _NO_GRANT else "",
                )


def _progress(work: Work) -> int:
    """Give the progress between the call being sent and having returned."""
    if work.totalwork <= 0:
        return Stage.SENT
    done = min(1.0, max(0.0, work.sofar / work.totalwork))
    return int(Stage.SENT + (Stage.RETURNED - Stage.SENT) * done)
