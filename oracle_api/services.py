"""What a request reaches: the parts of the running service, started and closed in order."""

import logging
import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from apscheduler.schedulers.background import BackgroundScheduler

from oracle_api.audit_log import AuditLine, AuditLog
from oracle_api.clients.client import Client
from oracle_api.clients.directory import ClientDirectory
from oracle_api.documents import ShownJob, shown_job
from oracle_api.exceptions import (
    NotAllowed,
    ProcedureNotFound,
    SettingsError,
    StaleTypes,
    StoreUnavailable,
)
from oracle_api.jobs.cleanup import schedule_purge
from oracle_api.jobs.database import JobDatabase, utc_now
from oracle_api.jobs.engine import JobEngine, Role
from oracle_api.jobs.heartbeat import Heartbeat
from oracle_api.jobs.job import Job
from oracle_api.jobs.lobs import LobStore
from oracle_api.jobs.monitor import WorkMonitor
from oracle_api.jobs.owners import Member, OwnerStore
from oracle_api.jobs.registry import JobRegistry
from oracle_api.jobs.reports import EngineReport, EngineReports
from oracle_api.jobs.rows import RowStore
from oracle_api.jobs.runner import JobRunner
from oracle_api.jobs.store import JobStore
from oracle_api.jobs.summary import SummaryStore
from oracle_api.jobs.threads import ThreadEngine
from oracle_api.metrics.exposition import EngineReadings, StoreReadings, WSGIApp, exposition
from oracle_api.metrics.instruments import Instruments
from oracle_api.oracle.call import Answer, Caller, CallOptions, Stage
from oracle_api.oracle.dictionary import Dictionary, Procedure
from oracle_api.oracle.handle import Deadline
from oracle_api.oracle.listing import Listed, list_procedures
from oracle_api.oracle.names import ProcedureName
from oracle_api.oracle.permits import EVERYTHING, Pattern, Permit, ProcedureRules
from oracle_api.oracle.pool import Connection, Identity, OraclePool
from oracle_api.oracle.request import CallRequest
from oracle_api.oracle.results import Readers, lobs_up_to, rows_up_to
from oracle_api.oracle.sessions import Session, session_of
from oracle_api.phases import PhaseTimer
from oracle_api.present import present_app
from oracle_api.rate_limits import RateLimits, shared_counters
from oracle_api.settings import Settings
from oracle_api.versioned import VersionedCache
from oracle_api.webhooks.addresses import CallbackPolicy
from oracle_api.webhooks.deliveries import DeliveryStore
from oracle_api.webhooks.schedule import Schedule
from oracle_api.webhooks.sender import Sender
from oracle_api.webhooks.worker import WebhookWorker

log = logging.getLogger(__name__)

EXTENSION = "oracle_api"

_POOL_CLOSE_SECONDS = 3.0
_WEBHOOKS_CLOSE_SECONDS = 5.0
_POOL_LOOK_SECONDS = 5
_SHOWN_BYTES = 8 * 1024 * 1024

# What a synchronous call does once a stage is reached.
_PHASES = {Stage.BOUND: "bind", Stage.SENT: "call", Stage.RETURNED: "fetch"}

_T = TypeVar("_T")


class Services:
    """The service without its HTTP: settings, pool, jobs.

    Made before the fork at the earliest, started after it: no thread and no socket exists before
    :meth:`start`.

    Args:
        settings: read and checked.
        role: of this process: `api` answers requests, `worker` only runs jobs.
    """

    store: JobStore
    rows: RowStore
    lobs: LobStore
    summaries: SummaryStore
    engine: JobEngine
    registry: JobRegistry
    audit_log: AuditLog

    def __init__(self, settings: Settings, role: Role = "api") -> None:
        self.settings = settings
        self._role = role
        self.clients = ClientDirectory(settings.api_token, settings.api_tokens_file)
        self.metrics = Instruments()
        self.pool = OraclePool(settings, _most_connections(settings, role), self.metrics.pool)
        self.rate_limits: RateLimits | None = None
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
        self.callback_policy = CallbackPolicy(settings.webhook_allow)
        # Who polls a job mostly sees what was shown before.
        self._shown: VersionedCache[ShownJob] = VersionedCache(_SHOWN_BYTES)
        # Waiting requests hold a thread each: some are always kept for the others.
        self._waiting_places = threading.BoundedSemaphore(max(1, settings.web_threads // 2))
        # Started beforehand: a signal handler that starts a thread could lock itself up.
        self._stop_asked = threading.Event()
        self._drainer = threading.Thread(target=self._drain_when_asked, name="drain", daemon=True)
        self._started = False

    def start(self) -> None:
        """Open the job store and the pool, and begin to run jobs.

        Raises:
            SettingsError: the job store, the connect string, a file or a pattern of procedures
                cannot be used.
        """
        settings = self.settings
        self._rules = _rules_for_all(settings)
        self.clients.load()
        self.audit_log = AuditLog(settings.audit_log)
        if settings.rate_limit:
            self.rate_limits = RateLimits(
                settings.rate_limit,
                shared_counters(settings.rate_limit_file, settings.rate_limit_url),
            )
        self._database = JobDatabase(settings.jobs_database_url, on_commit=self.metrics.committed)
        self.store = JobStore(self._database, self._audit_end)
        self.rows = RowStore(self._database)
        self.lobs = LobStore(self._database)
        self.summaries = SummaryStore(self._database)
        owners = OwnerStore(self._database, self._audit_end)
        self._monitor = WorkMonitor(self.pool)
        self.engine = self._make_engine()
        self._reports = EngineReports(self._database, owners)
        self.registry = self._make_registry(owners)
        self._exposition = exposition(
            self.metrics,
            StoreReadings(self.store.census, owners.members, utc_now, settings.job_queue_limit),
            EngineReadings(self.engine.state),
        )
        self._webhooks = self._make_webhooks() if settings.webhook_allow else None
        self._heartbeat = Heartbeat(self.registry, self.store, owners, settings.job_lease_seconds)
        self._scheduler = self._make_scheduler()
        self.pool.open()
        self.pool.note_size()
        try:
            self.registry.join()
        except StoreUnavailable as exc:
            # One that fails to start takes the whole service down; the heartbeat joins later.
            log.error("No job runs here until the job store takes writes: %s", exc.detail)
        self._monitor.start()
        self._heartbeat.start()
        self._scheduler.start()
        if self._webhooks is not None:
            self._webhooks.start()
        self._drainer.start()
        self.metrics.requests.start()
        self._started = True

    def _make_engine(self) -> JobEngine:
        settings = self.settings
        if settings.job_engine == "threads":
            return ThreadEngine(settings.job_workers)
        try:
            # A service of one machine does without Celery.
            from oracle_api.cluster.engine import make_engine  # noqa: PLC0415
        except ImportError as exc:
            raise SettingsError(
                f"JOB_ENGINE=celery needs requirements-cluster.txt ({exc})."
            ) from None
        return make_engine(settings, self.store, utc_now)

    def _member(self) -> Member:
        settings = self.settings
        is_api = self._role == "api"
        runs_jobs = not is_api or settings.job_engine == "threads"
        return Member(
            self._role, socket.gethostname()[:255], settings.job_workers if runs_jobs else 0
        )

    def _make_registry(self, owners: OwnerStore) -> JobRegistry:
        settings = self.settings
        runner = JobRunner(
            pool=self.pool,
            caller=self._caller,
            monitor=self._monitor,
            store=self.store,
            rows=self.rows,
            lobs=self.lobs,
            connect_wait_seconds=settings.job_connect_wait_seconds,
            permit_of=self._permit_of,
        )
        return JobRegistry(
            store=self.store,
            owners=owners,
            member=self._member(),
            run=runner.run,
            engine=self.engine,
            queue_limit=settings.job_queue_limit,
            on_end=self.metrics.job_ended,
        )

    def _make_scheduler(self) -> BackgroundScheduler:
        settings = self.settings
        scheduler: BackgroundScheduler = schedule_purge(
            self.store,
            timedelta(hours=settings.job_retention_hours),
            timedelta(minutes=settings.job_cleanup_minutes),
            utc_now,
        )
        # Another process may answer for this one's pool, and idle connections close by themselves.
        scheduler.add_job(
            self.pool.note_size,
            "interval",
            seconds=_POOL_LOOK_SECONDS,
            coalesce=True,
            misfire_grace_time=None,
        )
        return scheduler

    def _make_webhooks(self) -> WebhookWorker:
        settings = self.settings
        return WebhookWorker(
            deliveries=DeliveryStore(self._database),
            sender=Sender(
                self.callback_policy, settings.webhook_secret, settings.webhook_timeout_seconds
            ),
            schedule=Schedule(settings.webhook_retry_seconds),
            owner=lambda: self.registry.owner,
            due=self._database.callbacks_due,
            workers=settings.webhook_workers,
            now=utc_now,
        )

    def permit(self, client: Client) -> Permit:
        """Give what a client may call."""
        return Permit(self._rules, client.rules)

    def _permit_of(self, name: str) -> Permit:
        """Give what the client of this name may call now.

        Raises:
            NotAllowed: there is no such client any more.
        """
        client = self.clients.named(name)
        if client is None:
            raise NotAllowed(
                f"The client {name}, which submitted the job, is not known any more.",
                "client-unknown",
            )
        return self.permit(client)

    def submit(
        self,
        request: CallRequest,
        client: Client,
        request_id: str,
        *,
        idempotency_key: str | None = None,
        callback_url: str | None = None,
        traceparent: str | None = None,
    ) -> Job:
        """Accept a job of a client; see ``JobRegistry.submit``.

        Raises:
            ProcedureNotAllowed: whatever the name leads to, this client may not call it.
            NotAllowed, InvalidRequest: nobody may be called back there.
        """
        self.permit(client).check_written(ProcedureName.parse(request.name, request.schema))
        if callback_url is not None:
            self.callback_policy.check(callback_url)
        return self.registry.submit(
            request,
            submitted_by=client.name,
            request_id=request_id,
            idempotency_key=idempotency_key,
            client_limit=client.max_active_jobs,
            callback_url=callback_url,
            traceparent=traceparent,
        )

    def shown_job(self, job_id: str, submitted_by: str | None) -> ShownJob:
        """Give the answer that shows a job as it is now; see ``JobStore.get``.

        Raises:
            JobNotFound: there is none with this id.
            StoreUnavailable: the job store cannot be read.
        """
        shown = self._shown.get(job_id, self.store.version(job_id, submitted_by))
        return shown or self.show(self.store.get(job_id, submitted_by))

    def show(self, job: Job) -> ShownJob:
        """Make the answer that shows a job, and keep it for those who ask next."""
        shown = shown_job(job, show_params=self.settings.job_show_params)
        self._shown.keep(job.id, job.version, shown, len(shown.body))
        return shown

    def call_now(
        self,
        request: CallRequest,
        client: Client,
        request_id: str,
        phases: PhaseTimer,
        on_session: Callable[[Session], None],
    ) -> Answer:
        """Call a procedure and wait for it, within SYNC_TIMEOUT_SECONDS.

        Args:
            request: what to call.
            client: who calls; the name is shown in the database.
            request_id: shown in the database as the session's client identifier.
            phases: told where the time goes.
            on_session: told in which session the call is going to run.
        """
        permit = self.permit(client)
        permit.check_written(ProcedureName.parse(request.name, request.schema))
        deadline = Deadline(self.settings.sync_timeout_seconds)

        def call(connection: Connection) -> Answer:
            phases.enter("describe")
            on_session(session_of(connection))
            answer = self._caller.call(
                connection,
                request,
                readers=self._readers,
                deadline=deadline,
                permit=permit,
                on_stage=lambda stage: phases.enter(_PHASES[stage]),
                before_commit=lambda: phases.enter("commit"),
            )
            phases.leave()
            return answer

        phases.enter("pool")
        return self._lend(Identity(request.name, request_id, client.name), call)

    def _lend(self, identity: Identity, use: Callable[[Connection], _T]) -> _T:
        """Lend a connection; a new one where its session knows a type as it was, and sent nothing.

        Raises:
            OracleApiError: whatever the use of it raised.
        """
        try:
            with self.pool.lend(identity) as connection:
                return use(connection)
        except StaleTypes as exc:
            log.info("%s The sessions that know it are replaced.", exc.detail)
        with self.pool.lend(identity) as connection:
            return use(connection)

    def _audit_end(self, job: Job) -> None:
        self.audit_log.write(
            AuditLine(
                event="job_end",
                start=job.run_start_time,
                end=job.end_time,
                client=job.submitted_by,
                procedure=job.procedure_name,
                job_status=job.status,
                code=job.error_code,
                **(job.session.members() if job.session else {}),
                request_id=job.request_id,
                job_id=job.id,
                traceparent=job.traceparent,
                service=self.settings.instance_name,
            )
        )

    def exposition(self) -> WSGIApp:
        """Give the WSGI app that writes the metrics as they are now."""
        self.pool.note_size()
        self.metrics.requests.settle()
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

    def engine_report(self) -> EngineReport:
        """Tell how it stands with the engine.

        Raises:
            StoreUnavailable: the job store cannot be read.
        """
        return self._reports.make(self.engine.state())

    def describe(self, name: ProcedureName, client: Client, request_id: str) -> Procedure:
        """Find a procedure's signatures.

        Args:
            name: as a client would call it.
            client: who asks.
            request_id: shown in the database.

        Raises:
            ProcedureNotFound: the data dictionary does not show it, or the client may not call it.
        """
        permit, procedure = self.permit(client), None
        if permit.may_allow(name):
            procedure = self._lend(
                Identity("describe", request_id, client.name, errand="describe"),
                lambda connection: self._dictionary.describe(connection, name),
            )
        if procedure is None or not permit.allows(procedure.name.parts):
            raise ProcedureNotFound(f"The data dictionary shows no procedure {name}.")
        return procedure

    def list_procedures(
        self, pattern: str | None, most: int, client: Client, request_id: str
    ) -> list[Listed]:
        """List the procedures that match a pattern and that a client may call.

        The arguments are those of ``oracle.listing``, which see.
        """
        identity = Identity("list", request_id, client.name, errand="list")
        with self.pool.lend(identity) as connection:
            return list_procedures(connection, pattern, most, self.permit(client).allows)

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

    def wait_drained(self) -> None:
        """Wait until it was told to stop and running jobs had their grace."""
        self._drainer.join()

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
        self.wait_drained()
        for step in (
            lambda: self._scheduler.shutdown(wait=False),
            self._close_webhooks,
            self._heartbeat.stop,
            self.registry.sign_off,
            self._monitor.stop,
            self._database.close,
            lambda: self.pool.close(_POOL_CLOSE_SECONDS),
            self.audit_log.close,
            self._close_rate_limits,
            self.metrics.requests.stop,
        ):
            try:
                step()
            except Exception:
                log.exception("A step of closing failed; the others go on.")
        return self.registry.is_idle and (self._webhooks is None or self._webhooks.is_idle)

    def _close_rate_limits(self) -> None:
        if self.rate_limits is not None:
            self.rate_limits.close()

    def _close_webhooks(self) -> None:
        if self._webhooks is not None:
            self._webhooks.close(_WEBHOOKS_CLOSE_SECONDS)


def _most_connections(settings: Settings, role: Role) -> int:
    """Say how many connections a process needs, so that no job keeps a request waiting.

    Each job and each request can have one, and the progress monitor.
    """
    of_jobs = settings.job_workers + 1
    if role == "worker":
        return of_jobs
    if settings.job_engine == "celery":
        return settings.web_threads
    return of_jobs + settings.web_threads


def _rules_for_all(settings: Settings) -> ProcedureRules:
    return ProcedureRules(
        _patterns("PROCEDURES_ALLOW", settings.procedures_allow) or (EVERYTHING,),
        _patterns("PROCEDURES_DENY", settings.procedures_deny),
    )


def _patterns(variable: str, texts: tuple[str, ...]) -> tuple[Pattern, ...]:
    try:
        return tuple(map(Pattern.parse, texts))
    except ValueError as exc:
        raise SettingsError(f"{variable}: {exc}.") from None


def current_services() -> Services:
    """Give the services of the app that handles the present request."""
    services = present_app().extensions[EXTENSION]
    assert isinstance(services, Services)  # noqa: S101 - tells the type checker
    return services
