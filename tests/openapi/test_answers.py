"""What the service makes of a job is what the document says of it."""

from collections.abc import Callable
from typing import Any

import jsonschema
import msgspec
import pytest

from oracle_api import create_app
from oracle_api.documents import encode, job_document
from oracle_api.jobs.job import Job
from oracle_api.jobs.store import JobStore
from oracle_api.openapi.document import service_document
from oracle_api.settings import Settings
from oracle_api.webhooks.message import message_body
from tests.webhooks.conftest import add, clock, database, end, owners, store, url

__all__ = ["add", "clock", "database", "end", "owners", "store", "url"]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    settings = Settings.from_env({"ORACLE_DSN": "embedded", "API_TOKEN": "t"})
    return service_document(create_app(settings), settings)


def check(document: dict[str, Any], name: str, value: Any) -> None:
    """Check a value against a component, which must name each of its members."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    jsonschema.validate(value, schema)
    assert value.keys() <= document["components"]["schemas"][name]["properties"].keys()


def test_a_job_that_calls_back(
    document: dict[str, Any], store: JobStore, add: Callable[..., Job]
) -> None:
    job = store.get(add(callback_url="https://hooks.example.com/done").id)
    shown = msgspec.json.decode(encode(job_document(job, show_params=True)))
    assert shown["callback"]["state"] == "waiting"
    check(document, "Job", shown)
    check(document, "Callback", shown["callback"])


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_what_a_callback_says(
    document: dict[str, Any], end: Callable[..., Job], status: str
) -> None:
    event = msgspec.json.decode(message_body(end(status)))
    check(document, "JobEvent", event)
    check(document, "Job", event["data"])
