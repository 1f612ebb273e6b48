"""Metrics of a real service: two worker processes count as one, and a killed one lets go."""

import os
import re
import signal
import stat
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families as text_families

from oracle_api.metrics.catalogue import BROKER_QUEUE_LENGTH, BROKER_UP
from tests.test_metrics import durations, expressions, promql, selectors

from .conftest import needs_embedded
from .procedures import Tally
from .service import TOKEN, Service, eventually

pytestmark = needs_embedded

BEARER = {"Authorization": f"Bearer {TOKEN}"}
REQUESTS = "oracle_api_http_requests_total"
BUSY = "oracle_api_pool_busy_connections"
CONNECTIONS_EACH = 2 + 16 + 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("metrics")


@pytest.fixture(scope="module")
def service(folder: Path, oracle_environ: dict[str, str]) -> Iterator[Service]:
    """Two worker processes that run two jobs each."""
    environ = {**oracle_environ, "WEB_CONCURRENCY": "2", "JOB_WORKERS": "2", "TMPDIR": str(folder)}
    service = Service(folder, environ).start()
    eventually(lambda: len(service.workers()) == 2)
    yield service
    service.close()


def ask(service: Service, path: str, **options: Any) -> requests.Response:
    """Make a request over a connection of its own: either worker may answer."""
    return requests.request(
        options.pop("method", "GET"), service.url + path, headers=BEARER, timeout=60, **options
    )


Values = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(service: Service) -> Values:
    answer = ask(service, "/metrics")
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_families(answer.text)
        for sample in family.samples
    }


def value(values: Values, name: str, **labels: str) -> float:
    return values.get((name, frozenset(labels.items())), 0)


def of_workers(service: Service, line: str) -> set[str]:
    """Give the processes that have logged such a line."""
    return set(re.findall(rf"\[(\d+)\] oracle_api.access: {line}", service.log()))


def live_value(folder: Path, pid: int, name: str) -> float:
    """Look up what one worker process alone says."""
    [file] = folder.glob(f"oracle_api-metrics-*/gauge_livesum_{pid}.db")
    return sum(
        number
        for key, number, _, _ in MmapedDict.read_all_values_from_file(str(file))
        if name in key
    )


def test_counts_add_up_whichever_worker_counts_and_whichever_answers(service: Service) -> None:
    missing = "/jobs/" + "0" * 32

    def both_have_answered(line: str) -> Callable[[], bool]:
        return lambda: len(of_workers(service, line)) == 2

    asked = 0
    with ThreadPoolExecutor(16) as threads:
        while asked < 64 or not both_have_answered(f"GET {missing} 404")():
            assert {
                answer.status_code
                for answer in threads.map(lambda _: ask(service, missing), range(32))
            } == {404}
            asked += 32
            assert asked < 3200
    labels = {"route": "/jobs/{job_id}", "method": "GET"}
    scraped = 0

    def scrape_once_more() -> Values:
        nonlocal scraped
        values = scrape(service)
        scraped += 1
        return values

    # What the other worker has answered is there a moment later.
    eventually(lambda: value(scrape_once_more(), REQUESTS, **labels, status="404") == asked)
    while scraped < 5 or not both_have_answered("GET /metrics 200")():
        values = scrape_once_more()
        assert value(values, REQUESTS, **labels, status="404") == asked
        assert value(values, "oracle_api_http_request_duration_seconds_count", **labels) == asked
        assert scraped < 2000, "one worker never answered"

    def counts_every_scrape() -> bool:
        values = scrape_once_more()
        # A scrape counts itself once it has answered.
        scrapes = value(values, REQUESTS, route="/metrics", method="GET", status="200")
        assert scrapes < scraped
        return scrapes == scraped - 1

    eventually(counts_every_scrape)
    assert value(values, "oracle_api_pool_max_connections") == 2 * CONNECTIONS_EACH
    assert value(values, "oracle_api_job_queue_limit") == 1000


def test_jobs_are_counted_once_though_two_processes_share_them(
    service: Service, tally: Tally
) -> None:
    done = [service.launch("SUMA_SIMPLE", {"a": 1, "b": 2}) for _ in range(3)]
    failed = service.launch("PROC_TEST_ERROR", {"p_should_fail": 1})
    unknown = service.launch("PKG_INVENTED.NAME")
    for job_id in (*done, failed, unknown):
        service.finished(job_id)
    running = [service.launch("TEST_TALLY", {"p_key": f"m{n}", "p_seconds": 600}) for n in range(4)]
    eventually(lambda: tally.now == 4)
    waiting = [service.launch("TEST_TALLY", {"p_key": "w"}) for _ in range(2)]

    for _ in range(4):
        values = scrape(service)
        states = {
            status: value(values, "oracle_api_jobs", status=status)
            for status in ("pending", "running", "completed", "failed", "cancelled")
        }
        assert states == {"pending": 2, "running": 4, "completed": 3, "failed": 2, "cancelled": 0}
        assert value(values, "oracle_api_job_queue_length") == 2
    eventually(lambda: value(scrape(service), "oracle_api_job_queue_oldest_age_seconds") > 0.2)

    for job_id in (*waiting, *running):
        service.request("POST", f"/jobs/{job_id}/cancel")
    for job_id in running:
        service.finished(job_id)
    values = scrape(service)
    assert value(values, "oracle_api_jobs", status="cancelled") == 6
    assert value(values, "oracle_api_job_queue_oldest_age_seconds") == 0
    ended = {
        (dict(labels)["procedure"], dict(labels)["outcome"]): count
        for (name, labels), count in values.items()
        if name == "oracle_api_job_duration_seconds_count"
    }
    assert ended == {
        ("SUMA_SIMPLE", "completed"): 3,
        ("PROC_TEST_ERROR", "failed"): 1,
        ("other", "failed"): 1,
        ("other", "cancelled"): 4,
    }
    errors = "oracle_api_oracle_errors_total"
    assert value(values, errors, code="ORA-20001", during="call") == 1
    assert value(values, errors, code="ORA-01013", during="call") == 4


def test_the_dashboard_finds_what_it_asks_for(service: Service) -> None:
    service.call("PROC_TEST_ERROR", {"p_should_fail": 1})
    service.finished(service.launch("SUMA_SIMPLE", {"a": 1, "b": 2}))
    # Where there is no broker, nothing is said of one.
    given = {name for name, _ in scrape(service)} | {BROKER_UP.name, BROKER_QUEUE_LENGTH.name}
    for title, query in expressions():
        assert {selector.name for selector in selectors(promql.parse(query))} <= given, title


def test_openmetrics_is_well_formed_too(service: Service) -> None:
    headers = {"Accept": "application/openmetrics-text; version=1.0.0"}
    answer = service.get("/metrics", headers=headers)
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert {family.name for family in openmetrics_families(answer.text)} >= {"oracle_api_jobs"}


def test_a_call_says_where_its_time_went(service: Service) -> None:
    answer = service.call("TEST_TALLY", {"p_key": "t", "p_seconds": 0.2})
    timing = durations(answer.headers["Server-Timing"])
    assert list(timing) == ["pool", "describe", "bind", "call", "fetch", "commit", "total"]
    total = timing.pop("total")
    assert 200 <= timing["call"] <= sum(timing.values()) <= total
    assert total <= answer.elapsed.total_seconds() * 1000


def test_a_killed_workers_gauges_vanish_and_its_counts_stay(
    service: Service, folder: Path, tally: Tally
) -> None:
    assert service.out("SUMA_SIMPLE", {"a": 1, "b": 2}) == {"RESULTADO": 3}
    # Given back once it has answered.
    eventually(lambda: value(scrape(service), BUSY) == 0)
    before = scrape(service)

    def call_for_long() -> None:
        body = {"name": "TEST_TALLY", "params": {"p_key": "killed", "p_seconds": 600}}
        with pytest.raises(requests.ConnectionError):
            ask(service, "/procedure", method="POST", json=body)

    caller = threading.Thread(target=call_for_long)
    caller.start()
    eventually(lambda: tally.started["killed"])
    assert value(scrape(service), BUSY) == 1
    [victim] = [pid for pid in service.workers() if live_value(folder, pid, BUSY)]
    os.kill(victim, signal.SIGKILL)
    caller.join(60)
    assert not caller.is_alive()

    def is_gone() -> bool:
        values = scrape(service)
        return value(values, BUSY) == 0 and not list(folder.glob(f"*/gauge_live*_{victim}.db"))

    eventually(is_gone)
    everyone = 2 * CONNECTIONS_EACH
    eventually(lambda: value(scrape(service), "oracle_api_pool_max_connections") == everyone)
    after = scrape(service)
    counted = [
        key for key in before if key[0] in (REQUESTS, "oracle_api_job_duration_seconds_count")
    ]
    assert counted
    for key in counted:
        assert after[key] >= before[key], key


def test_the_folder_is_private_and_goes_with_the_service(service: Service, folder: Path) -> None:
    [shared] = folder.glob("oracle_api-metrics-*")
    assert stat.S_IMODE(shared.stat().st_mode) == 0o700
    assert service.stop() == 0
    assert not shared.exists()


def test_a_single_worker_counts_on_after_it_was_replaced(
    make_service: Callable[..., Service], tmp_path: Path
) -> None:
    service = make_service(TMPDIR=str(tmp_path)).start()
    for _ in range(5):
        assert ask(service, "/jobs").status_code == 200
    labels = {"route": "/jobs", "method": "GET", "status": "200"}
    # It has not kept them to itself.
    assert value(scrape(service), REQUESTS, **labels) == 5
    [worker] = service.workers()
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: service.workers() not in ([], [worker]))
    eventually(service._answers)
    assert ask(service, "/jobs").status_code == 200
    assert value(scrape(service), REQUESTS, **labels) == 6
    assert service.stop() == 0
    assert not list(tmp_path.glob("oracle_api-metrics-*"))
