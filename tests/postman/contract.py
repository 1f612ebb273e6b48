"""Turns the OpenAPI document into the script that checks every answer of the collection."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from .steps import script

PROBLEM = "application/problem+json"

Json = dict[str, Any]

#: The members of schemas that say nothing about what is valid.
_REMARKS = {"title", "description", "examples", "example", "default"}


def contract(document: Json) -> str:
    """Make the script.

    Args:
        document: OpenAPI 3.1. Postman's validator knows JSON Schema draft-07, which has all that
            the service's schemas use.
    """
    answers = [
        {"method": method, "path": path, **_answers(operation)}
        for method, path, operation in operations(document)
    ]
    schemas = answer_schemas(document)
    return "\n".join(
        (
            f"const operations = [\n{_lines(map(_compact, answers))}\n];",
            "const components = {schemas: {\n"
            + _lines(f"{name}: {_compact(schema)}" for name, schema in schemas.items())
            + "\n}};",
            script("contract.js"),
        )
    )


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Give method, path and operation of each."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def answer_schemas(document: Json) -> Json:
    """Give the components that answers refer to, without what is for people."""
    components = document["components"]["schemas"]
    needed: set[str] = set()
    waiting = {"Problem"}.union(
        *(_references(_answers(operation)) for _, _, operation in operations(document))
    )
    while waiting:
        needed |= waiting
        waiting = _references([components[name] for name in waiting]) - needed
    return {name: _bare(components[name]) for name in sorted(needed)}


def _answers(operation: Json) -> Json:
    """Tell the answers of an operation: schemas by status and media type, and the problems."""
    answers: Json = {}
    problems = []
    for status, response in operation["responses"].items():
        content = response.get("content", {})
        if list(content) == [PROBLEM]:
            problems.append(int(status))
        else:
            answers[status] = {kind: _bare(one["schema"]) for kind, one in content.items()}
    return {"answers": answers, "problems": problems}


def _bare(schema: Any) -> Any:
    """Leave out of a schema what is for people."""
    if isinstance(schema, list):
        return [_bare(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    bare = {name: _bare(one) for name, one in schema.items() if name not in _REMARKS}
    if isinstance(members := schema.get("properties"), dict):
        # A property may be called as a remark is.
        bare["properties"] = {name: _bare(one) for name, one in members.items()}
    return bare


def _references(part: Any) -> set[str]:
    if isinstance(part, list):
        return set().union(*map(_references, part))
    if not isinstance(part, dict):
        return set()
    target = part.get("$ref")
    own = {target.rpartition("/")[2]} if isinstance(target, str) else set()
    return own.union(*map(_references, part.values()))


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _lines(texts: Iterable[str]) -> str:
    return ",\n".join(f"    {text}" for text in texts)
