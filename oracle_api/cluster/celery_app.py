"""How this service uses Celery: a queue of jobs' ids, and nothing else.

No results, no retries, no pickle. A message is acknowledged before its job begins and is worth
nothing by itself: the job store decides whether a job runs. Settings:
https://docs.celeryq.dev/en/stable/userguide/configuration.html
"""

import socket
from typing import Any

from celery import Celery
from kombu import Queue

#: The queue in the broker.
QUEUE = "oracle_api.jobs"

#: The task that workers know; its one argument is a job's id.
TASK = "oracle_api.run_job"

_SOCKET_SECONDS = 5

# A connection whose other end is cut off is found out within 25 s: idle, interval, count.
_KEEPALIVE = {
    getattr(socket, name): value
    for name, value in {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}.items()
    if hasattr(socket, name)
}
_REDIS_OPTIONS: dict[str, Any] = {
    "socket_connect_timeout": _SOCKET_SECONDS,
    "socket_timeout": _SOCKET_SECONDS,
    "socket_keepalive": True,
    "socket_keepalive_options": _KEEPALIVE,
}
_AMQP_OPTIONS: dict[str, Any] = {
    "connect_timeout": _SOCKET_SECONDS,
    "read_timeout": _SOCKET_SECONDS,
    "write_timeout": _SOCKET_SECONDS,
}


def make_celery(broker_url: str) -> Celery:
    """Make the app, for a sender as well as for a worker. Nothing is connected.

    Args:
        broker_url: CELERY_BROKER_URL.
    """
    app = Celery("oracle_api", broker=broker_url, set_as_current=False)
    is_redis = broker_url.startswith(("redis:", "rediss:"))
    app.conf.update(
        task_queues=[Queue(QUEUE, durable=True)],
        task_default_queue=QUEUE,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=False,
        task_publish_retry=False,
        worker_prefetch_multiplier=1,
        # A worker whose threads are all busy would else keep messages that another could take at
        # once, for as long as its jobs run.
        worker_disable_prefetch=is_redis,
        broker_transport_options=_REDIS_OPTIONS if is_redis else _AMQP_OPTIONS,
        broker_connection_timeout=_SOCKET_SECONDS,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_redirect_stdouts=False,
    )
    return app
