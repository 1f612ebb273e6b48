"""The contract through a real nginx with the site of docs/deploy, over TLS."""

import csv
import http.client
import io
import json
import re
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.deploy.nginx import Nginx, needs_nginx

from .conftest import needs_embedded
from .procedures import Tally
from .service import TOKEN, Service, eventually

pytestmark = [needs_nginx, needs_embedded]

ALLOWED = "127.0.0.1"
STRANGER = "127.0.0.2"
SUM = ("SUMA_SIMPLE", {"a": 1, "b": 2})
SANE_ID = re.compile(r"[0-9a-f]{32}")


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, oracle_environ: dict[str, str]
) -> Iterator[Service]:
    """One service behind one nginx; its url leads there."""
    folder = tmp_path_factory.mktemp("behind")
    behind = {"TRUSTED_PROXIES": "1", "API_ALLOWED_IPS": ALLOWED, "WEB_THREADS": "4"}
    service = Service(folder, {**oracle_environ, **behind}).start()
    nginx = Nginx(folder, service.port).start()
    service.url, service.verify = nginx.url, str(nginx.certificate)
    yield service
    service.close()
    nginx.stop()


@pytest.fixture(scope="module")
def nginx_folder(service: Service) -> Path:
    return service.log_path.parent


@pytest.fixture
def restarted(service: Service) -> Iterator[Service]:
    """The same service, for a test that stops it."""
    yield service
    if service.process is None or service.process.poll() is not None:
        service.start()


def connect(service: Service, *, source: str = ALLOWED) -> ssl.SSLSocket:
    """Open a TLS connection to nginx, from an address of loopback."""
    host, port = service.url.removeprefix("https://").split(":")
    context = ssl.create_default_context(cafile=str(service.verify))
    plain = socket.create_connection((host, int(port)), 60, source_address=(source, 0))
    return context.wrap_socket(plain, server_hostname=host)


def head(request_line: str, *headers: str) -> bytes:
    """Write a request's head, with the token."""
    lines = (request_line, "Host: localhost", f"Authorization: Bearer {TOKEN}", *headers)
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def answer_to(connection: socket.socket, sent: bytes) -> tuple[http.client.HTTPResponse, bytes]:
    """Send bytes as they are and read the response."""
    connection.sendall(sent)
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response, response.read()


def check_problem(status: int, headers: Any, body: bytes) -> dict[str, Any]:
    """Check that an answer is a problem document as the service writes them."""
    assert headers["Content-Type"] == "application/problem+json", body
    document = json.loads(body)
    assert document["status"] == status
    assert document["detail"] == document["error"]
    assert document["title"]
    assert document["type"] == "about:blank" or document["type"].startswith("urn:oracle-api:")
    assert document["request_id"] == headers["X-Request-ID"]
    return dict(document)


def problem_of(answer: requests.Response) -> dict[str, Any]:
    return check_problem(answer.status_code, answer.headers, answer.content)


# ---- the contract


def test_a_call_and_its_headers(service: Service) -> None:
    answer = service.call(*SUM)
    assert answer.json() == {"status": "ok", "out": {"RESULTADO": 3}}
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert answer.headers["Server"] == "nginx", "no version is told"


def test_problems_of_the_service_come_through_unchanged(service: Service) -> None:
    missing = problem_of(service.call("NO_SUCH_PROCEDURE"))
    assert missing["type"] == "urn:oracle-api:problem:procedure-not-found"
    failed = problem_of(service.call("PROC_TEST_ERROR", {"p_should_fail": 1}))
    assert (failed["status"], failed["code"]) == (422, "ORA-20001")
    unauthorized = service.get("/jobs", headers={"Authorization": "Bearer wrong"})
    assert unauthorized.headers["WWW-Authenticate"].startswith("Bearer")
    assert problem_of(unauthorized)["status"] == 401


def test_a_job_from_its_submission_to_its_deletion(service: Service, tally: Tally) -> None:
    submitted = service.submit("TEST_TALLY", {"p_key": "job", "p_seconds": 0.3})
    assert submitted.status_code == 202
    assert submitted.headers["Location"] == f"/jobs/{submitted.json()['job_id']}"
    assert submitted.headers["Retry-After"]
    job_id = submitted.json()["job_id"]
    job = service.job(job_id, wait=60)
    assert job["status"] == "completed"
    assert tally.ended["job"] == 1
    assert service.request("DELETE", f"/jobs/{job_id}/").status_code == 200
    assert service.get(f"/jobs/{job_id}").status_code == 404


def test_a_long_poll_waits_and_answers_at_the_end(service: Service) -> None:
    job_id = service.launch("PROC_TEST_DEMORA", {"segundos": 600})
    assert service.job(job_id, wait=0.3)["status"] in ("pending", "running")
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(service.job, job_id, 60)
        assert service.request("POST", f"/jobs/{job_id}/cancel").status_code == 202
        assert waiting.result(60)["status"] == "cancelled"


def test_an_etag_is_answered_with_304(service: Service) -> None:
    job_id = service.launch(*SUM)
    service.finished(job_id)
    first = service.get(f"/jobs/{job_id}")
    again = service.get(f"/jobs/{job_id}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]


def test_an_idempotency_key_gives_the_same_job(service: Service, tally: Tally) -> None:
    headers = {"Idempotency-Key": "once"}
    jobs = {
        service.submit("TEST_TALLY", {"p_key": "once"}, headers=headers).json()["job_id"]
        for _ in range(3)
    }
    assert len(jobs) == 1
    service.finished(jobs.pop())
    assert tally.started["once"] == 1
    other = service.submit("TEST_TALLY", {"p_key": "other"}, headers=headers)
    assert problem_of(other)["status"] == 422


def test_a_body_in_chunks(service: Service) -> None:
    body = json.dumps({"name": "SUMA_SIMPLE", "params": {"a": 1, "b": 2}}).encode()
    pieces = (body[place : place + 7] for place in range(0, len(body), 7))
    answer = service.request(
        "POST", "/procedure", data=pieces, headers={"Content-Type": "application/json"}
    )
    assert answer.json()["out"] == {"RESULTADO": 3}


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_that_is_too_large(service: Service, is_chunked: bool) -> None:
    body = b'{"name": "' + b"x" * (10 * 1024 * 1024) + b'"}'
    answer = requests.post(
        f"{service.url}/procedure",
        data=iter([body]) if is_chunked else body,
        headers={"Authorization": f"Bearer {TOKEN}"},
        verify=str(service.verify),
        timeout=30,
    )
    assert answer.status_code == 413
    problem_of(answer)


def test_part_of_a_file(service: Service) -> None:
    size = 3 * 1024 * 1024
    job_id = service.launch("PKG_BIG.BLOB_OF", {"p_bytes": size})
    url = service.finished(job_id)["result"]["P_BLOB"]["lob_url"]
    answer = service.get(url, headers={"Range": "bytes=1000-1009"})
    assert answer.status_code == 206
    assert answer.content == bytes(number % 251 for number in range(1000, 1010))
    assert len(service.get(url).content) == size


# ---- large and slow results


def test_many_rows_as_csv(service: Service) -> None:
    job_id = service.launch("PKG_ROWS.MANY", {"p_count": 100_000})
    service.finished(job_id, 60)
    answer = service.get(f"/jobs/{job_id}/rows/P_ROWS", headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert [int(row[0]) for row in rows[1:]] == list(range(1, 100_001))


def test_rows_come_while_the_job_still_fetches(service: Service) -> None:
    job_id = service.launch("PKG_ROWS.SLOW", {"p_count": 40_000, "p_seconds": 40})
    path = f"/jobs/{job_id}/rows/P_ROWS"
    eventually(lambda: service.get(path).status_code == 200)
    with service.get(path, headers={"Accept": "application/x-ndjson"}, stream=True) as answer:
        lines = answer.iter_lines(chunk_size=1)
        assert next(lines) == b"[1]"
        assert service.job(job_id)["status"] == "running"
        service.request("POST", f"/jobs/{job_id}/cancel")
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            # A stream that was cut off must not look like a whole one.
            for _ in lines:
                pass


def test_slow_clients_hold_no_thread(service: Service) -> None:
    start = head("POST /procedure HTTP/1.1", "Content-Type: application/json", "Content-Length: 99")
    with ExitStack() as held:
        for _ in range(3 * 4):
            connection = held.enter_context(closing(connect(service)))
            connection.sendall(start + b'{"name": ')
        # Else it would wait until nginx gives the first of them up.
        assert service.call(*SUM).elapsed.total_seconds() < 10


def test_one_address_cannot_take_all_connections(service: Service) -> None:
    start = head("POST /procedure HTTP/1.1", "Content-Length: 99")
    with ExitStack() as held:
        # More than it may have: some places may still be those of connections just closed.
        for _ in range(120):
            held.enter_context(closing(connect(service))).sendall(start)

        # The last of them may not have been read yet.
        # In a list, as an answer of 4xx is false.
        [answer] = eventually(lambda: (one := service.get("/healthz")).status_code == 429 and [one])
        assert answer.headers["Retry-After"] == "1"
        problem_of(answer)
        with closing(connect(service, source=STRANGER)) as other:
            assert answer_to(other, head("GET /healthz HTTP/1.1"))[0].status == 200
    eventually(lambda: service.get("/healthz").status_code == 200)


def test_connections_to_the_service_are_kept(service: Service) -> None:
    def opened() -> set[str]:
        """Local ports of connections to the service, also of those just closed."""
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
        return {local for _, local, remote, *_ in map(str.split, lines) if remote == target}

    target = f"0100007F:{service.port:04X}"
    service.call(*SUM)
    before = opened()
    assert before
    for _ in range(20):
        # A connection to nginx of its own each.
        with closing(connect(service)) as connection:
            assert answer_to(connection, head("GET /healthz HTTP/1.1"))[0].status == 200
    assert len(opened() - before) <= 1


# ---- who calls


@pytest.mark.parametrize(
    "claim",
    [
        f"X-Forwarded-For: {ALLOWED}",
        f"X-Forwarded-For: {ALLOWED}, {ALLOWED}",
        f"X-Forwarded-For: {ALLOWED}\r\nX-Forwarded-For: {ALLOWED}",
        "X-Forwarded-For:",
        f"X_Forwarded_For: {ALLOWED}",
        f"X-Real-IP: {ALLOWED}",
        f"Forwarded: for={ALLOWED}",
        f"X-Client-IP: {ALLOWED}",
    ],
)
def test_an_address_cannot_be_claimed(service: Service, claim: str) -> None:
    with closing(connect(service, source=STRANGER)) as connection:
        response, body = answer_to(connection, head("GET /jobs HTTP/1.1", claim))
    assert response.status == 403
    assert STRANGER in check_problem(403, response.headers, body)["detail"]


def test_an_allowed_address_is_not_shut_out_by_what_it_claims(service: Service) -> None:
    with closing(connect(service)) as connection:
        response, _ = answer_to(
            connection, head("GET /jobs HTTP/1.1", f"X-Forwarded-For: {STRANGER}")
        )
    assert response.status == 200


@pytest.mark.parametrize(
    "claim",
    [
        "SCRIPT_NAME: /jobs",
        "PATH_INFO: /healthz",
        "X-Forwarded-Prefix: /jobs",
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-Proto: http\r\nX-Forwarded-Ssl: on\r\nX-Forwarded-Protocol: ssl",
    ],
)
def test_headers_that_gunicorn_would_believe_do_not_reach_it(service: Service, claim: str) -> None:
    with closing(connect(service)) as connection:
        response, body = answer_to(connection, head("GET /jobs?limit=1 HTTP/1.1", claim))
    assert response.status == 200, body
    assert b"total" in body


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/%6detrics", "/x/../metrics"])
def test_metrics_are_not_for_everybody(service: Service, path: str) -> None:
    with closing(connect(service, source=STRANGER)) as connection:
        response, body = answer_to(connection, head(f"GET {path} HTTP/1.1"))
    assert response.status == 403
    assert check_problem(403, response.headers, body)["type"] == "about:blank"


# ---- request ids


def test_a_request_has_one_id_everywhere(service: Service, nginx_folder: Path) -> None:
    def logged(request_id: str) -> bool:
        log = (nginx_folder / "access.log").read_text()
        return f"request={request_id}" in log and f"request={request_id}" in service.log()

    given = service.get("/jobs", headers={"X-Request-ID": "caller:1/2"})
    assert given.headers["X-Request-ID"] == "caller:1/2"
    eventually(lambda: logged("caller:1/2"))
    made = service.get("/jobs").headers["X-Request-ID"]
    assert SANE_ID.fullmatch(made)
    eventually(lambda: logged(made))


@pytest.mark.parametrize("given", ['a"b', "a b", "-a", "a" * 129, "á"])
def test_an_id_that_could_forge_a_line_is_replaced(service: Service, given: str) -> None:
    answer = service.get("/jobs", headers={"X-Request-ID": given.encode()})
    assert SANE_ID.fullmatch(answer.headers["X-Request-ID"])


def test_no_log_holds_the_token(service: Service, nginx_folder: Path) -> None:
    service.get("/jobs")
    eventually(lambda: "GET /jobs" in (nginx_folder / "access.log").read_text())
    for name in ("access.log", "error.log", "service.log"):
        assert TOKEN not in (nginx_folder / name).read_text()


# ---- what nginx answers by itself


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (head(f"GET /{'a' * 4100} HTTP/1.1"), 400),
        (head("GET / HTTP/1.1", f"X-Long: {'a' * 4100}"), 400),
        (head("GET /%00 HTTP/1.1"), 400),
        (head("GET /../secret HTTP/1.1"), 400),
        (head("TRACE / HTTP/1.1"), 405),
        (head("POST / HTTP/1.1", "Content-Length: 2", "Transfer-Encoding: chunked"), 400),
        (head("POST / HTTP/1.1", "Transfer-Encoding: gzip, chunked"), 400),
        (head("GET /.problem HTTP/1.1"), 404),
    ],
)
def test_what_cannot_be_passed_on(service: Service, sent: bytes, status: int) -> None:
    with closing(connect(service)) as connection:
        response, body = answer_to(connection, sent)
    assert response.status == status
    check_problem(status, response.headers, body)


def test_http_in_the_clear_is_refused_and_not_redirected(service: Service) -> None:
    answer = requests.get(service.url.replace("https:", "http:"), timeout=20)
    assert answer.status_code == 400
    problem_of(answer)


# ---- the service goes and comes


def test_a_service_that_is_away_is_a_503_and_comes_back(restarted: Service) -> None:
    service = restarted
    assert service.stop() == 0
    for answer in (service.call(*SUM), service.submit(*SUM), service.get("/jobs")):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert problem_of(answer)["type"] == "urn:oracle-api:problem:unavailable"
    service.start()
    assert service.call(*SUM).status_code == 200


def test_a_call_that_was_sent_is_not_sent_again(restarted: Service, tally: Tally) -> None:
    service = restarted
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(service.call, "TEST_TALLY", {"p_key": "cut", "p_seconds": 600})
        eventually(lambda: tally.started["cut"])
        service.kill()
        answer = call.result(60)
    assert answer.status_code == 503
    problem = problem_of(answer)
    assert problem["type"] == "urn:oracle-api:problem:outcome-unknown"
    assert "unknown" in problem["detail"]
    service.start()
    assert service.call(*SUM).status_code == 200
    assert tally.started["cut"] == 1
