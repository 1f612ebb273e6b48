"""gunicorn's settings and hooks; it reads this file by itself when it is started here.

The services are started in each worker, after the fork. When a worker is told to stop, its jobs
begin to drain at once, beside the requests that it still answers.
"""

import gc
import os
import signal
import sys
from typing import Any

from dotenv import load_dotenv
from gunicorn.errors import AppImportError

from oracle_api.affinity import bind as bind_to_processor
from oracle_api.affinity import least_used, processors
from oracle_api.embedded.launcher import EmbeddedProcess
from oracle_api.exceptions import OracleApiError
from oracle_api.logs import logging_config
from oracle_api.metrics import sharing
from oracle_api.services import EXTENSION, Services
from oracle_api.settings import Settings

load_dotenv(os.environ.get("ENV_FILE", ".env"))
try:
    settings = Settings.from_env(os.environ)
except OracleApiError as exc:
    sys.exit(f"oracle_api cannot start: {exc.detail}")

host = f"[{settings.host}]" if ":" in settings.host else settings.host
bind = f"{host}:{settings.port}"
workers = settings.web_concurrency
threads = settings.web_threads
worker_class = "gthread"
# Recycling a worker would break off the jobs that it runs.
max_requests = 0
# Only the main thread's heartbeat, which long requests do not hold up; stopping does.
graceful_timeout = int(max(settings.shutdown_grace_seconds, settings.sync_timeout_seconds)) + 15
timeout = graceful_timeout + 30
keepalive = 75
# A request line and a header field of so many bytes, and so many fields; more is a 4xx of
# gunicorn's own. Long enough for any token, cursor and traceparent.
limit_request_line = 4094
limit_request_field_size = 8190
limit_request_fields = 100
control_socket_disable = True
if settings.log_format == "json":
    logconfig_dict = logging_config(settings.log_level, settings.log_format)

_embedded = EmbeddedProcess()


def on_starting(server: Any) -> None:
    """Prepare what all workers share: the embedded database, if asked for, and the counts."""
    if settings.api_no_auth:
        server.log.warning(
            "API_NO_AUTH=1: every route is open to everybody, without token and address list. "
            "Never do this where others can reach the service."
        )
    if settings.is_embedded:
        os.environ.update(_embedded.start())
        server.log.info("The embedded database listens on %s", os.environ["ORACLE_DSN"])
    sharing.begin()


def pre_fork(server: Any, worker: Any) -> None:
    """Choose a new worker's processor: the master alone knows those of the others."""
    if settings.worker_cpu_affinity == "auto":
        used = [getattr(other, "processor", None) for other in server.WORKERS.values()]
        worker.processor = least_used(processors(), used)


def post_fork(server: Any, worker: Any) -> None:
    """Bind a new worker, while it has no other threads."""
    if settings.worker_cpu_affinity == "auto":
        bind_to_processor(worker.processor)


def child_exit(server: Any, worker: Any) -> None:
    """Leave the gauges of a worker that has ended out of the metrics."""
    sharing.forget(worker.pid)


def on_exit(server: Any) -> None:
    """Stop the embedded database after the last worker."""
    _embedded.stop()


def _services(worker: Any) -> Services:
    services: Services = worker.wsgi.extensions[EXTENSION]
    return services


def post_worker_init(worker: Any) -> None:
    """Start the services of a new worker, and have SIGTERM drain its jobs."""
    services = _services(worker)
    try:
        services.start()
    except OracleApiError as exc:
        # gunicorn prints this one without a stack trace, and gives up instead of trying again.
        raise AppImportError(f"oracle_api cannot start: {exc.detail}") from exc
    stop_requests = worker.handle_exit

    def stop(signum: int, frame: Any) -> None:
        services.begin_stop()
        stop_requests(signum, frame)

    signal.signal(signal.SIGTERM, stop)
    # What is here now stays: looking through all of it again and again for garbage would keep
    # every thread of the worker waiting for tens of milliseconds.
    gc.freeze()


def worker_int(worker: Any) -> None:
    """Stop in a hurry (Ctrl-C): running jobs are broken off without grace."""
    # It may come before the app is loaded.
    if getattr(worker, "wsgi", None) is not None:
        _services(worker).begin_stop(in_a_hurry=True)


def worker_exit(server: Any, worker: Any) -> None:
    """Close the services; a call that does not come back ends with the process."""
    if getattr(worker, "wsgi", None) is not None and not _services(worker).close():
        server.log.warning("A call did not come back; the worker ends without it.")
        os._exit(0)
