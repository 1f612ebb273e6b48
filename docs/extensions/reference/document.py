"""The API's document, as the service itself gives it with its default settings."""

from functools import cache
from typing import Any

from oracle_api import create_app
from oracle_api.openapi.document import service_document
from oracle_api.settings import Settings


@cache
def document() -> dict[str, Any]:
    """Make the document; it is not to be changed."""
    defaults = Settings.from_env({"ORACLE_DSN": "embedded", "API_TOKEN": "t"})
    return service_document(create_app(defaults), defaults)


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, where there is one."""
    if "$ref" not in part:
        return part
    section, name = part["$ref"].split("/")[-2:]
    found: dict[str, Any] = document()["components"][section][name]
    return found


def link(method: str, path: str, operation: dict[str, Any]) -> str:
    """Link to an operation's description."""
    return f"[`{method} {path}`](#route-{operation['operationId']})"


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Give method, path and description of each operation, in the document's order."""
    return [
        (method.upper(), path, operation)
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    ]
