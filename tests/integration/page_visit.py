"""Visits of the jobs page by a real browser, which must not do what the page must not do."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Download, Locator, Page, expect

from .browser import Visit
from .service import ROOT, TOKEN, Service

IMAGES = ROOT / "docs" / "img"


class PageVisit(Visit):
    """The page of a service, open in a tab of its own."""

    def __init__(self, page: Page, service: Service) -> None:
        # The browser itself reports an answer of 4xx or 5xx, and one that does not come.
        super().__init__(page, "Failed to load resource")
        self.service = service

    def go(self, view: str) -> None:
        """Show a view."""
        self.page.goto(f"{self.service.url}/#/{view}")

    def launch(self, procedure: str, query: str = "") -> None:
        """Show the form of a procedure."""
        self.go(f"launch/{procedure}{query}")
        expect(self.page.locator("#view-other h2")).to_contain_text(f".{procedure}")
        expect(self.page.locator(".launch-buttons")).to_be_visible()

    def field(self, name: str) -> Locator:
        """Give the field of a parameter."""
        named = self.page.locator("label strong").get_by_text(name, exact=True)
        return self.page.locator(".launch-field").filter(has=named)

    def enter(self, name: str, *texts: str) -> None:
        """Fill the inputs of a parameter's field, in their order."""
        inputs = self.field(name).locator(".launch-inputs > :not(.launch-mode)")
        for number, text in enumerate(texts):
            control = inputs.nth(number)
            if control.evaluate("element => element.tagName") == "SELECT":
                control.select_option(text)
            else:
                control.fill(text)

    def entered(self, name: str) -> list[str]:
        """Read the inputs of a parameter's field, and which way its value is passed."""
        return list(
            self.field(name)
            .locator(".launch-inputs > :not([type=file])")
            .evaluate_all("inputs => inputs.map((one) => one.value)")
        )

    def run_now(self) -> None:
        """Run the form's procedure at once."""
        self.page.locator(".launch-buttons button").nth(1).click()

    def submit(self) -> str:
        """Run the form's procedure in the background; gives the job's id."""
        self.page.locator(".launch-buttons button").first.click()
        return self.submitted()

    def submitted(self) -> str:
        """Wait until the page shows the job that was submitted; gives its id."""
        self.page.wait_for_url("**/#/jobs/*")
        return self.page.url.rsplit("/", 1)[1]

    def values(self) -> dict[str, str]:
        """Read the table of OUT values."""
        rows = self.page.locator(".results-values tr")
        expect(rows.first).to_be_visible()
        return {
            row.locator("th").inner_text(): row.locator("td").inner_text() for row in rows.all()
        }

    def save(self, name: str) -> Download:
        """Press a button that saves a file."""
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name=name).click()
        return download.value

    def does_not_scroll_sideways(self) -> bool:
        """Say whether the page is no wider than its window."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))

    def barriers(self) -> list[str]:
        """Name what in the view keeps people out, as far as axe-core can tell."""
        found = Axe().run(self.page, context="#view-other").response["violations"]
        return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]

    def screenshot(self, name: str) -> None:
        """Take a picture for the documentation, where the environment asks for such."""
        if os.environ.get("MAKE_SCREENSHOTS"):
            IMAGES.mkdir(exist_ok=True)
            self.page.mouse.move(0, 0)
            self.page.screenshot(path=IMAGES / name, full_page=True, animations="disabled")


@contextmanager
def visiting(browser: Browser, service: Service, **options: Any) -> Iterator[PageVisit]:
    """Open a tab with the token; in the end the page must have kept to its host and its policy.

    Args:
        browser: which one.
        service: whose page.
        options: of Playwright's ``new_context``, such as ``locale``.
    """
    usual = {"viewport": {"width": 1100, "height": 900}, "locale": "en-US"}
    context = browser.new_context(**{**usual, **options})
    # As if it had been entered before.
    context.add_init_script(f"sessionStorage.setItem('oracle_api.token', '{TOKEN}')")
    visit = PageVisit(context.new_page(), service)
    yield visit
    context.close()
    visit.went_well(service.url)
