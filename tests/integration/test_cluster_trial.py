"""The cluster that one command starts: a job goes through it, and nothing of it is left."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.nginx import needs_nginx

from .service import ROOT, TOKEN, Service, eventually, free_port

pytestmark = needs_nginx


@pytest.fixture
def front(tmp_path: Path, needs_postgres: None, needs_redis: None) -> Iterator[Service]:
    """What asks its nginx, and whose process is the trial's own."""
    front = Service(tmp_path, {})
    port = free_port()
    front.url = f"http://127.0.0.1:{port}"
    environ = {"PATH": os.environ["PATH"], "PORT": str(port), "API_TOKEN": TOKEN}
    with front.log_path.open("wb") as log:
        front.process = subprocess.Popen(
            [sys.executable, "-m", "tests.cluster.trial"],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        eventually(lambda: not front.is_running or "Ctrl-C" in front.log())
        assert front.is_running, front.log()
        yield front
    finally:
        front.signal()
        front.wait()
        front.close()


def test_a_job_goes_through_it_also_without_one_worker(front: Service) -> None:
    first = front.launch("SUMA_SIMPLE", {"a": 1, "b": 2})
    assert front.finished(first)["result"] == {"RESULTADO": 3}
    ids = dict(re.findall(r"(\w+) (\d+)(?:,|$)", front.log(), re.MULTILINE))
    os.kill(int(ids["worker1"]), signal.SIGKILL)
    eventually(lambda: "worker1 has ended: -9" in front.log())
    # The message that the dead one had taken off the queue, if any, is no matter of this test.
    assert front.finished(front.launch("SUMA_SIMPLE", {"a": 2, "b": 2}))["status"] == "completed"
    front.signal(signal.SIGINT)
    assert front.wait() == 0
    folder = re.findall(r"^  logs +(\S+)$", front.log(), re.MULTILINE)[0]
    assert not Path(folder).exists()
    assert [name for name, pid in ids.items() if Path(f"/proc/{pid}").exists()] == []
