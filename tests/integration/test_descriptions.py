"""What can be called, and how, as the service describes it."""

import pytest

from .conftest import needs_embedded
from .service import Service


def names(service: Service, like: str | None = None) -> list[str]:
    answer = service.get("/procedures", params={} if like is None else {"like": like})
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["procedures"]]


def test_a_procedure_is_described(service: Service) -> None:
    answer = service.get("/procedures/pkg_etl.proceso_largo")
    assert answer.status_code == 200
    document = answer.json()
    assert document["name"].endswith(".PKG_ETL.PROCESO_LARGO")
    [overload] = document["overloads"]
    assert overload["parameters"][:2] == [
        {
            "name": "VFECHA",
            "direction": "IN",
            "type": "DATE",
            "has_default": False,
            "is_supported": True,
        },
        {
            "name": "VRESULTADO",
            "direction": "OUT",
            "type": "NUMBER",
            "has_default": False,
            "is_supported": True,
        },
    ]
    params = overload["schema"]["properties"]["params"]
    assert list(params["properties"]) == ["VFECHA", "VSEGUNDOS"]
    assert params["required"] == ["VFECHA"]


@pytest.mark.parametrize(
    "name", ["SUMA_SIMPLE", "PROC_TEST_PARAMS", "FUNC_TEST_FECHA", "PROC_TEST_CURSOR"]
)
def test_the_example_of_a_description_can_be_called(service: Service, name: str) -> None:
    [overload] = service.get(f"/procedures/{name}").json()["overloads"]
    answer = service.request("POST", "/procedure", json=overload["example"])
    assert answer.status_code == 200, answer.text


def test_a_function_says_what_it_returns(service: Service) -> None:
    [overload] = service.get("/procedures/FUNC_TEST_FECHA").json()["overloads"]
    assert overload["returns"] == {"type": "DATE"}
    assert overload["signature"] == "FUNC_TEST_FECHA() RETURN DATE"


def test_what_is_not_there_is_not_found(service: Service) -> None:
    answer = service.get("/procedures/NO_SUCH")
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("procedure-not-found")
    assert service.get("/procedures/A;B").status_code == 400


@needs_embedded
def test_every_overload_is_described(service: Service) -> None:
    document = service.get("/procedures/PKG_OVER.F").json()
    assert len(document["overloads"]) == 3
    examples = [one["example"]["params"] for one in document["overloads"]]
    assert [set(params) for params in examples] == [{"A"}, {"A", "B"}, {"A", "C"}]
    for example in (one["example"] for one in document["overloads"]):
        assert service.request("POST", "/procedure", json=example).status_code == 200


@needs_embedded
@pytest.mark.parametrize("name", ["PKG_ECHO.COPY_TYPES", "PKG_ECHO.ALL_TYPES"])
def test_examples_of_every_type_can_be_called(service: Service, name: str) -> None:
    [overload] = service.get(f"/procedures/{name}").json()["overloads"]
    assert all(one["is_supported"] for one in overload["parameters"])
    assert service.request("POST", "/procedure", json=overload["example"]).status_code == 200


@needs_embedded
@pytest.mark.parametrize(
    ("like", "found"),
    [
        ("PKG_ETL.*", ["DWH.PKG_ETL.PROCESO_LARGO"]),
        ("pkg_etl", ["DWH.PKG_ETL.PROCESO_LARGO"]),
        ("suma_simpl?", ["DWH.SUMA_SIMPLE"]),
        ("DWH.SUMA*", ["DWH.SUMA_SIMPLE"]),
        ("*.*.TOTAL", ["VENTAS.PKG_MES.TOTAL"]),
        ("VENTAS.*.*", ["VENTAS.PKG_MES.TOTAL"]),
        ("PKG?OVER.F", ["DWH.PKG_OVER.F"]),
        ("PKGXETL.*", []),
        ("NO_SUCH*", []),
    ],
)
def test_procedures_are_listed_by_pattern(service: Service, like: str, found: list[str]) -> None:
    assert names(service, like) == found


def test_without_a_pattern_the_own_schema_is_listed(service: Service) -> None:
    listed = names(service)
    owner = listed[0].split(".")[0]
    assert f"{owner}.PKG_ETL.PROCESO_LARGO" in listed
    assert f"{owner}.SUMA_SIMPLE" in listed
    assert all(name.startswith(f"{owner}.") for name in listed)
    assert listed == sorted(listed)
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("like", ["A.B.C.D", "'", "A B", "..", "%"])
def test_a_pattern_that_is_none_is_refused(service: Service, like: str) -> None:
    assert service.get("/procedures", params={"like": like}).status_code == 400
