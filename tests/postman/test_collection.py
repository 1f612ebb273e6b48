"""The committed collection is made of the document, and has all of it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from tests.openapi.test_document import contents

from .collection import (
    COLLECTION,
    ENVIRONMENT,
    collection,
    default_document,
    environment,
    written,
)
from .contract import answer_schemas, operations
from .steps import FOLDERS

ROOT = Path(__file__).parents[2]
STEPS = [step for folder in FOLDERS for step in folder.steps]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return default_document()


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    return dict(json.loads(COLLECTION.read_text()))


def requests(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for folder in made["item"]:
        yield from folder["item"]


def test_the_files_are_up_to_date(document: dict[str, Any]) -> None:
    assert COLLECTION.read_text() == written(collection(document)), "make postman writes it anew"
    assert ENVIRONMENT.read_text() == written(environment()), "make postman writes it anew"


def test_every_operation_is_asked_and_nothing_else(
    document: dict[str, Any], made: dict[str, Any]
) -> None:
    asked = {
        (one["request"]["method"], "/" + "/".join(one["request"]["url"]["path"]))
        for one in requests(made)
    }
    described = {
        (method, re.sub(r"{(\w+)}", r":\1", path)) for method, path, _ in operations(document)
    }
    assert asked == described


def test_an_operation_without_a_step_is_not_forgotten(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="getMetrics"):
        collection(document, FOLDERS[:-1])


def test_every_parameter_is_shown_with_its_description(
    document: dict[str, Any], made: dict[str, Any]
) -> None:
    described = {step.name: step.operation for step in STEPS}
    of = {operation["operationId"]: operation for _, _, operation in operations(document)}
    for item in requests(made):
        request = item["request"]
        places = {
            "path": request["url"].get("variable", []),
            "query": request["url"].get("query", []),
            "header": request["header"],
        }
        for reference in of[described[item["name"]]]["parameters"]:
            name = reference["$ref"].rpartition("/")[2]
            parameter = document["components"]["parameters"][name]
            shown = {one["key"]: one for one in places[parameter["in"]]}
            assert shown[parameter["name"]]["description"] == parameter["description"]


def test_every_request_has_a_name_of_its_own_and_tests(made: dict[str, Any]) -> None:
    names = [item["name"] for item in requests(made)]
    assert names == [step.name for step in STEPS]
    assert len(set(names)) == len(names)
    for item in requests(made):
        scripts = {event["listen"]: "\n".join(event["script"]["exec"]) for event in item["event"]}
        assert scripts["test"].count("pm.test(") > 1, item["name"]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_step_expects_a_status_that_the_document_has(document: dict[str, Any], step: Any) -> None:
    (responses,) = (
        operation["responses"]
        for _, _, operation in operations(document)
        if operation["operationId"] == step.operation
    )
    assert str(step.status) in responses


def test_every_operation_has_saved_answers_where_the_document_has_examples(
    document: dict[str, Any], made: dict[str, Any]
) -> None:
    saved = {one["body"] for item in requests(made) for one in item["response"]}
    shown = [
        example["value"]
        for path in document["paths"].values()
        for operation in path.values()
        for status, response in operation["responses"].items()
        if status.startswith("2")
        for content in response.get("content", {}).values()
        for example in content.get("examples", {}).values()
    ]
    assert len(shown) >= 8
    for value in shown:
        assert json.dumps(value, indent=2, ensure_ascii=False) in saved


def test_every_variable_is_in_the_environment() -> None:
    known = {one["key"] for one in environment()["values"]}
    text = COLLECTION.read_text()
    assert set(re.findall(r"{{(\w+)}}", text)) <= known
    assert set(re.findall(r'pm\.environment\.[gs]et\(\\"(\w+)', text)) <= known


def test_the_environment_is_that_of_make_run() -> None:
    values = {one["key"]: one for one in environment()["values"]}
    makefile = (ROOT / "Makefile").read_text()
    host, port, token = (
        re.search(rf'{name}="\$\${{{name}:-(\S+?)}}"', makefile)[1]  # type: ignore[index]
        for name in ("HOST", "PORT", "API_TOKEN")
    )
    assert values["base_url"]["value"] == f"http://{host}:{port}"
    assert values["token"] == {"key": "token", "value": token, "type": "secret", "enabled": True}


def test_what_npm_installs_is_pinned_and_from_any_registry() -> None:
    folder = ROOT / "tests"
    wanted = json.loads((folder / "package.json").read_text())["devDependencies"]
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    for name, package in locked.items():
        assert "resolved" not in package, name
        assert "integrity" in package or not name


# ---- what Postman's validator makes of the schemas


def keywords(schema: Any) -> set[str]:
    """Find the keywords of a schema and of those within it."""
    if not isinstance(schema, dict):
        return set()
    within = [
        *schema.get("properties", {}).values(),
        *schema.get("anyOf", ()),
        schema.get("items"),
        schema.get("additionalProperties"),
    ]
    return set(schema).union(*map(keywords, within))


def test_the_schemas_use_only_what_draft_07_knows(document: dict[str, Any]) -> None:
    schemas = answer_schemas(document)
    known = Draft7Validator.META_SCHEMA["properties"].keys()
    for name, schema in schemas.items():
        Draft7Validator.check_schema(schema)
        assert keywords(schema) <= known, name
        # What stands beside a reference does not count there.
        assert "$ref" not in schema
    assert "Job" in schemas
    assert "ProcedureBody" not in schemas


def test_the_schemas_take_the_documents_examples_and_nothing_less(
    document: dict[str, Any],
) -> None:
    schemas = {"components": {"schemas": answer_schemas(document)}}
    checked = 0
    for content in contents(document["paths"]):
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        if name not in schemas["components"]["schemas"]:
            continue
        validator = Draft7Validator({"allOf": [content["schema"]], **schemas})
        for example in content.get("examples", {}).values():
            shared = document["components"]["examples"].get(example.get("$ref", "").split("/")[-1])
            value = (shared or example)["value"]
            validator.validate(value)
            for member in schemas["components"]["schemas"][name]["required"]:
                less = {key: one for key, one in value.items() if key != member}
                assert not validator.is_valid(less), (name, member)
            checked += 1
    assert checked > 50
