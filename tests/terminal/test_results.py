"""What a call gave, as it is shown."""

import io
from collections.abc import Iterator
from typing import Any

from oracle_api.terminal.printer import Printer
from oracle_api.terminal.results import rows_url, show_results

CURSOR = {"columns": ["ID"], "rows": [[1], [2]]}
KEPT = {"columns": ["ID"], "row_count": 3, "rows_url": "/jobs/a/rows/P"}


def shown(
    out: Any, results: list[Any] | None = None, output: list[str | None] | None = None
) -> str:
    def pages(url: str) -> Iterator[list[list[Any]]]:
        assert url == KEPT["rows_url"]
        yield from ([[1], [2]], [[3]])

    stream = io.StringIO()
    show_results(Printer(stream, io.StringIO()), out, results or [], output or [], pages)
    return stream.getvalue()


def test_values_come_before_cursors() -> None:
    assert shown({"P": CURSOR, "A": 1}) == "A\t1\n# P\nID\n1\n2\n"


def test_rows_that_are_kept_elsewhere_are_fetched() -> None:
    assert shown({"P": KEPT}) == "# P\nID\n1\n2\n3\n"


def test_a_record_is_no_cursor() -> None:
    assert shown({"P": {"columns": 1}}) == 'P\t{"columns":1}\n'
    assert rows_url({"columns": []}) is None


def test_a_lob_that_is_kept_elsewhere_is_named() -> None:
    lob = {"size": 5, "media_type": "text/plain", "lob_url": "/jobs/a/lobs/P"}
    assert shown({"P": lob}) == "P\t5 bytes of text/plain at /jobs/a/lobs/P\n"


def test_a_batch_is_a_table() -> None:
    assert shown([{"A": 1}, {"A": 2, "B": "x"}]) == "A\tB\n1\t\n2\tx\n"


def test_implicit_results_and_lines_come_last() -> None:
    assert shown({}, [CURSOR], ["one", None]) == "# results.0\nID\n1\n2\none\n\n"
