"""Metrics: what is counted under which labels, how it is given, and that the documents agree."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families as text_families

from oracle_api import create_app
from oracle_api.jobs.job import Job, JobStatus, Outcome, interrupted
from oracle_api.metrics import catalogue
from oracle_api.metrics.firstnames import OTHER, FirstNames
from oracle_api.metrics.histogram import GroupedHistogram
from oracle_api.metrics.instruments import Instruments
from oracle_api.metrics.requests import RequestTally
from oracle_api.services import EXTENSION
from oracle_api.settings import Settings
from oracle_api.version import VERSION

from .integration.service import eventually, free_port
from .servers.redis import Redis

ROOT = Path(__file__).parents[1]
DASHBOARD = json.loads((ROOT / "docs/grafana/oracle_api.json").read_text())
BEARER = {"Authorization": "Bearer a-token"}
JOB_ID = "0" * 32


@contextmanager
def started(folder: Path, **environ: str) -> Iterator[Flask]:
    """A started app in one process, without gunicorn and without a database."""
    settings = Settings.from_env(
        {
            "ORACLE_DSN": "127.0.0.1:1/nowhere",
            "ORACLE_USER": "u",
            "ORACLE_PASSWORD": "p",
            "API_TOKEN": "a-token",
            "ORACLE_CONNECT_SECONDS": "1",
            "CORS_ORIGINS": "https://app.example",
            "JOBS_DATABASE_URL": f"sqlite:///{folder}/jobs.db",
            **environ,
        }
    )
    app = create_app(settings)
    app.extensions[EXTENSION].start()
    yield app
    app.extensions[EXTENSION].begin_stop(in_a_hurry=True)
    app.extensions[EXTENSION].close()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """One that runs its jobs itself."""
    with started(tmp_path) as app:
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def scrape(client: FlaskClient) -> CollectorRegistry:
    """Parse what /metrics gives; ``get_sample_value`` finds single values in it."""
    answer = client.get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    return parsed(answer.text)


def parsed(text: str) -> CollectorRegistry:
    class Parsed:
        def collect(self) -> Any:
            return text_families(text)

    registry = CollectorRegistry()
    registry.register(Parsed())  # type: ignore[arg-type]
    return registry


def ended_job(procedure: str) -> Job:
    now = datetime.now(UTC)
    return Job(
        id=JOB_ID,
        status=JobStatus.RUNNING,
        procedure_name=procedure,
        request=None,
        submitted_by="c",
        request_id="r",
        start_time=now,
        run_start_time=now,
        progress=10,
    )


# ---- requests


@pytest.mark.parametrize(
    ("method", "path", "labels"),
    [
        ("GET", f"/jobs/{JOB_ID}", {"route": "/jobs/{job_id}", "method": "GET", "status": "404"}),
        (
            "GET",
            f"/jobs/{JOB_ID}/rows/a/b",
            {"route": "/jobs/{job_id}/rows/{label}", "method": "GET", "status": "404"},
        ),
        ("GET", "/healthz/", {"route": "/healthz", "method": "GET", "status": "200"}),
        ("HEAD", "/healthz", {"route": "/healthz", "method": "HEAD", "status": "200"}),
        ("GET", "/nowhere/42", {"route": "unmatched", "method": "GET", "status": "404"}),
        ("PUT", "/jobs", {"route": "unmatched", "method": "PUT", "status": "405"}),
        ("BREW", "/nowhere", {"route": "unmatched", "method": "other", "status": "404"}),
    ],
)
def test_a_request_is_counted_and_timed_by_its_routes_template(
    client: FlaskClient, method: str, path: str, labels: dict[str, str]
) -> None:
    for _ in range(3):
        client.open(path, method=method, headers=BEARER)
    found = scrape(client)
    assert found.get_sample_value("oracle_api_http_requests_total", labels) == 3
    timed = {name: labels[name] for name in ("route", "method")}
    name = "oracle_api_http_request_duration_seconds"
    assert found.get_sample_value(f"{name}_count", timed) == 3
    assert 0 < (found.get_sample_value(f"{name}_sum", timed) or 0) < 3


def test_requests_that_are_refused_are_counted_too(client: FlaskClient) -> None:
    client.get(f"/jobs/{JOB_ID}")
    labels = {"route": "/jobs/{job_id}", "method": "GET", "status": "401"}
    assert scrape(client).get_sample_value("oracle_api_http_requests_total", labels) == 1


def test_no_value_of_a_request_is_in_the_metrics(client: FlaskClient) -> None:
    body = {"name": "PKG.P", "params": {"SECRETO": "a-secret-value"}}
    client.post("/procedure", json=body, headers=BEARER)
    client.post("/procedure/async", json=body, headers={**BEARER, "Idempotency-Key": "a-secret"})
    client.get("/jobs?procedure=a-secret", headers=BEARER)
    client.get("/a-secret", headers={**BEARER, "X-Request-ID": "a-secret"})
    text = client.get("/metrics", headers=BEARER).text
    assert "secret" not in text.lower()
    assert "a-token" not in text


def requests_counted(registry: CollectorRegistry) -> float | None:
    labels = {"route": "/jobs", "method": "GET", "status": "200"}
    return registry.get_sample_value("oracle_api_http_requests_total", labels)


def test_no_request_is_lost_or_counted_twice_though_many_note_and_settle() -> None:
    registry = CollectorRegistry()
    tally = RequestTally(registry)
    at_once = threading.Barrier(4)

    def work(number: int) -> None:
        at_once.wait(10)
        for turn in range(500):
            tally.note("/jobs", "GET", 200, 0.25)
            if turn % 50 == number:
                tally.settle()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    tally.settle()
    assert requests_counted(registry) == 2000
    labels = {"route": "/jobs", "method": "GET"}
    name = "oracle_api_http_request_duration_seconds"
    assert registry.get_sample_value(f"{name}_sum", labels) == 500
    assert registry.get_sample_value(f"{name}_count", labels) == 2000


def test_requests_are_moved_by_themselves_and_at_the_end() -> None:
    registry = CollectorRegistry()
    tally = RequestTally(registry)
    tally.start()
    tally.note("/jobs", "GET", 200, 0.1)
    eventually(lambda: requests_counted(registry) == 1)
    tally.note("/jobs", "GET", 200, 0.1)
    tally.stop()
    assert requests_counted(registry) == 2


def test_requests_that_nobody_moves_do_not_pile_up() -> None:
    registry = CollectorRegistry()
    tally = RequestTally(registry)
    for _ in range(25_000):
        tally.note("/jobs", "GET", 200, 0.1)
    assert (requests_counted(registry) or 0) >= 15_000


@given(
    st.lists(st.floats(0, 1e6) | st.sampled_from((0.001, 1.0, 60.0))),
    st.lists(st.floats(0, 1e6), min_size=1, max_size=5, unique=True),
)
def test_a_group_of_values_spreads_as_each_by_itself_does(
    amounts: list[float], bounds: list[float]
) -> None:
    one_by_one = Histogram("h", "-", registry=None, buckets=sorted(bounds))
    together = GroupedHistogram("h", "-", registry=None, buckets=sorted(bounds))
    for amount in amounts:
        one_by_one.observe(amount)
    together.observe_all(amounts)

    def samples(histogram: Histogram) -> dict[tuple[str, str | None], float]:
        return {
            (sample.name, sample.labels.get("le")): sample.value
            for family in histogram.collect()
            for sample in family.samples
        }

    expected = samples(one_by_one)
    assert samples(together) == {key: pytest.approx(value) for key, value in expected.items()}


# ---- how they are given


def test_openmetrics_is_given_to_whom_it_is_asked_for(client: FlaskClient) -> None:
    client.get("/jobs", headers=BEARER)
    accept = {"Accept": "application/openmetrics-text; version=1.0.0, text/plain;q=0.5"}
    answer = client.get("/metrics", headers={**BEARER, **accept})
    assert answer.mimetype == "application/openmetrics-text"
    assert answer.text.endswith("# EOF\n")
    names = {family.name for family in openmetrics_families(answer.text)}
    assert "oracle_api_http_requests" in names


def test_text_is_given_to_everybody_else_and_to_head_nothing(client: FlaskClient) -> None:
    assert client.get("/metrics", headers=BEARER).mimetype == "text/plain"
    head = client.head("/metrics", headers=BEARER)
    assert (head.status_code, head.text) == (200, "")


def test_versions_are_told(client: FlaskClient) -> None:
    [sample] = [
        sample
        for family in text_families(client.get("/metrics", headers=BEARER).text)
        for sample in family.samples
        if sample.name == "oracle_api_info"
    ]
    assert sample.labels["version"] == VERSION
    assert f'version = "{VERSION}"' in (ROOT / "pyproject.toml").read_text()


def test_each_app_counts_alone(client: FlaskClient) -> None:
    client.get("/jobs", headers=BEARER)
    labels = {"route": "/jobs", "method": "GET"}
    name = "oracle_api_http_request_duration_seconds_count"
    assert scrape(client).get_sample_value(name, labels) == 1
    assert Instruments().registry.get_sample_value(name, labels) is None


# ---- the job store


def test_a_job_store_that_cannot_be_read_leaves_the_other_metrics(
    client: FlaskClient, tmp_path: Path
) -> None:
    assert scrape(client).get_sample_value("oracle_api_job_store_up") == 1
    assert scrape(client).get_sample_value("oracle_api_jobs", {"status": "failed"}) == 0
    other = sa.create_engine(f"sqlite:///{tmp_path}/jobs.db")
    with other.begin() as connection:
        connection.exec_driver_sql("DROP TABLE jobs")
    other.dispose()
    found = scrape(client)
    assert found.get_sample_value("oracle_api_job_store_up") == 0
    assert found.get_sample_value("oracle_api_jobs", {"status": "failed"}) is None
    assert found.get_sample_value("oracle_api_job_queue_limit") == 1000
    assert found.get_sample_value("oracle_api_pool_max_connections") == 25


def test_commits_are_timed_and_their_failures_counted() -> None:
    metrics = Instruments()
    metrics.committed(3, 0.02, is_durable=True)
    metrics.committed(5, 5.0, is_durable=False)
    value = metrics.registry.get_sample_value
    assert value("oracle_api_store_commit_duration_seconds_sum") == 0.02
    assert value("oracle_api_store_commit_writes_sum") == 3
    assert value("oracle_api_store_commit_failures_total") == 1


# ---- who runs jobs


@pytest.fixture(scope="module")
def full_text(tmp_path_factory: pytest.TempPathFactory, redis: Redis) -> str:
    """What an app gives that has something to tell of every metric; a job waits for a worker."""
    redis.command("FLUSHALL")
    folder = tmp_path_factory.mktemp("full")
    with started(folder, JOB_ENGINE="celery", CELERY_BROKER_URL=redis.url) as app:
        services, client = app.extensions[EXTENSION], app.test_client()
        assert (
            client.post("/procedure/async", json={"name": "P"}, headers=BEARER).status_code == 202
        )
        services.metrics.job_ended(ended_job("P"), Outcome(JobStatus.COMPLETED), 1.0)
        services.metrics.pool.refused("DPY-6005")
        eventually(lambda: services.engine.state().queue_length)
        return client.get("/metrics", headers=BEARER).text


def test_a_service_that_runs_its_jobs_itself_is_one_process_with_its_slots(
    client: FlaskClient,
) -> None:
    value = scrape(client).get_sample_value
    assert value("oracle_api_processes", {"role": "api"}) == 1
    assert value("oracle_api_processes", {"role": "worker"}) == 0
    assert value("oracle_api_job_slots") == 8
    assert value("oracle_api_broker_up") is None
    assert value("oracle_api_broker_queue_length") is None


def test_a_broker_that_is_away_is_down_and_its_queue_unknown(tmp_path: Path) -> None:
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    with started(tmp_path, JOB_ENGINE="celery", CELERY_BROKER_URL=nowhere) as app:
        engine = app.extensions[EXTENSION].engine
        eventually(lambda: engine.state().broker_reachable is False)
        value = scrape(app.test_client()).get_sample_value
        assert value("oracle_api_broker_up") == 0
        assert value("oracle_api_broker_queue_length") is None
        assert value("oracle_api_processes", {"role": "api"}) == 1
        assert value("oracle_api_job_slots") == 0, "nobody is there to run a job"


def test_messages_that_wait_in_the_broker_are_counted(full_text: str) -> None:
    value = parsed(full_text).get_sample_value
    assert value("oracle_api_broker_up") == 1
    assert value("oracle_api_broker_queue_length") == 1
    assert value("oracle_api_job_queue_length") == 1


# ---- labels that clients could make grow


@given(st.lists(st.text()), st.integers(0, 5))
def test_so_many_names_have_a_label_of_their_own_and_keep_it(names: list[str], limit: int) -> None:
    first = FirstNames(limit)
    given_first = {name: first.label(name) for name in names}
    assert {name: first.label(name) for name in names} == given_first
    own = [name for name, label in given_first.items() if label == name and name != OTHER]
    assert len(own) <= limit
    assert set(given_first.values()) <= {*own, OTHER}


def outcomes(metrics: Instruments, procedure: str) -> dict[str, float]:
    """How many jobs of a procedure ended how."""
    return {
        sample.labels["outcome"]: sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "oracle_api_job_duration_seconds_count"
        and sample.labels["procedure"] == procedure
    }


def test_jobs_are_timed_by_procedure_and_outcome() -> None:
    metrics = Instruments()
    job = ended_job("pkg_etl.proceso")
    metrics.job_ended(job, Outcome(JobStatus.COMPLETED), 7200.0)
    metrics.job_ended(job, Outcome(JobStatus.FAILED, error_code="ORA-20001"), 1.0)
    metrics.job_ended(job, Outcome(JobStatus.CANCELLED), 1.0)
    metrics.job_ended(job, interrupted("stopped"), 1.0)
    assert outcomes(metrics, "PKG_ETL.PROCESO") == dict.fromkeys(
        ("completed", "failed", "cancelled", "interrupted"), 1
    )


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("INVENTED.NAME", Outcome(JobStatus.FAILED, error_code="PLS-00201")),
        ("INVENTED.NAME", Outcome(JobStatus.FAILED, error_code="DPY-6005")),
        ("INVENTED.NAME", Outcome(JobStatus.CANCELLED)),
        ("no name; at all", Outcome(JobStatus.FAILED)),
    ],
)
def test_names_that_need_not_exist_take_no_place(name: str, outcome: Outcome) -> None:
    metrics = Instruments()
    metrics.job_ended(ended_job(name), outcome, 1.0)
    assert outcomes(metrics, OTHER) == {outcome.status: 1}


def test_procedures_beyond_the_first_hundred_share_a_label() -> None:
    metrics = Instruments()
    for number in range(103):
        metrics.job_ended(ended_job(f"P{number}"), Outcome(JobStatus.COMPLETED), 1.0)
    assert outcomes(metrics, "P99") == {"completed": 1}
    assert outcomes(metrics, OTHER) == {"completed": 3}


def test_errors_are_counted_by_code_and_only_codes_of_the_database() -> None:
    metrics = Instruments()
    for code in ("ORA-20001", "ORA-20001", "PLS-00306", "DPY-4024", "interrupted", "x ORA-1", None):
        metrics.pool.failed("call", code)
    metrics.pool.refused("ORA-01017")
    samples = [
        (sample.labels["code"], sample.labels["during"], sample.value)
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "oracle_api_oracle_errors_total"
    ]
    assert samples == [
        ("ORA-20001", "call", 2),
        ("PLS-00306", "call", 1),
        ("DPY-4024", "call", 1),
        ("ORA-01017", "connect", 1),
    ]


def test_a_metric_that_cannot_be_kept_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Instruments()
    metrics.committed("many", 1.0, is_durable=True)  # type: ignore[arg-type]
    assert "could not be kept" in caplog.text


# ---- several processes

_MASTER_AND_WORKER = """
import os, stat, sys
from oracle_api.metrics import sharing
from oracle_api.metrics.exposition import exposition
from oracle_api.metrics.instruments import Instruments

os.environ[sharing.VARIABLE] = "/nowhere/of/an/earlier/run"
sharing.begin()
folder = os.environ[sharing.VARIABLE]
pid = os.fork()
metrics = Instruments()
metrics.requests.note("/jobs", "GET", 200, 0.1)
metrics.requests.settle()
metrics.pool.lent()
if pid == 0:
    sys.exit(0)
assert os.waitpid(pid, 0)[1] == 0
assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
open(f"{folder}/counter_1.db", "w").close()


def show():
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics"}
    lines = b"".join(exposition(metrics)(environ, lambda *head: None)).decode().splitlines()
    print(*(line for line in lines if line.startswith(("oracle_api_http_r", "oracle_api_pool_b"))
            if "_bucket" not in line and "_sum" not in line), sep="\\n")


show()
sharing.forget(pid)
show()
print(folder)
"""


def test_processes_count_together_in_a_private_folder_that_is_gone_afterwards(
    tmp_path: Path,
) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", _MASTER_AND_WORKER],
        cwd=ROOT,
        env={"TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    *lines, folder = ended.stdout.splitlines()
    count = 'oracle_api_http_requests_total{method="GET",route="/jobs",status="200"} 2.0'
    timed = 'oracle_api_http_request_duration_seconds_count{method="GET",route="/jobs"} 2.0'
    busy = "oracle_api_pool_busy_connections"
    assert sorted(lines) == sorted([count, timed, f"{busy} 2.0", count, timed, f"{busy} 1.0"])
    assert Path(folder).parent == tmp_path
    assert list(tmp_path.iterdir()) == []


# ---- the documents


def test_the_catalogue_has_what_is_given_and_nothing_else(full_text: str) -> None:
    labels: dict[str, set[str]] = {}
    types: dict[str, str] = {}
    for family in text_families(full_text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        types[name] = family.type
        for sample in family.samples:
            labels.setdefault(name, set()).update(sample.labels.keys() - {"le"})
    assert types == {metric.name: metric.kind for metric in catalogue.ALL}
    assert labels == {metric.name: set(metric.labels) for metric in catalogue.ALL}


def test_the_table_is_the_one_of_the_code() -> None:
    assert (ROOT / "docs/metrics.md").read_text().endswith("\n\n" + catalogue.table())


@pytest.mark.parametrize("metric", catalogue.ALL, ids=lambda metric: metric.name)
def test_names_follow_prometheus_practices(metric: catalogue.Described) -> None:
    assert metric.name.startswith("oracle_api_")
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert not metric.name.endswith(("_count", "_sum", "_bucket", "_milliseconds", "_minutes"))


def expressions() -> Iterator[tuple[str, str]]:
    """Give the panels' titles and queries, the variables of Grafana filled in."""
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            query = target["expr"].replace("$__rate_interval", "5m")
            for variable in DASHBOARD["templating"]["list"]:
                query = query.replace(f"${variable['name']}", "x")
            assert "$" not in query
            yield panel["title"], query


def selectors(node: Any) -> Iterator[Any]:
    """Find the metrics that a query reads."""
    found: list[Any] = []

    def see(part: Any) -> bool:
        if isinstance(part, promql.VectorSelector):
            found.append(part)
        return True

    promql.walk(node, see)
    yield from found


def test_the_dashboard_asks_for_what_is_given(full_text: str) -> None:
    given_labels: dict[str, set[str]] = {}
    for family in text_families(full_text):
        for sample in family.samples:
            given_labels.setdefault(sample.name, set()).update(sample.labels)
    for title, query in expressions():
        asked = list(selectors(promql.parse(query)))
        assert asked, title
        for selector in asked:
            labels = {matcher.name for matcher in selector.matchers.matchers}
            labels |= set(re.findall(r"\w+", " ".join(re.findall(r"by ?\(([^)]*)\)", query))))
            assert labels <= given_labels[selector.name] | {"job", "instance"}, title


def test_the_dashboard_shows_every_metric() -> None:
    shown = {
        selector.name for _, query in expressions() for selector in selectors(promql.parse(query))
    }
    for metric in catalogue.ALL:
        assert any(name.startswith(metric.name) for name in shown), metric.name


def test_the_dashboard_asks_the_source_that_is_chosen() -> None:
    variables = {item["name"]: item["type"] for item in DASHBOARD["templating"]["list"]}
    assert variables["datasource"] == "datasource"
    for panel in DASHBOARD["panels"]:
        for part in (panel, *panel.get("targets", ())):
            if panel["type"] != "row":
                assert part["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


# ---- Server-Timing


def durations(header: str) -> dict[str, float]:
    """Read a Server-Timing header, milliseconds by name."""
    parts = (part.partition(";dur=") for part in header.split(", "))
    return {name: float(duration) for name, _, duration in parts}


def test_a_call_that_failed_says_where_its_time_went(client: FlaskClient) -> None:
    answer = client.post("/procedure", json={"name": "P"}, headers=BEARER)
    assert answer.status_code == 503
    timing = durations(answer.headers["Server-Timing"])
    assert list(timing) == ["pool", "total"]
    assert 0 < timing["pool"] <= timing["total"]
    assert "Server-Timing" not in client.get("/jobs", headers=BEARER).headers


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [("https://app.example", "https://app.example"), ("https://evil.example", None)],
)
def test_who_may_read_the_answer_may_know_its_timing(
    client: FlaskClient, origin: str, allowed: str | None
) -> None:
    headers = {**BEARER, "Origin": origin}
    answer = client.post("/procedure", json={"name": "P"}, headers=headers)
    assert answer.headers.get("Access-Control-Allow-Origin") == allowed
    assert answer.headers.get("Timing-Allow-Origin") == allowed
    if allowed:
        assert "Server-Timing" in answer.headers["Access-Control-Expose-Headers"]
