"""A Sphinx extension that makes the reference from the code while the site is built.

A page asks for a part of it with a line ``<!-- made from the code: NAME -->``.
"""

import re
from collections.abc import Callable
from typing import Any

from reference.audit import audit_lines
from reference.clients import client_members, scopes
from reference.command_line import command_line
from reference.errors import plain_statuses, problems
from reference.routes import routes, shapes
from reference.settings import settings

MAKERS: dict[str, Callable[[], str]] = {
    "audit lines": audit_lines,
    "client members": client_members,
    "command line": command_line,
    "plain statuses": plain_statuses,
    "problems": problems,
    "routes": routes,
    "scopes": scopes,
    "settings": settings,
    "shapes": shapes,
}

_PLACE = re.compile(r"^<!-- made from the code: (.+) -->$", re.MULTILINE)


def filled(text: str) -> str:
    """Fill in what a page asks for.

    Args:
        text: the page in Markdown.

    Raises:
        KeyError: there is no maker of that name.
    """
    return _PLACE.sub(lambda place: MAKERS[place[1]](), text)


def setup(app: Any) -> dict[str, bool]:
    """Have Sphinx fill in the pages that it reads."""
    app.connect("source-read", _fill)
    app.connect("env-get-outdated", _outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _fill(app: Any, docname: str, source: list[str]) -> None:
    source[0] = filled(source[0])


def _outdated(
    app: Any, env: Any, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Have pages made anew that would change with the code alone."""
    return [name for name in env.found_docs if _PLACE.search(env.doc2path(name).read_text("utf-8"))]
