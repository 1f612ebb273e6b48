"""Requests above the limit are refused by token; guesses of a token by address."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from oracle_api import create_app
from oracle_api.services import EXTENSION, Services
from oracle_api.settings import Settings

TOKEN = "a-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
WRONG = {"Authorization": "Bearer wrong"}
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.9"}

Make = Callable[..., FlaskClient]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Services] = []

    def make(**environ: str) -> FlaskClient:
        app = create_app(
            Settings.from_env(
                {
                    "ORACLE_DSN": "127.0.0.1:1/nowhere",
                    "ORACLE_USER": "u",
                    "ORACLE_PASSWORD": "p",
                    "API_TOKEN": TOKEN,
                    "JOBS_DATABASE_URL": f"sqlite:///{tmp_path}/jobs.db",
                    "RATE_LIMIT": "3/hour",
                    "RATE_LIMIT_FILE": f"{tmp_path}/rates.db",
                    **environ,
                }
            )
        )
        made.append(app.extensions[EXTENSION])
        made[-1].start()
        return app.test_client()

    yield make
    for services in made:
        services.begin_stop(in_a_hurry=True)
        services.close()


def test_the_limit_is_told_and_then_kept(make: Make) -> None:
    client = make()
    for left in (2, 1, 0):
        answer = client.get("/jobs", headers=BEARER)
        assert answer.status_code == 200
        assert answer.headers["RateLimit-Policy"] == '"hour";q=3;w=3600'
        assert answer.headers["RateLimit"].startswith(f'"hour";r={left};t=')
    answer = client.get("/jobs", headers=BEARER)
    assert (answer.status_code, answer.mimetype) == (429, "application/problem+json")
    assert answer.json is not None
    assert answer.json["type"] == "urn:oracle-api:problem:rate-limited"
    reset = int(answer.headers["RateLimit"].partition(";t=")[2])
    assert 0 < reset <= int(answer.headers["Retry-After"]) <= 3600
    assert client.get("/healthz").status_code == 200, "nobody counts those"


def test_the_limit_is_the_tokens_wherever_it_comes_from(make: Make) -> None:
    client = make()
    for _ in range(3):
        client.get("/jobs", headers=BEARER)
    assert client.get("/jobs", headers=BEARER, environ_base=ELSEWHERE).status_code == 429


def test_guesses_are_limited_and_a_right_one_does_not_show(make: Make) -> None:
    client = make()
    answers = [client.get("/jobs", headers=WRONG).status_code for _ in range(5)]
    assert answers == [401, 401, 401, 429, 429]
    answer = client.get("/jobs", headers=BEARER)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/jobs", headers=BEARER, environ_base=ELSEWHERE).status_code == 200


def test_a_request_without_any_token_is_no_guess(make: Make) -> None:
    client = make()
    assert [client.get("/jobs").status_code for _ in range(5)] == [401] * 5
    assert client.get("/jobs", headers=BEARER).status_code == 200


def test_without_authentication_each_address_has_the_limit(make: Make) -> None:
    client = make(API_NO_AUTH="1", API_TOKEN="")
    assert [client.get("/jobs").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert client.get("/jobs", environ_base=ELSEWHERE).status_code == 200


def test_without_a_limit_nothing_is_told_or_counted(make: Make, tmp_path: Path) -> None:
    answer = make(RATE_LIMIT="").get("/jobs", headers=BEARER)
    assert "RateLimit" not in answer.headers
    assert not (tmp_path / "rates.db").exists()


def test_pages_of_other_origins_may_read_the_fields(make: Make) -> None:
    client = make(CORS_ORIGINS="https://app.example")
    answer = client.get("/jobs", headers={**BEARER, "Origin": "https://app.example"})
    exposed = answer.headers["Access-Control-Expose-Headers"]
    assert {"RateLimit", "RateLimit-Policy"} <= set(exposed.split(", "))
