"""ORACLE_DSN=embedded: one database process for all workers, which goes with the service."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from oracle_api.embedded.server import EmbeddedServer

from .conftest import needs_embedded
from .service import Service, eventually, free_port

EMBEDDED = {"ORACLE_DSN": "embedded", "ORACLE_USER": "", "ORACLE_PASSWORD": ""}


def database_processes(service: Service) -> list[int]:
    """Give the ids of the service's embedded databases."""
    return service.children("oracle_api.embedded")


def is_gone(pid: int) -> bool:
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return True


@pytest.fixture
def service(make_service: Callable[..., Service]) -> Service:
    return make_service(**EMBEDDED, WEB_CONCURRENCY="2", SHUTDOWN_GRACE_SECONDS="0").start()


def test_the_workers_share_one_database(service: Service) -> None:
    eventually(lambda: len(service.workers()) == 2)
    assert len(database_processes(service)) == 1
    job_id = service.launch("PKG_ETL.PROCESO_LARGO", {"vFECHA": "2025-12-10", "vSEGUNDOS": 0.2})
    assert service.finished(job_id)["result"] == {"VRESULTADO": 12500}


def test_the_database_stops_with_the_service(service: Service) -> None:
    [pid] = database_processes(service)
    assert service.stop() == 0
    assert eventually(lambda: is_gone(pid))
    assert "Error" not in service.log()


def test_the_database_goes_when_the_service_is_killed(service: Service) -> None:
    [pid] = database_processes(service)
    service.signal(signal.SIGKILL)
    service.wait()
    assert eventually(lambda: is_gone(pid))


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"API_TOKEN": ""}, "API_TOKEN"),
        ({"PORT": "eighty"}, "PORT"),
        ({"ORACLE_DSN": "", "ORACLE_SERVICE": ""}, "ORACLE_SERVICE"),
        ({"JOBS_DATABASE_URL": "nonsense"}, "JOBS_DATABASE_URL"),
        ({"JOBS_DATABASE_URL": "sqlite://"}, "JOBS_DATABASE_URL"),
        ({"JOBS_DATABASE_URL": "sqlite:////proc/x.db"}, "JOBS_DATABASE_URL"),
        ({"JOBS_DATABASE_URL": f"sqlite:///{__file__}"}, "JOBS_DATABASE_URL"),
        (
            {"ORACLE_DSN": "an alias", "ORACLE_USER": "u", "ORACLE_PASSWORD": "p"},
            "ORACLE_DSN",
        ),
        ({"JOBS_DATABASE_URL": "sqlite:////proc/nowhere/jobs.db"}, "JOBS_DATABASE_URL"),
    ],
)
def test_settings_that_cannot_work_end_the_start_with_their_name(
    make_service: Callable[..., Service], environ: dict[str, str], variable: str
) -> None:
    service = make_service(**{**EMBEDDED, **environ})
    with pytest.raises(AssertionError):
        service.start()
    assert service.process is not None
    assert service.process.returncode != 0
    assert variable in service.log()
    assert "Traceback" not in service.log()


@needs_embedded
def test_the_older_services_env_file_works_as_it_is(
    make_service: Callable[..., Service], embedded: EmbeddedServer, tmp_path: Path
) -> None:
    env_file = tmp_path / "produccion.env"
    env_file.write_text(
        f"""
# --- Conexión a Oracle ---
ORACLE_USER={embedded.user}
ORACLE_PASSWORD={embedded.password}
ORACLE_HOST=127.0.0.1
ORACLE_PORT={embedded.port}
ORACLE_SERVICE={embedded.service}

# --- Seguridad API ---
API_TOKEN=tu_token_seguro
API_ALLOWED_IPS=127.0.0.1,::1,192.168.1.0/24,localhost
PORT={(port := free_port())}
API_NO_AUTH=0
"""
    )
    names = ("ORACLE_DSN", "ORACLE_USER", "ORACLE_PASSWORD", "API_TOKEN", "PORT")
    service = make_service(**dict.fromkeys(names), ENV_FILE=str(env_file))
    service.url = f"http://127.0.0.1:{port}"
    service.start()
    token = {"Authorization": "Bearer tu_token_seguro"}
    assert service.get("/ping", headers=token).json() == {"status": "ok"}
    assert service.get("/ping").status_code == 401


def test_no_authentication_is_loud(make_service: Callable[..., Service]) -> None:
    service = make_service(**EMBEDDED, API_NO_AUTH="1", API_TOKEN="").start()
    assert "API_NO_AUTH=1" in service.log()
    assert "WARNING" in service.log()
    assert service.get("/jobs", headers={"Authorization": None}).status_code == 200
