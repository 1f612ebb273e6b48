"""Results on the jobs page: rows in pages and as CSV, LOBs, documents, batches."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from .browser import needs_chromium, running_browser
from .conftest import needs_embedded
from .page_visit import PageVisit, visiting
from .service import Service, eventually

pytestmark = [needs_chromium, needs_embedded]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser, service: Service) -> Iterator[PageVisit]:
    with visiting(browser, service) as visit:
        yield visit


def rows(visit: PageVisit) -> list[list[str]]:
    """Read the table that is shown."""
    return [
        row.locator("td").all_inner_texts()
        for row in visit.page.locator(".results-scroll tbody tr").all()
    ]


def saved(visit: PageVisit, button: str, folder: Path) -> bytes:
    """Save a file and read it."""
    path = folder / "saved"
    visit.save(button).save_as(path)
    return path.read_bytes()


def test_rows_are_shown_in_pages_and_saved_whole(
    visit: PageVisit, service: Service, tmp_path: Path
) -> None:
    job = service.finished(service.launch("PKG_ROWS.MANY", {"p_count": 1250}))
    visit.go(f"jobs/{job['id']}")
    status = visit.page.locator(".results-pager [role=status]")
    expect(status).to_have_text("Rows 1 to 100 of 1,250")
    visit.screenshot("page-results.png")
    caption = visit.page.get_by_role("region", name="P_ROWS: 1,250 rows")
    expect(caption.locator("th")).to_have_text(["ID", "NAME", "ID"])
    expect(caption.locator("tbody tr")).to_have_count(100)
    # By keyboard, and the focus stays for the page after that.
    following = visit.page.get_by_role("button", name="Next rows")
    following.focus()
    for first in range(101, 1201, 100):
        visit.page.keyboard.press("Enter")
        expect(status).to_have_text(f"Rows {first:,} to {first + 99:,} of 1,250")
        expect(caption.locator("tbody td").first).to_have_text(str(first))
    visit.page.keyboard.press("Enter")
    expect(status).to_have_text("Rows 1,201 to 1,250 of 1,250")
    assert rows(visit) == [[str(n), f"row {n}", str(n)] for n in range(1201, 1251)]
    expect(following).to_be_focused()
    expect(following).to_have_attribute("aria-disabled", "true")
    visit.page.get_by_role("button", name="Previous rows").click()
    expect(status).to_have_text("Rows 1,101 to 1,200 of 1,250")
    given = service.get(job["result"]["P_ROWS"]["rows_url"], headers={"Accept": "text/csv"})
    assert saved(visit, "Download P_ROWS as CSV", tmp_path) == given.content
    assert given.content.count(b"\n") == 1251


def test_the_head_of_a_table_stays_while_its_rows_scroll(
    visit: PageVisit, service: Service
) -> None:
    job = service.finished(service.launch("PKG_ROWS.MANY", {"p_count": 100}))
    visit.go(f"jobs/{job['id']}")
    head = visit.page.locator(".results-scroll th").first
    last = visit.page.locator(".results-scroll tbody tr").last
    last.scroll_into_view_if_needed()
    place, box = head.bounding_box(), visit.page.locator(".results-scroll").bounding_box()
    assert place is not None
    assert box is not None
    assert abs(place["y"] - box["y"]) < 3
    expect(last).to_be_in_viewport()


def test_rows_of_a_call_at_once_are_the_same_file(
    visit: PageVisit, service: Service, tmp_path: Path
) -> None:
    job = service.finished(service.launch("PKG_ROWS.ODD"))
    given = service.get(job["result"]["P_ROWS"]["rows_url"], headers={"Accept": "text/csv"})
    visit.launch("PKG_ROWS.ODD")
    visit.run_now()
    expect(visit.page.locator(".results-scroll tbody tr")).to_have_count(6)
    assert rows(visit)[2] == ['with "quotes"', "12345678901234567890.123"]
    assert rows(visit)[3] == ["two\nlines", "NULL"]
    assert saved(visit, "Download P_ROWS as CSV", tmp_path) == given.content


def test_documents_in_rows_are_their_json(
    visit: PageVisit, service: Service, tmp_path: Path
) -> None:
    job = service.finished(service.launch("PKG_ROWS.DOCUMENTS"))
    visit.go(f"jobs/{job['id']}")
    expect(visit.page.locator(".results-scroll tbody tr")).to_have_count(4)
    exact = '"exact":1234567890.1234567890123456789012345678'
    assert exact in rows(visit)[0][1]
    assert rows(visit)[1:] == [["2", "NULL"], ["3", "text"], ["4", '[true,{"a":null}]']]


def test_a_large_lob_is_saved_whole(visit: PageVisit, service: Service, tmp_path: Path) -> None:
    params = {"p_text": "ñ🐦", "p_times": 400_000}
    job = service.finished(service.launch("PKG_BIG.CLOB_OF", params))
    visit.go(f"jobs/{job['id']}")
    expect(visit.page.locator("#view-other")).to_contain_text("text/plain; charset=utf-8, 2.4 MB")
    assert saved(visit, "Save P_CLOB", tmp_path).decode() == "ñ🐦" * 400_000


def test_a_long_text_is_shown_in_a_box_and_saved(
    visit: PageVisit, service: Service, tmp_path: Path
) -> None:
    job = service.finished(
        service.launch("PKG_BIG.CLOB_OF", {"p_text": "<b>ñ</b>\n", "p_times": 99})
    )
    visit.go(f"jobs/{job['id']}")
    expect(visit.page.locator(".results-text")).to_contain_text("<b>ñ</b>\n<b>ñ</b>")
    assert saved(visit, "Save P_CLOB", tmp_path).decode() == "<b>ñ</b>\n" * 99


def test_implicit_results_have_tables_of_their_own(visit: PageVisit, service: Service) -> None:
    job = service.finished(service.launch("PKG_OBJ.RESULTS", {"p_rows": 3}))
    visit.go(f"jobs/{job['id']}")
    expect(visit.page.locator(".results-scroll caption")).to_have_text(
        ["Result 1: 3 rows", "Result 2: 1 rows"]
    )
    assert rows(visit) == [["0"], ["1"], ["2"], ["0"]]


def test_a_batch_has_a_line_for_each_call_and_opens_what_is_large(
    visit: PageVisit, service: Service
) -> None:
    elements = [{"a": number, "b": 1} for number in range(120)]
    job = service.finished(service.launch("SUMA_SIMPLE", batch=elements))
    visit.go(f"jobs/{job['id']}")
    expect(visit.page.locator(".results-scroll tbody tr")).to_have_count(100)
    visit.page.get_by_role("button", name="Next rows").click()
    expect(visit.page.locator(".results-scroll tbody tr")).to_have_count(20)
    assert rows(visit)[-1] == ["120", "120"]
    job = service.finished(
        service.launch("PKG_ROWS.MANY", batch=[{"p_count": 1500}, {"p_count": 2}])
    )
    visit.go(f"jobs/{job['id']}")
    visit.page.get_by_role("button", name="Show P_ROWS of call 1").click()
    expect(visit.page.get_by_role("region", name="P_ROWS of call 1: 1,500 rows")).to_be_visible()
    visit.page.get_by_role("button", name="Show P_ROWS of call 2").click()
    second = visit.page.get_by_role("region", name="P_ROWS of call 2: 2 rows")
    expect(second.locator("tbody tr")).to_have_count(2)


def test_a_wide_table_scrolls_within_a_phone(browser: Browser, service: Service) -> None:
    job = service.finished(service.launch("PKG_ROWS.DOCUMENTS"))
    phone = {"width": 360, "height": 700}
    with visiting(browser, service, locale="es", viewport=phone) as visit:
        visit.go(f"jobs/{job['id']}")
        expect(visit.page.get_by_role("button", name="Descargar P_ROWS como CSV")).to_be_visible()
        assert visit.does_not_scroll_sideways()
        assert visit.barriers() == []
        box = visit.page.locator(".results-scroll")
        assert box.evaluate("box => box.scrollWidth > box.clientWidth")
        box.focus()
        visit.page.keyboard.press("ArrowRight")
        assert eventually(lambda: box.evaluate("box => box.scrollLeft")) > 0
