"""Dockerfile and compose file, as far as they can be checked without a container engine."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from ruamel.yaml import YAML

from oracle_api.settings import Settings
from tests.integration.service import eventually, free_port

from .edited import DEPLOY

ROOT = DEPLOY.parents[1]
BIN = Path(sys.executable).parent
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = YAML(typ="safe").load((DEPLOY / "compose.yaml").read_text())
IGNORE = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()


def instructions(name: str) -> list[str]:
    """Give the arguments of each instruction of one kind, its lines joined."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^{name} (.*)$", joined, re.MULTILINE)


def run(*command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environ},
    )


def test_hadolint_finds_nothing() -> None:
    done = run(str(BIN / "hadolint"), "docs/deploy/Dockerfile")
    assert done.returncode == 0, done.stdout


def test_the_compose_file_follows_its_specification() -> None:
    done = run(
        str(BIN / "check-jsonschema"),
        "--builtin-schema=vendor.compose-spec",
        "docs/deploy/compose.yaml",
    )
    assert done.returncode == 0, done.stdout


def copied_from_the_repository() -> list[str]:
    copies = [shlex.split(copy)[:-1] for copy in instructions("COPY")]
    return [source for sources in copies if "--from=" not in sources[0] for source in sources]


def test_what_is_copied_exists_and_reaches_the_builder() -> None:
    sources = copied_from_the_repository()
    assert "oracle_api/" in sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in IGNORE, source
    kept = [pattern.removeprefix("!") for pattern in IGNORE if pattern.startswith("!")]
    assert IGNORE[1] == "*"
    assert sorted(kept) == sorted(set(sources)), "nothing else reaches the builder"


def test_what_is_copied_is_enough_to_serve(tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.mkdir()
    for source in copied_from_the_repository():
        path = ROOT / source
        if path.is_dir():
            shutil.copytree(path, image / path.name)
        else:
            shutil.copy(path, image)
    port = free_port()
    environ = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "ORACLE_DSN": "embedded",
        "API_TOKEN": "t",
        "JOBS_DATABASE_URL": f"sqlite:///{tmp_path}/jobs.db",
    }
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "wsgi:app"],
            cwd=image,
            env=environ,
            stdout=log,
            stderr=log,
        ) as service,
    ):
        try:
            eventually(lambda: health_check(port, image).returncode == 0)
        finally:
            service.terminate()
    assert service.returncode == 0


def health_check(port: int, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the Dockerfile's health check."""
    [check] = re.findall(r"HEALTHCHECK .*CMD (\[.*\])", DOCKERFILE)
    program, script = json.loads(check)
    assert program == "python"
    # A proxy of the environment has no say in it.
    return run(
        sys.executable, str(folder / script), PORT=str(port), http_proxy="http://127.0.0.1:1"
    )


def test_it_runs_as_nobody_of_importance_and_stops_by_sigterm() -> None:
    assert instructions("USER") == ["10001:10001"]
    assert instructions("STOPSIGNAL") == ["SIGTERM"]
    assert instructions("CMD") == ['["gunicorn", "wsgi:app"]']


class _Answers(BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/healthz" else 404)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.mark.parametrize("status", [503, None])
def test_the_health_check_fails_where_the_service_does(status: int | None) -> None:
    handler = type("_Handler", (_Answers,), {"status": status})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    port = server.server_port if status else free_port()
    try:
        done = health_check(port, DEPLOY)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert done.returncode == 1
    assert done.stderr == ""


def test_compose_gives_the_service_the_time_that_it_takes_to_stop() -> None:
    settings = Settings(oracle_dsn="embedded", api_token="t")
    longest = max(settings.shutdown_grace_seconds, settings.sync_timeout_seconds) + 15
    assert int(COMPOSE["services"]["oracle_api"]["stop_grace_period"].removesuffix("s")) > longest


def test_only_nginx_can_be_reached_and_its_site_leads_to_the_service() -> None:
    service, nginx = COMPOSE["services"]["oracle_api"], COMPOSE["services"]["nginx"]
    assert "ports" not in service
    assert service["environment"]["TRUSTED_PROXIES"] == "1"
    address = service["networks"]["inner"]["ipv4_address"]
    [_, _, script] = nginx["command"]
    [edit] = re.findall(r"sed '([^']+)'", script)
    done = run("sed", edit, "docs/deploy/nginx.conf")
    [port] = re.findall(r"PORT=(\d+)", DOCKERFILE)
    assert done.stdout.count(f"server {address}:{port};") == 1
    assert "127.0.0.1:8080" not in done.stdout
