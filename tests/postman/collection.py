"""Makes the Postman collection and its environment from the service's OpenAPI document.

``python -m tests.postman.collection`` writes them anew. The format is Postman's v2.1.0
(https://schema.postman.com/collection/json/v2.1.0/draft-07/docs/index.html).
"""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from oracle_api import create_app
from oracle_api.openapi.document import service_document
from oracle_api.settings import Settings

from .contract import PROBLEM, contract, operations
from .steps import FOLDERS, Folder, Step, script

FOLDER = Path(__file__).parents[2] / "docs" / "postman"
COLLECTION = FOLDER / "oracle_api.postman_collection.json"
ENVIRONMENT = FOLDER / "oracle_api.postman_environment.json"

Json = dict[str, Any]

_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_NAME = "oracle_api"
_JSON = "application/json"

_DESCRIPTION = """\
{service}

## Start

1. In a clone of the project, `make run` serves on `http://127.0.0.1:8080` with an embedded
   database; its token is `demo`.
2. Import `oracle_api.postman_environment.json` too, and choose the environment `oracle_api` at
   the top right. For another service, set `base_url` and `token` there.
3. Send the requests from top to bottom, or run the whole collection. Each start of a job stores
   its `job_id` in the environment, where the requests after it find it.

The tests of the collection itself check every answer, also of requests that you add, against the
OpenAPI document of version {version}; those of a request look at what it is about. Parameters that
are not ticked are what else the request may have. What is called are the demo procedures: the
embedded database has them, and `docs/sql/demo_procedures.sql` makes them in Oracle.

`make postman` writes this collection: change `tests/postman/steps.py`, not the file.
"""


def default_document() -> Json:
    """Give the document of a service with the settings of ``make run``."""
    settings = Settings.from_env({"ORACLE_DSN": "embedded", "API_TOKEN": "demo"})
    return service_document(create_app(settings), settings)


def environment() -> Json:
    """Make the environment: where ``make run`` serves, and what scripts keep."""
    kept = ("job_id", "idempotency_key", "etag", "cursor", "id_start")
    return {
        "id": _identifier("environment"),
        "name": _NAME,
        "values": [
            _variable("base_url", "http://127.0.0.1:8080"),
            {**_variable("token", "demo"), "type": "secret"},
            _variable("older_than", "0"),
            *(_variable(name, "") for name in kept),
        ],
        "_postman_variable_scope": "environment",
    }


def _variable(name: str, value: str) -> Json:
    return {"key": name, "value": value, "type": "default", "enabled": True}


def _identifier(name: str) -> str:
    """Make an id that stays the same, so that an import replaces what was imported before."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:{_NAME}:postman:{name}"))


def collection(document: Json, folders: Iterable[Folder] = FOLDERS) -> Json:
    """Make the collection.

    Args:
        document: OpenAPI 3.1, as the service shows it.
        folders: what is asked, in order.

    Raises:
        ValueError: an operation of the document is in no step.
        KeyError: a step's operation or example is not in the document.
    """
    maker = _Maker(document)
    items = [maker.folder(folder) for folder in folders]
    if maker.unseen:
        raise ValueError(f"no step of tests/postman/steps.py has {sorted(maker.unseen)}")
    return {
        "info": {
            "_postman_id": _identifier("collection"),
            "name": _NAME,
            "description": _DESCRIPTION.format(
                service=document["info"]["description"], version=document["info"]["version"]
            ),
            "schema": _SCHEMA,
        },
        "auth": _bearer("{{token}}"),
        "event": [
            _event("prerequest", script("environment.js")),
            _event("test", contract(document)),
        ],
        "item": items,
    }


def _bearer(token: str) -> Json:
    return {"type": "bearer", "bearer": [{"key": "token", "value": token, "type": "string"}]}


def _event(listen: str, text: str) -> Json:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": text.splitlines()}}


# ---- folders and requests


class _Maker:
    """Makes requests of steps, and keeps in mind which operations it has seen."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._found = {
            operation["operationId"]: (method, path, operation)
            for method, path, operation in operations(document)
        }
        self.unseen = set(self._found)
        guarded = [one for _, _, one in self._found.values() if one["security"]]
        #: Statuses that any guarded operation may have tell nothing about one of them.
        self._everywhere = set.intersection(*(set(one["responses"]) for one in guarded))

    def folder(self, folder: Folder) -> Json:
        """Make a folder with its requests."""
        return {
            "name": folder.name,
            "description": folder.says,
            "item": [self._item(step) for step in folder.steps],
        }

    def _item(self, step: Step) -> Json:
        method, path, operation = self._found[step.operation]
        request = {"method": method, **self._auth(step, operation), **self._sent(step)}
        told = (step.says, f"**{method} {path}**: {operation['summary']}.")
        about = "\n\n".join(filter(None, (*told, operation.get("description"))))
        events = [_event("test", _tests(step))]
        if step.before:
            events.insert(0, _event("prerequest", step.before))
        item = {
            "name": step.name,
            "event": events,
            "request": {**request, "description": about},
            "response": list(self._saved(step, request)),
        }
        self.unseen.discard(step.operation)
        return item

    def _auth(self, step: Step, operation: Json) -> Json:
        """Say how a request differs from the collection, which sends the environment's token."""
        if not operation["security"]:
            return {"auth": {"type": "noauth"}}
        return {"auth": _bearer(step.token)} if step.token else {}

    def _sent(self, step: Step) -> Json:
        """Make URL, headers and body."""
        _, path, operation = self._found[step.operation]
        parameters = [self._resolved(one) for one in operation.get("parameters", ())]
        by_place = {
            place: [one for one in parameters if one["in"] == place]
            for place in ("path", "query", "header")
        }
        body = self._body(step, operation)
        fixed = {"Content-Type": _JSON} if body is not None else {}
        headers = list(_fields(by_place["header"], {**fixed, **step.headers}))
        sent: Json = {"header": headers, "url": _url(path, by_place, step)}
        if body is not None:
            sent["body"] = {
                "mode": "raw",
                "raw": json.dumps(body, indent=2, ensure_ascii=False),
                "options": {"raw": {"language": "json"}},
            }
        return sent

    def _body(self, step: Step, operation: Json) -> Any:
        if step.example:
            examples = operation["requestBody"]["content"][_JSON]["examples"]
            return self._resolved(examples[step.example])["value"]
        return step.body

    def _saved(self, step: Step, request: Json) -> Iterator[Json]:
        """Make saved answers of the document's examples.

        The first request of an operation has those of every status that tells something about
        it, the others that of the problem which they meet.
        """
        _, _, operation = self._found[step.operation]
        own = {
            status
            for status in operation["responses"]
            if status < "300" or status not in self._everywhere
        }
        wanted = own if step.operation in self.unseen else set()
        if step.status >= 400:
            wanted = wanted | {str(step.status)}
        for status in sorted(wanted):
            content = operation["responses"][status].get("content", {})
            answers = content.get(_JSON, {}).get("examples", {}).values()
            problems = content.get(PROBLEM, {}).get("examples", {}).values()
            for example in answers:
                yield _answer(self._resolved(example), int(status), _JSON, request)
            # Kinds of one status differ little.
            for example in list(problems)[:1]:
                yield _answer(self._resolved(example), int(status), PROBLEM, request)

    def _resolved(self, part: Json) -> Json:
        if "$ref" not in part:
            return part
        section, name = part["$ref"].split("/")[-2:]
        found: Json = self._document["components"][section][name]
        return found


def _tests(step: Step) -> str:
    check = f"pm.response.to.have.status({step.status})"
    return f'pm.test("It answers {step.status}", () => {check});\n{step.tests}'


def _url(path: str, parameters: Mapping[str, list[Json]], step: Step) -> Json:
    segments = [
        f":{segment[1:-1]}" if segment.startswith("{") else segment
        for segment in path.strip("/").split("/")
    ]
    variables = list(_fields(parameters["path"], step.path, fill=True))
    query = list(_fields(parameters["query"], step.query))
    sent = "&".join(f"{one['key']}={one['value']}" for one in query if not one.get("disabled"))
    url: Json = {
        "raw": "/".join(("{{base_url}}", *segments)) + (f"?{sent}" if sent else ""),
        "host": ["{{base_url}}"],
        "path": segments,
    }
    if query:
        url["query"] = query
    if variables:
        url["variable"] = variables
    return url


def _fields(
    parameters: list[Json], values: Mapping[str, str], *, fill: bool = False
) -> Iterator[Json]:
    """Make the fields of parameters; those without a value are shown, but not sent.

    Args:
        parameters: of one place, as the document has them.
        values: that are sent; those of no parameter come first.
        fill: send the parameters' examples where there is no value.
    """
    described = {one["name"]: one for one in parameters}
    for name, value in values.items():
        if name not in described:
            yield {"key": name, "value": value}
    for name, parameter in described.items():
        shown = {"key": name, "value": values.get(name, _shown(parameter))}
        is_off = name not in values and not fill
        told = {"description": parameter["description"]}
        yield shown | told | ({"disabled": True} if is_off else {})


def _shown(parameter: Json) -> str:
    """Give an example of a parameter's value."""
    schema = parameter["schema"]
    for value in (parameter.get("example"), *schema.get("examples", ()), schema.get("default")):
        if value is not None:
            return str(value)
    return ""


def _answer(example: Json, status: int, kind: str, request: Json) -> Json:
    return {
        "name": f"{status} {example['summary']}",
        "originalRequest": _as_sent(request),
        "status": HTTPStatus(status).phrase,
        "code": status,
        "_postman_previewlanguage": "json",
        "header": [{"key": "Content-Type", "value": kind}],
        "cookie": [],
        "body": json.dumps(example["value"], indent=2, ensure_ascii=False),
    }


def _as_sent(request: Json) -> Json:
    """Leave out of a request what it does not send."""
    url = request["url"]
    query = {"query": _on(url["query"])} if "query" in url else {}
    return {**request, "header": _on(request["header"]), "url": {**url, **query}}


def _on(fields: list[Json]) -> list[Json]:
    return [one for one in fields if "disabled" not in one]


def written(part: Json) -> str:
    """Write a file of the collection."""
    return json.dumps(part, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write both files."""
    FOLDER.mkdir(exist_ok=True)
    COLLECTION.write_text(written(collection(default_document())))
    ENVIRONMENT.write_text(written(environment()))


if __name__ == "__main__":
    main()
