"""A worker process: the services without HTTP, and Celery's threads that run what they are sent."""

import logging
import os
import socket
import threading
from typing import Any

from celery import Celery, signals

from oracle_api.cluster.celery_app import QUEUE, TASK, make_celery
from oracle_api.cluster.pool import WakingPool
from oracle_api.exceptions import StoreUnavailable
from oracle_api.metrics.endpoint import MetricsEndpoint
from oracle_api.services import Services
from oracle_api.settings import Settings

log = logging.getLogger(__name__)

_STORE_RETRY_SECONDS = 1.0

# They say of each job what the registry says.
_CHATTY = ("celery.worker.strategy", "celery.app.trace")


class Worker:
    """Runs jobs until the process is told to stop.

    SIGTERM lets running jobs finish for SHUTDOWN_GRACE_SECONDS, SIGINT breaks them off at once.

    Args:
        settings: read and checked.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._services = Services(settings, role="worker")
        self._endpoint: MetricsEndpoint | None = None
        self._closing = threading.Lock()

    def run(self) -> None:
        """Run until the end, which is the process's.

        Raises:
            SettingsError: a part of the service cannot be started.
        """
        settings = self._settings
        if settings.worker_metrics_port:
            self._endpoint = MetricsEndpoint(
                self._services.exposition, settings.host, settings.worker_metrics_port
            )
        self._services.start()
        if self._endpoint is not None:
            self._endpoint.start()
        signals.setup_logging.connect(_keep_logging)
        signals.worker_shutting_down.connect(self._begin_stop)
        threading.Thread(target=self._give_up, name="give-up", daemon=True).start()
        app = make_celery(settings.celery_broker_url)
        app.task(name=TASK)(self._run_job)
        log.info("A worker for %d jobs at once.", settings.job_workers)
        try:
            self._make_consumer(app).start()
        finally:
            self._leave()

    def _make_consumer(self, app: Celery) -> Any:
        return app.Worker(
            hostname=f"oracle_api.{os.getpid()}@{socket.gethostname()}",
            pool_cls=WakingPool,
            concurrency=self._settings.job_workers,
            queues=[QUEUE],
            quiet=True,
            without_mingle=True,
            without_gossip=True,
        )

    def _run_job(self, job_id: str) -> None:
        """Run a job that was sent, if it still waits."""
        registry = self._services.registry
        while not registry.is_stopping:
            try:
                registry.take(job_id)
            except StoreUnavailable as exc:
                log.error("job=%s cannot be taken: %s", job_id, exc.detail)
                registry.wait_stopping(_STORE_RETRY_SECONDS)
            else:
                return
        # Its message is gone; another worker can have the job at once.
        self._services.engine.offer(job_id)

    def _begin_stop(self, sig: str, **_: Any) -> None:
        self._services.begin_stop(in_a_hurry=sig == "SIGINT")

    def _give_up(self) -> None:
        """End the process where a call does not come back, for which Celery would wait."""
        self._services.wait_drained()
        if not self._services.registry.is_idle:
            self._leave()

    def _leave(self) -> None:
        with self._closing:
            if self._endpoint is not None:
                self._endpoint.close()
            if not self._services.close():
                log.warning("A call did not come back; the worker ends without it.")
            logging.shutdown()
            os._exit(0)


def _keep_logging(**_: Any) -> None:
    """Have Celery leave the configuration of logging as it is."""
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
