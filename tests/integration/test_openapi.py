"""The running service keeps to its own document."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import validate

from .conftest import needs_embedded
from .service import TOKEN, Service

REQUESTS = ("CallBody", "ProcedureBody", "ParameterBody")
CONFIG = Path(__file__).with_name("schemathesis.toml")


def closed(schema: Any) -> Any:
    """Forbid an answer's members that its schema does not name."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    members = {name: closed(value) for name, value in schema.items()}
    if members.get("type") == "object" and "properties" in members:
        members.setdefault("additionalProperties", False)
    return members


def strict_document(service: Service) -> dict[str, Any]:
    """Give the service's document with answers' schemas closed; requests may say more."""
    document: dict[str, Any] = service.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    document["components"]["schemas"] = {
        name: schema if name in REQUESTS else closed(schema) for name, schema in schemas.items()
    }
    return document


@needs_embedded
def test_schemathesis_finds_no_fault(
    make_service: Any, tmp_path: Path, record_property: Any
) -> None:
    # It calls what it finds in the lists; some procedures of the tests break the connection.
    service: Service = make_service(
        PROCEDURES_ALLOW="SUMA_SIMPLE,PROC_TEST*,FUNC_TEST*,PKG_ETL.*,PKG_BIG.CLOB_OF",
        PROCEDURES_DENY="PROC_TEST_DEMORA",
        RATE_LIMIT="100000/minute",
        RATE_LIMIT_FILE=str(tmp_path / "rates.db"),
    ).start()
    rows = service.finished(service.launch("PROC_TEST_CURSOR", {"p_limit": 3}))
    lob = service.finished(
        service.launch("PKG_BIG.CLOB_OF", {"p_text": "x" * 1000, "p_times": 2000})
    )
    assert lob["result"]["P_CLOB"]["lob_url"]
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(strict_document(service)))
    report = tmp_path / "report.json"
    run = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--no-color", f"--config-file={CONFIG}"),
            *("run", str(document), f"--url={service.url}", f"--report-json-path={report}"),
        ],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "API_TOKEN": TOKEN,
            "JOB_WITH_ROWS": rows["id"],
            "JOB_WITH_LOB": lob["id"],
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    record_property("summary", run.stdout[run.stdout.index("= SUMMARY =") + 20 :].strip("= \n"))
    told = json.loads(report.read_text())
    count = sum(len(methods) for methods in json.loads(document.read_text())["paths"].values())
    assert told["operations"]["tested"] == count
    assert {phase["status"] for phase in told["phases"].values()} == {"success"}
    assert told["test_cases"]["generated"] > 400
    assert "met a bug" not in service.log()


@pytest.mark.parametrize("name", ["PROC_TEST_PARAMS", "PROC_TEST_CURSOR", "FUNC_TEST_FECHA"])
def test_a_procedure_has_a_document_whose_example_can_be_called(
    service: Service, name: str
) -> None:
    document = service.get(f"/procedures/{name}/openapi.json").json()
    validate(document)
    check_examples(service, document)


@needs_embedded
@pytest.mark.parametrize(
    "name",
    [
        "PKG_OVER.F",
        "PKG_ECHO.COPY_TYPES",
        "PKG_ECHO.ALL_TYPES",
        "PKG_OBJ.SUMA",
        "PKG_OBJ.DEEP",
        "PKG_OBJ.NAMES",
        "PKG_OBJ.FILA",
        "PKG_OBJ.DS",
        "PKG_OBJ.BINARY_DOUBLE_",
        "PKG_OBJ.JSON_",
        "PKG_ROWS.DOCUMENTS",
    ],
)
def test_overloads_and_types_are_in_a_procedures_document(service: Service, name: str) -> None:
    document = service.get(f"/procedures/{name}/openapi.json").json()
    validate(document)
    check_examples(service, document)


def check_examples(service: Service, document: dict[str, Any]) -> None:
    """Call every example at once and as a job; body and answer must be as the document says."""
    body = document["paths"]["/procedure"]["post"]["requestBody"]["content"]["application/json"]
    assert body["examples"]
    for example in body["examples"].values():
        check(document, body["schema"], example["value"])
        answer = service.request("POST", "/procedure", json=example["value"])
        assert answer.status_code == 200, answer.text
        check(document, {"$ref": "#/components/schemas/CallAnswer"}, answer.json())
        submission = document["paths"]["/procedure/async"]["post"]["requestBody"]["content"]
        check(document, submission["application/json"]["schema"], example["value"])
        job = service.request("POST", "/procedure/async", json=example["value"])
        done = service.finished(job.json()["job_id"])
        assert done["status"] == "completed", done
        check(document, {"$ref": "#/components/schemas/Job"}, done)


def check(document: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    """Check a value against a schema that refers into a document, all members being known."""
    strict = {**document, "components": closed(document["components"])}
    jsonschema.validate(value, {**strict, **schema})


def test_the_schema_of_a_call_refuses_what_the_service_refuses(service: Service) -> None:
    document = service.get("/procedures/SUMA_SIMPLE/openapi.json").json()
    call = document["paths"]["/procedure"]["post"]
    assert call["operationId"].endswith("SumaSimple")
    body = call["requestBody"]["content"]["application/json"]
    for params in ({"A": 1}, {"A": 1, "B": 2, "C": 3}, {"A": True, "B": 2}):
        wrong = {"name": document["info"]["title"], "params": params}
        with pytest.raises(jsonschema.ValidationError):
            check(document, body["schema"], wrong)
        assert service.request("POST", "/procedure", json=wrong).status_code == 400


def test_a_document_of_a_procedure_needs_a_procedure_and_a_token(service: Service) -> None:
    assert service.get("/procedures/NO_SUCH/openapi.json").status_code == 404
    without = service.get("/procedures/SUMA_SIMPLE/openapi.json", headers={"Authorization": None})
    assert without.status_code == 401


def test_the_services_document_needs_no_token_and_is_not_sent_twice(service: Service) -> None:
    first = service.get("/openapi.json", headers={"Authorization": None})
    assert first.status_code == 200
    tag = first.headers["ETag"]
    assert service.get("/openapi.json", headers={"If-None-Match": tag}).status_code == 304
