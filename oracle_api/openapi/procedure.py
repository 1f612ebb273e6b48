"""An OpenAPI document of one procedure, with the types of its own parameters."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus

from flask import Flask

from oracle_api.descriptions import procedure_document, value_schema
from oracle_api.openapi.document import OPENAPI, Json, components, info, pruned, ref
from oracle_api.openapi.document import paths as describe_paths
from oracle_api.openapi.operations import JSON, ONLY_JOBS, OPERATIONS, Answer, Body, Operation
from oracle_api.oracle.composites import Composite, Node
from oracle_api.oracle.dictionary import Procedure, Signature
from oracle_api.settings import Settings

#: Where a function's result is, in calls that name parameters as the dictionary does.
_RETURN_VALUE = "return_value"

# These are written in all forms in which they are read; not-a-number and the infinities as text.
_SAME_BOTH_WAYS = ("BINARY_FLOAT", "BINARY_DOUBLE", "JSON")
_LOBS = ("CLOB", "NCLOB", "BLOB")


def procedure_openapi(app: Flask, settings: Settings, procedure: Procedure) -> Json:
    """Describe the calls of one procedure: at once, in the background, and the job of that.

    Args:
        app: with its routes.
        settings: whose limits are shown.
        procedure: as the data dictionary has it.
    """
    shared = components(settings)
    schemas = shared["schemas"]
    of_all = schemas["ProcedureBody"]["properties"]
    overloads = procedure_document(procedure)["overloads"]
    call = _body(schemas, "Call", overloads, {"output": of_all["output"]})
    submission = _body(
        schemas,
        "Submission",
        overloads,
        {name: of_all[name] for name in ("output", *ONLY_JOBS)},
    )
    schemas["CallAnswer"]["properties"]["out"] = _any_of(
        [_out(one, _at_once) for one in procedure.overloads]
    )
    schemas["Job"]["properties"]["result"] = _any_of(
        [_out(one, _kept) for one in procedure.overloads]
    )
    operations = _operations(str(procedure.name), call, submission)
    return pruned(
        {
            "openapi": OPENAPI,
            "info": info(str(procedure.name), _signatures(procedure)),
            "paths": describe_paths(app, settings, operations),
            "components": shared,
        }
    )


def _signatures(procedure: Procedure) -> str:
    return "\n\n".join(f"`{signature}`" for signature in procedure.overloads)


def _operations(name: str, call: Body, submission: Body) -> Mapping[str, Operation]:
    """Make this procedure's operations of those for all."""
    title = "".join(word.capitalize() for word in re.findall(r"[^\W_]+", name))
    operations = {
        "procedures.call_now": (f"call{title}", f"Call {name} now", call),
        "procedures.submit": (
            f"submit{title}",
            f"Call {name} in the background",
            submission,
        ),
        "jobs.show": (f"show{title}Job", f"Look at a job of {name}", None),
    }
    return {
        endpoint: replace(
            OPERATIONS[endpoint],
            id=identifier,
            summary=summary,
            body=body,
            answers=_without_examples(OPERATIONS[endpoint].answers),
        )
        for endpoint, (identifier, summary, body) in operations.items()
    }


def _without_examples(answers: Mapping[HTTPStatus, Answer]) -> Mapping[HTTPStatus, Answer]:
    return {
        status: replace(answer, body=answer.body and replace(answer.body, examples={}), links={})
        for status, answer in answers.items()
    }


def _body(schemas: Json, title: str, overloads: list[Json], more: Json) -> Body:
    """Make a body and its schemas; where there are several overloads, it says which is meant.

    Args:
        schemas: where those of the body are added.
        title: their name.
        overloads: as ``descriptions`` shows them.
        more: further members that it may have.
    """
    choices: dict[str, tuple[Json, Json]]
    if len(overloads) == 1:
        choices = {title: (overloads[0], {})}
    else:
        choices = {
            f"{title}{number}": (one, {"overload": number})
            for number, one in enumerate(overloads, 1)
        }
    for name, (overload, choice) in choices.items():
        schema = {key: value for key, value in overload["schema"].items() if key != "$schema"}
        chosen = {member: {"const": value} for member, value in choice.items()}
        schemas[name] = {
            **schema,
            "description": overload["signature"],
            "properties": {**schema["properties"], **chosen, **more},
            "required": [*schema["required"], *chosen],
        }
    return Body(
        shapes={JSON: _any_of([ref("schemas", name) for name in choices])},
        examples={
            name: {"summary": overload["signature"], "value": {**overload["example"], **choice}}
            for name, (overload, choice) in choices.items()
        },
    )


def _any_of(schemas: list[Json]) -> Json:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


# ---- what comes out


def _out(signature: Signature, schema_of: Callable[[Node | None], Json]) -> Json:
    values = {
        one.name: {
            **schema_of(one.kind),
            "description": f"{one.direction} {one.full_type_name}",
        }
        for one in signature.parameters
        if one.direction != "IN"
    }
    if signature.result is not None:
        values[_RETURN_VALUE] = {
            **schema_of(signature.result.kind),
            "description": f"RETURN {signature.returns}",
        }
    return {"type": "object", "properties": values, "required": list(values)}


def _at_once(kind: Node | None) -> Json:
    """Give the schema of a value in the answer of a synchronous call."""
    if kind is not None and kind.name == "REF CURSOR":
        return {"anyOf": [ref("schemas", "Cursor"), {"type": "null"}]}
    return _written(kind)


def _kept(kind: Node | None) -> Json:
    """Give the schema of a value in a job's result, beside which large ones are kept."""
    if kind is not None and kind.name == "REF CURSOR":
        return {"anyOf": [ref("schemas", "KeptCursor"), {"type": "null"}]}
    if kind is not None and kind.name in _LOBS:
        return {"anyOf": [_written(kind), ref("schemas", "KeptLob")]}
    return _written(kind)


def _written(kind: Node | None) -> Json:
    """Give the schema of a value as it is written: of what may be read, the first type."""
    if isinstance(kind, Composite):
        if kind.element is not None:
            return {"type": ["array", "null"], "items": _written(kind.element)}
        members = {name: _written(node) for name, node in (kind.attributes or {}).items()}
        return {"type": ["object", "null"], "properties": members, "required": list(members)}
    schema: Json = {name: value for name, value in value_schema(kind).items() if name != "examples"}
    types = schema.get("type")
    if kind is None or kind.name in _SAME_BOTH_WAYS or not isinstance(types, list):
        return schema
    return {**schema, "type": [types[0], "null"]}
