"""The README, .env.example and the documentation's pages agree with the code."""

import configparser
import io
import re
import shutil
import subprocess
import tomllib
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import reference
from dotenv import dotenv_values
from reference.document import document
from reference.settings import written
from ruamel.yaml import YAML

from oracle_api import create_app
from oracle_api.audit_log import AuditLine
from oracle_api.clients.client import Scope
from oracle_api.clients.tokenfile import Entry
from oracle_api.problems import KINDS
from oracle_api.settings import Range, Settings
from tests import doc_shapes
from tests.doc_blocks import CHECKED, EXECUTED, PROGRAMS, Block, all_blocks, pages

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
EXAMPLE = (ROOT / ".env.example").read_text()
SETTINGS = {item.metadata["variable"]: item for item in fields(Settings)}


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


def faults_of(page: str) -> list[dict[str, str]]:
    """Give the rows of a page's table of faults."""
    text = (ROOT / "docs" / page).read_text()
    table = text[text.index("| fault |") :].partition("\n\n")[0]
    head, _, *rows = re.findall(r"^\| (.*) \|$", table, re.MULTILINE)
    names = head.split(" | ")
    return [dict(zip(names, row.split(" | "), strict=True)) for row in rows]


def test_no_fault_of_a_cluster_lost_a_job_or_ran_one_twice() -> None:
    faults = faults_of("reliability-cluster.md")
    assert len(faults) >= 25
    assert sum(int(fault["jobs accepted"]) for fault in faults) > 2000
    for fault in faults:
        assert int(fault["jobs accepted"]) > 0
        for name in ("lost", "run twice", "untrue", "improper answers"):
            assert fault[name] == "0", fault
        seconds = float(fault["longest until an orphan was ended"].removesuffix(" s"))
        assert seconds < 30, fault


def test_no_fault_lost_a_job_or_ran_one_twice() -> None:
    faults = faults_of("reliability.md")
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


# ---- the reference, which is made from the code


@pytest.fixture(scope="module")
def site() -> str:
    """All pages of the reference, with what is made from the code filled in."""
    folder = ROOT / "docs" / "reference"
    return "\n".join(reference.filled(path.read_text("utf-8")) for path in folder.glob("*.md"))


def test_every_part_of_the_reference_is_asked_for_once() -> None:
    asked = Counter(
        name
        for page in pages()
        for name in re.findall(r"^<!-- made from the code: (.+) -->$", read(page), re.MULTILINE)
    )
    assert asked == Counter(reference.MAKERS.keys())


def test_a_part_that_nobody_makes_is_an_error() -> None:
    with pytest.raises(KeyError):
        reference.filled("<!-- made from the code: wishes -->")


@pytest.mark.parametrize("variable", SETTINGS)
def test_every_setting_is_in_the_reference(variable: str, site: str) -> None:
    purpose = SETTINGS[variable].metadata["purpose"].replace("](docs/", "](/")
    default = written(SETTINGS[variable].default)
    shown = f"Default: `{default}`." if default else "Default: empty."
    cast = SETTINGS[variable].metadata["cast"]
    limits = f" From {cast.lowest:,} to {cast.highest:,}." if isinstance(cast, Range) else ""
    assert f"### `{variable}`\n\n{purpose}\n\n{shown}{limits}\n" in site


def test_every_route_of_the_document_is_in_the_reference(site: str) -> None:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            heading = f"(route-{operation['operationId']})=\n### `{method.upper()} {path}`"
            assert heading in site
            assert operation["summary"] in site
            assert operation.get("description", "") in site


def test_every_shape_is_in_the_reference_with_its_members(site: str) -> None:
    for name, schema in document()["components"]["schemas"].items():
        _, _, text = site.partition(f"(shape-{name})=\n")
        for member in schema.get("properties", {}):
            assert f"| `{member}` |" in text.partition("\n(shape-")[0], f"{name}.{member}"


def test_every_error_is_in_the_reference_with_what_to_do(site: str) -> None:
    for kind in KINDS.values():
        _, _, text = site.partition(f"(problem-{kind.slug})=\n")
        text = text.partition("\n(problem-")[0]
        assert kind.remedy
        for part in (kind.type, kind.title, kind.remedy, f"{kind.status.value}"):
            assert part in text, kind.slug
        assert re.search(r"\| answered by \| (\[|every)", text), kind.slug


def test_every_status_that_says_it_all_is_in_the_reference(site: str) -> None:
    for methods in document()["paths"].values():
        for operation in methods.values():
            for status in operation["responses"]:
                assert f"`{status}`" in site


def test_every_command_and_its_commands_are_in_the_reference(site: str) -> None:
    for command in ("", "token", "token new", "token check"):
        assert f"usage: python -m oracle_api {command}".rstrip() in site
        assert not command or f"## `{command}`" in site


def test_every_scope_and_every_member_of_a_client_is_in_the_reference(site: str) -> None:
    for name in (*Scope, *Entry.__struct_fields__):
        assert re.search(rf"^\| `{name}` \| \S", site, re.MULTILINE), name
    # Both open it, with no other scope.
    assert re.search(r"^\| `jobs:read:all` \| \[`GET /jobs`\]", site, re.MULTILINE)


def test_every_member_of_an_audit_line_is_in_the_reference(site: str) -> None:
    for name in AuditLine.__struct_fields__:
        assert re.search(rf"^\| `{name}` \| \S", site, re.MULTILINE), name


# ---- blocks; those that can be carried out are in integration/test_doc_blocks.py

BLOCKS = list(all_blocks())


def read(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def test_every_block_is_found() -> None:
    for page in pages():
        fences = re.findall(r"^ *```(?!\{)\S+$", read(page), re.MULTILINE)
        assert len(fences) == sum(block.page == page for block in BLOCKS), page


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_block_is_run_or_checked_or_says_why_not(block: Block) -> None:
    known = (*EXECUTED, *CHECKED)
    is_accounted_for = block.kind in known or block.is_answer or block.excuse
    assert is_accounted_for, f"a block of the kind {block.kind!r} is neither run nor checked"


def test_few_blocks_are_left_out() -> None:
    could_run = [block for block in BLOCKS if block.kind in EXECUTED]
    left_out = Counter(block.page for block in could_run if not block.is_run)
    assert all(count <= 3 for count in left_out.values()), left_out
    assert left_out.total() * 5 < len(could_run), left_out


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.kind in ("bash", "sh")], ids=str)
def test_a_shell_block_is_well_formed(block: Block) -> None:
    done = subprocess.run(
        ["bash", "-n"], input=block.text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.kind in PROGRAMS], ids=str)
def test_a_program_is_well_formed(block: Block) -> None:
    if block.kind == "python":
        compile(block.text, str(block), "exec")
    elif shutil.which("node"):
        done = subprocess.run(
            ["node", "--check", "--input-type=module"],
            input=block.text,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.kind in CHECKED], ids=str)
def test_data_is_as_the_api_has_it(block: Block) -> None:
    match block.kind:
        case "json":
            doc_shapes.check(doc_shapes.parsed(block.text))
        case "http":
            doc_shapes.check(doc_shapes.http_body(block.text))
        case "toml":
            tomllib.loads(block.text)
        case "yaml":
            YAML(typ="safe").load(block.text)
        case "ini":
            check_ini(block.text)


def check_ini(text: str) -> None:
    """Read a file with sections; one without is an ``.env``, which has settings alone."""
    if "[" in text:
        configparser.ConfigParser(interpolation=None).read_string(text)
        return
    named = dotenv_values(stream=io.StringIO(text))
    assert named.keys() <= SETTINGS.keys(), named.keys() - SETTINGS.keys()


def test_most_json_is_known_to_be_of_the_api() -> None:
    shown = [one for one in BLOCKS if one.kind == "json"]
    known = [one for one in shown if doc_shapes.check(doc_shapes.parsed(one.text))]
    assert len(known) * 3 > len(shown) * 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "P", "params": 5},
        {"name": "P", "parms": {}},
        {"id": "x", "procedure_name": "P", "status": "done"},
        {"type": "about:blank", "title": "t", "status": "404", "detail": "d"},
        {"callback": {"url": "https://example.com", "state": "lost", "attempts": 1}},
    ],
)
def test_what_the_api_does_not_have_is_told(wrong: Any) -> None:
    with pytest.raises((doc_shapes.jsonschema.ValidationError, AssertionError)):
        doc_shapes.check(wrong)


@pytest.mark.parametrize("text", ["HTTP/2 200\n\n{}", "HTTP/1.1 200 OK\nnothing\n\n{}"])
def test_what_is_no_http_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"none|begins no"):
        doc_shapes.http_body(text)
