"""The app without a database: tokens, addresses, problem documents, request ids, CORS."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask, session
from flask.testing import FlaskClient

from oracle_api import create_app
from oracle_api.auth import _bearer, current_client
from oracle_api.services import EXTENSION
from oracle_api.settings import Settings

TOKEN = "a-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
OPEN_ROUTES = {"/healthz", "/openapi.json", "/docs", "/docs/<asset>", "/", "/page/<asset>"}

Make = Callable[..., FlaskClient]


def filled_in(rule: str) -> str:
    """Give a path that a rule matches."""
    ids = dict.fromkeys(("<job_id>", "<job:job_id>"), "0" * 32)
    values = {**ids, "<path:label>": "C", "<name>": "P", "<asset>": "page.css"}
    for part, value in values.items():
        rule = rule.replace(part, value)
    assert "<" not in rule
    return rule


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    apps: list[Flask] = []

    def make(**environ: str) -> Flask:
        settings = Settings.from_env(
            {
                "ORACLE_DSN": "127.0.0.1:1/nowhere",
                "ORACLE_USER": "u",
                "ORACLE_PASSWORD": "a-secret-password",
                "API_TOKEN": TOKEN,
                "ORACLE_CONNECT_SECONDS": "1",
                "JOBS_DATABASE_URL": f"sqlite:///{tmp_path}/jobs.db",
                **environ,
            }
        )
        app = create_app(settings)
        app.extensions[EXTENSION].start()
        apps.append(app)
        return app

    yield make
    for app in apps:
        app.extensions[EXTENSION].begin_stop(in_a_hurry=True)
        app.extensions[EXTENSION].close()


@pytest.fixture
def make(make_app: Callable[..., Flask]) -> Make:
    return lambda **environ: make_app(**environ).test_client()


@pytest.fixture
def client(make: Make) -> FlaskClient:
    return make()


def test_every_route_but_the_open_ones_wants_a_token(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    client = app.test_client()
    checked = 0
    for rule in app.url_map.iter_rules():
        if rule.rule in OPEN_ROUTES:
            continue
        path = filled_in(rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = client.open(path, method=method)
            assert answer.status_code == 401, f"{method} {path}"
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert answer.mimetype == "application/problem+json"
            checked += 1
    assert checked >= 10


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Basic {TOKEN}",
        TOKEN,
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        "Bearer \xff\xfe",
    ],
)
def test_a_wrong_token_is_refused(client: FlaskClient, header: str) -> None:
    assert client.get("/jobs", headers={"Authorization": header}).status_code == 401


def test_the_right_token_is_let_through(client: FlaskClient) -> None:
    assert client.get("/jobs", headers=BEARER).status_code == 200


def test_the_library_knows_who_was_let_through(client: FlaskClient) -> None:
    with client:
        client.get("/jobs", headers=BEARER)
        assert _bearer.current_user() is current_client()
    with client:
        client.get("/jobs")
        assert _bearer.current_user() is None


def test_nothing_can_be_kept_in_a_session(client: FlaskClient) -> None:
    with client:
        assert "Set-Cookie" not in client.get("/jobs", headers=BEARER).headers
        with pytest.raises(RuntimeError, match="session is unavailable"):
            session["client"] = "default"


@pytest.mark.parametrize("token", ["a=b", "tok#en=1", "a, b", 'quo"ted', "contraseña", "a b"])
def test_any_token_that_a_file_may_hold_works(make: Make, token: str) -> None:
    client = make(API_TOKEN=token)
    header = f"Bearer {token}".encode().decode("latin-1")
    assert client.get("/jobs", headers={"Authorization": header}).status_code == 200
    assert client.get("/jobs", headers={"Authorization": header + "x"}).status_code == 401


def test_healthz_needs_no_token_and_no_database(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}


def test_without_authentication_everybody_is_let_through(make: Make) -> None:
    client = make(API_NO_AUTH="1", API_TOKEN="", API_ALLOWED_IPS="10.0.0.1")
    assert client.get("/jobs").status_code == 200


@pytest.mark.parametrize("path", ["/jobs", "/jobs/", "/healthz", "/healthz/"])
def test_paths_work_with_and_without_a_trailing_slash(client: FlaskClient, path: str) -> None:
    assert client.get(path, headers=BEARER).status_code == 200


def test_every_route_is_found_with_a_trailing_slash_too(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        path = filled_in(rule.rule)
        for method in (rule.methods or set()) - {"OPTIONS"}:
            assert adapter.match(f"{path}/", method=method)[0] == rule.endpoint, path


# ---- addresses


@pytest.mark.parametrize(
    ("allowed", "address", "status"),
    [
        ("", "203.0.113.9", 200),
        ("203.0.113.9", "203.0.113.9", 200),
        ("203.0.113.9", "203.0.113.8", 403),
        ("192.168.1.0/24, 10.0.0.0/8", "10.1.2.3", 200),
        ("localhost", "127.0.0.1", 200),
        ("localhost", "::1", 200),
        ("127.0.0.1", "::ffff:127.0.0.1", 200),
        ("2001:db8::/32", "2001:db8::7", 200),
        ("2001:db8::/32", "2001:db9::7", 403),
    ],
)
def test_the_address_list(make: Make, allowed: str, address: str, status: int) -> None:
    client = make(API_ALLOWED_IPS=allowed)
    answer = client.get("/jobs", headers=BEARER, environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status


def test_forwarded_addresses_count_only_behind_trusted_proxies(make: Make) -> None:
    spoofed = {**BEARER, "X-Forwarded-For": "10.0.0.1"}
    assert make(API_ALLOWED_IPS="10.0.0.1").get("/jobs", headers=spoofed).status_code == 403
    client = make(API_ALLOWED_IPS="10.0.0.1", TRUSTED_PROXIES="1")
    assert client.get("/jobs", headers=spoofed).status_code == 200
    chain = {**BEARER, "X-Forwarded-For": "10.0.0.1, 203.0.113.9"}
    assert client.get("/jobs", headers=chain).status_code == 403, "the last proxy's word counts"


# ---- problems


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", f"/jobs/{'0' * 32}", 404),
        ("GET", "/jobs/..%2f..%2fetc", 404),
        ("PUT", "/jobs", 405),
        ("GET", "/procedure", 405),
        ("DELETE", "/jobs", 400),
        ("GET", "/jobs?status=done", 400),
        ("GET", "/jobs?limit=none", 400),
        ("GET", "/jobs?limit=0", 400),
        ("GET", "/jobs?cursor=-1", 400),
        ("GET", f"/jobs/{'0' * 32}?wait=soon", 400),
        ("DELETE", "/jobs?older_than=nan", 400),
        ("GET", "/jobs//", 404),
    ],
)
def test_errors_are_problem_documents(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    answer = client.open(path, method=method, headers={**BEARER, "X-Request-ID": "abc"})
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    document = answer.json
    assert document is not None
    assert document["status"] == status
    assert document["detail"] == document["error"] != ""
    assert document["request_id"] == "abc"
    assert set(document) >= {"type", "title"}
    if status == 405:
        assert answer.headers["Allow"]


def test_a_bug_is_a_500_that_tells_nothing(
    make_app: Callable[..., Flask], caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app()

    @app.get("/bug")
    def bug() -> str:
        raise ZeroDivisionError("a-secret-password")

    answer = app.test_client().get("/bug", headers={"X-Request-ID": "r-1"})
    assert answer.status_code == 500
    assert answer.json is not None
    assert answer.json["request_id"] == "r-1"
    assert "secret" not in answer.text
    assert "Zero" not in answer.text
    assert "ZeroDivisionError" in caplog.text
    assert "r-1" in caplog.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "application/json"}, 400),
        ({"Content-Type": "application/vnd.x+json"}, 400),
        ({"Content-Type": ""}, 400),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content-Type": "application/json; charset=utf-16"}, 415),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, 415),
    ],
)
def test_only_json_is_read(client: FlaskClient, headers: dict[str, str], status: int) -> None:
    for path in ("/procedure", "/procedure/async"):
        answer = client.post(path, data=b"{", headers={**BEARER, **headers})
        assert answer.status_code == status


def test_large_bodies_are_refused(make: Make) -> None:
    client = make(MAX_BODY_BYTES="1024")
    answer = client.post("/procedure", json={"name": "P" * 2000}, headers=BEARER)
    assert answer.status_code == 413
    assert answer.mimetype == "application/problem+json"


def test_without_a_database_the_answer_is_503_and_says_when_to_retry(client: FlaskClient) -> None:
    for method, path, body in (
        ("POST", "/procedure", {"name": "P"}),
        ("GET", "/ping", None),
        ("GET", "/readyz", None),
    ):
        answer = client.open(path, method=method, json=body, headers=BEARER)
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert "nowhere" not in answer.text
        assert "secret" not in answer.text


# ---- request ids and the log


@pytest.mark.parametrize(
    ("given", "is_taken"),
    [
        ("0af7651916cd43dd8448eb211c80319c", True),
        ("client-7:42", True),
        ("", False),
        ("x" * 129, False),
        ("two words", False),
        ('"quoted"', False),
    ],
)
def test_a_sane_request_id_is_taken_over(client: FlaskClient, given: str, is_taken: bool) -> None:
    answer = client.get("/healthz", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is is_taken
    assert answer.headers["X-Request-ID"]


def test_one_line_per_request_without_token_or_values(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    body = {"name": "P", "params": {"A": "a-secret-value"}}
    client.post("/procedure/async", json=body, headers={**BEARER, "X-Request-ID": "r-2"})
    client.get("/jobs%0aFORGED", headers=BEARER)
    written = capfd.readouterr().err
    first, _ = (line for line in written.splitlines() if " oracle_api.access: " in line)
    assert " INFO [" in first
    assert ": POST /procedure/async 202 " in first
    assert first.endswith("client=default request=r-2")
    for text in (written, caplog.text):
        assert TOKEN not in text
        assert "a-secret-value" not in text


def test_the_line_of_a_traced_request_says_so(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    trace = "0af7651916cd43dd8448eb211c80319c"
    client.get("/healthz", headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
    assert capfd.readouterr().err.splitlines()[-1].endswith(f" trace={trace}")


def test_a_line_in_json_has_its_parts_as_members(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    make(LOG_FORMAT="json").get("/healthz", headers={"X-Request-ID": "r-3"})
    [record] = [record for record in caplog.records if record.name == "oracle_api.access"]
    assert record.getMessage().startswith("GET /healthz 200 ")
    parts = {name: vars(record)[name] for name in ("method", "path", "status", "client")}
    assert parts == {"method": "GET", "path": "/healthz", "status": 200, "client": None}
    assert vars(record)["duration_ms"] >= 0


# ---- CORS


def test_cors_is_off_by_default(client: FlaskClient) -> None:
    answer = client.get("/healthz", headers={"Origin": "https://app.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_preflight_needs_no_token(make: Make) -> None:
    client = make(CORS_ORIGINS="https://app.example")
    preflight = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type",
    }
    answer = client.options("/procedure", headers=preflight)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"].lower()
    assert "Access-Control-Allow-Credentials" not in answer.headers
    other = client.options("/procedure", headers={**preflight, "Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers


def test_errors_carry_cors_headers_too(make: Make) -> None:
    answer = make(CORS_ORIGINS="*").get("/jobs", headers={"Origin": "https://app.example"})
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", "https://app.example")
