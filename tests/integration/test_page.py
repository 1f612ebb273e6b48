"""The jobs page in a real browser: what operators see and do there."""

import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Request, Response, expect

from oracle_api.clients.client import Scope
from oracle_api.clients.tokenfile import Entry, write_block
from oracle_api.embedded.server import EmbeddedServer
from oracle_api.jobs.tables import jobs

from .browser import Visit, needs_chromium, running_browser
from .conftest import needs_embedded
from .service import ROOT, TOKEN, Service, eventually

pytestmark = needs_chromium

READER = "token-of-a-reader"
LONG = ("PKG_ETL.PROCESO_LARGO", {"vFECHA": "2025-12-10", "vSEGUNDOS": 40})
SLEEP = ("PROC_TEST_DEMORA", {"segundos": 600})
FAILING = ("PROC_TEST_ERROR", {"p_should_fail": 1})
MANY = 10_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, oracle_environ: dict[str, str]
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("page")
    tokens = folder / "clients.toml"
    digest = hashlib.sha256(READER.encode()).hexdigest()
    tokens.write_text(write_block(Entry("reader", digest, scopes=[Scope("jobs:read:all")])))
    service = Service(folder, {**oracle_environ, "API_TOKENS_FILE": str(tokens)}).start()
    yield service
    service.close()


@pytest.fixture(autouse=True)
def no_jobs(service: Service) -> None:
    """Begin each test without any jobs."""
    for job in service.get("/jobs?status=pending,running").json()["jobs"]:
        service.request("POST", f"/jobs/{job['id']}/cancel")
        service.finished(job["id"])
    service.request("DELETE", "/jobs?older_than=0")


class JobsVisit(Visit):
    """The page of a service, open in a tab of its own."""

    def __init__(self, page: Page, url: str) -> None:
        super().__init__(page)
        self.url = url
        self.sent: list[Request] = []
        self.answers: list[Response] = []
        page.on("request", self._sent)
        page.on("response", self._answered)

    def _sent(self, request: Request) -> None:
        self.sent.append(request)

    def _answered(self, answer: Response) -> None:
        self.answers.append(answer)

    def open(self, address: str = "#/", token: str | None = TOKEN) -> "JobsVisit":
        """Open a view, with the token already in the tab."""
        if token is not None:
            self.page.add_init_script(f"sessionStorage.setItem('oracle_api.token', '{token}')")
        self.page.goto(f"{self.url}/{address}")
        return self

    @property
    def rows(self) -> Locator:
        return self.page.locator("tbody tr")

    def row(self, job_id: str) -> Locator:
        return self.rows.filter(has_text=job_id)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def asked(self, path: str) -> list[Response]:
        """Give the answers to requests of a path, whatever its query."""
        return [answer for answer in self.answers if urlsplit(answer.url).path == path]

    def until(self, check: Callable[[float], None]) -> None:
        """Let the page's pauses go by at once until a check holds within so many milliseconds."""
        for _ in range(60):
            try:
                return check(300)
            except AssertionError:
                self.page.clock.fast_forward(2000)
        return check(30_000)

    def is_wider_than_its_window(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))

    def screenshot(self, name: str) -> None:
        """Keep what is seen, where the documentation is to be made anew."""
        if os.environ.get("MAKE_SCREENSHOTS"):
            self.page.screenshot(
                path=ROOT / "docs" / "img" / f"page-{name}.png", animations="disabled"
            )


Visits = Callable[..., JobsVisit]


@pytest.fixture
def new_visit(browser: Browser, service: Service) -> Iterator[Visits]:
    made: list[tuple[Any, JobsVisit]] = []

    def make(**options: Any) -> JobsVisit:
        options = {"viewport": {"width": 1100, "height": 640}, "locale": "en-GB", **options}
        context = browser.new_context(**options)
        visit = JobsVisit(context.new_page(), service.url)
        visit.page.clock.install()
        made.append((context, visit))
        return visit

    yield make
    for context, visit in made:
        context.close()
        visit.went_well(service.url)


@pytest.fixture
def visit(new_visit: Visits) -> JobsVisit:
    return new_visit()


# ---- the token


def test_the_token_is_asked_for_once_and_a_wrong_one_again(
    visit: JobsVisit, service: Service
) -> None:
    service.finished(service.launch("SUMA_SIMPLE", {"a": 1, "b": 2}))
    visit.expected.append("status of 401")
    visit.open(token=None)
    dialog = visit.page.get_by_role("dialog", name="A token is needed")
    expect(dialog).to_be_visible()
    visit.page.keyboard.press("Escape")
    dialog.get_by_role("textbox", name="Token").fill("wrong")
    visit.page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("refused the token")
    expect(visit.rows).to_have_count(0)
    dialog.get_by_role("textbox", name="Token").fill(TOKEN)
    visit.page.keyboard.press("Enter")
    expect(visit.rows).to_have_count(1)
    visit.page.reload()
    expect(visit.rows).to_have_count(1)
    expect(dialog).to_be_hidden()
    assert visit.page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    visit.button("Forget the token").click()
    expect(dialog).to_be_visible()
    assert visit.page.evaluate("sessionStorage.length") == 0


def test_what_a_token_may_not_do_is_explained(visit: JobsVisit, service: Service) -> None:
    visit.expected.append("status of 403")
    visit.open(f"#/jobs/{service.launch(*SLEEP)}", READER)
    visit.button("Cancel the job").click()
    visit.page.get_by_role("dialog").get_by_role("button", name="Cancel the job").click()
    notice = visit.page.locator("#notice")
    expect(notice).to_contain_text("This token may not do this.")
    expect(notice).to_contain_text("jobs:cancel")


def test_no_text_becomes_a_script(visit: JobsVisit, service: Service) -> None:
    hostile = "<img src=x onerror=document.title=1>"
    job_id = service.launch("PROC_TEST_ERROR", {"p_should_fail": hostile})
    service.finished(job_id)
    visit.open(f"#/jobs/{job_id}")
    expect(visit.page.get_by_role("definition").filter(has_text=hostile)).to_be_visible()
    visit.expected.append("requires 'TrustedHTML' assignment")
    insert = "(text) => {try {document.body.innerHTML = text} catch (error) {return error.name}}"
    assert visit.page.evaluate(insert, hostile) == "TypeError"


# ---- the list


def test_an_empty_list_says_so(visit: JobsVisit) -> None:
    visit.open()
    expect(visit.page.get_by_text("There are no jobs")).to_be_visible()
    visit.screenshot("empty")


def test_progress_moves_and_the_end_comes_by_itself(visit: JobsVisit, service: Service) -> None:
    job_id = service.launch(*LONG)
    visit.open()
    row = visit.row(job_id)
    expect(row).to_contain_text("running")
    figures = re.compile(r"\d+ of 20 bloques")
    visit.until(lambda soon: expect(row).to_contain_text(figures, timeout=soon))
    bar = row.get_by_role("progressbar")
    first = bar.get_attribute("aria-valuenow") or ""
    visit.until(
        lambda soon: expect(bar).not_to_have_attribute("aria-valuenow", first, timeout=soon)
    )
    assert int(bar.get_attribute("aria-valuenow") or "") > int(first)
    service.request("POST", f"/jobs/{job_id}/cancel")
    visit.until(lambda soon: expect(row).to_contain_text("cancelled", timeout=soon))
    expect(visit.page.locator("#live")).to_have_text("PKG_ETL.PROCESO_LARGO: cancelled")


def test_it_is_narrowed_by_state_procedure_and_id(visit: JobsVisit, service: Service) -> None:
    sums = [service.launch("SUMA_SIMPLE", {"a": 1, "b": number}) for number in range(3)]
    failed = service.launch(*FAILING)
    for job_id in (*sums, failed):
        service.finished(job_id)
    visit.open()
    expect(visit.rows).to_have_count(4)
    visit.page.get_by_label("State").select_option("failed")
    expect(visit.rows).to_have_count(1)
    expect(visit.row(failed)).to_contain_text("ORA-20001")
    expect(visit.page.locator("#live")).to_have_text("1 in all")
    assert visit.page.url.endswith("/#/?status=failed")
    visit.page.reload()
    expect(visit.rows).to_have_count(1)
    visit.page.get_by_label("State").select_option("")
    visit.page.get_by_label("Procedure").fill("suma_simple")
    expect(visit.rows).to_have_count(3)
    visit.page.get_by_label("Id").fill(sums[1][:12].upper())
    expect(visit.rows).to_have_count(1)
    expect(visit.row(sums[1])).to_be_visible()
    visit.page.get_by_label("Procedure").fill("NO_SUCH")
    expect(visit.page.locator("[data-part=empty]")).to_have_text("No job matches.")


def fill(service: Service, count: int) -> None:
    """Put jobs into the store as if they had run; the newest first ended last."""
    now = time.time_ns() // 1000
    template = {
        "status": "completed",
        "procedure_name": "SUMA_SIMPLE",
        "request": b'{"name":"SUMA_SIMPLE"}',
        "request_hash": bytes(32),
        "submitted_by": "default",
        "request_id": "r",
        "progress": 100,
        "version": 4,
    }
    rows = [
        {
            **template,
            "id": secrets.token_hex(16),
            "start_time": now - (count - number) * 1000,
            "run_start_time": now - (count - number) * 1000,
            "end_time": now - (count - number) * 1000 + 500,
        }
        for number in range(count)
    ]
    engine = sa.create_engine(service.environ["JOBS_DATABASE_URL"])
    with engine.begin() as connection:
        connection.execute(sa.insert(jobs), rows)
    engine.dispose()


def test_it_stays_quick_with_10_000_jobs(visit: JobsVisit, service: Service) -> None:
    fill(service, MANY)
    visit.open()
    expect(visit.page.get_by_text("10,000 in all")).to_be_visible()
    expect(visit.rows).to_have_count(100)
    more = visit.button("Show more")
    for shown in (200, 300, 400):
        more.click()
        expect(visit.rows).to_have_count(shown)
    assert len([answer for answer in visit.asked("/jobs") if "cursor=" in answer.url]) == 3
    visit.page.evaluate(
        """() => {
            window.touched = new Set();
            new MutationObserver((changes) => changes.forEach(({target, addedNodes}) => {
                window.touched.add(target.parentElement?.closest("tr"));
                addedNodes.forEach((node) => window.touched.add(node));
            })).observe(document.querySelector("tbody"),
                        {subtree: true, childList: true, characterData: true, attributes: true});
        }"""
    )
    newest = service.launch("SUMA_SIMPLE", {"a": 1, "b": 2})
    visit.until(lambda soon: expect(visit.rows.first).to_contain_text(newest, timeout=soon))
    visit.until(lambda soon: expect(visit.rows.first).to_contain_text("completed", timeout=soon))
    expect(visit.rows).to_have_count(401)
    assert visit.page.evaluate("[...touched].filter((one) => one?.tagName === 'TR').length") == 1
    visit.page.get_by_label("State").select_option("pending,running")
    expect(visit.rows).to_have_count(0)


def test_an_active_job_far_down_is_kept_up_to_date(visit: JobsVisit, service: Service) -> None:
    job_id = service.launch(*SLEEP)
    fill(service, 150)
    visit.open()
    expect(visit.rows).to_have_count(100)
    visit.button("Show more").click()
    expect(visit.row(job_id)).to_contain_text("running")
    service.request("POST", f"/jobs/{job_id}/cancel")
    visit.until(lambda soon: expect(visit.row(job_id)).to_contain_text("cancelled", timeout=soon))
    expect(visit.rows).to_have_count(151)


def test_nothing_is_asked_while_nobody_looks(visit: JobsVisit, service: Service) -> None:
    service.finished(service.launch("SUMA_SIMPLE", {"a": 1, "b": 2}))
    visit.page.add_init_script(
        "Object.defineProperty(document, 'hidden', {get: () => Boolean(window.away)})"
    )
    visit.open()
    expect(visit.rows).to_have_count(1)
    look = "(away) => {window.away = away; document.dispatchEvent(new Event('visibilitychange'))}"
    visit.page.evaluate(look, True)
    # Not the answers: one may come late to a request from before.
    before = len(visit.sent)
    visit.page.clock.run_for(300_000)
    assert len(visit.sent) == before
    with visit.page.expect_request("**/jobs") as asked:
        visit.page.evaluate(look, False)
    answer = asked.value.response()
    assert answer is not None
    assert answer.status == 304


# ---- one job


def test_a_failed_job_shows_its_error_and_its_parameters(
    visit: JobsVisit, service: Service
) -> None:
    job_id = service.launch(*FAILING)
    service.finished(job_id)
    visit.open()
    visit.page.get_by_role("link", name="PROC_TEST_ERROR").click()
    error = visit.page.locator("#view-other [data-part=error]")
    expect(error.get_by_role("heading")).to_have_text("ORA-20001")
    expect(error).to_contain_text("Error intencional de prueba")
    expect(visit.page.get_by_role("heading", name="PROC_TEST_ERROR")).to_be_focused()
    expect(visit.page.get_by_role("term").filter(has_text="p_should_fail")).to_be_visible()
    expect(visit.page.get_by_role("definition").filter(has_text=job_id)).to_be_visible()
    visit.screenshot("failed")


def test_a_job_is_watched_cancelled_and_deleted(visit: JobsVisit, service: Service) -> None:
    job_id = service.launch(*LONG)
    visit.open(f"#/jobs/{job_id}")
    bar = visit.page.locator("#view-other").get_by_role("progressbar")
    expect(bar).to_have_attribute("aria-valuetext", re.compile(r"^\d+ of 20 bloques"))
    expect(visit.page.get_by_text("out of 20 bloques done")).to_be_visible()
    dialog = visit.page.get_by_role("dialog")
    visit.button("Cancel the job").click()
    visit.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert service.job(job_id)["status"] == "running"
    visit.button("Cancel the job").click()
    dialog.get_by_role("button", name="Cancel the job").click()
    badge = visit.page.locator("#view-other .badge")
    expect(badge).to_have_text("cancelled")
    visit.button("Delete the job").click()
    dialog.get_by_role("button", name="Delete the job").click()
    expect(visit.page.locator("#notice")).to_contain_text("was deleted")
    expect(visit.page.get_by_role("heading", name="Jobs", exact=True)).to_be_focused()
    expect(visit.rows).to_have_count(0)
    assert service.get(f"/jobs/{job_id}").status_code == 404


def test_a_running_job_is_asked_for_by_long_poll(visit: JobsVisit, service: Service) -> None:
    job_id = service.launch(*SLEEP)
    with visit.page.expect_request("**/jobs/*?wait=*"):
        visit.open(f"#/jobs/{job_id}")
    service.request("POST", f"/jobs/{job_id}/cancel")
    expect(visit.page.locator("#view-other .badge")).to_have_text("cancelled")
    first, *others = visit.asked(f"/jobs/{job_id}")
    assert first.status == 200
    assert 1 <= len(others) <= 4
    assert all("wait=2" in answer.url for answer in others)


def test_a_job_that_is_not_there_is_said_to_be_missing(visit: JobsVisit) -> None:
    visit.expected.append("status of 404")
    visit.open("#/jobs/" + "0" * 32)
    expect(visit.page.get_by_text("This does not exist, or no longer.")).to_be_visible()


# ---- when things are away


@needs_embedded
def test_jobs_are_shown_while_the_database_is_down(
    visit: JobsVisit, service: Service, embedded: EmbeddedServer
) -> None:
    service.finished(service.launch("SUMA_SIMPLE", {"a": 1, "b": 2}))
    visit.expected.append("status of 503")
    embedded.faults.go_away()
    try:
        visit.open()
        banner = visit.page.locator("#banner")
        expect(banner).to_contain_text("The database cannot be reached")
        expect(visit.rows).to_have_count(1)
    finally:
        embedded.faults.come_back()
    visit.until(lambda soon: expect(banner).to_be_hidden(timeout=soon))


def test_a_service_that_is_away_is_said_to_be_and_comes_back(
    visit: JobsVisit, service: Service
) -> None:
    job_id = service.launch(*SLEEP)
    visit.expected.append("net::ERR_INTERNET_DISCONNECTED")
    visit.open()
    expect(visit.rows).to_have_count(1)
    visit.page.context.set_offline(True)
    away = visit.page.get_by_text("The service does not answer.")
    visit.until(lambda soon: expect(away).to_be_visible(timeout=soon))
    expect(visit.rows).to_have_count(1)
    service.request("POST", f"/jobs/{job_id}/cancel")
    visit.page.context.set_offline(False)
    visit.until(lambda soon: expect(visit.row(job_id)).to_contain_text("cancelled", timeout=soon))
    expect(visit.page.locator("#banner")).to_be_hidden()


# ---- everybody can use it


def various(service: Service) -> dict[str, str]:
    """Have a job of every kind, and give their ids."""
    found = {}
    for name, params in (
        ("SUMA_SIMPLE", {"a": 1, "b": 2}),
        ("PROC_TEST_CURSOR", {"p_limit": 5}),
        FAILING,
    ):
        found[name] = service.launch(name, params)
        service.finished(found[name])
    cancelled = service.launch(*SLEEP)
    service.request("POST", f"/jobs/{cancelled}/cancel")
    service.finished(cancelled)
    running = service.launch(*LONG)
    eventually(lambda: service.job(running).get("work", {}).get("sofar", 0) > 0)
    return {**found, "cancelled": cancelled, "running": running, "other": service.launch(*SLEEP)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(new_visit: Visits, service: Service, scheme: str) -> None:
    found = various(service)
    visit = new_visit(color_scheme=scheme, reduced_motion="reduce").open(token=None)

    def check() -> None:
        results = Axe().run(visit.page)
        assert results.violations_count == 0, results.generate_report()

    expect(visit.page.get_by_role("dialog")).to_be_visible()
    check()
    visit.page.get_by_role("textbox", name="Token").fill(TOKEN)
    visit.page.keyboard.press("Enter")
    expect(visit.rows).to_have_count(6)
    expect(visit.row(found["running"])).to_contain_text("of 20 bloques")
    check()
    visit.screenshot("busy" if scheme == "light" else "dark")
    for name in ("running", FAILING[0]):
        visit.page.goto(f"{visit.url}/#/jobs/{found[name]}")
        expect(visit.page.get_by_role("definition").filter(has_text=found[name])).to_be_visible()
        check()


def test_it_is_used_by_keyboard(visit: JobsVisit, service: Service) -> None:
    service.finished(service.launch(*FAILING))
    visit.open()
    expect(visit.rows).to_have_count(1)
    visit.page.keyboard.press("Tab")
    expect(visit.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("main")).to_be_focused()
    for _ in range(4):
        visit.page.keyboard.press("Tab")
    link = visit.page.get_by_role("link", name="PROC_TEST_ERROR")
    expect(link).to_be_focused()
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("heading", name="PROC_TEST_ERROR")).to_be_focused()
    visit.page.go_back()
    expect(visit.rows).to_have_count(1)


def test_it_fits_a_phone_and_speaks_spanish(new_visit: Visits, service: Service) -> None:
    found = various(service)
    visit = new_visit(
        viewport={"width": 360, "height": 740}, locale="es-ES", color_scheme="dark"
    ).open()
    expect(visit.page.get_by_role("heading", name="Trabajos")).to_be_visible()
    expect(visit.row(found["running"])).to_contain_text(re.compile(r"\d+ de 20 bloques"))
    expect(visit.row(found["cancelled"])).to_contain_text("cancelado")
    assert not visit.is_wider_than_its_window()
    visit.screenshot("phone")
    for name in ("running", FAILING[0]):
        visit.page.goto(f"{visit.url}/#/jobs/{found[name]}")
        expect(visit.page.get_by_role("definition").filter(has_text=found[name])).to_be_visible()
        assert not visit.is_wider_than_its_window()
    assert visit.page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
