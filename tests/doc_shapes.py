"""What JSON that stands in a document is, and whether it is so."""

import json
import re
from functools import cache
from typing import Any

import jsonschema
import msgspec
from reference.document import document

from oracle_api.audit_log import AuditLine

# The first whose members are all there.
_SHAPES = (
    ("JobPage", {"total", "jobs"}),
    ("Accepted", {"job_id", "status", "check_status_url"}),
    ("JobDeleted", {"message", "job_id"}),
    ("JobsDeleted", {"message", "deleted"}),
    ("Job", {"id", "procedure_name"}),
    ("Readiness", {"status", "engine"}),
    ("Problem", {"type", "title", "status", "detail"}),
    ("CallAnswer", {"status", "out"}),
    ("RowPage", {"columns", "rows"}),
    ("ProcedureList", {"procedures"}),
    ("JobEvent", {"type", "timestamp", "data"}),
    ("AuditLine", {"event", "start"}),
    ("ProcedureBody", {"name"}),
)


def parsed(text: str) -> Any:
    """Read JSON; members without their braces are an object's."""
    return json.loads(f"{{{text}}}" if text.lstrip().startswith('"') else text)


def check(value: Any) -> str:
    """Hold a value against the shape that it has by its members.

    Returns:
        The shape's name; empty where it is none of the API's.

    Raises:
        jsonschema.ValidationError, msgspec.ValidationError: it is not as it should be.
    """
    if not isinstance(value, dict):
        return ""
    shape = next((name for name, members in _SHAPES if members <= value.keys()), "")
    if shape == "AuditLine":
        msgspec.convert(value, AuditLine, strict=True)
        assert value.keys() <= set(AuditLine.__struct_fields__)
    elif shape:
        _validate(value, {"$ref": f"#/components/schemas/{shape}"})
        assert value.keys() <= _members(shape).keys(), shape
    elif value and value.keys() <= _members("Job").keys() - {"status"}:
        for name, part in value.items():
            _validate(part, _members("Job")[name])
        return "part of Job"
    return shape


def http_body(text: str) -> Any:
    """Read a request or an answer as it goes over the wire, and give its JSON.

    Raises:
        ValueError: it is none.
    """
    head, _, body = text.partition("\n\n")
    first, *headers = head.splitlines()
    if not re.fullmatch(r"HTTP/1\.1 \d{3} [A-Z -]+|[A-Z]+ /\S* HTTP/1\.1", first):
        raise ValueError(f"{first} begins no HTTP message")
    if not all(re.fullmatch(r"[\w-]+: \S.*", header) for header in headers):
        raise ValueError("a header is none")
    return json.loads(body) if body.strip() else None


def _members(shape: str) -> dict[str, Any]:
    members: dict[str, Any] = document()["components"]["schemas"][shape]["properties"]
    return members


def _validate(value: Any, schema: dict[str, Any]) -> None:
    _validator(json.dumps(schema)).validate(value)


@cache
def _validator(schema: str) -> jsonschema.Draft202012Validator:
    components = document()["components"]
    return jsonschema.Draft202012Validator({**json.loads(schema), "components": components})
