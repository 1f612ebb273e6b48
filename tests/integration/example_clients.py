"""The clients of docs/examples, each driven in its own language by the same words."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .service import ROOT, TOKEN

EXAMPLES = ROOT / "docs/examples"

_PYTHON = """
import json, pathlib, sys
from oracle_api_client import OracleApi, OracleApiError
url, token, method, *words = json.loads(sys.argv[1])
if method == "save_csv":
    words[-1] = pathlib.Path(words[-1])
try:
    answer = getattr(OracleApi(url, token), method)(*words)
except OracleApiError as exc:
    sys.exit(type(exc).__name__)
print(json.dumps(answer, default=str))
"""

_JAVASCRIPT = """
import { pathToFileURL } from "node:url";
import { writeFileSync } from "node:fs";
const { OracleApi } = await import(pathToFileURL("oracle_api_client.mjs"));
let [url, token, method, ...words] = JSON.parse(process.argv[1]);
if (method === "submit" && words[2]) words[2] = { key: words[2] };
if (method === "wait" && words[1]) words[1] = { seconds: words[1], every: words[2] };
const path = method === "save_csv" && words.pop();
try {
  const answer = await new OracleApi(url, token)[path ? "csv" : method](...words);
  if (path) writeFileSync(path, answer);
  else console.log(JSON.stringify(answer ?? null));
} catch (error) {
  console.error(error.name);
  process.exitCode = 1;
}
"""

_SHELL = """
set -euo pipefail
source ./oracle_api.sh
mapfile -t words < <(jq -r '.[] | if type == "string" then . else tojson end' <<<"$1")
export ORACLE_API_URL=${words[0]} ORACLE_API_TOKEN=${words[1]}
failure=0
answer=$("oracle_api_${words[2]}" "${words[@]:3}") || failure=$?
if ((failure)); then
  declare -p | sed -n "s/^declare -r ORACLE_API_\\([A-Z_]*\\)=\\"$failure\\"$/\\1/p" >&2
  exit 1
fi
if [[ ${words[2]} == submit ]]; then
  jq --raw-input . <<<"$answer"
else
  printf '%s' "$answer"
fi
"""

# What the shell's client calls what the others call by a class.
_SHELL_ERRORS = {
    "INVALID": "InvalidRequest",
    "UNAUTHORISED": "NotAuthorised",
    "NOT_FOUND": "NotFound",
    "CONFLICT": "Conflict",
    "RAISED": "ProcedureFailed",
    "TIMED_OUT": "TimedOut",
    "UNAVAILABLE": "Unavailable",
    "NO_ANSWER": "NoAnswer",
    "UNKNOWN": "OutcomeUnknown",
    "JOB_FAILED": "JobFailed",
    "JOB_INTERRUPTED": "JobInterrupted",
    "JOB_CANCELLED": "JobCancelled",
    "JOB_STILL_RUNNING": "StillRunning",
}


@dataclass(frozen=True)
class Outcome:
    """How a use of a client ended.

    Args:
        value: what it gave.
        error: the class of the error that it met instead.
    """

    value: Any = None
    error: str | None = None


@dataclass(frozen=True)
class ExampleClient:
    """The client of one language.

    Args:
        language: names its folder in docs/examples.
        program: runs the words that come as its last argument.
        demo: runs its demonstration.
    """

    language: str
    program: tuple[str, ...]
    demo: tuple[str, ...]

    @property
    def is_missing(self) -> bool:
        """Whether this machine lacks what it needs."""
        needed = {"shell": ("jq", "curl"), "javascript": ("node",)}.get(self.language, ())
        return not all(map(shutil.which, needed))

    def begin(
        self, url: str, method: str, *words: Any, token: str = TOKEN
    ) -> Callable[[], Outcome]:
        """Use the client in a process of its own; gives what waits for the outcome.

        Args:
            url: of the service.
            method: of the client; all have the same.
            words: its arguments.
            token: of the caller.
        """
        process = subprocess.Popen(
            [*self.program, json.dumps([url, token, method, *words])],
            cwd=EXAMPLES / self.language,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

        def outcome() -> Outcome:
            out, err = process.communicate(timeout=90)
            if process.returncode == 0:
                return Outcome(json.loads(out) if out else None)
            name = err.splitlines()[-1]
            return Outcome(error=_SHELL_ERRORS.get(name, name))

        return outcome

    def use(self, url: str, method: str, *words: Any, token: str = TOKEN) -> Outcome:
        """Use the client, and wait for the outcome."""
        return self.begin(url, method, *words, token=token)()

    def begin_demo(self, url: str, token: str = TOKEN) -> Callable[[], tuple[int, str, str]]:
        """Start its demonstration; gives what waits for its status, output and complaints."""
        process = subprocess.Popen(
            self.demo,
            cwd=EXAMPLES / self.language,
            env={**os.environ, "ORACLE_API_URL": url, "ORACLE_API_TOKEN": token},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

        def outcome() -> tuple[int, str, str]:
            out, err = process.communicate(timeout=90)
            return process.returncode, out, err

        return outcome


CLIENTS = (
    ExampleClient("python", (sys.executable, "-c", _PYTHON), (sys.executable, "demo.py")),
    ExampleClient(
        "javascript",
        ("node", "--input-type=module", "--eval", _JAVASCRIPT, "--"),
        ("node", "demo.mjs"),
    ),
    ExampleClient("shell", ("bash", "-c", _SHELL, "bash"), ("bash", "demo.sh")),
)


def csv_lines(path: Path) -> list[str]:
    """Read the lines of a CSV file."""
    return path.read_text("utf-8").splitlines()
