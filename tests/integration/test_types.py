"""Types beyond the common ones: collections, records, objects, intervals, and what is refused."""

from typing import Any

import pytest

from .conftest import needs_embedded
from .service import Service

pytestmark = needs_embedded

RECORD = {"ID": 1.5, "NOMBRE": "uno ñ", "ACTIVO": True}
PERSON = {"ID": 7, "NOMBRE": "Ana", "NACIDO": "1990-02-28T00:00:00"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NUMS", [1, 2.5, -3, None, 0]),
        ("NUMS", []),
        ("NUMS", list(range(3000))),
        ("NAMES", ["a", "ñ", None]),
        ("PERSON", PERSON),
        ("PERSON", {"ID": None, "NOMBRE": "x", "NACIDO": None}),
        ("PEOPLE", [PERSON, {**PERSON, "ID": 8}]),
        ("REC", RECORD),
        ("IDX", ["first", "second", None]),
        ("IDX", []),
        ("RECS", [RECORD, {**RECORD, "ACTIVO": False}]),
        ("DEEP", {"TITULO": "t", "LINEAS": [RECORD] * 50}),
        ("FILA", {"ID": 5, "NOMBRE": "Eva", "ALTA": "2024-05-06T07:08:09"}),
        ("DS", "P1DT2H3M4.5S"),
        ("DS", "-PT0.000001S"),
        ("DS", "PT0S"),
        ("YM", "P1Y2M"),
        ("YM", "-P11M"),
        ("ROWID_", "AAAAECAABAAAAgiAAA"),
        ("NVARCHAR2_", "ñ 🐦"),
        ("NCLOB_", "ñ 🐦" * 20_000),
        ("CHAR_", "abc  "),
        ("BINARY_DOUBLE_", 0.1),
        ("BINARY_DOUBLE_", "NaN"),
        ("BINARY_DOUBLE_", "-Infinity"),
        ("BINARY_FLOAT_", 0.5),
        ("PLS_INTEGER_", -2147483648),
        ("FLOAT_", 1.25),
        ("XML", "<a>ñ</a>"),
        ("XML", "<a>" + "x" * 40_000 + "</a>"),
    ],
)
def test_a_value_there_and_back(service: Service, name: str, value: Any) -> None:
    assert service.out(f"PKG_OBJ.{name}", {"p_in": value}) == {"P_OUT": value}


@pytest.mark.parametrize("name", ["NUMS", "NAMES", "PERSON", "PEOPLE", "DS", "YM", "ROWID_", "XML"])
def test_null(service: Service, name: str) -> None:
    assert service.out(f"PKG_OBJ.{name}", {"p_in": None}) == {"P_OUT": None}


def test_attributes_are_found_in_any_case_and_may_be_missing(service: Service) -> None:
    out = service.out("PKG_OBJ.REC", {"p_in": {"id": 1, "Activo": False}})
    assert out == {"P_OUT": {"ID": 1, "NOMBRE": None, "ACTIVO": False}}


def test_a_function_with_a_collection_in_and_out_and_a_record_as_result(service: Service) -> None:
    out = service.out("PKG_OBJ.SUMA", {"p_nums": [1, 2, 3]})
    assert out == {
        "return_value": {"ID": 6, "NOMBRE": "suma", "ACTIVO": True},
        "p_nums": [2, 4, 6],
    }


def test_a_moment_in_and_out_is_the_same_instant_in_any_zone(service: Service) -> None:
    out = service.out("PKG_OBJ.MOVE", {"p_moment": "2024-07-01T12:00:00+02:00"})
    assert out == {"p_moment": "2024-07-01T10:00:00Z"}


def test_numbers_in_composites_as_text(service: Service) -> None:
    out = service.out("PKG_OBJ.NUMS", {"p_in": [1, 2.5]}, numbers="string")
    assert out == {"P_OUT": ["1", "2.5"]}


def test_a_job_takes_and_gives_them_too(service: Service) -> None:
    job = service.finished(service.launch("PKG_OBJ.RECS", {"p_in": [RECORD]}))
    assert job["result"] == {"P_OUT": [RECORD]}
    batch = [{"p_in": [number]} for number in range(20)]
    assert service.out("PKG_OBJ.NUMS", batch=batch) == [{"P_OUT": [n]} for n in range(20)]


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [
        ("NUMS", "x", "p_in must be an array"),
        ("NUMS", [1, "x"], "p_in[1] must be a number"),
        ("REC", [1], "p_in must be an object"),
        ("REC", {"ID": "x"}, "p_in.ID must be a number"),
        ("REC", {"OTRO": 1}, "p_in has no attribute OTRO"),
        ("RECS", [RECORD, {"ACTIVO": "perhaps"}], "p_in[1].ACTIVO must be true or false"),
        ("DEEP", {"LINEAS": [{"ID": []}]}, "p_in.LINEAS[0].ID must be a number"),
        ("DS", "1 day", "p_in must be an ISO 8601 duration"),
        ("YM", "P1D", "p_in must be an ISO 8601 duration"),
        ("ROWID_", "' OR 1=1", "p_in must be a ROWID"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_with_its_place(
    service: Service, name: str, value: Any, place: str
) -> None:
    answer = service.call(f"PKG_OBJ.{name}", {"p_in": value})
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"].startswith(place)
    assert answer.json()["errors"][0]["pointer"] == "/params/p_in"


@pytest.mark.parametrize(
    ("name", "value"), [("NAMES", ["a", "b", "c", "d"]), ("NAMES", ["x" * 11])]
)
def test_a_limit_of_the_type_itself_is_a_400_and_no_bug(
    service: Service, name: str, value: Any
) -> None:
    answer = service.call(f"PKG_OBJ.{name}", {"p_in": value})
    assert answer.status_code == 400, answer.text


def test_composites_are_described(service: Service) -> None:
    [overload] = service.get("/procedures/PKG_OBJ.DEEP").json()["overloads"]
    parameter = overload["parameters"][0]
    assert parameter["type"] == "DWH.PKG_OBJ.T_DEEP"
    assert parameter["is_supported"] is True
    assert parameter["attributes"]["TITULO"] == {"type": "VARCHAR2"}
    line = parameter["attributes"]["LINEAS"]["element"]
    assert line["attributes"]["ACTIVO"] == {"type": "PL/SQL BOOLEAN"}
    schema = overload["schema"]["properties"]["params"]["properties"]["P_IN"]
    lines = schema["properties"]["LINEAS"]
    assert lines["type"] == ["array", "null"]
    assert list(lines["items"]["properties"]) == ["ID", "NOMBRE", "ACTIVO"]
    answer = service.request("POST", "/procedure", json=overload["example"])
    assert answer.status_code == 200, answer.text


def test_implicit_results(service: Service) -> None:
    answer = service.call("PKG_OBJ.RESULTS", {"p_rows": 3}).json()
    assert answer["results"] == [
        {"columns": ["N"], "rows": [[0], [1], [2]]},
        {"columns": ["N"], "rows": [[0]]},
    ]
    job = service.finished(service.launch("PKG_OBJ.RESULTS", {"p_rows": 2000}))
    many, few = job["results"]
    assert (many["row_count"], few["rows"]) == (2000, [[0]])
    page = service.get(many["rows_url"], params={"cursor": 1999}).json()
    assert page["rows"] == [[1999]]
    assert "results" not in service.call("PROC_TEST", {"p_input": "x"}).json()
