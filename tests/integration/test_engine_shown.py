"""What a service shows of broker and workers while they come and go, and that it stays ready."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.servers.redis import Redis
from tests.test_metrics import parsed

from .conftest import needs_embedded
from .service import Service, ServiceWithWorker, eventually, free_port

pytestmark = needs_embedded


@pytest.fixture
def broker(needs_redis: None, tmp_path: Path) -> Iterator[Redis]:
    """One that the test may hurt."""
    server = Redis(tmp_path / "redis")
    yield server.start()
    server.close()


@pytest.fixture
def metrics_port() -> int:
    return free_port()


@pytest.fixture
def service(
    broker: Redis, metrics_port: int, tmp_path: Path, oracle_environ: dict[str, str]
) -> Iterator[ServiceWithWorker]:
    environ = {
        **oracle_environ,
        "JOB_ENGINE": "celery",
        "CELERY_BROKER_URL": broker.url,
        "JOB_WORKERS": "3",
        "WORKER_METRICS_PORT": str(metrics_port),
    }
    service = ServiceWithWorker(tmp_path, environ).start()
    yield service
    service.close()


def engine(service: Service) -> dict[str, Any]:
    answer = service.get("/readyz")
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "ok"
    return dict(answer.json()["engine"])


def shows(service: Service, **members: Any) -> Callable[[], bool]:
    return lambda: members.items() <= engine(service).items()


def value(text: str, name: str, **labels: str) -> float | None:
    return parsed(text).get_sample_value(name, labels)


def test_broker_and_workers_are_shown_as_they_come_and_go(
    service: ServiceWithWorker, broker: Redis, metrics_port: int
) -> None:
    eventually(shows(service, broker="reachable", workers=1))
    assert engine(service) == {
        "kind": "celery",
        "broker": "reachable",
        "queue_length": 0,
        "workers": 1,
        "slots": 3,
        "oldest_pending_seconds": 0.0,
    }

    job = service.launch("SUMA_SIMPLE", {"a": 1, "b": 2})
    assert service.finished(job)["status"] == "completed"
    of_worker = requests.get(f"http://127.0.0.1:{metrics_port}/metrics", timeout=30).text
    of_service = service.get("/metrics").text
    ran = {"procedure": "SUMA_SIMPLE", "outcome": "completed"}
    assert value(of_worker, "oracle_api_job_duration_seconds_count", **ran) == 1
    assert value(of_service, "oracle_api_job_duration_seconds_count", **ran) is None
    for text in (of_worker, of_service):
        assert value(text, "oracle_api_processes", role="worker") == 1
        assert value(text, "oracle_api_processes", role="api") == 1
        assert value(text, "oracle_api_job_slots") == 3
        assert value(text, "oracle_api_jobs", status="completed") == 1

    broker.kill()
    eventually(shows(service, broker="unreachable"))
    assert value(service.get("/metrics").text, "oracle_api_broker_up") == 0
    assert service.out("SUMA_SIMPLE", {"a": 1, "b": 2}) == {"RESULTADO": 3}
    waiting = service.launch("SUMA_SIMPLE", {"a": 2, "b": 2})
    eventually(lambda: engine(service)["oldest_pending_seconds"] > 0)
    assert "queue_length" not in engine(service)
    broker.start()
    assert service.finished(waiting)["result"] == {"RESULTADO": 4}
    eventually(shows(service, broker="reachable", oldest_pending_seconds=0.0))

    service.worker.kill()
    eventually(shows(service, workers=0, slots=0))
    waiting = service.launch("SUMA_SIMPLE", {"a": 3, "b": 2})
    eventually(shows(service, queue_length=1))
    assert service.job(waiting)["status"] == "pending"
    assert value(service.get("/metrics").text, "oracle_api_job_slots") == 0
