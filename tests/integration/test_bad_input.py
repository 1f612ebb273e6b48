"""Bad input of every kind: a problem document with the right status, and nothing lost."""

import http.client
import json
import socket
import string
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .service import TOKEN, Service

FUZZ = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)

PARAMETER = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", "b", "resultado", "x"]) | st.text(max_size=10)},
    optional={
        "value": JSON,
        "direction": st.sampled_from(["IN", "out", "INOUT", "in out", ""]) | JSON,
        "type": st.sampled_from(["number", "date", "clob", "cursor", "boolean"]) | JSON,
    },
)

BODY = st.fixed_dictionaries(
    {"name": st.sampled_from(["SUMA_SIMPLE", "PROC_TEST_PARAMS", "NO_SUCH"]) | JSON},
    optional={
        "schema": st.sampled_from(["DWH", "dwh", ""]) | JSON,
        "isFunction": st.booleans() | JSON,
        "params": st.lists(PARAMETER, max_size=5)
        | st.dictionaries(st.sampled_from(["a", "b", "resultado", "p_date"]), JSON)
        | JSON,
        "unknown": JSON,
    },
)


def check(service: Service, path: str, body: bytes) -> int:
    """Post a body; whatever it is, the answer is well formed and no 500."""
    answer = service.request("POST", path, data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 202, 400, 404, 409, 422, 503), answer.text
    document = json.loads(answer.content)
    if answer.status_code >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert document["status"] == answer.status_code
        assert document["detail"]
        assert "Traceback" not in answer.text
    return answer.status_code


@FUZZ
@given(body=st.binary(max_size=200))
def test_any_bytes(service: Service, body: bytes) -> None:
    assert check(service, "/procedure", body) == 400


@FUZZ
@given(document=JSON)
def test_any_json(service: Service, document: Any) -> None:
    assert check(service, "/procedure", json.dumps(document).encode()) in (200, 400, 404)


@FUZZ
@given(document=BODY)
def test_any_body_that_looks_like_a_call(service: Service, document: Any) -> None:
    assert check(service, "/procedure", json.dumps(document).encode()) in (200, 400, 404)


@FUZZ
@given(document=BODY)
def test_any_submission_that_looks_like_one(service: Service, document: Any) -> None:
    status = check(service, "/procedure/async", json.dumps(document).encode())
    assert status in (202, 400, 503)


@FUZZ
@given(text=st.text(max_size=50))
def test_any_text_comes_back_as_it_was(service: Service, text: str) -> None:
    out = service.out("PROC_TEST", {"p_input": text})
    assert out == {"P_OUTPUT": "Procesado: " + text}


@pytest.mark.parametrize(
    "name",
    [
        "PROC_TEST; DROP TABLE TEST_DML",
        "PROC_TEST('x'); BEGIN NULL",
        "PROC_TEST--",
        "PROC_TEST/*",
        "x' OR '1'='1",
        'A"."B',
        '"A""B"',
        "A.B.C.D",
        ".A",
        "A.",
        "A..B",
        "",
        " ",
        "1A",
        "A B",
        "A@LINK",
        "A" * 129,
        "ñ" * 65,
        "A\x00B",
        "A\nB",
        ":b1",
        "DBMS_LOCK.SLEEP(10)",
    ],
)
@pytest.mark.parametrize("path", ["/procedure", "/procedure/async"])
def test_names_that_are_none_are_refused(service: Service, path: str, name: str) -> None:
    for body in ({"name": name}, {"name": "PROC_TEST", "params": {name: 1}}):
        answer = service.request("POST", path, json=body)
        assert answer.status_code == 400, body
    if name.strip():
        answer = service.request("POST", path, json={"name": "PROC_TEST", "schema": name})
        assert answer.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'{"name":"P"}x',
        b'{"name": NaN}',
        b'{"name": "\xff\xfe"}',
        '{"name": "P"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"name": "P"}',
        b'{"name": "\\ud800"}',
        b'{"name": "P", "params": {"a": "\\ud800"}}',
        b'{"name": "P", "params": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b'{"name": "P", "params": {"a": ' + b"[" * 20_000 + b"]" * 20_000 + b"}}",
        b'{"name": "P", "params": {"a": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}}",
        b'{"name": "P", "params": {"a": ' + b"9" * 100_000 + b"}}",
        b'{"name": "SUMA_SIMPLE", "params": {"a": 1e999999999, "b": 1}}',
        b'{"name": "SUMA_SIMPLE", "params": {"a": 1e-999999999, "b": 1}}',
        b'{"name": "P", "params": [{"value": 1}]}',
        b'{"name": "P", "params": [{"name": null}]}',
        b'{"name": "P", "params": [1]}',
        b'{"name": "P", "params": [{"name": "A", "direction": "SIDEWAYS"}]}',
        b'{"name": "P", "params": [{"name": "A"}, {"name": "a"}]}',
        b'{"name": "P", "params": [{"name": "A", "type": "NO_SUCH_TYPE"}]}',
        b'{"name": "P", "isFunction": "yes"}',
    ],
)
def test_bodies_that_are_none_are_refused(service: Service, body: bytes) -> None:
    assert check(service, "/procedure", body) == 400


def test_a_deep_value_below_the_parsers_limit(service: Service) -> None:
    for depth in range(100, 1100, 50):
        body = b'{"name": "P", "params": {"a": ' + b"[" * depth + b"]" * depth + b"}}"
        check(service, "/procedure/async", body)
        assert check(service, "/procedure", body) in (400, 404)
    assert service.get("/jobs").status_code == 200


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_huge_body_is_refused_early(service: Service, is_chunked: bool) -> None:
    body = b'{"name": "P", "params": {"a": "' + b"x" * (11 * 1024 * 1024) + b'"}}'
    # A connection of its own: the server closes one on which so much was left unread.
    answer = requests.post(
        f"{service.url}/procedure",
        data=iter([body]) if is_chunked else body,
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"},
        timeout=30,
    )
    assert answer.status_code == 413


def test_a_body_that_never_comes_whole_does_not_hold_others_up(service: Service) -> None:
    sockets = []
    for _ in range(4):
        half = socket.create_connection(("127.0.0.1", service.port))
        half.sendall(
            f"POST /procedure HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
            'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"name'.encode()
        )
        sockets.append(half)
    assert service.out("SUMA_SIMPLE", {"a": 1, "b": 2}) == {"RESULTADO": 3}
    for half in sockets:
        half.close()
    assert service.out("SUMA_SIMPLE", {"a": 1, "b": 2}) == {"RESULTADO": 3}


@pytest.mark.parametrize("path", ["/jobs/%00", "/jobs/%ff%fe", "/jobs/'%20OR%201=1", "/%2e%2e/x"])
def test_odd_paths(service: Service, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})
    answer = connection.getresponse()
    assert answer.status == 404
    assert json.loads(answer.read())["status"] == 404
    connection.close()


@FUZZ
@given(
    query=st.dictionaries(
        st.sampled_from(["status", "procedure", "limit", "cursor", "wait", "older_than"]),
        st.text(alphabet=string.printable, max_size=12),
    )
)
def test_any_query(service: Service, query: dict[str, str]) -> None:
    for path in ("/jobs", f"/jobs/{'0' * 32}"):
        assert service.get(path, params={**query, "wait": ""}).status_code in (200, 400, 404)


def test_nothing_of_all_that_was_a_bug(service: Service) -> None:
    log = service.log()
    assert "met a bug" not in log
    assert "Traceback" not in log
    assert service.out("SUMA_SIMPLE", {"a": 1, "b": 2}) == {"RESULTADO": 3}
