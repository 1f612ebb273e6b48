"""A procedure's own figures, in words."""

import pytest

from oracle_api.remote.documents import Work
from oracle_api.terminal.figures import figures


@pytest.mark.parametrize(
    ("work", "written"),
    [
        (Work(3, 20, "bloques", None, 7), "3/20 bloques, 7s left"),
        (Work(0, 20, None, None, None), "0/20"),
        (Work(1, 2, "\x1b[2J", None, 3723), "1/2 \\x1b[2J, 1h2m3s left"),
        (Work(1, 2, "x", None, 60), "1/2 x, 1m0s left"),
    ],
)
def test_they_are_what_the_procedure_reports(work: Work, written: str) -> None:
    assert figures(work) == written
