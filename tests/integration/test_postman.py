"""The Postman collection passes against the running service; newman runs it."""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from tests.postman.collection import COLLECTION, default_document
from tests.postman.contract import contract
from tests.postman.steps import FOLDERS

from .service import ROOT, TOKEN, Service

PAGE = (ROOT / "docs" / "how-to" / "postman.md").read_text()
MODULES = ROOT / "tests" / "node_modules"
STEPS = {folder.name: [step.name for step in folder.steps] for folder in FOLDERS}

# In CI there must be newman; so it fails there for want of it.
pytestmark = pytest.mark.skipif(
    not MODULES.exists() and "CI" not in os.environ,
    reason="there is no newman: `make test` installs it where there is npm",
)


@dataclass(frozen=True)
class Run:
    """What newman told of a run.

    Args:
        status: its exit status.
        output: of its reporter for the command line.
        executions: of requests, in their order.
        failures: the name of each request, and of the test or what else went wrong.
    """

    status: int
    output: str
    executions: list[dict[str, Any]]
    failures: set[tuple[str, str]]

    @property
    def summary(self) -> str:
        """The table at the end of the output."""
        return self.output[self.output.index("┌") :].rstrip()


Newman = Callable[..., Run]


@pytest.fixture
def newman(service: Service, tmp_path: Path) -> Newman:
    """Run a collection against a service, by the command that the page shows."""
    (shown,) = re.findall(r"^(\S+/newman run (?:.*\\\n)*.*)$", PAGE, re.MULTILINE)
    command = shlex.split(shown)

    def run(*options: str, made: dict[str, Any] | None = None, token: str = TOKEN) -> Run:
        report = tmp_path / "report.json"
        if made is not None:
            (tmp_path / "made.json").write_text(json.dumps(made))
        asked = [
            str(tmp_path / "made.json") if made and part.endswith(COLLECTION.name) else part
            for part in command
        ]
        done = subprocess.run(
            [
                *asked,
                *("--env-var", f"base_url={service.url}", "--env-var", f"token={token}"),
                *("--reporters", "cli,json", "--reporter-json-export", str(report)),
                *("--color", "off", "--timeout-request", "20000", *options),
            ],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=90,
            check=False,
        )
        assert report.exists(), done.stdout + done.stderr
        told = json.loads(report.read_text())["run"]
        failures = {
            (one["source"]["name"], one["error"].get("test", one["error"]["message"]))
            for one in told["failures"]
        }
        return Run(done.returncode, done.stdout, told["executions"], failures)

    return run


def names(run: Run) -> list[str]:
    """Give the names of the requests that ran; one that repeats itself counts once."""
    return [name for name, _ in groupby(one["item"]["name"] for one in run.executions)]


def test_the_collection_passes(newman: Newman, service: Service, record_property: Any) -> None:
    run = newman()
    assert run.failures == set(), run.output
    assert run.status == 0
    assert names(run) == [name for folder in STEPS.values() for name in folder]
    for execution in run.executions:
        assert execution["response"]["code"] < 500
        assert len(execution["assertions"]) >= 4
        assert not [one for one in execution["assertions"] if one.get("error") or one["skipped"]]
    polls = [one for one in run.executions if one["item"]["name"] == "Wait until it is completed"]
    assert 1 < len(polls) < 10
    assert "met a bug" not in service.log()
    record_property("summary", run.summary)


def test_a_wrong_token_fails(newman: Newman) -> None:
    folder = "6. See what can be called"
    run = newman("--folder", folder, token="another")
    assert run.status == 1
    assert names(run) == STEPS[folder]
    assert {(name, "It answers 200") for name in STEPS[folder]} <= run.failures


def test_what_is_not_as_the_document_says_fails(newman: Newman) -> None:
    document = deepcopy(default_document())
    document["components"]["schemas"]["Health"]["required"].append("since")
    del document["paths"]["/procedure"]["post"]["responses"]["404"]
    document["paths"]["/readyz"]["get"]["responses"]["200"]["content"] = {
        "text/csv": {"schema": {"type": "string"}}
    }
    made = json.loads(COLLECTION.read_text())
    (every,) = (event["script"] for event in made["event"] if event["listen"] == "test")
    every["exec"] = contract(document).splitlines()
    folders = list(STEPS)[:2]
    (step,) = (item for item in made["item"][1]["item"] if item["name"] == "Add two numbers")
    step["request"]["body"]["raw"] = '{"name": "SUMA_SIMPLE", "params": {"a": 1.5, "b": 3}}'
    run = newman("--folder", folders[0], "--folder", folders[1], made=made)
    assert run.status == 1
    assert run.failures == {
        ("Is the service alive?", "The body is as its schema says"),
        ("Does the database answer?", "The body is as its schema says"),
        ("Is everything ready?", "The document has this content type"),
        ("Add two numbers", "The sum is exact"),
        ("A procedure that is not there", "The document has this answer"),
    }
    assert names(run) == [name for folder in folders for name in STEPS[folder]]


def test_without_the_environment_nothing_is_sent(newman: Newman) -> None:
    run = newman("--folder", "1. Is it there?", "--env-var", "base_url=")
    assert run.status == 1
    assert {name for name, _ in run.failures} == set(STEPS["1. Is it there?"])
    assert "Choose the environment" in run.output
    assert not [one for one in run.executions if "response" in one]


def test_postmans_own_library_understands_all_of_it() -> None:
    script = ROOT / "tests" / "postman" / "understood.js"
    told = subprocess.run(
        ["node", script, COLLECTION], capture_output=True, check=True, encoding="utf-8", timeout=30
    )
    understood = {one["name"]: one for one in json.loads(told.stdout)}
    made = json.loads(COLLECTION.read_text())
    assert {name: one["folder"] for name, one in understood.items()} == {
        name: folder for folder, steps in STEPS.items() for name in steps
    }
    for folder in made["item"]:
        for item in folder["item"]:
            one, request = understood[item["name"]], item["request"]
            assert one["method"] == request["method"]
            url = request["url"]["raw"]
            for variable in request["url"].get("variable", ()):
                url = url.replace(f":{variable['key']}", variable["value"])
            assert one["url"] == url
            assert one["auth"] == request.get("auth", made["auth"])["type"]
            assert one["body"] == request.get("body", {}).get("raw")
            assert one["headers"] == [
                header["key"] for header in request["header"] if "disabled" not in header
            ]
            assert one["saved"] == [answer["code"] for answer in item["response"]]
            # The collection's own comes first.
            assert one["tests"] == [checks_of(made), checks_of(item)]


def checks_of(part: dict[str, Any]) -> str:
    """Give the script with the tests of a collection or request."""
    (lines,) = (event["script"]["exec"] for event in part["event"] if event["listen"] == "test")
    return "\n".join(lines)
