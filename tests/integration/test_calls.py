"""Synchronous calls over HTTP: request forms, types, names, errors of procedures."""

import base64
import json
import re
from datetime import UTC, datetime
from typing import Any

import oracledb
import pytest

from .conftest import needs_embedded
from .service import Service, eventually

# ---- the demo procedures, on any Oracle


def test_a_sum_is_exact(service: Service) -> None:
    body = (
        '{"name": "SUMA_SIMPLE", "params": '
        '{"a": 12345678901234567890123456789012345.12, "b": 0.001}}'
    )
    answer = service.request(
        "POST", "/procedure", data=body, headers={"Content-Type": "application/json"}
    )
    assert '"RESULTADO":12345678901234567890123456789012345.121}' in answer.text


@pytest.mark.parametrize(
    ("a", "b", "text"),
    [
        ("1", "2", "3"),
        ("0.1", "0.2", "0.3"),
        ("-5", "5", "0"),
        ("1e3", "0", "1000"),
        ("99999999999999999999999999999999999998", "1", "99999999999999999999999999999999999999"),
        ("-0.00000000000000000001", "0", "-1E-20"),
    ],
)
def test_numbers_keep_all_their_digits(service: Service, a: str, b: str, text: str) -> None:
    body = f'{{"name": "SUMA_SIMPLE", "params": {{"a": {a}, "b": {b}}}}}'
    answer = service.request(
        "POST", "/procedure", data=body, headers={"Content-Type": "application/json"}
    )
    assert answer.text == f'{{"status":"ok","out":{{"RESULTADO":{text}}}}}'


def test_params_as_a_list_give_names_back_as_the_client_spelled_them(service: Service) -> None:
    params = [
        {"name": "A", "value": 1},
        {"name": "b", "value": "2"},
        {"name": "Resultado", "direction": "out", "type": "number"},
    ]
    assert service.out("suma_simple", params) == {"Resultado": 3}


def test_the_order_of_named_params_does_not_matter(service: Service) -> None:
    params = [
        {"name": "p_result", "direction": "OUT"},
        {"name": "p_date", "value": "2025-12-10"},
        {"name": "p_varchar", "value": "x"},
        {"name": "p_number", "value": 1},
    ]
    assert service.out("PROC_TEST_PARAMS", params) == {
        "p_result": "Number: 1, String: x, Date: 10/12/2025"
    }


@pytest.mark.parametrize(
    "date",
    ["2025-12-10", "10/12/2025", "10-12-2025", "2025/12/10", "2025-12-10T23:59:59", "20251210"],
)
def test_dates_are_read_in_every_form(service: Service, date: str) -> None:
    params = {"p_number": 1, "p_varchar": "x", "p_date": date}
    assert service.out("PROC_TEST_PARAMS", params)["P_RESULT"].endswith("Date: 10/12/2025")


@pytest.mark.parametrize(
    ("members", "name"),
    [
        ({"isFunction": True}, "return_value"),
        ({}, "return_value"),
        ({"params": [{"name": "hoy", "direction": "OUT", "type": "date"}]}, "hoy"),
        ({"isFunction": True, "params": [{"name": "hoy", "direction": "OUT"}]}, "hoy"),
    ],
)
def test_a_function_gives_its_value(service: Service, members: Any, name: str) -> None:
    params = members.pop("params", None)
    out = service.out("FUNC_TEST_FECHA", params, **members)
    assert list(out) == [name]
    assert datetime.fromisoformat(out[name])


def test_a_ref_cursor_is_columns_and_rows(service: Service) -> None:
    rows = service.out("PROC_TEST_CURSOR", {"p_limit": 3})["P_CURSOR"]
    assert rows["columns"] == ["ID", "NOMBRE", "FECHA"]
    assert [row[:2] for row in rows["rows"]] == [[1, "Item 1"], [2, "Item 2"], [3, "Item 3"]]
    assert "truncated" not in rows


def test_dml_is_committed(service: Service) -> None:
    assert service.out("PROC_TEST_DML", {"p_table_name": "TEST_DML"}) == {"P_ROWS_CREATED": 100}


def test_the_applications_own_error_is_passed_on(service: Service) -> None:
    answer = service.call("PROC_TEST_ERROR", {"p_should_fail": 1})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["detail"]) == ("ORA-20001", "Error intencional de prueba")
    assert problem["error"] == problem["detail"]
    assert service.call("PROC_TEST_ERROR", {"p_should_fail": 0}).status_code == 200


def test_a_missing_table_is_the_procedures_failure(service: Service) -> None:
    answer = service.call("PROC_TEST_DML", {"p_table_name": "NO_SUCH_TABLE"})
    assert (answer.status_code, answer.json()["code"]) == (422, "ORA-00942")


def test_an_unknown_procedure_is_not_found(service: Service) -> None:
    for name in ("NO_SUCH_PROCEDURE", "PKG_ETL.NO_SUCH", "NO_SCHEMA.PKG_ETL.PROCESO_LARGO"):
        answer = service.call(name)
        assert answer.status_code == 404, name
        assert answer.json()["code"].startswith("PLS-00")


def test_a_name_in_three_parts_or_with_a_schema_beside_it(service: Service) -> None:
    owner = "DWH" if service.environ["ORACLE_USER"] == "dwh" else service.environ["ORACLE_USER"]
    params = {"vFECHA": "2025-12-10", "vSEGUNDOS": 0}
    for members in (
        {"name": f"{owner}.PKG_ETL.PROCESO_LARGO"},
        {"name": "pkg_etl.proceso_largo", "schema": owner.lower()},
        {"name": '"PKG_ETL"."PROCESO_LARGO"'},
    ):
        assert service.out(params=params, **members) == {"VRESULTADO": 12500}


def test_a_call_over_the_time_limit_is_broken_off(make_service: Any) -> None:
    service = make_service(SYNC_TIMEOUT_SECONDS="2").start()
    answer = service.call("PROC_TEST_DEMORA", {"segundos": 600})
    assert answer.status_code == 504
    problem = answer.json()
    assert problem["code"] == "DPY-4024"
    assert "/procedure/async" in problem["detail"]
    assert answer.elapsed.total_seconds() < 60
    assert service.out("SUMA_SIMPLE", {"a": 1, "b": 1}) == {"RESULTADO": 2}


def test_parameters_by_position_ignore_names(make_service: Any) -> None:
    service = make_service(PARAMS_BY_POSITION="1", DATE_FORMAT="DD/MM/YYYY").start()
    params = [
        {"name": "any", "value": 20},
        {"name": "any", "value": 22},
        {"name": "total", "direction": "OUT", "type": "number"},
    ]
    assert service.out("SUMA_SIMPLE", params) == {"total": 42}
    answer = service.call("SUMA_SIMPLE", [*params, {"name": "x", "value": 1}])
    assert answer.status_code == 400
    unnamed = [{"value": 20}, {"value": 22}, {"direction": "OUT"}]
    assert service.out("SUMA_SIMPLE", unnamed) == {"RESULTADO": 42}
    rows = service.out("PROC_TEST_CURSOR", [{"value": 1}, {"direction": "OUT", "type": "cursor"}])
    assert list(rows) == ["P_CURSOR"]
    today = service.out(
        "FUNC_TEST_FECHA",
        [{"name": "resultado", "direction": "OUT", "type": "date"}],
        isFunction=True,
    )
    assert re.fullmatch(r"\d\d/\d\d/\d{4}", today["resultado"])


# ---- what only the embedded database has

VALUES: dict[str, Any] = {
    "VARCHAR2": "ñandú 🐦 'quoted' \"too\" \n",
    "NUMBER": 42,
    "DATE": "2024-02-29T13:14:15",
    "TIMESTAMP": "2024-02-29T13:14:15.123456",
    "ZONED": "2024-02-29T18:44:15.123456Z",
    "RAW": base64.b64encode(bytes(range(256))).decode(),
    "BOOLEAN": True,
    "CLOB": "clob ñ🐦 " * 20_000,
    "BLOB": base64.b64encode(bytes(range(256)) * 500).decode(),
}


@needs_embedded
def test_every_type_there_and_back(service: Service) -> None:
    params = {f"p_{name.lower()}": value for name, value in VALUES.items()}
    out = service.out("PKG_ECHO.COPY_TYPES", params)
    assert {name.removeprefix("O_"): value for name, value in out.items()} == VALUES


@needs_embedded
def test_every_type_in_and_out_through_one_parameter(service: Service) -> None:
    params = {f"p_{name.lower()}": value for name, value in VALUES.items()}
    out = service.out("PKG_ECHO.ALL_TYPES", params)
    assert {name.removeprefix("p_").upper(): value for name, value in out.items()} == VALUES


@needs_embedded
@pytest.mark.parametrize("procedure", ["PKG_ECHO.COPY_TYPES", "PKG_ECHO.ALL_TYPES"])
def test_null_of_every_type(service: Service, procedure: str) -> None:
    params = {f"p_{name.lower()}": None for name in VALUES}
    out = service.out(procedure, params)
    assert len(out) == len(VALUES)
    assert set(out.values()) == {None}


@needs_embedded
def test_an_offset_means_the_same_instant(service: Service) -> None:
    params = {f"p_{name.lower()}": None for name in VALUES}
    params["p_zoned"] = "2024-07-01T12:00:00-05:30"
    assert service.out("PKG_ECHO.COPY_TYPES", params)["O_ZONED"] == "2024-07-01T17:30:00Z"


@needs_embedded
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("p_number", "many"),
        ("p_number", True),
        ("p_number", [1]),
        ("p_number", {"a": 1}),
        ("p_number", "NaN"),
        ("p_number", "1e500"),
        ("p_number", "1" * 60),
        ("p_date", "tomorrow"),
        ("p_date", "2025-02-30"),
        ("p_date", 20251210),
        ("p_timestamp", "2025-12-10T25:00:00"),
        ("p_raw", "not base64!"),
        ("p_boolean", "perhaps"),
        ("p_varchar2", "x" * 40_000),
        ("p_varchar2", ["x"]),
        ("p_blob", 5),
    ],
)
def test_a_value_that_does_not_fit_is_named(service: Service, name: str, value: Any) -> None:
    params = {f"p_{other.lower()}": None for other in VALUES}
    answer = service.call("PKG_ECHO.COPY_TYPES", {**params, name: value})
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["errors"][0]["pointer"] == f"/params/{name}"
    assert name in problem["detail"]
    assert "COPY_TYPES(" in problem["detail"]


@needs_embedded
def test_rows_beyond_the_cap_are_cut_and_said_so(make_service: Any) -> None:
    service = make_service(MAX_ROWS="1500").start()
    rows = service.out("PKG_ROWS.MANY", {"p_count": 5000})["P_ROWS"]
    assert rows["truncated"] is True
    assert rows["columns"] == ["ID", "NAME", "ID"]
    assert len(rows["rows"]) == 1500
    assert rows["rows"][-1] == [1500, "row 1500", 1500]
    exact = service.out("PKG_ROWS.MANY", {"p_count": 1500})["P_ROWS"]
    assert len(exact["rows"]) == 1500
    assert "truncated" not in exact


@needs_embedded
def test_no_rows_and_no_cursor(service: Service) -> None:
    empty = service.out("PKG_ROWS.MANY", {"p_count": 0})["P_ROWS"]
    assert empty == {"columns": ["ID", "NAME", "ID"], "rows": []}
    assert service.out("PKG_ROWS.NOT_OPENED") == {"P_ROWS": None}


@needs_embedded
@pytest.mark.parametrize(
    ("params", "chosen"),
    [({"a": 1}, "a"), ({"a": 1, "b": 2}, "ab"), ({"a": 1, "c": "2025-01-01"}, "ac")],
)
def test_overloads_are_chosen_by_names(service: Service, params: Any, chosen: str) -> None:
    assert service.out("PKG_OVER.F", params) == {"R": chosen}


@needs_embedded
def test_no_overload_fits(service: Service) -> None:
    answer = service.call("PKG_OVER.F", {"a": 1, "z": 2})
    assert answer.status_code == 400
    assert answer.json()["detail"].count("F(A IN NUMBER") == 3


@needs_embedded
@pytest.mark.parametrize("name", ["VENTAS.PKG_MES.TOTAL", "MES.TOTAL", "PKG_MES_PROPIO.TOTAL"])
def test_other_schemas_and_synonyms(service: Service, name: str) -> None:
    assert service.out(name, {"p_mes": 3}) == {"return_value": 3000.03}


@needs_embedded
def test_work_before_an_error_is_rolled_back(service: Service, embedded: Any) -> None:
    answer = service.call("PKG_DML.INSERT_AND_FAIL", {"p_table": "TEST_DML"})
    assert (answer.status_code, answer.json()["code"]) == (422, "ORA-20003")
    with (
        oracledb.connect(user="dwh", password="dwh", dsn=embedded.dsn) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT COUNT(*) FROM test_dml WHERE id = -1")
        assert cursor.fetchone() == (0,)


@needs_embedded
@pytest.mark.parametrize("code", [20000, 20999])
def test_every_application_error_is_a_422(service: Service, code: int) -> None:
    answer = service.call("PKG_FAIL.RAISES", {"p_code": code, "p_text": "línea ñ"})
    assert answer.status_code == 422
    assert answer.json()["code"] == f"ORA-{code}"
    assert answer.json()["detail"] == "línea ñ"


@needs_embedded
def test_the_session_says_who_it_works_for(service: Service, embedded: Any) -> None:
    job = service.launch("PROC_TEST_DEMORA", {"segundos": 600})
    with (
        oracledb.connect(user="dwh", password="dwh", dsn=embedded.dsn) as connection,
        connection.cursor() as cursor,
    ):

        def row() -> Any:
            cursor.execute(
                "SELECT module, action FROM v$session WHERE client_identifier = :id", id=job
            )
            return cursor.fetchone()

        module, action = eventually(row)
    assert module.startswith("oracle_api")
    assert action == "PROC_TEST_DEMORA"
    service.request("POST", f"/jobs/{job}/cancel")
    service.finished(job)


def test_ping_and_readiness(service: Service) -> None:
    assert service.get("/ping").json() == {"status": "ok"}
    assert service.get("/readyz").json() == {"status": "ok", "engine": {"kind": "threads"}}
    assert service.get("/healthz", headers={"Authorization": None}).json() == {"status": "ok"}


def test_now_is_utc(service: Service) -> None:
    if "dwh" not in service.environ["ORACLE_USER"]:
        pytest.skip("SYSDATE of a real Oracle is the clock of its host")
    today = datetime.fromisoformat(service.out("FUNC_TEST_FECHA")["return_value"])
    assert abs((datetime.now(UTC).replace(tzinfo=None) - today).total_seconds()) < 60


def test_json_of_answers_is_utf8_without_escapes(service: Service) -> None:
    answer = service.call("PROC_TEST", {"p_input": "ñ"})
    assert json.loads(answer.content)["out"] == {"P_OUTPUT": "Procesado: ñ"}
    assert "ñ".encode() in answer.content
