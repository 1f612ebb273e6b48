"""The examples that no test can run are at least right in their syntax."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import tree_sitter_pwsh
from tree_sitter import Language, Parser

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
TESTS = ROOT / "tests"

POWERSHELL = sorted((DOCS / "examples/powershell").iterdir())
PLSQL = [*sorted((DOCS / "examples/plsql").iterdir()), DOCS / "sql/demo_procedures.sql"]

# In CI the grammar must be there.
needs_plsql_grammar = pytest.mark.skipif(
    not os.environ.get("CI") and not (shutil.which("node") and (TESTS / "node_modules").exists()),
    reason="needs node, and npm ci --prefix tests",
)


def powershell_is_sound(text: str) -> bool:
    """Tell whether a text is PowerShell to the grammar of tree-sitter."""
    parser = Parser(Language(tree_sitter_pwsh.language()))
    return not parser.parse(text.encode()).root_node.has_error


def plsql_errors(scripts: list[str]) -> list[list[str]]:
    """Find where scripts are no PL/SQL to the grammar of ANTLR; SQL*Plus lines are left out."""
    plain = [re.sub(r"^SET .*$", "", script, flags=re.MULTILINE) for script in scripts]
    done = subprocess.run(
        ["node", str(TESTS / "grammars/plsql_errors.cjs")],
        input=json.dumps(plain),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return list(json.loads(done.stdout))


@pytest.mark.parametrize("path", POWERSHELL, ids=lambda path: path.name)
def test_an_example_is_powershell(path: Path) -> None:
    text = path.read_text("utf-8")
    assert powershell_is_sound(text)
    broken = text.replace(") {", " {", 1)
    assert not powershell_is_sound(broken), "the check finds what is wrong"


@needs_plsql_grammar
def test_the_examples_are_plsql() -> None:
    scripts = [path.read_text("utf-8") for path in PLSQL]
    broken = [script.replace("END LOOP;", "END;", 1) for script in scripts[-1:]]
    *found, found_in_broken = plsql_errors([*scripts, *broken])
    assert found == [[] for _ in scripts]
    assert found_in_broken, "the check finds what is wrong"
