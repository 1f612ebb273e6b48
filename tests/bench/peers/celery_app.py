"""Celery's side: tasks with their results in a Redis database of their own."""

import os

from celery import Celery

from tests.bench.peers import work

app = Celery(
    "bench",
    broker=f"redis://127.0.0.1:{os.environ['REDIS_PORT']}/0",
    backend=f"redis://127.0.0.1:{os.environ['REDIS_PORT']}/1",
)
app.conf.broker_connection_retry_on_startup = True

noop = app.task(work.noop, name="noop")
started = app.task(work.started, name="started")
