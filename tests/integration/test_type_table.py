"""Every type in every direction, with and without a value; docs/types.md shows the same."""

from collections.abc import Callable
from functools import cache

import pytest

from .conftest import needs_embedded
from .service import Service
from .type_cases import CASES, CURSOR, CURSOR_EXAMPLES, TypeCase, from_json, to_json
from .type_table import DOCUMENT, Seen, render, see, see_cursors, see_declared

NAMES = [case.name for case in CASES]


def expected(case: TypeCase) -> list[Seen]:
    null = to_json(case.null)
    outs = [to_json(from_json(to_json(row.expected))) for row in case.rows()]
    return [
        Seen(to_json(row.goes_in), out, out, (null, null))
        for row, out in zip(case.rows(), outs, strict=True)
    ]


@pytest.fixture(scope="module")
def seen(service: Service) -> Callable[[TypeCase], list[Seen]]:
    """What the service answered, asked once for each case."""
    return cache(lambda case: see(service, case))


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_type_in_every_direction(seen: Callable[[TypeCase], list[Seen]], case: TypeCase) -> None:
    assert seen(case) == expected(case)


@needs_embedded
@pytest.mark.parametrize(
    "case", [case for case in CASES if case.declared], ids=lambda one: one.name
)
def test_a_type_that_only_the_request_tells(service: Service, case: TypeCase) -> None:
    assert service.get(f"/procedures/PKG_REMOTE.{case.procedure}").status_code == 404
    assert see_declared(service, case) == expected(case)


@pytest.mark.parametrize("declared", [None, pytest.param(CURSOR, marks=needs_embedded)])
def test_a_ref_cursor_comes_out(service: Service, declared: str | None) -> None:
    outs = [Seen(None, to_json(example.expected), None) for example in CURSOR_EXAMPLES]
    assert see_cursors(service, declared) == outs


@needs_embedded
def test_the_document_is_up_to_date(
    service: Service, seen: Callable[[TypeCase], list[Seen]]
) -> None:
    table = render([(case, seen(case)) for case in CASES], see_cursors(service))
    assert DOCUMENT.read_text() == table, "make types-doc writes it anew"
