"""What the page's scripts compute, tested by node's own test runner."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from oracle_api import page

NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None and not os.environ.get("CI"), reason="there is no program `node`")
def test_what_the_scripts_compute(tmp_path: Path) -> None:
    # Of itself node would take a .js file for another kind of module.
    (tmp_path / "package.json").write_text('{"type": "module"}')
    shutil.copytree(Path(page.__file__).parent / "static", tmp_path / "static")
    shutil.copy(Path(__file__).with_name("parts.test.js"), tmp_path)
    assert NODE is not None, "there is no program `node`"
    run = subprocess.run(
        [NODE, "--test", "--test-reporter=spec", "parts.test.js"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
