"""What a procedure looks like to somebody who wants to call it: signature, example, JSON Schema."""

from typing import Any

from oracle_api.oracle.composites import Composite, Node
from oracle_api.oracle.dictionary import Parameter, Procedure, Signature
from oracle_api.oracle.listing import Listed
from oracle_api.oracle.names import ProcedureName

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TEXT: dict[str, Any] = {"type": ["string", "number", "null"]}
_LONG_TEXT: dict[str, Any] = {"type": ["string", "null"]}
_NUMBER: dict[str, Any] = {"type": ["number", "string", "null"]}
_DATE: dict[str, Any] = {"type": ["string", "null"], "examples": ["2025-12-31T23:59:59"]}
_MOMENT: dict[str, Any] = {"type": ["string", "null"], "examples": ["2025-12-31T23:59:59Z"]}
_DAY_TO_SECOND: dict[str, Any] = {"type": ["string", "null"], "examples": ["P1DT2H3M4.5S"]}
_YEAR_TO_MONTH: dict[str, Any] = {"type": ["string", "null"], "examples": ["P1Y2M"]}
_BASE64: dict[str, Any] = {"type": ["string", "null"], "contentEncoding": "base64"}
_ANY: dict[str, Any] = {"type": ["object", "array", "string", "number", "boolean", "null"]}
_BOOLEAN: dict[str, Any] = {"type": ["boolean", "null"]}

# Schema of a value and an example, by the name that oracle.values has for the type.
_BY_TYPE: dict[str, tuple[dict[str, Any], Any]] = {
    "VARCHAR2": (_TEXT, "text"),
    "NVARCHAR2": (_TEXT, "text"),
    "CHAR": (_TEXT, "text"),
    "NCHAR": (_TEXT, "text"),
    "LONG": (_TEXT, "text"),
    "OPAQUE/XMLTYPE": (_LONG_TEXT, "<xml/>"),
    "CLOB": (_LONG_TEXT, "text"),
    "NCLOB": (_LONG_TEXT, "text"),
    "NUMBER": (_NUMBER, 1),
    "FLOAT": (_NUMBER, 1.5),
    "BINARY_INTEGER": (_NUMBER, 1),
    "BINARY_FLOAT": (_NUMBER, 1.5),
    "BINARY_DOUBLE": (_NUMBER, 1.5),
    "DATE": (_DATE, "2025-12-31"),
    "TIMESTAMP": (_DATE, "2025-12-31T23:59:59"),
    "TIMESTAMP WITH TIME ZONE": (_MOMENT, "2025-12-31T23:59:59Z"),
    "TIMESTAMP WITH LOCAL TIME ZONE": (_MOMENT, "2025-12-31T23:59:59Z"),
    "INTERVAL DAY TO SECOND": (_DAY_TO_SECOND, "P1DT2H30M"),
    "INTERVAL YEAR TO MONTH": (_YEAR_TO_MONTH, "P1Y6M"),
    "ROWID": (_LONG_TEXT, "AAAAAAAAAAAAAAAAAA"),
    "UROWID": (_LONG_TEXT, "AAAAAAAAAAAAAAAAAA"),
    "RAW": (_BASE64, "aGk="),
    "BLOB": (_BASE64, "aGk="),
    "PL/SQL BOOLEAN": (_BOOLEAN, True),
    "JSON": (_ANY, {"any": ["JSON", 1.5, None]}),
}


def list_document(procedures: list[Listed], most: int) -> dict[str, Any]:
    """Show a list of procedures, which was asked for one more than may be shown.

    Args:
        procedures: what was found.
        most: so many are shown.
    """
    document: dict[str, Any] = {
        "procedures": [
            {"name": one.full_name, "url": f"/procedures/{one.full_name}"}
            for one in procedures[:most]
        ]
    }
    if len(procedures) > most:
        document["truncated"] = True
    return document


def procedure_document(procedure: Procedure) -> dict[str, Any]:
    """Show a procedure with all its overloads."""
    return {
        "name": str(procedure.name),
        "overloads": [_overload(procedure.name, one) for one in procedure.overloads],
    }


def _overload(name: ProcedureName, signature: Signature) -> dict[str, Any]:
    document: dict[str, Any] = {
        "signature": str(signature),
        "parameters": [_parameter(one) for one in signature.parameters],
    }
    if signature.returns is not None:
        document["returns"] = {"type": signature.returns}
    document["example"] = _example(name, signature)
    document["schema"] = _schema(name, signature)
    return document


def _parameter(parameter: Parameter) -> dict[str, Any]:
    kind = parameter.kind
    return {
        "name": parameter.name,
        "direction": parameter.direction,
        "type": parameter.full_type_name,
        "has_default": parameter.has_default,
        "is_supported": kind is not None,
        **(_composition(kind) if isinstance(kind, Composite) else {}),
    }


def _composition(composite: Composite) -> dict[str, Any]:
    """Show what a collection, record or object is made of."""
    if composite.element is not None:
        return {"element": _node(composite.element)}
    attributes = composite.attributes or {}
    return {"attributes": {name: _node(node) for name, node in attributes.items()}}


def _node(node: Node) -> dict[str, Any]:
    return {"type": node.name, **(_composition(node) if isinstance(node, Composite) else {})}


def _inputs(signature: Signature) -> list[Parameter]:
    return [one for one in signature.parameters if one.direction != "OUT"]


def _example(name: ProcedureName, signature: Signature) -> dict[str, Any]:
    return {
        "name": str(name),
        "params": {one.name: _of_type(one)[1] for one in _inputs(signature) if not one.has_default},
    }


def _schema(name: ProcedureName, signature: Signature) -> dict[str, Any]:
    inputs = _inputs(signature)
    required = [one.name for one in inputs if not one.has_default]
    params: dict[str, Any] = {
        "type": "object",
        "properties": {one.name: _of_type(one)[0] for one in inputs},
        "required": required,
        "additionalProperties": False,
    }
    return {
        "$schema": _DIALECT,
        "type": "object",
        "properties": {"name": {"const": str(name)}, "params": params},
        "required": ["name", "params"] if required else ["name"],
    }


def value_schema(kind: Node | None) -> dict[str, Any]:
    """Give the JSON Schema of a value that is passed in; of an unknown type, one for any value."""
    return _of_kind(kind)[0]


def _of_type(parameter: Parameter) -> tuple[dict[str, Any], Any]:
    schema, example = _of_kind(parameter.kind)
    description = f"{parameter.direction} {parameter.full_type_name}"
    return {**schema, "description": description}, example


def _of_kind(kind: Node | None) -> tuple[dict[str, Any], Any]:
    """Give the schema and an example of a value."""
    if not isinstance(kind, Composite):
        return _BY_TYPE.get(kind.name if kind else "", ({}, None))
    if kind.element is not None:
        items, example = _of_kind(kind.element)
        return {"type": ["array", "null"], "items": items}, [example]
    members = {name: _of_kind(node) for name, node in (kind.attributes or {}).items()}
    schema = {
        "type": ["object", "null"],
        "properties": {name: member for name, (member, _) in members.items()},
        "additionalProperties": False,
    }
    return schema, {name: example for name, (_, example) in members.items()}
