"""The shell of the jobs page, and what belongs to it."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from oracle_api import create_app
from oracle_api.page import STATIC, modules_of
from oracle_api.settings import Settings

Make = Callable[..., FlaskClient]


@pytest.fixture
def make() -> Make:
    def make_client(**environ: str) -> FlaskClient:
        settings = {"ORACLE_DSN": "embedded", "API_TOKEN": "t", **environ}
        return create_app(Settings.from_env(settings)).test_client()

    return make_client


@pytest.fixture
def client(make: Make) -> FlaskClient:
    return make()


@pytest.mark.parametrize("path", ["/", "/page/app.js", "/page/es.json", "/page/bootstrap.min.css"])
def test_nothing_but_its_own_may_run_in_it(client: FlaskClient, path: str) -> None:
    headers = client.get(path, buffered=True).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_modules_are_asked_for_at_once(client: FlaskClient) -> None:
    preloaded = re.findall(r'rel="modulepreload" href="/page/([^"]+)"', client.get("/").text)
    assert len(set(preloaded)) == len(preloaded)
    assert set(preloaded) == set(modules_of("app.js"))
    assert {"api.js", "list.js", "text.js"} <= set(preloaded)
    assert {"app.js", "launch.js"}.isdisjoint(preloaded)


def test_it_speaks_the_browsers_language(client: FlaskClient) -> None:
    for asked, language, word in (("es-MX,es;q=0.9", "es", "Trabajos"), ("fr", "en", "Jobs")):
        answer = client.get("/", headers={"Accept-Language": asked})
        assert answer.headers["Content-Language"] == language
        assert "Accept-Language" in answer.headers["Vary"]
        assert f'<html lang="{language}"' in answer.text
        assert word in answer.text


def test_no_script_and_no_style_stands_in_it(client: FlaskClient) -> None:
    page = client.get("/").text
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|javascript:", page) == []


def test_no_script_makes_html_of_a_text() -> None:
    pattern = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\("
    )
    assert [path.name for path in STATIC.glob("*.js") if pattern.search(path.read_text())] == []


def test_all_that_it_names_is_there_and_asked_for_again_by_its_tag(client: FlaskClient) -> None:
    named = re.findall(r'(?:src|href)="(/page/[^"]+)"', client.get("/").text)
    assert len(named) > 10
    for path in named:
        answer = client.get(path, buffered=True)
        assert answer.status_code == 200, path
        assert answer.headers["Cache-Control"] == "no-cache"
        again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]}, buffered=True)
        assert again.status_code == 304


def test_nothing_else_is_served(client: FlaskClient) -> None:
    for name in ("jobs.html", "__init__.py", "..%2f__init__.py", "bootstrap-grid.css", "de.json"):
        assert client.get(f"/page/{name}").status_code == 404


def test_it_asks_for_no_token_where_the_service_wants_none(make: Make) -> None:
    assert 'data-token="asked"' in make().get("/").text
    page = make(API_TOKEN="", API_NO_AUTH="1").get("/").text
    assert 'data-token="none"' in page
    assert 'id="sign-out"' not in page
