"""The peers' Flask routes: 202 and an id, as the service gives."""

import os
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from redis import Redis
from rq import Queue
from rq.job import Job

from tests.bench.peers import celery_app, work

_PORT = int(os.environ["REDIS_PORT"])
_KEEP_SECONDS = 3600

app = Flask(__name__, static_folder=None)
_celery_results = Redis(port=_PORT, db=1)
_rq = Redis(port=_PORT, db=2)
_queue = Queue(connection=_rq)

_TASKS = {"noop": celery_app.noop, "started": celery_app.started}
_WORK: dict[str, Callable[[], Any]] = {"noop": work.noop, "started": work.started}


@app.post("/celery/<name>")
def submit_to_celery(name: str) -> tuple[dict[str, str], int]:
    """Send a task to Celery's workers."""
    request.get_data()
    return {"job_id": _TASKS[name].delay().id}, 202


@app.get("/celery/done")
def done_by_celery() -> dict[str, int]:
    """Count the results: nothing else is in their database."""
    return {"done": int(_celery_results.dbsize())}


@app.get("/celery/jobs/<job_id>")
def show_of_celery(job_id: str) -> dict[str, Any]:
    """Show a result once it is there."""
    result = celery_app.app.AsyncResult(job_id)
    return {"result": result.result if result.successful() else None}


@app.post("/rq/<name>")
def submit_to_rq(name: str) -> tuple[dict[str, str], int]:
    """Send a job to RQ's workers."""
    request.get_data()
    return {"job_id": _queue.enqueue(_WORK[name], result_ttl=_KEEP_SECONDS).id}, 202


@app.get("/rq/done")
def done_by_rq() -> dict[str, int]:
    """Count the jobs that have ended well."""
    return {"done": int(_rq.zcard(_queue.finished_job_registry.key))}


@app.get("/rq/jobs/<job_id>")
def show_of_rq(job_id: str) -> dict[str, Any]:
    """Show a result once it is there."""
    return {"result": Job.fetch(job_id, connection=_rq).return_value()}


@app.get("/")
def ready() -> Response:
    """Answer once Redis does."""
    _rq.ping()
    return Response(status=204)
