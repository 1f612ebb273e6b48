"""What an answer can hold beside OUT values: output, exact texts of numbers, large LOBs."""

import base64
from typing import Any

import pytest

from .conftest import needs_embedded
from .service import Service

pytestmark = needs_embedded

# ---- DBMS_OUTPUT


def test_output_is_given_when_it_is_asked_for(service: Service) -> None:
    asked = service.call("PKG_OUT.WRITES", {"p_lines": 3}, output=True).json()
    assert asked["output"] == ["línea 0", "línea 1", "línea 2"]
    assert "output" not in service.call("PKG_OUT.WRITES", {"p_lines": 3}).json()
    job = service.finished(service.launch("PKG_OUT.WRITES", {"p_lines": 250}, output=True))
    assert job["output"] == [f"línea {number}" for number in range(250)]
    assert service.call("PROC_TEST", {"p_input": "x"}, output=True).json()["output"] == []


def test_output_of_one_call_is_never_seen_by_another(service: Service) -> None:
    service.call("PKG_OUT.WRITES", {"p_lines": 3, "p_fails": 1}, output=True)
    for _ in range(20):
        answer = service.call("PKG_OUT.WRITES", {"p_lines": 1}, output=True).json()
        assert answer["output"] == ["línea 0"]


def test_output_is_capped(make_service: Any) -> None:
    service = make_service(MAX_OUTPUT_LINES="150").start()
    answer = service.call("PKG_OUT.WRITES", {"p_lines": 400}, output=True).json()
    assert answer["output"] == [f"línea {number}" for number in range(150)]


# ---- numbers as text


def test_numbers_are_texts_for_clients_whose_numbers_are_doubles(service: Service) -> None:
    digits = "12345678901234567890123456789012345678"
    params = {"a": digits, "b": "0"}
    assert service.out("SUMA_SIMPLE", params, numbers="string") == {"RESULTADO": digits}
    small = service.out("SUMA_SIMPLE", {"a": "1e-20", "b": 0}, numbers="string")
    assert small == {"RESULTADO": "0.00000000000000000001"}
    rows = service.out("PKG_ROWS.MANY", {"p_count": 1}, numbers="string")["P_ROWS"]["rows"]
    assert rows == [["1", "row 1", "1"]]
    job = service.finished(service.launch("SUMA_SIMPLE", params, numbers="string"))
    assert job["result"] == {"RESULTADO": digits}


def test_other_words_for_numbers_are_refused(service: Service) -> None:
    answer = service.call("SUMA_SIMPLE", {"a": 1, "b": 2}, numbers="float")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/numbers"


# ---- overloads by number


def test_an_overload_is_chosen_by_number(service: Service) -> None:
    assert service.out("PKG_OVER.F", {"a": 1, "b": 2}, overload=2) == {"R": "ab"}
    assert service.call("PKG_OVER.F", {"a": 1, "b": 2}, overload=1).status_code == 400
    assert service.call("PKG_OVER.F", {"a": 1}, overload=4).status_code == 400
    assert service.call("PKG_OVER.F", {"a": 1}, overload=0).status_code == 400


# ---- large LOBs


@pytest.mark.parametrize("text", ["x", "ñ", "🐦", "a🐦"])
def test_a_clob_of_megabytes_comes_whole(service: Service, text: str) -> None:
    params = {"p_text": text, "p_times": 900_000}
    assert service.out("PKG_BIG.CLOB_OF", params) == {"P_CLOB": text * 900_000}


def test_a_large_clob_of_a_job_is_a_file(service: Service) -> None:
    params = {"p_text": "línea 🐦\n", "p_times": 300_000}
    job = service.finished(service.launch("PKG_BIG.CLOB_OF", params))
    content = ("línea 🐦\n" * 300_000).encode()
    described = job["result"]["P_CLOB"]
    assert described == {
        "size": len(content),
        "media_type": "text/plain; charset=utf-8",
        "lob_url": f"/jobs/{job['id']}/lobs/P_CLOB",
    }
    answer = service.get(described["lob_url"])
    assert answer.content == content
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Content-Length"] == str(len(content))
    name = f"PKG_BIG_CLOB_OF_P_CLOB_{job['id'][:8]}.txt"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert service.get(f"/jobs/{job['id']}/lobs/OTHER").status_code == 404
    service.request("DELETE", f"/jobs/{job['id']}")
    assert service.get(described["lob_url"]).status_code == 404


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=262140-262150", 262140, 262151),
        ("bytes=1999990-", 1999990, 2_000_000),
        ("bytes=-10", 1999990, 2_000_000),
        ("bytes=1999990-9999999", 1999990, 2_000_000),
    ],
)
def test_a_part_of_a_large_blob(service: Service, asked: str, start: int, stop: int) -> None:
    job = service.finished(service.launch("PKG_BIG.BLOB_OF", {"p_bytes": 2_000_000}))
    answer = service.get(job["result"]["P_BLOB"]["lob_url"], headers={"Range": asked})
    assert answer.status_code == 206
    assert answer.content == bytes(number % 251 for number in range(start, stop))
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/2000000"


@pytest.mark.parametrize(
    ("asked", "status"),
    [("bytes=2000000-", 416), ("bytes=0-1,5-6", 200), ("lines=1-2", 200), ("nonsense", 200)],
)
def test_a_range_that_cannot_be(service: Service, asked: str, status: int) -> None:
    job = service.finished(service.launch("PKG_BIG.BLOB_OF", {"p_bytes": 2_000_000}))
    answer = service.get(job["result"]["P_BLOB"]["lob_url"], headers={"Range": asked})
    assert answer.status_code == status
    if status == 416:
        assert answer.headers["Content-Range"] == "bytes */2000000"


def test_a_small_lob_of_a_job_is_in_its_result(service: Service) -> None:
    job = service.finished(service.launch("PKG_BIG.BLOB_OF", {"p_bytes": 1000}))
    expected = bytes(number % 251 for number in range(1000))
    assert base64.b64decode(job["result"]["P_BLOB"]) == expected
