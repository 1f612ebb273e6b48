"""A real browser: Debian's Chromium, driven by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

CHROMIUM = shutil.which("chromium")

# The machine may be busy with other tests.
_MILLISECONDS = 60_000
expect.set_options(timeout=_MILLISECONDS)

needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no program `chromium`")


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run a headless one; it ends with the context."""
    with sync_playwright() as playwright:
        # Containers of CI run as root, where Chromium's own sandbox does not start.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """A page that is open, and what it did that it must not do.

    Args:
        page: in a tab of its own.
        expected: parts of what the browser itself may report, such as an answer of 401.
    """

    def __init__(self, page: Page, *expected: str) -> None:
        self.page = page
        page.set_default_timeout(_MILLISECONDS)
        self.expected = [*expected]
        self.hosts: set[str] = set()
        self.complaints: list[str] = []
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not any(part in text for part in self.expected):
            self.complaints.append(text)

    def went_well(self, url: str) -> None:
        """Check that nothing was complained of, and nobody asked but the service."""
        assert self.hosts == {urlsplit(url).netloc}
        assert self.complaints == []
