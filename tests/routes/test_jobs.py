"""GET of one job: what is kept of it is never shown when it is not so any more."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from oracle_api import create_app
from oracle_api.services import EXTENSION
from oracle_api.settings import Settings

TOKEN = "a-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}

Make = Callable[..., FlaskClient]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    with ExitStack() as stack:

        def make(**environ: str) -> FlaskClient:
            settings = {
                "ORACLE_DSN": "127.0.0.1:1/nowhere",
                "ORACLE_USER": "u",
                "ORACLE_PASSWORD": "p",
                "API_TOKEN": TOKEN,
                "JOBS_DATABASE_URL": f"sqlite:///{tmp_path}/jobs.db",
                **environ,
            }
            app = create_app(Settings.from_env(settings))
            services = app.extensions[EXTENSION]
            services.start()
            stack.callback(services.close)
            stack.callback(services.begin_stop, in_a_hurry=True)
            return app.test_client()

        yield make


@pytest.fixture
def client(make: Make) -> FlaskClient:
    return make()


@pytest.fixture
def path(client: FlaskClient) -> str:
    body = {"name": "P", "params": {"A": "a-value"}}
    answer = client.post("/procedure/async", json=body, headers=BEARER)
    return str(answer.headers["Location"])


def show(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    return client.get(path, headers={**BEARER, **headers})


def test_it_is_shown_as_it_is_now_after_each_change(client: FlaskClient, path: str) -> None:
    assert show(client, path).headers["Retry-After"]
    client.post(f"{path}/cancel", headers=BEARER)
    final = client.get(f"{path}?wait=10", headers=BEARER)
    assert final.json is not None
    assert final.json["status"] in ("cancelled", "failed")
    again = show(client, path)
    assert (again.data, again.headers["ETag"]) == (final.data, final.headers["ETag"])
    assert "Retry-After" not in again.headers
    client.delete(path, headers=BEARER)
    assert show(client, path).status_code == 404


def test_conditions_are_kept_whether_it_was_shown_before_or_not(
    client: FlaskClient, path: str
) -> None:
    client.post(f"{path}/cancel", headers=BEARER)
    tag = client.get(f"{path}?wait=10", headers=BEARER).headers["ETag"]
    for _ in range(2):
        assert show(client, path, **{"If-None-Match": tag}).status_code == 304
        assert show(client, path, **{"If-None-Match": '"other"'}).status_code == 200
        assert show(client, path, **{"If-Match": tag}).status_code == 200
        assert show(client, path, **{"If-Match": '"other"'}).status_code == 412
    head = client.head(path, headers=BEARER)
    assert head.headers["ETag"] == tag
    assert int(head.headers["Content-Length"]) == len(show(client, path).data)


def test_parameters_are_hidden_where_they_are_to_be(make: Make) -> None:
    client = make(JOB_SHOW_PARAMS="0")
    body = {"name": "P", "params": {"A": "a-value"}}
    path = client.post("/procedure/async", json=body, headers=BEARER).headers["Location"]
    for _ in range(2):
        assert b"a-value" not in show(client, path).data
