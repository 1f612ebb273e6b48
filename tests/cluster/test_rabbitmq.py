"""RabbitMQ in Redis's place, by its URL alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.chaos import DatabaseProcess
from tests.integration.conftest import needs_embedded
from tests.integration.service import Service, eventually
from tests.servers.rabbitmq import RabbitMQ

from .lab import Worker
from .network import Host

pytestmark = needs_embedded

SUM = ("SUMA_SIMPLE", {"a": 1, "b": 2})


@pytest.fixture
def database_process() -> Iterator[DatabaseProcess]:
    database = DatabaseProcess().start()
    yield database
    database.kill()


@pytest.fixture
def service(
    tmp_path: Path, rabbitmq: RabbitMQ, postgres_url: str, database_process: DatabaseProcess
) -> Iterator[Service]:
    environ = {
        **database_process.environ,
        "JOB_ENGINE": "celery",
        "CELERY_BROKER_URL": rabbitmq.url,
        "JOBS_DATABASE_URL": postgres_url,
        "JOB_RESEND_SECONDS": "1",
    }
    service = Service(tmp_path, environ)
    worker = Worker(Host("worker", "127.0.0.1"), tmp_path, service.environ)
    service.start()
    worker.start()
    yield service
    worker.close()
    service.close()


def test_jobs_go_through_rabbitmq_and_come_back_after_it_lost_them(
    service: Service, rabbitmq: RabbitMQ
) -> None:
    jobs = [service.launch(*SUM) for _ in range(20)]
    assert {service.finished(job_id)["status"] for job_id in jobs} == {"completed"}

    slow = service.launch("PROC_TEST_DEMORA", {"segundos": 600})
    eventually(lambda: service.job(slow)["status"] == "running")
    assert service.request("POST", f"/jobs/{slow}/cancel").status_code == 202
    assert service.finished(slow)["status"] == "cancelled"

    rabbitmq.stop()
    meanwhile = [service.launch(*SUM) for _ in range(5)]
    rabbitmq.forget()
    rabbitmq.start()
    assert {service.finished(job_id)["status"] for job_id in meanwhile} == {"completed"}
