"""Tables: drawn on a terminal, tab-separated into a pipe."""

import io
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from oracle_api.terminal.printer import Printer

VALUES = st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False) | st.text()
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.tuples(
        st.lists(st.text(max_size=12), min_size=width, max_size=width),
        st.lists(st.lists(VALUES, min_size=width, max_size=width), max_size=5),
    )
)


class Screen(io.StringIO):
    """Says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")


@given(TABLES)
def test_into_a_pipe_goes_a_line_for_each_row(table: tuple[list[str], list[list[Any]]]) -> None:
    columns, rows = table
    out = io.StringIO()
    Printer(out, io.StringIO()).table(columns, rows, title="T")
    title, *lines = out.getvalue().split("\n")[:-1]
    assert title == "# T"
    assert len(lines) == len(rows) + 1
    assert {len(line.split("\t")) for line in lines} == {len(columns)}


def draw(columns: list[str], rows: list[list[Any]], **options: Any) -> tuple[str, str]:
    out, err = Screen(), io.StringIO()
    Printer(out, err).table(columns, rows, **options)
    return out.getvalue(), err.getvalue()


def test_a_drawn_table_keeps_its_columns_whatever_is_in_them() -> None:
    rows = [["日本語", 1], ["ñ 🐦", 22], ["\x1b[31mred", 333], ["[bold]x[/bold] :smile:", None]]
    drawn, _ = draw(["TEXT", "N"], rows)
    lines = [line for line in drawn.splitlines() if line.strip()]
    assert {cell_len(line) for line in lines} == {cell_len(lines[0])}
    assert "\x1b" not in drawn
    assert "\\x1b[31mred" in drawn
    assert "[bold]x[/bold] :smile:" in drawn
    assert lines[-1].rstrip().endswith("NULL")


@given(st.lists(st.lists(st.text(max_size=200), min_size=3, max_size=3), max_size=3))
def test_no_line_is_wider_than_the_terminal(rows: list[list[Any]]) -> None:
    drawn, _ = draw(["A", "B", "C"], rows)
    assert all(cell_len(line) <= 80 for line in drawn.splitlines())


def test_what_is_to_be_copied_is_not_broken() -> None:
    job_id = "a3f5e8d9c2b4a1e7f6d8c9b2a1e7f6d8"
    head, line = draw(["ID", "X"], [[job_id, "x" * 200]], is_list=True)[0].splitlines()
    assert head.split() == ["ID", "X"]
    assert line.split() == [job_id, "x" * 200]


def test_a_terminal_gets_the_first_rows_and_is_told() -> None:
    drawn, said = draw(["N"], [[number] for number in range(201)])
    assert "199" in drawn
    assert "200" not in drawn
    assert "first 200 rows" in said
    assert draw(["N"], [[number] for number in range(200)])[1] == ""
    assert draw(["N"], [[number] for number in range(201)], is_list=True)[1] == ""


def test_numbers_keep_their_digits() -> None:
    out = io.StringIO()
    Printer(out, io.StringIO()).pairs([("a", 10**37 + 1), ("b", Decimal("0.10")), ("c", None)])
    assert out.getvalue() == f"a\t{10**37 + 1}\nb\t0.10\nc\t\n"
