"""The cluster's files, as far as they can be checked without a container engine or systemd."""

import configparser
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from sqlalchemy.engine import make_url

from oracle_api.settings import Settings
from tests.integration.service import free_port
from tests.servers.programs import find
from tests.servers.redis import Redis

from .edited import DEPLOY
from .test_unit import MOST_EXPOSED, analyze, needs_systemd

ROOT = DEPLOY.parents[1]
CLUSTER = DEPLOY / "cluster"
COMPOSE: dict[str, Any] = YAML(typ="safe").load((CLUSTER / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
APIS, WORKER = ("api1", "api2"), "worker"
VARIABLES = {item.metadata["variable"] for item in fields(Settings)}
# Which of the files hold a service's settings.
NO_SETTINGS = {"ENV_FILE", "PYTHONDONTWRITEBYTECODE"}


def test_the_compose_file_follows_its_specification() -> None:
    command = [Path(sys.executable).parent / "check-jsonschema"]
    command += ["--builtin-schema=vendor.compose-spec", CLUSTER / "compose.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", [*APIS, WORKER])
def test_its_programs_are_given_settings_that_there_are_and_can_start(name: str) -> None:
    service = SERVICES[name]
    environ = service["environment"]
    assert environ.keys() - NO_SETTINGS <= VARIABLES
    settings = Settings.from_env({**example(), **environ})
    assert settings.job_engine == "celery"
    longest = max(settings.shutdown_grace_seconds, settings.sync_timeout_seconds) + 15
    assert int(service["stop_grace_period"].removesuffix("s")) > longest
    assert service["build"]["args"]["REQUIREMENTS"] == "requirements-cluster.txt"


def test_a_worker_is_asked_for_its_health_where_the_image_asks() -> None:
    port = SERVICES[WORKER]["environment"]["WORKER_METRICS_PORT"]
    assert f"PORT={port}" in (DEPLOY / "Dockerfile").read_text().split()


def test_the_store_is_reached_with_the_password_of_a_file() -> None:
    url = make_url(SERVICES[WORKER]["environment"]["JOBS_DATABASE_URL"])
    postgres = SERVICES[str(url.host)]["environment"]
    assert (url.username, url.database) == (postgres["POSTGRES_USER"], postgres["POSTGRES_DB"])
    assert url.password is None
    assert url.query == {"passfile": "/run/secrets/pgpass"}
    assert COMPOSE["secrets"]["pgpass"]


@pytest.mark.parametrize("name", SERVICES)
def test_each_part_can_be_seen_to_be_well_and_is_closed_up(name: str) -> None:
    service = SERVICES[name]
    # The image of the service has a health check of its own.
    assert "healthcheck" in service or service["image"] == "oracle_api-cluster"
    assert "stop_grace_period" in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    if name not in ("nginx", "oracle"):
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])


def test_only_nginx_can_be_reached_and_its_site_leads_to_both_hosts(tmp_path: Path) -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert COMPOSE["networks"]["inner"]["internal"] is True
    for name in ("redis", "postgres"):
        assert SERVICES[name]["networks"] == ["inner"]
    [edit] = re.findall(r"sed '([^']+)'", SERVICES["nginx"]["command"][2])
    site = subprocess.run(
        ["sed", edit, DEPLOY / "nginx.conf"], capture_output=True, text=True, check=True
    ).stdout
    addresses = [SERVICES[name]["networks"]["front"]["ipv4_address"] for name in APIS]
    assert re.findall(r"^\s+server ([\d.]+):8080; server ([\d.]+):8080;", site, re.MULTILINE) == [
        tuple(addresses)
    ]


@pytest.mark.skipif(find("redis-server") is None, reason="Redis is not installed")
def test_redis_takes_its_file_with_the_password_that_compose_adds(tmp_path: Path) -> None:
    script = SERVICES["redis"]["command"][2].replace("$$", "$")
    (tmp_path / "password").write_text("s3cret")
    for old, new in {
        "/site/redis.conf": str(CLUSTER / "redis.conf"),
        "/data": str(tmp_path),
        "/run/secrets/redis_password": str(tmp_path / "password"),
        "/tmp/redis.conf": str(tmp_path / "redis.conf"),
        "exec redis-server": f"exec {find('redis-server')}",
    }.items():
        assert old in script
        script = script.replace(old, new)
    server = _ComposedRedis(tmp_path, script)
    try:
        server.start()
        assert server.command("GET", "x").startswith("-NOAUTH")
    finally:
        server.close()
    assert (tmp_path / "appendonlydir").is_dir()


class _ComposedRedis(Redis):
    """Redis, started by the script of the compose file."""

    def __init__(self, folder: Path, script: str) -> None:
        super().__init__(folder, port=free_port())
        self._script = f"{script} --port {self.port} --bind {self.host}"

    def _command(self) -> list[str]:
        return ["sh", "-c", self._script]

    def _answers(self) -> bool:
        try:
            return self.command("AUTH", "s3cret") == "+OK"
        except OSError:
            return False


# ---- settings and units


def example() -> dict[str, str]:
    """Give what the example of settings has, with a token."""
    text = (CLUSTER / "env.example").read_text()
    return {**dict(re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE)), "API_TOKEN": "t"}


def test_the_example_has_settings_that_there_are_and_is_accepted_once_the_token_is_set() -> None:
    named = re.findall(r"^#?([A-Z_]+)=", (CLUSTER / "env.example").read_text(), re.MULTILINE)
    assert set(named) <= VARIABLES
    assert Settings.from_env(example()).job_engine == "celery"


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Both units where systemd finds them, with the folder of this checkout."""
    for path in (DEPLOY / "oracle_api.service", CLUSTER / "oracle_api-worker.service"):
        text = path.read_text().replace("/opt/oracle_api", str(ROOT))
        (tmp_path / path.name).write_text(text)
    drop_in = tmp_path / "oracle_api.service.d" / "cluster.conf"
    drop_in.parent.mkdir()
    drop_in.write_text((CLUSTER / "oracle_api-cluster.conf").read_text())
    return tmp_path


@needs_systemd
@pytest.mark.parametrize("name", ["oracle_api.service", "oracle_api-worker.service"])
def test_systemd_takes_the_units_and_finds_them_closed_up(units: Path, name: str) -> None:
    assert analyze("verify", "--man=no", str(units / name)) == ""
    threshold = f"--threshold={MOST_EXPOSED * 10:.0f}"
    said = analyze("security", "--offline=yes", "--no-pager", threshold, str(units / name))
    assert "Overall exposure level" in said


def section(path: Path) -> list[tuple[str, str]]:
    """Give the assignments of a unit's service, in their order."""
    text = path.read_text().partition("[Service]")[2].partition("\n[")[0]
    return re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)


def test_what_units_set_are_settings_and_the_drop_in_takes_away_what_is_set() -> None:
    api = [value for name, value in section(DEPLOY / "oracle_api.service") if name == "Environment"]
    worker = section(CLUSTER / "oracle_api-worker.service")
    set_there = {value.partition("=")[0] for value in api}
    [(_, taken)] = section(CLUSTER / "oracle_api-cluster.conf")
    assert set(taken.split()) <= set_there
    for name, value in worker:
        if name == "Environment":
            assert value.partition("=")[0] in VARIABLES | NO_SETTINGS
    assert "JOBS_DATABASE_URL" not in str(worker)


def test_a_worker_is_as_closed_up_as_the_service_and_starts_what_there_is() -> None:
    parser = configparser.RawConfigParser(strict=False)
    parser.read(CLUSTER / "oracle_api-worker.service")
    service = parser["Service"]
    program, *words = service["ExecStart"].split()
    assert program == f"{service['WorkingDirectory']}/.venv/bin/python"
    done = subprocess.run(
        [sys.executable, *words, "--help"],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    settings = Settings(oracle_dsn="embedded", api_token="t")
    assert int(service["TimeoutStopSec"]) > settings.shutdown_grace_seconds + 15

    def hardening(path: Path) -> list[tuple[str, str]]:
        assignments = section(path)
        return assignments[assignments.index(("CapabilityBoundingSet", "")) :]

    assert hardening(CLUSTER / "oracle_api-worker.service") == hardening(
        DEPLOY / "oracle_api.service"
    )
