"""The README and .env.example agree with the code."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from oracle_api import create_app
from oracle_api.problems import KINDS
from oracle_api.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
SETTINGS = {item.metadata["variable"]: item for item in fields(Settings)}


def written(default: Any) -> str:
    """Write a default as the documents do."""
    if isinstance(default, bool):
        return "1" if default else "0"
    if isinstance(default, tuple):
        return ",".join(map(written, default))
    return f"{default:g}" if isinstance(default, float) else str(default)


@pytest.mark.parametrize("variable", SETTINGS)
def test_every_setting_is_in_the_table_with_its_default_and_purpose(variable: str) -> None:
    item = SETTINGS[variable]
    default = written(item.default)
    cell = f"`{default}`" if default else ""
    assert f"| `{variable}` | {cell} | {item.metadata['purpose']} |" in README


def test_the_table_has_no_other_setting() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE)
    assert rows == list(SETTINGS)


@pytest.mark.parametrize("variable", SETTINGS)
def test_every_setting_is_in_the_example_file(variable: str) -> None:
    assert re.search(rf"^#?{variable}=", EXAMPLE, re.MULTILINE)


def test_what_the_example_file_comments_out_are_the_defaults() -> None:
    shown = dict(re.findall(r"^#([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    illustrations = {"ORACLE_DSN", "CORS_ORIGINS", "DATE_FORMAT", "PARAMS_BY_POSITION"}
    for variable in shown.keys() - illustrations:
        assert shown[variable] == written(SETTINGS[variable].default), variable


def test_the_example_file_is_accepted_once_the_token_is_set() -> None:
    environ = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    assert Settings.from_env({**environ, "API_TOKEN": "t"}).api_token == "t"


def test_every_route_is_in_the_readme() -> None:
    app = create_app(Settings.from_env({"ORACLE_DSN": "embedded", "API_TOKEN": "t"}))
    for rule in app.url_map.iter_rules():
        path = (
            rule.rule.replace("<job:job_id>", "{id}")
            .replace("<job_id>", "{id}")
            .replace("<path:label>", "{param}")
            .replace("<name>", "{name}")
            .replace("<asset>", "{asset}")
        )
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            assert re.search(rf"`{method} {re.escape(path)}[`?]", README), f"{method} {path}"


def test_every_status_of_a_problem_is_in_the_readme() -> None:
    table = README[README.index("| status | when |") :]
    for kind in KINDS.values():
        assert re.search(rf"\b{kind.status.value}\b", table), kind


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_no_fault_lost_a_job_or_ran_one_twice() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text()
    head, _, *rows = re.findall(r"^\| (.*) \|$", page, re.MULTILINE)
    names = head.split(" | ")
    faults = [dict(zip(names, row.split(" | "), strict=True)) for row in rows]
    assert len(faults) >= 9
    assert int(faults[0]["rounds"]) >= 50
    for fault in faults:
        assert int(fault["jobs accepted"]) > 0
        for name in ("lost", "run twice", "answers that were no proper problem document"):
            assert fault[name] == "0", fault


def test_what_the_security_page_names_as_shown_is_there() -> None:
    text = (ROOT / "docs" / "SECURITY.md").read_text()
    named = set(re.findall(r"`((?:tests|docs)/[\w./]+)`", text))
    assert len(named) > 10
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []
