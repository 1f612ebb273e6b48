"""The server of a worker's metrics: two paths, no token, nothing else."""

import gzip
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from oracle_api.exceptions import SettingsError
from oracle_api.metrics.endpoint import MetricsEndpoint
from oracle_api.metrics.exposition import exposition
from oracle_api.metrics.instruments import Instruments
from oracle_api.version import VERSION


@pytest.fixture(scope="module")
def instruments() -> Instruments:
    return Instruments()


@pytest.fixture(scope="module")
def endpoint(instruments: Instruments) -> Iterator[MetricsEndpoint]:
    app = exposition(instruments)
    made = MetricsEndpoint(lambda: app, "127.0.0.1", 0)
    made.start()
    yield made
    made.close()


@pytest.fixture(scope="module")
def url(endpoint: MetricsEndpoint) -> str:
    return f"http://127.0.0.1:{endpoint.port}"


def test_metrics_are_given_as_they_are_now(url: str, instruments: Instruments) -> None:
    for times in (1, 2):
        instruments.committed(1, 0.1, is_durable=False)
        answer = requests.get(f"{url}/metrics", timeout=30)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert f"oracle_api_store_commit_failures_total {times}.0\n" in answer.text
    assert f'version="{VERSION}"' in answer.text


def test_the_reader_chooses_format_and_compression_but_not_what_is_left_out(url: str) -> None:
    headers = {
        "Accept": "application/openmetrics-text; version=1.0.0",
        "Accept-Encoding": "gzip",
    }
    answer = requests.get(f"{url}/metrics?name[]=none", headers=headers, timeout=30, stream=True)
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    text = gzip.decompress(answer.raw.read(decode_content=False)).decode()
    assert "oracle_api_info{" in text
    assert text.endswith("# EOF\n")


def test_it_says_that_it_lives(url: str) -> None:
    answer = requests.get(f"{url}/healthz", timeout=30)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("path", ["/", "/jobs", "/metrics/x", "/procedure"])
def test_there_is_nothing_else(url: str, path: str) -> None:
    assert requests.get(f"{url}{path}", timeout=30).status_code == 404


@pytest.mark.parametrize("method", ["POST", "HEAD", "DELETE"])
def test_nothing_can_be_done_there(url: str, method: str) -> None:
    answer = requests.request(method, f"{url}/metrics", timeout=30)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")


def test_who_says_nothing_keeps_nobody_waiting(endpoint: MetricsEndpoint, url: str) -> None:
    with socket.create_connection(("127.0.0.1", endpoint.port), timeout=30) as silent:
        silent.sendall(b"GET /met")
        with ThreadPoolExecutor(4) as threads:
            answers = threads.map(lambda _: requests.get(f"{url}/metrics", timeout=30), range(8))
            assert {answer.status_code for answer in answers} == {200}


def test_a_port_that_is_taken_is_named(endpoint: MetricsEndpoint) -> None:
    with pytest.raises(SettingsError, match=f"WORKER_METRICS_PORT {endpoint.port}"):
        MetricsEndpoint(lambda: exposition(Instruments()), "127.0.0.1", endpoint.port)


def test_once_it_is_closed_nobody_answers() -> None:
    endpoint = MetricsEndpoint(lambda: exposition(Instruments()), "127.0.0.1", 0)
    endpoint.start()
    assert requests.get(f"http://127.0.0.1:{endpoint.port}/healthz", timeout=30).ok
    endpoint.close()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{endpoint.port}/healthz", timeout=30)
