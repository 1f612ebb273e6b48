"""The routes, and the shapes of what goes in and comes out."""

from typing import Any

from reference.document import document, operations, resolved
from reference.errors import slugs_of
from reference.markdown import code, heading, paragraphs, table


def routes() -> str:
    """Describe every route, by its group."""
    parts = []
    for tag in document()["tags"]:
        parts += [heading(2, tag["name"].capitalize()), tag["description"]]
        parts += [_route(*one) for one in operations() if one[2]["tags"] == [tag["name"]]]
    return paragraphs(*parts)


def shapes() -> str:
    """Describe every shape that bodies have."""
    found = document()["components"]["schemas"]
    return paragraphs(*(_shape(name, schema) for name, schema in found.items()))


def _route(method: str, path: str, operation: dict[str, Any]) -> str:
    return paragraphs(
        heading(3, f"`{method} {path}`", f"route-{operation['operationId']}"),
        f"{operation['summary']}.",
        operation.get("description", ""),
        "" if operation["security"] else "Needs no token.",
        _parameters(operation),
        _body(operation),
        *(_answer(status, answer) for status, answer in operation["responses"].items()),
        _problems(operation),
    )


def _parameters(operation: dict[str, Any]) -> str:
    found = [resolved(one) for one in operation["parameters"]]
    rows = [
        (f"`{one['name']}`", one["in"], _type(one["schema"]), one["description"]) for one in found
    ]
    return table(("parameter", "in", "type", ""), rows)


def _body(operation: dict[str, Any]) -> str:
    if "requestBody" not in operation:
        return ""
    return paragraphs("**Body:**", _content(operation["requestBody"]["content"]))


def _answer(status: str, answer: dict[str, Any]) -> str:
    if int(status) >= 400:
        return ""
    return paragraphs(
        f"**Answers `{status}`:** {answer['description']}",
        table(
            ("header", ""),
            [
                (f"`{name}`", resolved(one)["description"])
                for name, one in answer["headers"].items()
            ],
        ),
        _content(answer.get("content", {})),
    )


def _content(content: dict[str, Any]) -> str:
    parts = [
        f"`{media_type}`: {_type(one['schema'])}" if one["schema"] else f"`{media_type}`: bytes"
        for media_type, one in content.items()
    ]
    for one in content.values():
        for example in one.get("examples", {}).values():
            shown = resolved(example)
            parts += [f"{shown['summary']}:", code(shown["value"])]
    return paragraphs(*parts)


def _problems(operation: dict[str, Any]) -> str:
    rows = []
    for status, answer in operation["responses"].items():
        if int(status) >= 400:
            kinds = [f"[{slug}](#problem-{slug})" for slug in slugs_of(answer)]
            rows.append((f"`{status}`", ", ".join(kinds) or answer["description"]))
    return paragraphs("**Problems:**", table(("status", "type"), rows))


def _shape(name: str, schema: dict[str, Any]) -> str:
    needed = schema.get("required", [])
    return paragraphs(
        heading(2, f"`{name}`", f"shape-{name}"),
        schema.get("description", ""),
        "" if "properties" in schema else _type(schema),
        table(
            ("member", "type", ""),
            [
                (f"`{member}`", _type(one), _says(one, member in needed))
                for member, one in schema.get("properties", {}).items()
            ],
        ),
    )


def _says(member: dict[str, Any], is_needed: bool) -> str:
    return " ".join(
        filter(None, ("*Always there.*" if is_needed else "", member.get("description")))
    )


def _type(schema: dict[str, Any]) -> str:
    """Say in a few words what a schema takes."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#shape-{name})"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return " or ".join(_type(one) for one in schema[several])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("type", "any JSON"))
