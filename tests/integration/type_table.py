"""Sees what the service makes of every type, and writes docs/types.md from it.

``python -m tests.integration.type_table > docs/types.md`` writes it anew.
"""

import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oracle_api.embedded import demo
from oracle_api.embedded.server import EmbeddedServer

from . import procedures, type_procedures
from .service import Service
from .type_cases import CASES, CURSOR, CURSOR_EXAMPLES, TypeCase, from_json, to_json

DOCUMENT = Path(__file__).parents[2] / "docs" / "types.md"
# In characters of JSON.
_LONGEST_SHOWN, _BEGINNING = 160, 24
_REMOTE, _LOCAL = "PKG_REMOTE", "PKG_TYPES"

_HEAD = """\
# Types

What a client sends and gets for each type of a PL/SQL parameter, with what the service really
answered: this file is written by `make types-doc`, and a test fails where it is out of date.

- *parameter* is how PL/SQL declares it; each type has a line for every value, and one for NULL.
- *type* is what `"type"` in a request may call it, where the data dictionary does not show the
  procedure; the answers are the same. A dash: only the dictionary can describe it.
- *goes in* is the JSON value of an `IN` or `IN OUT` parameter; *OUT* and *IN OUT* are what comes
  out of parameters of these directions.
- Oracle takes an empty text for NULL. A record is never NULL, but all its fields may be; a table
  `INDEX BY PLS_INTEGER` is empty instead.

| parameter | type | goes in | OUT | IN OUT |
|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Seen:
    """What the service answered.

    Args:
        goes_in: the JSON value that went in; None with an OUT parameter alone.
        out: what came out of an OUT parameter.
        in_out: what came out of an IN OUT parameter, None where there is none.
        others: what came out of the parameter that was given NULL.
    """

    goes_in: str | None
    out: str
    in_out: str | None
    others: tuple[str, ...] = ()


def see(service: Service, case: TypeCase) -> list[Seen]:
    """Call the procedure of a case with each value and with NULL, as the dictionary has it."""
    return [_seen(service, case, row.goes_in, None) for row in case.rows()]


def see_declared(service: Service, case: TypeCase) -> list[Seen]:
    """Do the same where the dictionary shows nothing, by the request's types and directions."""
    return [_seen(service, case, row.goes_in, case.declared) for row in case.rows()]


def see_cursors(service: Service, declared: str | None = None) -> list[Seen]:
    """Call the procedure that opens a REF CURSOR, or leaves it closed."""
    seen = []
    for example in CURSOR_EXAMPLES:
        params: Any = {"p_rows": example.goes_in}
        if declared is not None:
            params = [
                {"name": "p_rows", "value": example.goes_in, "type": "NUMBER"},
                {"name": "P_OUT", "direction": "OUT", "type": declared},
            ]
        out = _call(service, _package(declared) + ".REF_CURSOR_", params)
        seen.append(Seen(None, out["P_OUT"], None))
    return seen


def _seen(service: Service, case: TypeCase, value: Any, declared: str | None) -> Seen:
    name = f"{_package(declared)}.{case.procedure}"
    first = _call(service, name, _params(value, None, declared))
    second = _call(service, name, _params(None, value, declared))
    others = (first["P_OUT"], second["p_both"])
    return Seen(to_json(value), second["P_OUT"], first["p_both"], others)


def _package(declared: str | None) -> str:
    return _LOCAL if declared is None else _REMOTE


def _params(p_in: Any, p_both: Any, declared: str | None) -> Any:
    if declared is None:
        return {"p_in": p_in, "p_both": p_both}
    return [
        {"name": "p_in", "value": p_in, "direction": "IN", "type": declared},
        {"name": "P_OUT", "direction": "OUT", "type": declared},
        {"name": "p_both", "value": p_both, "direction": "IN OUT", "type": declared},
    ]


def _call(service: Service, name: str, params: Any) -> dict[str, str]:
    """Call, and give the JSON text of each OUT value."""
    answer = service.request(
        "POST",
        "/procedure",
        data=to_json({"name": name, "params": params}).encode(),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    return {name: to_json(value) for name, value in from_json(answer.text)["out"].items()}


def render(seen: Iterable[tuple[TypeCase, list[Seen]]], cursors: list[Seen]) -> str:
    """Write the document."""
    lines: list[str] = []
    for case, answers in seen:
        kind = f" ({case.kind})" if case.kind else ""
        lines += _lines(f"`{case.name}`{kind}", case.declared, answers)
    lines += _lines(f"`{CURSOR}`", CURSOR, cursors)
    return _HEAD + "\n".join([*lines, "", *_declarations()]) + "\n"


def _lines(title: str, declared: str | None, answers: list[Seen]) -> Iterator[str]:
    """Write the lines of one type, whose name stands on the first."""
    heads = ((title, _code(declared)), *[("", "")] * len(answers))
    for head, one in zip(heads, answers, strict=False):
        cells = (*head, _code(one.goes_in), _code(one.out), _code(one.in_out))
        yield f"| {' | '.join(cells)} |"


def _declarations() -> Iterator[str]:
    yield "The types of the composites are:"
    yield ""
    yield "<!-- not run: declarations of packages, schema types and records side by side -->"
    yield "```sql"
    for case in CASES:
        for declaration in case.declarations:
            yield f"{declaration};"
    yield "```"


def _code(text: str | None) -> str:
    """Write a cell; of a long text its beginning and its length."""
    if text is None:
        return "-"
    if len(text) > _LONGEST_SHOWN:
        return f"`{text[:_BEGINNING]}…` ({len(text):,} characters)"
    return f"`{text}`"


def main() -> None:
    """Write the document to standard output, as a database and a service of its own answer."""
    for catalog in (procedures.catalog, type_procedures.catalog):
        demo.catalog.include(catalog)
    with (
        tempfile.TemporaryDirectory() as folder,
        EmbeddedServer(service="FREEPDB1", catalog=demo.catalog) as server,
    ):
        environ = {
            "ORACLE_DSN": server.dsn,
            "ORACLE_USER": server.user,
            "ORACLE_PASSWORD": server.password,
        }
        service = Service(Path(folder), environ).start()
        try:
            seen = [(case, see(service, case)) for case in CASES]
            sys.stdout.write(render(seen, see_cursors(service)))
        finally:
            service.stop()
            service.close()


if __name__ == "__main__":
    main()
