"""What is too much is refused: requests, nesting, parameters, elements, headers."""

import http.client
import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.servers.redis import Redis

from .service import TOKEN, Service, eventually

LIMIT, REQUESTS = 40, 120
DEPTH, PARAMS, BATCH = 6, 3, 4

RESULT = {"RESULTADO": 3}


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, oracle_environ: dict[str, str]
) -> Iterator[Service]:
    limits = {"MAX_JSON_DEPTH": DEPTH, "MAX_PARAMS": PARAMS, "MAX_BATCH": BATCH}
    environ = {name: str(value) for name, value in limits.items()}
    service = Service(tmp_path_factory.mktemp("limits"), {**oracle_environ, **environ})
    yield service.start()
    service.close()


# ---- requests


def test_two_workers_count_together(make_service: Callable[..., Service], tmp_path: Path) -> None:
    service = make_service(
        WEB_CONCURRENCY="2",
        RATE_LIMIT=f"{LIMIT}/hour",
        RATE_LIMIT_FILE=str(tmp_path / "rates.db"),
        LOG_FORMAT="json",
    ).start()

    def workers(path: str) -> set[int]:
        """Give the processes that have answered requests of a path."""
        lines = (json.loads(line) for line in service.log().split("\n")[:-1])
        return {line["pid"] for line in lines if line.get("path") == path}

    def both_are_there() -> bool:
        service.get("/healthz", headers={"Connection": "close"})
        return len(workers("/healthz")) == 2

    eventually(both_are_there)

    def ask(_: int) -> tuple[int, str]:
        answer = service.get("/jobs", headers={"Connection": "close"})
        assert {"RateLimit", "RateLimit-Policy", "X-Request-ID"} <= set(answer.headers)
        if answer.status_code == 429:
            assert int(answer.headers["Retry-After"]) > 3000
            assert answer.headers["Content-Type"] == "application/problem+json"
        return answer.status_code, answer.headers["RateLimit-Policy"]

    with ThreadPoolExecutor(8) as threads:
        answers = Counter(threads.map(ask, range(REQUESTS)))
    assert len(workers("/jobs")) == 2
    policy = f'"hour";q={LIMIT};w=3600'
    assert answers == {(200, policy): LIMIT, (429, policy): REQUESTS - LIMIT}
    assert service.call("SUMA_SIMPLE", {"a": 1, "b": 2}).status_code == 429
    assert service.get("/healthz").status_code == 200


def test_two_hosts_count_together_in_redis_and_do_without_it(
    make_service: Callable[..., Service], needs_redis: None, tmp_path: Path
) -> None:
    redis = Redis(tmp_path / "redis").start()
    hosts = [make_service(RATE_LIMIT="4/hour", RATE_LIMIT_URL=redis.url) for _ in range(2)]
    try:
        for host in hosts:
            host.start()
        in_turn = [hosts[turn % 2].get("/jobs") for turn in range(6)]
        assert [answer.status_code for answer in in_turn] == [200] * 4 + [429] * 2
        left = [answer.headers["RateLimit"].partition(";t=")[0] for answer in in_turn]
        assert left == [f'"hour";r={number}' for number in (3, 2, 1, 0, 0, 0)]

        redis.kill()
        for host in hosts:
            answers = [host.get("/jobs") for _ in range(10)]
            assert [answer.status_code for answer in answers] == [200] * 10
            assert not any("RateLimit" in answer.headers for answer in answers)
            assert host.log().count("Requests cannot be counted") == hosts.index(host) + 1
        redis.start()
        for host in hosts:
            eventually(lambda host=host: host.get("/jobs").status_code == 429)
    finally:
        redis.close()


# ---- bodies


def nested(levels: int) -> Any:
    value: Any = 1
    for level in range(levels):
        value = {"x": value} if level % 2 else [value]
    return value


def pointer_of(answer: Any) -> str:
    assert answer.status_code == 400, answer.text
    [error] = answer.json()["errors"]
    return str(error["pointer"])


@pytest.mark.parametrize("send", [Service.call, Service.submit])
def test_what_is_nested_too_deeply_is_refused_where_it_is(
    service: Service, send: Callable[..., Any]
) -> None:
    # The body and its params are two levels.
    deep = nested(DEPTH - 1)
    assert pointer_of(send(service, "P", {"a": 1, "b": deep})) == "/params/b/0/x/0/x"
    listed = [{"name": "a", "value": nested(DEPTH - 2)}]
    assert pointer_of(send(service, "P", listed)) == "/params/0/value/x/0/x"
    batch = [{"a": 1}, {"a": nested(DEPTH - 2)}]
    assert pointer_of(send(service, "P", batch=batch)) == "/batch/1/a/x/0/x"
    abyss = b'{"name": "P", "params": {"a": ' + b"[" * 9000 + b"]" * 9000 + b"}}"
    headers = {"Content-Type": "application/json"}
    assert pointer_of(service.request("POST", "/procedure", data=abyss, headers=headers)) == ""


def test_what_is_as_deep_as_may_be_is_looked_at(service: Service) -> None:
    answer = service.call("SUMA_SIMPLE", {"a": nested(DEPTH - 2), "b": 2})
    assert answer.status_code == 400
    assert "nested" not in answer.json()["detail"]
    assert service.out("SUMA_SIMPLE", {"a": 1, "b": 2}) == RESULT


def test_parameters_are_counted_in_calls_and_elements(service: Service) -> None:
    most = {"a": 1, "b": 2, "resultado": None}
    assert service.call("SUMA_SIMPLE", most).status_code == 200
    more = {**most, "c": 1}
    assert pointer_of(service.call("SUMA_SIMPLE", more)) == "/params"
    listed = [{"name": name, "value": value} for name, value in more.items()]
    assert pointer_of(service.call("SUMA_SIMPLE", listed)) == "/params"
    assert pointer_of(service.call("SUMA_SIMPLE", batch=[most, more])) == "/batch/1"


def test_elements_are_counted(service: Service) -> None:
    element = {"a": 1, "b": 2}
    assert service.out("SUMA_SIMPLE", batch=[element] * BATCH) == [RESULT] * BATCH
    assert pointer_of(service.call("SUMA_SIMPLE", batch=[element] * (BATCH + 1))) == "/batch"


# ---- headers


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/jobs?" + "x" * 4100, {}, 414),
        ("/jobs", {"X-Long": "x" * 8200}, 431),
        ("/jobs", {f"X-{number}": "x" for number in range(101)}, 431),
        ("/jobs?cursor=" + "1" * 18, {"X-Long": "x" * 8000}, 200),
    ],
)
def test_headers_have_a_size(
    service: Service, path: str, headers: dict[str, str], status: int
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    connection.request("GET", path, headers={**headers, "Authorization": f"Bearer {TOKEN}"})
    assert connection.getresponse().status == status
    connection.close()
    assert service.get("/jobs").status_code == 200
