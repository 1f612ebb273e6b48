"""Joins operations, routes, scopes, settings, schemas and problems to an OpenAPI document."""

import inspect
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import msgspec
from flask import Flask
from werkzeug.exceptions import default_exceptions
from werkzeug.routing import Rule

from oracle_api import exceptions as errors
from oracle_api.auth import scopes_of
from oracle_api.openapi import answers
from oracle_api.openapi.operations import (
    GUARDED,
    JSON,
    ONLY_JOBS,
    OPERATIONS,
    TAGS,
    Answer,
    Body,
    Operation,
)
from oracle_api.openapi.parts import EVERYWHERE, HEADERS, IN_PATHS, PARAMETERS, WITH_TOKEN
from oracle_api.problems import KINDS, MEDIA_TYPE, Kind
from oracle_api.schemas import ProcedureBody
from oracle_api.settings import Settings
from oracle_api.version import VERSION

OPENAPI = "3.1.1"
SECURITY = "token"

_REF = "#/components/{}/{}"
_VARIABLE = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")

_DESCRIPTION = """\
Runs Oracle PL/SQL procedures over HTTP and JSON, at once or in the background.

Every request but those of the documents and `GET /healthz` needs `Authorization: Bearer <token>`.
Errors are problem documents (RFC 9457). Numbers keep all their digits both ways, dates are
written as ISO 8601, `RAW` and `BLOB` as base64."""

Json = dict[str, Any]


@lru_cache(maxsize=1)
def service_document(app: Flask, settings: Settings) -> Json:
    """Describe all routes of the service that have an entry in ``operations.OPERATIONS``.

    It is made once, and not to be changed.

    Args:
        app: with its routes.
        settings: whose limits are shown.
    """
    return pruned(
        {
            "openapi": OPENAPI,
            "info": info("oracle_api", _DESCRIPTION),
            "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
            "paths": paths(app, settings, OPERATIONS),
            "components": components(settings),
        }
    )


def info(title: str, description: str) -> Json:
    """Make the ``info`` of a document."""
    return {"title": title, "version": VERSION, "description": description}


def ref(section: str, name: str) -> Json:
    """Refer to a component."""
    return {"$ref": _REF.format(section, name)}


def components(settings: Settings) -> Json:
    """Make the components that every document of this service uses."""
    return {
        "securitySchemes": {
            SECURITY: {
                "type": "http",
                "scheme": "bearer",
                "description": "A client's token, or `API_TOKEN`.",
            }
        },
        "schemas": _schemas(settings),
        "parameters": {**IN_PATHS, **PARAMETERS},
        "headers": HEADERS,
        "examples": {kind.slug: _example(kind) for kind in KINDS.values()},
    }


def paths(app: Flask, settings: Settings, operations: Mapping[str, Operation]) -> Json:
    """Describe routes.

    Args:
        app: whose routes they are.
        settings: that descriptions are filled in with.
        operations: by endpoint; routes without one are left out.
    """
    found: dict[str, Json] = defaultdict(dict)
    for rule in app.url_map.iter_rules():
        operation = operations.get(rule.endpoint)
        if operation is None:
            continue
        path = _VARIABLE.sub(r"{\1}", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            view = app.view_functions[rule.endpoint]
            found[path][method.lower()] = _operation(operation, rule, view, settings)
    return {path: found[path] for path in sorted(found, key=_order(operations, found))}


def _order(operations: Mapping[str, Operation], found: Mapping[str, Json]) -> Callable[[str], int]:
    """Order paths as the table of operations does."""
    ids = [operation.id for operation in operations.values()]
    return lambda path: min(ids.index(one["operationId"]) for one in found[path].values())


def _operation(
    operation: Operation, rule: Rule, view: Callable[..., Any], settings: Settings
) -> Json:
    scopes = scopes_of(view)
    described: Json = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": _description(operation, scopes).format(settings=settings),
        "security": _security(scopes),
        "parameters": [
            *(ref("parameters", name) for name in sorted(rule.arguments)),
            *(ref("parameters", name) for name in (*operation.parameters, *EVERYWHERE)),
        ],
        "callbacks": dict(operation.callbacks),
        "requestBody": operation.body and {"required": True, "content": _content(operation.body)},
        "responses": _responses(operation, scopes),
    }
    return {name: value for name, value in described.items() if value not in (None, "", {})}


def _description(operation: Operation, scopes: tuple[str, ...] | None) -> str:
    needed = f"Needs the scope {' or '.join(f'`{scope}`' for scope in scopes)}." if scopes else ""
    return "\n\n".join(filter(None, (operation.description, needed)))


def _security(scopes: tuple[str, ...] | None) -> list[Json]:
    if scopes is None:
        return []
    return [{SECURITY: [str(scope)]} for scope in scopes] or [{SECURITY: []}]


def _responses(operation: Operation, scopes: tuple[str, ...] | None) -> Json:
    responses = {int(status): _answer(answer) for status, answer in operation.answers.items()}
    responses.update(_problems(operation, scopes))
    if scopes is not None:
        for response in responses.values():
            response["headers"].update({name: ref("headers", name) for name in WITH_TOKEN})
    return {str(status): response for status, response in responses.items()}


def _answer(answer: Answer) -> Json:
    described: Json = {
        "description": answer.description,
        "headers": _headers(answer.headers),
        "content": answer.body and _content(answer.body),
        "links": dict(answer.links),
    }
    return {name: value for name, value in described.items() if value}


def _headers(names: Iterable[str]) -> Json:
    return {name: ref("headers", name) for name in ("X-Request-ID", *names)}


def _content(body: Body) -> Json:
    content: Json = {}
    for media_type, shape in body.shapes.items():
        schema = shape if isinstance(shape, dict) else ref("schemas", shape.__name__)
        content[media_type] = {"schema": schema}
        if media_type == JSON and body.examples:
            content[media_type]["examples"] = dict(body.examples)
    return content


def pruned(document: Json) -> Json:
    """Leave out the components of a document that nothing refers to."""
    kept: set[str] = set()
    waiting = [document["paths"]]
    while waiting:
        for target in _references(waiting.pop()) - kept:
            kept.add(target)
            section, name = target.split("/")[-2:]
            waiting.append(document["components"][section][name])
    document["components"] = {
        section: {
            name: component
            for name, component in named.items()
            if section == "securitySchemes" or _REF.format(section, name) in kept
        }
        for section, named in document["components"].items()
    }
    return document


def _references(part: Any) -> set[str]:
    if isinstance(part, list):
        return set().union(*map(_references, part))
    if not isinstance(part, dict):
        return set()
    found = set().union(*map(_references, part.values()))
    target = part.get("$ref")
    return found | {target} if isinstance(target, str) else found


# ---- problems


def _problems(operation: Operation, scopes: tuple[str, ...] | None) -> Iterator[tuple[int, Json]]:
    raised = dict.fromkeys(operation.problems)
    plain = [*operation.statuses, HTTPStatus.INTERNAL_SERVER_ERROR]
    if scopes is not None:
        plain.append(HTTPStatus.UNAUTHORIZED)
        raised.update(dict.fromkeys(GUARDED))
    if scopes:
        raised[errors.ScopeMissing] = None
    kinds: dict[HTTPStatus, list[Kind]] = {status: [] for status in plain}
    for raises in raised:
        kinds.setdefault(KINDS[raises].status, []).append(KINDS[raises])
    for status in sorted(kinds):
        yield int(status), _problem(status, kinds[status])


def _problem(status: HTTPStatus, kinds: list[Kind]) -> Json:
    content: Json = {
        "schema": ref("schemas", "Problem"),
        "examples": {kind.slug: ref("examples", kind.slug) for kind in kinds}
        or {"plain": _plain_example(status)},
    }
    return {
        "description": "; ".join(kind.title for kind in kinds) or status.phrase,
        "headers": _headers(_PROBLEM_HEADERS.get(status, ())),
        "content": {MEDIA_TYPE: content},
    }


_PROBLEM_HEADERS: dict[HTTPStatus, tuple[str, ...]] = {
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate",),
    HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After",),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After",),
}


def _example(kind: Kind) -> Json:
    shown = _shown(kind.type, kind.title, kind.status, f"{kind.title}. {kind.hint}".strip())
    return {**shown, "description": kind.remedy}


def _plain_example(status: HTTPStatus) -> Json:
    """Make an example of a problem whose status says it all."""
    says = default_exceptions[status]()
    return _shown("about:blank", says.name, status, str(says.description))


def _shown(kind: str, title: str, status: HTTPStatus, detail: str) -> Json:
    return {
        "summary": title,
        "value": {
            "type": kind,
            "title": title,
            "status": int(status),
            "detail": detail,
            "error": detail,
            "request_id": "4fd9b1c6f5a24c3c9e0d0b8a7c6f1e22",
        },
    }


# ---- schemas


def _schemas(settings: Settings) -> Json:
    shapes = [
        shape
        for _, shape in inspect.getmembers(answers, inspect.isclass)
        if issubclass(shape, msgspec.Struct) and shape.__module__ == answers.__name__
    ]
    _, found = msgspec.json.schema_components(
        [ProcedureBody, *shapes], ref_template=_REF.format("schemas", "{name}")
    )
    schemas = {name: _tidy(schema) for name, schema in sorted(found.items())}
    _limit(schemas["ProcedureBody"]["properties"], settings)
    schemas["CallBody"] = _without(schemas["ProcedureBody"], ONLY_JOBS)
    return schemas


def _limit(members: Json, settings: Settings) -> None:
    """Write the settings' limits into the schemas of a body's members."""
    as_list, as_object, _ = members["params"]["anyOf"]
    as_list["maxItems"] = as_object["maxProperties"] = settings.max_params
    batch, _ = members["batch"]["anyOf"]
    batch["maxItems"] = settings.max_batch
    batch["items"]["maxProperties"] = settings.max_params


def _without(schema: Json, names: Iterable[str]) -> Json:
    members = {name: one for name, one in schema["properties"].items() if name not in names}
    return {**schema, "title": "CallBody", "properties": members}


def _tidy(schema: Any) -> Any:
    """Make a schema of a class one for clients: its description is the docstring's first part."""
    if isinstance(schema, list):
        return [_tidy(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    tidied = {name: _tidy(value) for name, value in schema.items()}
    if isinstance(description := tidied.get("description"), str):
        tidied["description"] = description.partition("\n\n")[0].replace("``", "`")
    if "enum" in tidied:
        tidied.setdefault("type", "string")
    return tidied
