"""The launch form of the jobs page: every kind of field, both ways to run, and what goes wrong."""

import re
import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from .browser import needs_chromium, running_browser
from .conftest import needs_embedded
from .page_visit import PageVisit, visiting
from .procedures import Tally
from .service import Service

pytestmark = [needs_chromium, needs_embedded]

DIGITS = "12345678901234567890123456789012345678"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, oracle_environ: dict[str, str]
) -> Iterator[Service]:
    """One whose calls may take some seconds."""
    environ = {**oracle_environ, "SYNC_TIMEOUT_SECONDS": "4"}
    service = Service(tmp_path_factory.mktemp("service"), environ).start()
    yield service
    service.close()


@pytest.fixture
def visit(browser: Browser, service: Service) -> Iterator[PageVisit]:
    with visiting(browser, service) as visit:
        yield visit


def test_a_procedure_is_found_filled_in_and_launched_by_keyboard_alone(
    visit: PageVisit, service: Service
) -> None:
    visit.go("launch")
    keyboard, page = visit.page.keyboard, visit.page
    search = page.get_by_role("combobox", name="Procedure", exact=True)
    expect(page.get_by_role("option").first).to_be_visible()
    search.focus()
    keyboard.type("proceso_l")
    expect(page.get_by_role("option")).to_have_text(["DWH.PKG_ETL.PROCESO_LARGO"])
    keyboard.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_have_count(1)
    keyboard.press("Enter")
    expect(page.locator("#view-other h2")).to_be_focused()
    expect(visit.field("VSEGUNDOS")).to_contain_text("Left out: the default applies.")
    expect(visit.field("VFECHA")).to_contain_text("required")
    keyboard.press("Tab")
    expect(page.get_by_role("button", name="Another procedure")).to_be_focused()
    keyboard.press("Tab")
    keyboard.type("12102025")
    # Past the time of day with its parts, and the way it is passed.
    while not visit.field("VSEGUNDOS").locator("input").evaluate("one => one.matches(':focus')"):
        keyboard.press("Tab")
    keyboard.type("0.1")
    expect(visit.field("VSEGUNDOS")).not_to_contain_text("Left out: the default applies.")
    visit.screenshot("page-launch.png")
    keyboard.press("Enter")
    job = service.finished(visit.submitted())
    assert job["params"] == {"VFECHA": "2025-12-10", "VSEGUNDOS": "0.1"}
    assert job["result"] == {"VRESULTADO": 12500}


def test_a_parameter_with_a_default_is_left_out_unless_it_is_filled_in(
    visit: PageVisit, service: Service
) -> None:
    visit.launch("TEST_TALLY")
    visit.enter("P_KEY", "left out")
    assert service.finished(visit.submit())["params"] == {"P_KEY": "left out"}
    visit.launch("TEST_TALLY")
    visit.enter("P_KEY", "null")
    visit.field("P_SECONDS").locator(".launch-mode").select_option("null")
    expect(visit.field("P_SECONDS")).to_contain_text("NULL is passed.")
    assert service.finished(visit.submit())["params"] == {"P_KEY": "null", "P_SECONDS": None}


def test_38_digits_go_in_and_come_out(visit: PageVisit, service: Service) -> None:
    visit.launch("SUMA_SIMPLE")
    visit.enter("A", DIGITS)
    visit.enter("B", "-1")
    visit.run_now()
    assert visit.values() == {"RESULTADO": DIGITS[:-1] + "7"}
    visit.submit()
    assert visit.values() == {"RESULTADO": DIGITS[:-1] + "7"}


def test_every_kind_of_field_and_the_same_again(visit: PageVisit, service: Service) -> None:
    visit.launch("PKG_ECHO.ALL_TYPES")
    fields = {
        "P_VARCHAR2": ["ñ 🐦\nline"],
        "P_NUMBER": ["-0.5"],
        "P_DATE": ["2025-12-10", "08:30:01"],
        "P_TIMESTAMP": ["2025-12-10T01:02:03.125"],
        "P_ZONED": ["2024-07-01T12:00:00.5", "-05:30"],
        "P_RAW": ["AP8Q"],
        "P_BOOLEAN": ["false"],
        "P_CLOB": ["text"],
    }
    file = {"name": "hi.bin", "mimeType": "application/octet-stream", "buffer": b"hi"}
    visit.field("P_BLOB").locator("[type=file]").set_input_files(file)  # type: ignore[arg-type]
    for name, texts in fields.items():
        visit.enter(name, *texts)
    job = service.finished(visit.submit())
    sent = {
        "P_VARCHAR2": "ñ 🐦\nline",
        "P_NUMBER": "-0.5",
        "P_DATE": "2025-12-10T08:30:01",
        "P_TIMESTAMP": "2025-12-10T01:02:03.125",
        "P_ZONED": "2024-07-01T12:00:00.5-05:30",
        "P_RAW": "AP8Q",
        "P_BOOLEAN": False,
        "P_CLOB": "text",
        "P_BLOB": "aGk=",
    }
    assert job["params"] == sent
    assert job["result"]["P_ZONED"] == "2024-07-01T17:30:00.500000Z"
    visit.page.get_by_role("button", name="Run again").click()
    expect(visit.field("P_BLOB").locator("textarea")).to_have_value("aGk=")
    assert visit.entered("P_DATE") == ["2025-12-10", "08:30:01", "value"]
    assert visit.entered("P_BOOLEAN") == ["false", "value"]
    again = service.finished(visit.submit())
    assert again["id"] != job["id"]
    assert again["params"] == job["params"]
    assert again["result"] == job["result"]


def test_what_no_field_can_show_is_shown_as_text_and_keeps_its_digits(
    visit: PageVisit, service: Service
) -> None:
    values = {"p_in": "2025-12-10T01:02:03.123456789", "p_both": None}
    job = service.launch("PKG_TYPES.TIMESTAMP_9_", values)
    visit.launch("PKG_TYPES.TIMESTAMP_9_", f"?job={job}")
    assert visit.entered("P_IN") == [values["p_in"], "text"]
    assert visit.entered("P_BOTH") == ["", "null"]
    visit.run_now()
    assert visit.values()["P_BOTH"] == values["p_in"]


def test_a_composite_is_json_whose_shape_is_checked_and_whose_digits_are_kept(
    visit: PageVisit,
) -> None:
    visit.launch("PKG_OBJ.NUMS")
    expect(visit.field("P_IN")).to_contain_text("[NUMBER, …]")
    for text, complaint in (
        ("[1", "This is not JSON."),
        ("{}", "An array is wanted at $."),
        ("[1, [2]]", "A plain value is wanted at $[1]."),
    ):
        visit.enter("P_IN", text)
        expect(visit.field("P_IN")).to_contain_text(complaint)
    visit.enter("P_IN", f"[1.5, {DIGITS}]")
    expect(visit.field("P_IN").locator(".invalid-feedback")).to_be_hidden()
    visit.run_now()
    assert visit.values() == {"P_OUT": f"[1.5,{DIGITS}]"}


def test_a_fault_that_the_page_finds_is_at_its_field(visit: PageVisit) -> None:
    visit.launch("PROC_TEST_PARAMS")
    visit.enter("P_NUMBER", "1,5")
    visit.enter("P_DATE", "2025-12-10")
    visit.run_now()
    number = visit.field("P_NUMBER")
    expect(number).to_contain_text("This is not a number; the decimal sign is a point.")
    expect(number.locator("input")).to_be_focused()
    expect(number.locator("input")).to_have_attribute("aria-invalid", "true")
    expect(visit.field("P_VARCHAR")).to_contain_text("Enter a value")
    expect(visit.field("P_DATE").locator(".invalid-feedback")).to_be_hidden()
    visit.enter("P_NUMBER", DIGITS + "9")
    expect(number).to_contain_text("A NUMBER has at most 38 digits.")
    visit.enter("P_NUMBER", "1.5")
    expect(number.locator("input")).to_have_attribute("aria-invalid", "false")
    visit.enter("P_VARCHAR", "x")
    visit.run_now()
    assert visit.values() == {"P_RESULT": "Number: 1.5, String: x, Date: 10/12/2025"}


def test_a_fault_that_the_service_finds_is_at_its_field(visit: PageVisit) -> None:
    visit.launch("PKG_OBJ.DS")
    visit.enter("P_IN", "two days")
    visit.run_now()
    field = visit.field("P_IN")
    expect(field.locator(".invalid-feedback")).to_contain_text("ISO 8601")
    expect(field.locator("textarea")).to_be_focused()
    expect(visit.page.get_by_role("alert")).to_contain_text(["Some fields are not right yet."])


def test_an_error_of_the_procedure_is_shown_with_its_code(visit: PageVisit) -> None:
    visit.launch("PROC_TEST_ERROR")
    visit.enter("P_SHOULD_FAIL", "1")
    visit.run_now()
    alert = visit.page.locator(".alert-danger").get_by_text("Error intencional de prueba")
    expect(alert).to_contain_text("ORA-20001")


def test_a_call_that_takes_too_long_is_explained(visit: PageVisit) -> None:
    visit.launch("PROC_TEST_DEMORA")
    visit.enter("SEGUNDOS", "60")
    visit.run_now()
    expect(
        visit.page.locator(".alert-danger", has_text="broken off in the database")
    ).to_be_visible()


def test_lines_of_dbms_output_are_shown(visit: PageVisit) -> None:
    visit.launch("PKG_OUT.WRITES")
    visit.enter("P_LINES", "2")
    visit.page.get_by_label("DBMS_OUTPUT").check()
    visit.run_now()
    expect(visit.page.locator(".results-text")).to_have_text("línea 0\nlínea 1")


def test_an_overload_is_chosen_and_what_was_entered_stays(visit: PageVisit) -> None:
    visit.launch("PKG_OVER.F")
    visit.enter("A", "7")
    visit.page.get_by_role("radio", name=re.compile("C IN DATE")).check()
    assert visit.entered("A") == ["7", "value"]
    visit.enter("C", "2025-12-10")
    visit.run_now()
    assert visit.values() == {"R": "ac"}


def test_a_double_click_starts_one_job(visit: PageVisit, service: Service, tally: Tally) -> None:
    key = uuid.uuid4().hex
    visit.launch("TEST_TALLY")
    visit.enter("P_KEY", key)
    visit.page.locator(".launch-buttons button").first.dblclick()
    service.finished(visit.submitted())
    assert _jobs_of(service, key) == 1
    assert tally.started[key] == 1


def test_a_job_whose_answer_was_lost_is_not_started_again(
    visit: PageVisit, service: Service, tally: Tally
) -> None:
    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    key = uuid.uuid4().hex
    visit.launch("TEST_TALLY")
    visit.enter("P_KEY", key)
    visit.page.route("**/procedure/async", lose, times=1)
    visit.page.locator(".launch-buttons button").first.click()
    expect(visit.page.locator(".alert-danger", has_text="started only once")).to_be_visible()
    service.finished(visit.submit())
    assert _jobs_of(service, key) == 1
    assert tally.started[key] == 1


def _jobs_of(service: Service, key: str) -> int:
    jobs = service.get("/jobs", params={"procedure": "DWH.TEST_TALLY"}).json()["jobs"]
    return sum(service.job(job["id"])["params"]["P_KEY"] == key for job in jobs)


def test_in_spanish_and_at_a_phones_width(browser: Browser, service: Service) -> None:
    phone = {"width": 360, "height": 700}
    with visiting(browser, service, locale="es-ES", viewport=phone) as visit:
        visit.go("launch")
        expect(visit.page.get_by_role("option").first).to_be_visible()
        assert visit.does_not_scroll_sideways()
        visit.launch("PKG_ECHO.ALL_TYPES")
        assert visit.does_not_scroll_sideways()
        visit.run_now()
        expect(visit.field("P_NUMBER")).to_contain_text("Introduzca un valor")
        visit.launch("SUMA_SIMPLE")
        visit.enter("A", "1.5")
        visit.enter("B", "2")
        visit.page.get_by_role("button", name="Ejecutar ahora").click()
        assert visit.values() == {"RESULTADO": "3.5"}


def test_by_position_each_value_goes_where_its_field_says(
    browser: Browser, make_service: Callable[..., Service]
) -> None:
    by_position = make_service(PARAMS_BY_POSITION="1").start()
    with visiting(browser, by_position) as visit:
        visit.launch("PKG_ETL.PROCESO_LARGO")
        visit.enter("VFECHA", "2025-12-10")
        visit.enter("VSEGUNDOS", "0.1")
        job = by_position.finished(visit.submit())
        assert job["params"] == {"VFECHA": "2025-12-10", "VRESULTADO": None, "VSEGUNDOS": "0.1"}
        assert job["result"] == {"VRESULTADO": 12500}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_keeps_nobody_out(browser: Browser, service: Service, scheme: str) -> None:
    with visiting(browser, service, color_scheme=scheme) as visit:
        visit.go("launch")
        expect(visit.page.get_by_role("option").first).to_be_visible()
        visit.page.get_by_role("combobox").press("ArrowDown")
        assert visit.barriers() == []
        visit.launch("PKG_ECHO.ALL_TYPES")
        visit.run_now()
        expect(visit.page.locator(".invalid-feedback:visible").first).to_be_visible()
        assert visit.barriers() == []
        visit.launch("PKG_OVER.F")
        visit.enter("A", "1")
        visit.run_now()
        expect(visit.page.locator(".results-values")).to_be_visible()
        assert visit.barriers() == []


def test_a_procedure_that_is_not_there_is_said_so(visit: PageVisit) -> None:
    visit.go("launch/NO_SUCH_PROCEDURE")
    expect(visit.page.locator("#view-other .alert-danger")).to_contain_text("NO_SUCH_PROCEDURE")
    visit.page.get_by_role("button", name="Another procedure").click()
    expect(visit.page.get_by_role("combobox", name="Procedure", exact=True)).to_be_focused()
