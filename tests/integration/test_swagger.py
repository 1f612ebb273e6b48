"""Swagger UI in a real browser: it shows the API, takes the token, and makes calls."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from .browser import Visit, needs_chromium, running_browser
from .service import ROOT, TOKEN, Service

pytestmark = needs_chromium

SCREENSHOT = ROOT / "docs" / "img" / "swagger.png"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


class SwaggerVisit(Visit):
    """Swagger UI, open in a tab of its own."""

    def authorize(self, token: str) -> None:
        """Enter a token as a person does."""
        self.page.get_by_role("button", name="Authorize").first.click()
        dialog = self.page.locator(".auth-container")
        dialog.locator("input").fill(token)
        dialog.get_by_role("button", name="Apply credentials").click()
        self.page.get_by_role("button", name="Close", exact=True).click()

    def execute(self, operation: str) -> Locator:
        """Open an operation and run it as it stands; gives the place of the answer."""
        block = self.page.locator(f"[id$='-{operation}']")
        block.locator(".opblock-summary-control").click()
        block.get_by_role("button", name="Execute").click()
        return block.locator(".live-responses-table")


@pytest.fixture
def visit(browser: Browser, service: Service) -> Iterator[SwaggerVisit]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    visit = SwaggerVisit(context.new_page(), "status of 401")
    visit.page.goto(f"{service.url}/docs")
    paths = service.get("/openapi.json").json()["paths"]
    expect(visit.page.locator(".opblock")).to_have_count(sum(map(len, paths.values())))
    yield visit
    context.close()
    visit.went_well(service.url)


def test_a_call_is_tried_out_with_the_token(visit: SwaggerVisit) -> None:
    visit.authorize(TOKEN)
    answer = visit.execute("callProcedure")
    expect(answer.locator(".response .response-col_status").first).to_have_text("200")
    expect(answer.locator(".highlight-code").first).to_contain_text('"RESULTADO": 3.5')
    if os.environ.get("MAKE_SCREENSHOTS"):
        SCREENSHOT.parent.mkdir(exist_ok=True)
        visit.page.set_viewport_size({"width": 1280, "height": 1700})
        answer.locator(".response").scroll_into_view_if_needed()
        visit.page.screenshot(path=SCREENSHOT)


def test_a_wrong_token_is_shown_as_such(visit: SwaggerVisit) -> None:
    visit.authorize("wrong")
    answer = visit.execute("callProcedure")
    expect(answer.locator(".response .response-col_status").first).to_contain_text("401")
    expect(answer.locator(".highlight-code").first).to_contain_text("A valid token is needed")


def test_the_token_is_gone_with_the_page(visit: SwaggerVisit) -> None:
    visit.authorize(TOKEN)
    visit.page.reload()
    answer = visit.execute("pingDatabase")
    expect(answer.locator(".response .response-col_status").first).to_contain_text("401")
    assert visit.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_the_policy_lets_no_script_run_that_stands_in_the_page(visit: SwaggerVisit) -> None:
    visit.page.evaluate(
        """document.body.insertAdjacentHTML('beforeend', '<a id="x" onclick="x.title=1">x</a>')"""
    )
    visit.page.locator("#x").click()
    expect(visit.page.locator("#x")).not_to_have_attribute("title", "1")
    assert any("Content Security Policy" in complaint for complaint in visit.complaints)
    visit.complaints.clear()


def test_nothing_but_the_assets_is_served(service: Service) -> None:
    for path in ("swagger-ui.css", "swagger-ui-bundle.js", "init.js", "page.css"):
        answer = service.get(f"/docs/{path}", headers={"Authorization": None})
        assert answer.status_code == 200
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for path in ("index.html", "LICENSE", "%2e%2e/document.py", "..%2fdocument.py"):
        assert service.get(f"/docs/{path}").status_code == 404
