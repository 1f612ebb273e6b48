"""The type JSON over HTTP: in, out, both, in rows; at once and as a job."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from .conftest import needs_embedded
from .service import TOKEN, Service

pytestmark = needs_embedded

RICH = {
    "when": "2025-12-10T08:30:01.500000",
    "span": "P1DT2H",
    "raw": "aGk=",
    "double": 0.1,
    "exact": Decimal("1234567890.1234567890123456789012345678"),
}


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, oracle_environ: dict[str, str]
) -> Iterator[Service]:
    """Let documents be as deep as the parser takes them."""
    folder = tmp_path_factory.mktemp("service")
    service = Service(folder, {**oracle_environ, "MAX_JSON_DEPTH": "900"}).start()
    yield service
    service.stop()
    service.close()


def _nested(levels: int) -> Any:
    document: Any = 1
    for _ in range(levels):
        document = [document]
    return document


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 2.5, "x", None, True, False, {}, []], "ñ": {"🐦": ""}},
        {},
        [],
        "",
        "text",
        0,
        -1.5,
        True,
        False,
        None,
        [None],
        {"Nombre": 1, "NOMBRE": 2, "": 3},
        "x" * 100_000,
        {"n" * 255: 1},
        {f"field {n}": n for n in range(2000)},
        [{"id": n, "lines": [n, [n]], "name": "ñ" * (n % 40)} for n in range(5000)],
        _nested(495),
    ],
    ids=lambda value: json.dumps(value)[:20],
)
def test_any_document_there_and_back(service: Service, value: Any) -> None:
    assert service.out("PKG_OBJ.JSON_", {"p_in": value}) == {"P_OUT": value}


def test_many_objects_take_no_time(service: Service) -> None:
    """The driver alone would need minutes for this, with every other thread standing still."""
    value = [{"id": n, "text": "x" * 20} for n in range(30_000)]
    answer = service.call("PKG_OBJ.JSON_", {"p_in": value})
    assert answer.json()["out"] == {"P_OUT": value}


def test_numbers_keep_all_their_digits(service: Service) -> None:
    texts = ["1234567890.1234567890123456789012345678", "99999999999999999999999999999999999999",
             "0.1", "-1E-130"]  # fmt: skip
    for elements in (",".join(texts), ",".join(texts * 500)):
        answer = requests.post(
            f"{service.url}/procedure",
            data=f'{{"name": "PKG_OBJ.JSON_", "params": {{"p_in": [[{elements}]]}}}}',
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"},
            timeout=30,
        )
        [given] = json.loads(answer.text, parse_float=Decimal)["out"]["P_OUT"]
        assert given == [Decimal(text) for text in elements.split(",")]


def test_numbers_as_text(service: Service) -> None:
    value = {"a": [1, 2.5, True, None, {"b": 1e30}], "c": "1"}
    out = service.out("PKG_OBJ.JSON_", {"p_in": value}, numbers="string")
    exact = "1" + "0" * 30
    assert out == {"P_OUT": {"a": ["1", "2.5", True, None, {"b": exact}], "c": "1"}}


@pytest.mark.parametrize("count", [0, 3, 3000])
def test_in_and_out_through_one_parameter(service: Service, count: int) -> None:
    value = [{"id": n} for n in range(count)]
    out = service.out("PKG_OBJ.JSON_IN_OUT", {"p_doc": value})
    assert out == {"return_value": count, "p_doc": [value]}


def test_null_in_and_out(service: Service) -> None:
    out = service.out("PKG_OBJ.JSON_IN_OUT", {"p_doc": None})
    assert out == {"return_value": 0, "p_doc": [None]}


@pytest.mark.parametrize("text", ["<a>ñ</a>", "<a>" + "x" * 40_000 + "</a>", None])
def test_xml_in_and_out_through_one_parameter(service: Service, text: str | None) -> None:
    out = service.out("PKG_OBJ.XML_IN_OUT", {"p_xml": text})
    assert out == {"p_xml": f"<in>{text or ''}</in>"}


def test_jobs_and_batches(service: Service) -> None:
    documents = [{"n": n, "list": [[n]] * 200} for n in range(3)]
    job = service.finished(service.launch("PKG_OBJ.JSON_", {"p_in": documents}))
    assert job["result"] == {"P_OUT": documents}
    assert job["params"] == {"p_in": documents}
    batch = [{"p_in": each} for each in [*documents, None, 1]]
    out = service.out("PKG_OBJ.JSON_", batch=batch)
    assert out == [{"P_OUT": each} for each in [*documents, None, 1]]


def test_rows_and_values_that_json_does_not_have(service: Service) -> None:
    answer = service.call("PKG_ROWS.DOCUMENTS", {})
    out = json.loads(answer.text, parse_float=Decimal)["out"]
    rich = {**RICH, "double": Decimal("0.1")}
    assert out["P_DOC"] == rich
    rows = [[1, rich], [2, None], [3, "text"], [4, [True, {"a": None}]]]
    assert out["P_ROWS"] == {"columns": ["ID", "DOC"], "rows": rows}
    texts = service.out("PKG_ROWS.DOCUMENTS", {}, numbers="string")
    exact = {**RICH, "double": "0.1", "exact": str(RICH["exact"])}
    assert texts["P_ROWS"]["rows"][0] == ["1", exact]


def test_rows_of_a_job_as_a_file(service: Service) -> None:
    job = service.finished(service.launch("PKG_ROWS.DOCUMENTS", {}))
    url = job["result"]["P_ROWS"]["rows_url"]
    lines = service.get(url, headers={"Accept": "text/csv"}).text.split("\r\n")
    assert lines[0] == "ID,DOC"
    assert lines[2:5] == ["2,", "3,text", '4,"[true,{""a"":null}]"']
    lines = service.get(url, headers={"Accept": "application/x-ndjson"}).text.splitlines()
    assert json.loads(lines[3]) == [4, [True, {"a": None}]]


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ({"a": [0, 10**40 + 1]}, "p_in.a[1] does not fit a NUMBER of 38 digits"),
        (1e300, "p_in does not fit a NUMBER of 38 digits"),
        (_nested(501), "p_in is nested deeper than 500 levels"),
        ({"n" * 256: 1}, "A value cannot be passed to the database: OSON field names may not"),
    ],
    ids=["digits", "range", "depth", "name"],
)
def test_what_cannot_travel_is_refused(service: Service, value: Any, fault: str) -> None:
    answer = service.call("PKG_OBJ.JSON_", {"p_in": value})
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"].startswith(fault)
    assert service.out("PKG_OBJ.JSON_", {"p_in": [1]}) == {"P_OUT": [1]}


def test_no_depth_is_a_bug(service: Service) -> None:
    # This test's own encoder ends soon after.
    for levels in range(50, 851, 50):
        answer = service.call("PKG_OBJ.JSON_DEEP", {"p_levels": levels})
        assert answer.status_code == (200 if levels <= 500 else 422), answer.text
        for name, params in (("DEEP", {"p_levels": levels}), ("", {"p_in": _nested(levels)})):
            job = service.finished(service.launch(f"PKG_OBJ.JSON_{name}", params))
            assert job["status"] == ("completed" if levels <= 500 else "failed")
        asked = service.call("PKG_OBJ.JSON_", {"p_in": _nested(levels)})
        assert asked.status_code == (200 if levels <= 500 else 400), asked.text
    assert answer.json()["detail"] == "A JSON value is nested deeper than 500 levels."
    assert "met a bug" not in service.log()


def test_it_is_described(service: Service) -> None:
    [overload] = service.get("/procedures/PKG_OBJ.JSON_").json()["overloads"]
    assert [one["type"] for one in overload["parameters"]] == ["JSON", "JSON"]
    assert all(one["is_supported"] for one in overload["parameters"])
    answer = service.request("POST", "/procedure", json=overload["example"])
    assert answer.json()["out"] == {"P_OUT": overload["example"]["params"]["P_IN"]}
