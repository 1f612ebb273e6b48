"""What a request reaches: the parts of the running service, started and closed in order."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from flask import current_app

from oracle_api.exceptions import ProcedureNotFound, StoreUnavailable
from oracle_api.jobs.cleanup import schedule_purge
from oracle_api.jobs.database import JobDatabase, utc_now
from oracle_api.jobs.heartbeat import Heartbeat
from oracle_api.jobs.lobs import LobStore
from oracle_api.jobs.monitor import WorkMonitor
from oracle_api.jobs.owners import OwnerStore
from oracle_api.jobs.registry import JobRegistry
from oracle_api.jobs.rows import RowStore
from oracle_api.jobs.runner import JobRunner
from oracle_api.jobs.store import JobStore
from oracle_api.metrics.exposition import StoreReadings, WSGIApp, exposition
from oracle_api.metrics.instruments import Instruments
from oracle_api.oracle.call import Answer, Caller, CallOptions, Stage
from oracle_api.oracle.dictionary import Dictionary, Procedure
from oracle_api.oracle.handle import Deadline
from oracle_api.oracle.listing import Listed, list_procedures
from oracle_api.oracle.names import ProcedureName
from oracle_api.oracle.pool import Identity, OraclePool
from oracle_api.oracle.request import CallRequest
from oracle_api.oracle.results import Readers, lobs_up_to, rows_up_to
from oracle_api.phases import PhaseTimer
from oracle_api.settings import Settings

log = logging.getLogger(__name__)

EXTENSION = "oracle_api"

_POOL_CLOSE_SECONDS = 3.0
_POOL_LOOK_SECONDS = 5

# What a synchronous call does once a stage is reached.
_PHASES = {Stage.BOUND: "bind", Stage.SENT: "call", Stage.RETURNED: "fetch"}


class Services:
    """The service without its HTTP: settings, pool, jobs.

    Made before the fork at the earliest, started after it: no thread and no socket exists before
    :meth:`start`.

    Args:
        settings: read and checked.
    """

    store: JobStore
    rows: RowStore
    lobs: LobStore
    registry: JobRegistry

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics = Instruments()
        self.pool = OraclePool(settings, self.metrics.pool)
        self._dictionary = Dictionary(settings.dictionary_cache_seconds)
        self._caller = Caller(
            self._dictionary,
            CallOptions(
                by_position=settings.params_by_position,
                date_format=settings.date_format,
                max_output_lines=settings.max_output_lines,
            ),
        )
        self._readers = Readers(rows_up_to(settings.max_rows), lobs_up_to(settings.max_lob_bytes))
        # Waiting requests hold a thread each: some are always kept for the others.
        self._waiting_places = threading.BoundedSemaphore(max(1, settings.web_threads // 2))
        # Started beforehand: a signal handler that starts a thread could lock itself up.
        self._stop_asked = threading.Event()
        self._drainer = threading.Thread(target=self._drain_when_asked, name="drain", daemon=True)
        self._started = False

    def start(self) -> None:
        """Open the job store and the pool, and begin to run jobs.

        Raises:
            SettingsError: the job store or the connect string cannot be used.
        """
        settings = self.settings
        self._database = JobDatabase(settings.jobs_database_url, on_commit=self.metrics.committed)
        self.store = JobStore(self._database)
        self.rows = RowStore(self._database)
        self.lobs = LobStore(self._database)
        owners = OwnerStore(self._database)
        self._monitor = WorkMonitor(self.pool)
        runner = JobRunner(
            pool=self.pool,
            caller=self._caller,
            monitor=self._monitor,
            store=self.store,
            rows=self.rows,
            lobs=self.lobs,
            connect_wait_seconds=settings.job_connect_wait_seconds,
        )
        self.registry = JobRegistry(
            store=self.store,
            owners=owners,
            run=runner.run,
            executor=ThreadPoolExecutor(settings.job_workers, thread_name_prefix="job"),
            workers=settings.job_workers,
            queue_limit=settings.job_queue_limit,
            on_end=self.metrics.job_ended,
        )
        self._exposition = exposition(
            self.metrics, StoreReadings(self.store.census, utc_now, settings.job_queue_limit)
        )
        self._heartbeat = Heartbeat(self.registry, owners, settings.job_lease_seconds)
        self._scheduler: BackgroundScheduler = schedule_purge(
            self.store,
            timedelta(hours=settings.job_retention_hours),
            timedelta(minutes=settings.job_cleanup_minutes),
            utc_now,
        )
        # Another process may answer for this one's pool, and idle connections close by themselves.
        self._scheduler.add_job(
            self.pool.note_size,
            "interval",
            seconds=_POOL_LOOK_SECONDS,
            coalesce=True,
            misfire_grace_time=None,
        )
        self.pool.open()
        self.pool.note_size()
        self.registry.join()
        self._monitor.start()
        self._heartbeat.start()
        self._scheduler.start()
        self._drainer.start()
        self._started = True

    def call_now(self, request: CallRequest, request_id: str, phases: PhaseTimer) -> Answer:
        """Call a procedure and wait for it, within SYNC_TIMEOUT_SECONDS.

        Args:
            request: what to call.
            request_id: shown in the database as the session's client identifier.
            phases: told where the time goes.
        """
        deadline = Deadline(self.settings.sync_timeout_seconds)
        phases.enter("pool")
        with self.pool.lend(Identity(request.name, request_id)) as connection:
            phases.enter("describe")
            answer = self._caller.call(
                connection,
                request,
                readers=self._readers,
                deadline=deadline,
                on_stage=lambda stage: phases.enter(_PHASES[stage]),
                before_commit=lambda: phases.enter("commit"),
            )
            phases.leave()
            return answer

    def exposition(self) -> WSGIApp:
        """Give the WSGI app that writes the metrics as they are now."""
        self.pool.note_size()
        return self._exposition

    def check_ready(self) -> None:
        """Check that both the job store and the database can be used.

        Raises:
            StoreUnavailable: the job store cannot be read, or takes no writes.
            DatabaseUnavailable: the database does not answer.
        """
        self.store.ping()
        if not self._heartbeat.is_beating:
            raise StoreUnavailable("The job store takes no writes.")
        self.pool.ping()

    def describe(self, name: ProcedureName, request_id: str) -> Procedure:
        """Find a procedure's signatures.

        Args:
            name: as a client would call it.
            request_id: shown in the database.

        Raises:
            ProcedureNotFound: the data dictionary does not show it.
        """
        with self.pool.lend(Identity("describe", request_id, errand="describe")) as connection:
            procedure = self._dictionary.describe(connection, name)
        if procedure is None:
            raise ProcedureNotFound(f"The data dictionary shows no procedure {name}.")
        return procedure

    def list_procedures(self, pattern: str | None, most: int, request_id: str) -> list[Listed]:
        """List the procedures that match a pattern; see ``oracle.listing``."""
        with self.pool.lend(Identity("list", request_id, errand="list")) as connection:
            return list_procedures(connection, pattern, most)

    def claim_waiting_place(self) -> bool:
        """Take one of the few places for long polls; give it back with the other method."""
        return self._waiting_places.acquire(blocking=False)

    def give_back_waiting_place(self) -> None:
        """Give a place for long polls back."""
        self._waiting_places.release()

    def begin_stop(self, *, in_a_hurry: bool = False) -> None:
        """Begin to stop, in the background, while requests that came in are still answered.

        May be called by a signal handler, and more than once.

        Args:
            in_a_hurry: break running jobs off at once, without SHUTDOWN_GRACE_SECONDS.
        """
        if in_a_hurry and self._started:
            self.registry.hurry()
        self._stop_asked.set()

    def _drain_when_asked(self) -> None:
        self._stop_asked.wait()
        self.registry.drain(self.settings.shutdown_grace_seconds)

    def close(self) -> bool:
        """Stop and close everything, what was opened last first. Waits for running jobs.

        Returns:
            Whether all threads have returned; one that sits in a call that does not come back
            would keep the interpreter from ending.
        """
        if not self._started:
            return True
        self.begin_stop()
        self._drainer.join()
        for step in (
            lambda: self._scheduler.shutdown(wait=False),
            self._heartbeat.stop,
            self.registry.sign_off,
            self._monitor.stop,
            self._database.close,
            lambda: self.pool.close(_POOL_CLOSE_SECONDS),
        ):
            try:
                step()
            except Exception:
                log.exception("A step of closing failed; the others go on.")
        return self.registry.is_idle


def current_services() -> Services:
    """Give the services of the app that handles the present request."""
    services = current_app.extensions[EXTENSION]
    assert isinstance(services, Services)  # noqa: S101 - tells the type checker
    return services
