"""The charts of the jobs page: true counts, tables that agree, both themes, fresh figures."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Response, expect

from .browser import needs_chromium, running_browser
from .conftest import needs_embedded
from .page_visit import PageVisit, visiting
from .service import Service

pytestmark = [needs_chromium, needs_embedded]

OUTCOMES = ["completed", "failed", "cancelled"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module", autouse=True)
def jobs(service: Service) -> None:
    """Have jobs of every outcome, some short and one long."""
    ids = [service.launch("SUMA_SIMPLE", {"a": number, "b": 1}) for number in range(6)]
    ids += [service.launch("PROC_TEST_ERROR", {"p_should_fail": n % 2}) for n in range(5)]
    ids += [service.launch("PROC_TEST_DEMORA", {"segundos": s}) for s in ("0.1", "1.2")]
    cancelled = service.launch("PROC_TEST_DEMORA", {"segundos": 60})
    service.request("POST", f"/jobs/{cancelled}/cancel")
    for job_id in [*ids, cancelled]:
        service.finished(job_id)


@pytest.fixture
def visit(browser: Browser, service: Service) -> Iterator[PageVisit]:
    with visiting(browser, service) as visit:
        visit.go("charts")
        expect(visit.page.locator("svg.chart")).to_have_count(2)
        yield visit


def table(visit: PageVisit, name: str) -> list[list[str]]:
    """Read a chart's table, which screen readers read also while it is not shown."""
    found = visit.page.get_by_role("table", name=name)
    return [row.locator("th, td").all_text_contents() for row in found.locator("tbody tr").all()]


def bars(visit: PageVisit) -> Locator:
    """Give the stacks of the first chart that are not empty."""
    return visit.page.locator("svg.chart").first.locator("g:has(> title):has(> rect)")


def test_the_bars_and_the_table_show_what_the_summary_says(
    visit: PageVisit, service: Service
) -> None:
    summary = service.get("/jobs/summary").json()
    hours = [hour for hour in summary["hours"] if any(hour[name] for name in OUTCOMES)]
    counts = [[str(hour[name]) for name in OUTCOMES] for hour in hours]
    assert sum(sum(map(int, row)) for row in counts) == 14
    assert [row[1:] for row in table(visit, "Jobs ended per hour")] == counts
    expect(bars(visit)).to_have_count(len(hours))
    for bar, hour in zip(bars(visit).all(), hours, strict=True):
        heights = [float(block.get_attribute("height") or 0) for block in bar.locator("rect").all()]
        present = [hour[name] for name in OUTCOMES if hour[name]]
        assert len(heights) == len(present)
        per_job = heights[0] / present[0]
        assert heights == pytest.approx([count * per_job for count in present])
    title = bars(visit).last.locator("title").text_content() or ""
    assert f"Failed: {hours[-1]['failed']}" in title


def test_durations_are_drawn_in_order_on_one_scale(visit: PageVisit, service: Service) -> None:
    summary = service.get("/jobs/summary").json()
    rows = table(visit, "Durations by procedure")
    assert [row[:3] for row in rows] == [
        [one["procedure_name"], str(one["jobs"]), str(one["failed"])]
        for one in summary["procedures"]
    ]
    drawn = visit.page.locator("svg.chart").nth(1).locator("g:has(> .chart-range)")
    expect(drawn).to_have_count(len(rows))
    places = []
    for group, one in zip(drawn.all(), summary["procedures"], strict=True):
        start = float(group.locator(".chart-range").get_attribute("x") or "nan")
        median = float(group.locator(".chart-median").get_attribute("x1") or "nan")
        assert 0 <= start <= median + 0.01
        places.append((one["median_seconds"], median))
    assert [place for _, place in sorted(places)] == sorted(place for _, place in places)


def test_each_chart_has_a_name_and_its_table_can_be_shown(visit: PageVisit) -> None:
    for name in ("Jobs ended per hour In all:", "Durations by procedure Each bar"):
        expect(visit.page.get_by_role("img", name=name)).to_be_visible()
    button = visit.page.get_by_role("button", name="Show the figures").first
    button.focus()
    visit.page.keyboard.press("Enter")
    hide = visit.page.get_by_role("button", name="Hide the figures")
    expect(hide).to_have_attribute("aria-expanded", "true")
    expect(hide).to_be_focused()
    visit.screenshot("page-charts.png")
    width = "table => table.getBoundingClientRect().width"
    assert visit.page.get_by_role("table", name="Jobs ended per hour").evaluate(width) > 200


def test_figures_are_asked_for_again_and_sent_only_where_they_changed(
    browser: Browser, service: Service
) -> None:
    answers: list[int] = []

    def heard(response: Response) -> None:
        if response.url.endswith("/jobs/summary"):
            answers.append(response.status)

    with visiting(browser, service) as visit:
        visit.page.clock.install()
        visit.page.on("response", heard)
        visit.go("charts")
        expect(visit.page.locator("svg.chart")).to_have_count(2)
        before = _ended(visit)
        with visit.page.expect_response("**/jobs/summary"):
            visit.page.clock.run_for(31_000)
        assert answers == [200, 304]
        assert _ended(visit) == before
        service.finished(service.launch("SUMA_SIMPLE", {"a": 1, "b": 1}))
        with visit.page.expect_response("**/jobs/summary"):
            visit.page.clock.run_for(31_000)
        assert answers == [200, 304, 200]
        completed = before["completed"] + 1
        expect(visit.page.get_by_text(f"In all: {completed} completed")).to_be_visible()
        assert _ended(visit) == {**before, "completed": completed}
        visit.go("launch")
        expect(visit.page.get_by_role("option").first).to_be_visible()
        visit.page.clock.run_for(61_000)
        assert len(answers) == 3


def _ended(visit: PageVisit) -> dict[str, int]:
    rows = table(visit, "Jobs ended per hour")
    return {name: sum(int(row[column]) for row in rows) for column, name in enumerate(OUTCOMES, 1)}


def test_colours_follow_the_theme_and_the_width_follows_a_phone(
    browser: Browser, service: Service
) -> None:
    def colours(**options: Any) -> list[str]:
        with visiting(browser, service, locale="es", **options) as visit:
            visit.go("charts")
            expect(visit.page.locator("svg.chart")).to_have_count(2)
            expect(visit.page.get_by_role("heading", name="Duraciones por")).to_be_visible()
            assert visit.does_not_scroll_sideways()
            assert visit.barriers() == []
            for chart in visit.page.locator("svg.chart").all():
                assert int(chart.get_attribute("width") or 0) <= visit.page.viewport_size["width"]  # type: ignore[index]
            fill = "(one) => getComputedStyle(one).fill"
            return [
                visit.page.locator(f"svg.chart .chart-{name}").first.evaluate(fill)
                for name in (*OUTCOMES, "range", "text")
            ]

    light = colours(color_scheme="light")
    dark = colours(color_scheme="dark", viewport={"width": 360, "height": 700})
    assert all(one != other for one, other in zip(light, dark, strict=True))
    assert len(set(light)) == len(light)
