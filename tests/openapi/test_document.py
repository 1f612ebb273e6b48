"""The document says what the code does."""

import re
from typing import Any

import jsonschema
import pytest
from flask import Flask
from openapi_spec_validator import validate

from oracle_api import create_app
from oracle_api.auth import scopes_of
from oracle_api.openapi.document import service_document
from oracle_api.openapi.operations import OPERATIONS
from oracle_api.problems import KINDS
from oracle_api.settings import Settings

STATIC_SHELLS = {"/", "/docs", "/docs/<asset>", "/page/<asset>"}
SETTINGS = Settings.from_env(
    {
        "ORACLE_DSN": "embedded",
        "API_TOKEN": "t",
        "SYNC_TIMEOUT_SECONDS": "47",
        "MAX_ROWS": "4711",
        "MAX_PARAMS": "321",
        "MAX_BATCH": "654",
    }
)


@pytest.fixture(scope="module")
def app() -> Flask:
    return create_app(SETTINGS)


@pytest.fixture(scope="module")
def document(app: Flask) -> dict[str, Any]:
    return service_document(app, SETTINGS)


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def path_of(rule: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def test_it_is_valid(document: dict[str, Any]) -> None:
    validate(document)


def test_every_route_is_described_and_nothing_else(app: Flask, document: dict[str, Any]) -> None:
    routes = {
        (method, path_of(rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.rule not in STATIC_SHELLS
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert operations(document).keys() == routes
    assert OPERATIONS.keys() <= app.view_functions.keys()


def test_names_of_operations_differ(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(document).values()]
    assert len(set(names)) == len(names)


def test_who_may_call_is_what_the_route_asks_for(app: Flask, document: dict[str, Any]) -> None:
    described = operations(document)
    for rule in app.url_map.iter_rules():
        if rule.rule in STATIC_SHELLS:
            continue
        scopes = scopes_of(app.view_functions[rule.endpoint])
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            operation = described[method, path_of(rule.rule)]
            wanted = [scope for needed in operation["security"] for scope in needed["token"]]
            assert wanted == list(scopes or ())
            assert bool(operation["security"]) == (scopes is not None)
            assert ("401" in operation["responses"]) == (scopes is not None)
            assert ("403" in operation["responses"]) == (scopes is not None)


def test_the_open_routes_are_these(document: dict[str, Any]) -> None:
    is_open = {path for (_, path), one in operations(document).items() if not one["security"]}
    assert is_open == {"/healthz", "/openapi.json"}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.slug)
def test_every_kind_of_problem_is_described_where_it_may_come(
    document: dict[str, Any], kind: Any
) -> None:
    assert kind.type in document["components"]["schemas"]["Problem"]["properties"]["type"]["enum"]
    shown = [
        kind.slug in answer["content"]["application/problem+json"]["examples"]
        for operation in operations(document).values()
        if (answer := operation["responses"].get(str(kind.status.value)))
        and "examples" in answer.get("content", {}).get("application/problem+json", {})
    ]
    assert any(shown)


def test_limits_of_the_settings_are_told(document: dict[str, Any]) -> None:
    for name in ("ProcedureBody", "CallBody"):
        members = document["components"]["schemas"][name]["properties"]
        assert members["params"]["anyOf"][0]["maxItems"] == 321
        assert members["params"]["anyOf"][1]["maxProperties"] == 321
        assert members["batch"]["anyOf"][0]["maxItems"] == 654
        assert members["batch"]["anyOf"][0]["items"]["maxProperties"] == 321
    told = document["paths"]["/procedure"]["post"]["description"]
    assert "47 seconds" in told
    assert "4711 rows" in told


def test_every_example_is_as_its_schema_says(document: dict[str, Any]) -> None:
    checked = 0
    for content in contents(document["paths"]):
        for example in content.get("examples", {}).values():
            shared = document["components"]["examples"].get(example.get("$ref", "").split("/")[-1])
            jsonschema.validate(
                (shared or example)["value"],
                {"components": document["components"], **content["schema"]},
            )
            checked += 1
    assert checked > 50


def contents(part: Any) -> list[dict[str, Any]]:
    """Find every media type object within a part of the document."""
    if isinstance(part, list):
        return [found for one in part for found in contents(one)]
    if not isinstance(part, dict):
        return []
    here = list(part["content"].values()) if isinstance(part.get("content"), dict) else []
    return here + [found for name, one in part.items() for found in contents(one)]


def test_every_answer_has_the_headers_that_all_have(document: dict[str, Any]) -> None:
    for operation in operations(document).values():
        for answer in operation["responses"].values():
            assert "X-Request-ID" in answer["headers"]


def test_names_in_paths_are_described(document: dict[str, Any]) -> None:
    for (_, path), operation in operations(document).items():
        for name in re.findall(r"{(\w+)}", path):
            assert {"$ref": f"#/components/parameters/{name}"} in operation["parameters"]
