"""Shows what a call gave: OUT values, cursors, lines of DBMS_OUTPUT."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from oracle_api.terminal.printer import Printer, flat

#: Gives all rows that are kept at a ``rows_url``, page by page.
Pages = Callable[[str], Iterator[list[list[Any]]]]


def show_results(
    printer: Printer, out: Any, results: Sequence[Any], output: Sequence[str | None], pages: Pages
) -> None:
    """Show everything that a call gave.

    Args:
        printer: to print with.
        out: values by the names of the OUT parameters; of a batch, a list of such objects.
        results: implicit results.
        output: lines of DBMS_OUTPUT.
        pages: reads the rows of cursors that are not there themselves.
    """
    if isinstance(out, list):
        _show_batch(printer, out)
    elif isinstance(out, dict):
        _show_values(printer, out, pages)
    for number, result in enumerate(results):
        if is_cursor(result):
            _show_cursor(printer, f"results.{number}", result, pages)
    for line in output:
        printer.line(line or "")


def is_cursor(value: Any) -> bool:
    """Say whether a value is the rows of a REF CURSOR, or says where they are."""
    if not isinstance(value, dict) or "columns" not in value:
        return False
    return "rows" in value or _url(value) is not None


def rows_url(value: Any) -> str | None:
    """Give where all rows of a cursor are, if they are anywhere."""
    return _url(value) if is_cursor(value) else None


def _url(value: dict[str, Any]) -> str | None:
    url = value.get("rows_url")
    return url if isinstance(url, str) else None


def _show_values(printer: Printer, out: dict[str, Any], pages: Pages) -> None:
    plain = [(name, _plain(value)) for name, value in out.items() if not is_cursor(value)]
    if plain:
        printer.pairs(plain)
    for name, value in out.items():
        if is_cursor(value):
            _show_cursor(printer, name, value, pages)


def _show_cursor(printer: Printer, name: str, cursor: dict[str, Any], pages: Pages) -> None:
    rows: Iterable[Any]
    rows = cursor["rows"] if "rows" in cursor else flat(pages(cursor["rows_url"]))
    printer.table(cursor["columns"], rows, title=name)
    if cursor.get("truncated"):
        printer.remark(f"{name} has more rows than one answer may hold; a job keeps them all.")


def _show_batch(printer: Printer, elements: list[Any]) -> None:
    columns = list(dict.fromkeys(flat(elements)))
    rows = [[_plain(one.get(column)) for column in columns] for one in elements]
    printer.table(columns, rows)


def _plain(value: Any) -> Any:
    """Give a value, or in place of a LOB that is kept elsewhere how large it is and where."""
    if isinstance(value, dict) and "lob_url" in value:
        return f"{value.get('size')} bytes of {value.get('media_type')} at {value['lob_url']}"
    return value
