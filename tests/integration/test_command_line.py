"""``python -m oracle_api`` against a live service."""

import base64
import json
import re
import shlex
import signal
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from oracle_api.remote.exits import ExitCode
from tests.deploy.nginx import Nginx, needs_nginx

from .command import Terminal, environ, run, running, succeed
from .conftest import needs_embedded
from .procedures import Tally
from .relay import Relay
from .service import Service, eventually, free_port

pytestmark = needs_embedded

LARGE = 12345678901234567890123456789012345678


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, oracle_environ: dict[str, str]
) -> Iterator[Service]:
    """One service that breaks calls off after some seconds."""
    folder = tmp_path_factory.mktemp("commands")
    service = Service(folder, {**oracle_environ, "SYNC_TIMEOUT_SECONDS": "4"}).start()
    yield service
    service.stop()
    service.close()


@pytest.fixture
def sleeping(service: Service) -> Iterator[str]:
    """A job that runs until somebody cancels it."""
    job_id = service.launch("PROC_TEST_DEMORA", {"segundos": 300})
    eventually(lambda: service.job(job_id)["status"] == "running")
    yield job_id
    service.request("POST", f"/jobs/{job_id}/cancel")
    service.finished(job_id)


# ---- call


def test_numbers_come_out_with_all_their_digits(service: Service) -> None:
    words = ("call", "SUMA_SIMPLE", f"a={LARGE}", "b=0")
    assert succeed(service, *words) == f"RESULTADO\t{LARGE}\n"
    words = ("call", "SUMA_SIMPLE", "--json", "a:=0.10", "b:=-1E-20")
    assert (
        succeed(service, *words) == '{"status":"ok","out":{"RESULTADO":0.09999999999999999999}}\n'
    )


def test_json_is_what_the_service_wrote(service: Service) -> None:
    answer = service.call("PROC_TEST", {"p_input": "ñ\x1b[1m"}).content
    printed = succeed(service, "call", "PROC_TEST", "p_input=ñ\x1b[1m", "--json")
    assert printed.encode() == answer + b"\n"


def test_cursors_are_tables_and_lines_follow(service: Service) -> None:
    head, *rows = succeed(service, "call", "PKG_ROWS.MANY", "p_count=1000").splitlines()[1:]
    assert head == "ID\tNAME\tID"
    assert rows == [f"{number}\trow {number}\t{number}" for number in range(1, 1001)]
    lines = succeed(service, "call", "PKG_OUT.WRITES", "p_lines=2", "--dbms-output")
    assert lines == "línea 0\nlínea 1\n"


def test_values_go_in_as_their_parameters_want_them(service: Service, tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(bytes(range(256)))
    words = ["p_varchar2=[not JSON]", "p_number=1.50", "p_date=31/12/2025", "p_boolean=true"]
    words += ["p_timestamp=", "p_zoned=", "p_raw:=null", "p_clob=@-", f"p_blob=@{tmp_path}/blob"]
    done = run(service, "call", "PKG_ECHO.COPY_TYPES", *words, "--json", stdin="ñ\n".encode())
    out = json.loads(done.stdout)["out"]
    assert out["O_VARCHAR2"] == "[not JSON]"
    assert out["O_NUMBER"] == 1.5
    assert out["O_DATE"] == "2025-12-31T00:00:00"
    assert out["O_BOOLEAN"] is True
    assert out["O_RAW"] is out["O_TIMESTAMP"] is None
    assert out["O_CLOB"] == "ñ\n"
    assert base64.b64decode(out["O_BLOB"]) == bytes(range(256))


def test_collections_and_documents_are_json(service: Service) -> None:
    assert succeed(service, "call", "PKG_OBJ.NUMS", f"p_in=[1,{LARGE}]") == f"P_OUT\t[1,{LARGE}]\n"
    printed = succeed(service, "call", "PKG_OBJ.JSON_", 'p_in={"a": [null, 1.50]}')
    assert printed == 'P_OUT\t{"a":[null,1.5]}\n'


def test_what_the_dictionary_does_not_show_can_be_named(service: Service) -> None:
    words = ("call", "SUMA_SIMPLE", "--schema", "DWH", "a=1", "b=2", "--out", "resultado:number")
    assert succeed(service, *words) == "resultado\t3\n"
    assert succeed(service, "call", "VENTAS.PKG_MES.TOTAL", "--function", "p_mes=2") == (
        "return_value\t2000.02\n"
    )
    assert succeed(service, "call", "PKG_OVER.F", "a=1", "b=2", "--overload", "2") == "R\tab\n"


# ---- nothing of the database commands a terminal


@pytest.mark.parametrize("out_too", [True, False])
def test_no_escape_sequence_of_a_value_reaches_the_terminal(
    service: Service, out_too: bool
) -> None:
    evil = "\x1b]0;owned\x07\x9b2J"
    terminal = Terminal(service, "call", "PROC_TEST", f"p_input={evil}", out_too=out_too)
    status, piped = terminal.finish()
    assert status == 0
    shown = terminal.raw if out_too else piped
    assert "Procesado: \\x1b]0;owned\\x07\\x9b2J" in shown
    assert "\x1b]" not in shown
    assert "\x9b" not in shown


def test_no_escape_sequence_of_an_error_does_either(service: Service) -> None:
    done = run(service, "call", "PKG_FAIL.RAISES", "p_code=20001", "p_text=\x1b[2Jgone\nagain")
    assert done.returncode == ExitCode.FAILED
    assert "ORA-20001: \\x1b[2Jgone" in done.stderr
    assert "\x1b" not in done.stderr
    assert done.stderr.count("\n") == 1


# ---- exit codes


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("call", "PROC_TEST_ERROR", "p_should_fail=1"), ExitCode.FAILED, "ORA-20001"),
        (("call", "SUMA_SIMPLE", "a=1", "c=1"), ExitCode.INVALID, "SUMA_SIMPLE(A IN NUMBER"),
        (("call", "SUMA_SIMPLE", "a"), ExitCode.INVALID, "NAME=VALUE"),
        (("call", "SUMA_SIMPLE", "--json", "a"), ExitCode.INVALID, "NAME=VALUE"),
        (("call", "SUMA_SIMPLE", "a=@/nowhere"), ExitCode.INVALID, "/nowhere"),
        (("call", "SUMA_SIMPLE", "a=1", "A=2"), ExitCode.INVALID, "twice"),
        (("call", "SUMA_SIMPLE", "a=\udcff"), ExitCode.INVALID, "not text"),
        (("submit", "P", "--idempotency-key", "a\nb"), ExitCode.INVALID, "a key has"),
        (("wait", "0" * 32, "--timeout", "nan"), ExitCode.INVALID, "no number of seconds"),
        (("jobs", "--nothing"), ExitCode.INVALID, "--nothing"),
        (("jobs", "a", "b"), ExitCode.INVALID, "unrecognized"),
        (("jobs", "--status", "odd"), ExitCode.INVALID, "pending"),
        (("wait", "../x"), ExitCode.INVALID, "no job's id"),
        (("wait", "0" * 32, "--output", "x"), ExitCode.INVALID, "--csv"),
        (("call", "NOT_THERE"), ExitCode.NOT_FOUND, "NOT_THERE"),
        (("describe", "NOT_THERE"), ExitCode.NOT_FOUND, "NOT_THERE"),
        (("wait", "0" * 32), ExitCode.NOT_FOUND, "0" * 32),
        (("cancel", "0" * 32), ExitCode.NOT_FOUND, "0" * 32),
        (("call", "PROC_TEST_DEMORA", "segundos=30"), ExitCode.TIMED_OUT, "async"),
        (
            ("call", "PROC_TEST_DEMORA", "segundos=30", "--timeout", "0.2"),
            ExitCode.TIMED_OUT,
            "not answer in time",
        ),
    ],
)
def test_a_failure_has_its_exit_code_and_one_line(
    service: Service, words: tuple[str, ...], code: ExitCode, said: str
) -> None:
    done = run(service, *words)
    assert done.returncode == code, done.stderr
    assert said in done.stderr.splitlines()[-1]
    assert done.stdout == ""


def test_a_wrong_token_is_not_allowed_and_not_shown(service: Service) -> None:
    done = run(service, "jobs", ORACLE_API_TOKEN="wrong-token")
    assert done.returncode == ExitCode.NOT_ALLOWED
    assert "wrong-token" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_token_can_come_from_a_file(service: Service, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(environ(service)["ORACLE_API_TOKEN"] + "\n")
    words = ("describe", "--url", service.url, "--token-file", str(path), "--like", "SUMA_*")
    assert run(service, *words, ORACLE_API_TOKEN="wrong").stdout == "DWH.SUMA_SIMPLE\n"


def test_a_service_that_is_not_there_is_unavailable(service: Service) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    done = run(service, "jobs", "--url", url)
    assert done.returncode == ExitCode.UNAVAILABLE
    assert f"{url} cannot be reached: connection refused." in done.stderr
    done = run(service, "submit", "PROC_TEST_DEMORA", "--url", url, "--retry", "0.3")
    assert done.returncode == ExitCode.UNAVAILABLE
    assert "Trying again." in done.stderr


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        moved = self.path.startswith("/moved")
        self.send_response(302 if moved else 200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Location", "/healthz")
        self.end_headers()
        self.wfile.write(b"<html>")

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.mark.parametrize("path", ["", "/moved"])
def test_what_is_no_such_service_is_unexpected(service: Service, path: str) -> None:
    with HTTPServer(("127.0.0.1", 0), _Page) as other:
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        try:
            done = run(service, "jobs", "--url", f"http://127.0.0.1:{other.server_port}{path}")
        finally:
            other.shutdown()
            thread.join()
    assert done.returncode == ExitCode.UNEXPECTED
    assert "no oracle_api" in done.stderr


def test_a_reader_that_goes_away_ends_it_quietly(service: Service) -> None:
    job_id = service.launch("PKG_ROWS.MANY", {"p_count": 20000})
    with running(service, "wait", job_id) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "# P_ROWS\n"
        process.stdout.close()
        assert process.wait(60) == ExitCode.PIPE_CLOSED
        assert process.stderr.read() == ""


# ---- jobs


def test_submit_prints_the_id_alone_and_wait_the_result(service: Service) -> None:
    words = ("submit", "PKG_ETL.PROCESO_LARGO", "vFECHA=2025-12-10", "vSEGUNDOS=0.1")
    printed = succeed(service, *words)
    assert re.fullmatch(r"[0-9a-f]{32}\n", printed)
    assert succeed(service, "wait", printed.strip()) == "VRESULTADO\t12500\n"
    shown = succeed(service, "wait", printed.strip(), "--json")
    assert json.loads(shown) == service.job(printed.strip())


def test_submit_can_wait_itself(service: Service) -> None:
    done = run(service, "submit", "SUMA_SIMPLE", f"a={LARGE}", "b=0", "--wait")
    assert done.stdout == f"RESULTADO\t{LARGE}\n"
    assert re.fullmatch(r"Job [0-9a-f]{32}\n", done.stderr)
    done = run(service, "submit", "PROC_TEST_ERROR", "p_should_fail=1", "--wait")
    assert done.returncode == ExitCode.FAILED
    assert "failed: ORA-20001: Error intencional de prueba" in done.stderr


def test_the_same_key_gives_the_same_job(service: Service) -> None:
    words = ("submit", "PROC_TEST", "--idempotency-key", "k-1")
    first = succeed(service, *words, "p_input=a")
    assert succeed(service, *words, "p_input=a") == first
    other = run(service, *words, "p_input=b")
    assert other.returncode == ExitCode.INVALID
    assert "Idempotency-Key" in other.stderr


def test_a_lost_answer_starts_nothing_twice(service: Service, tally: Tally) -> None:
    with Relay(service.port, swallowed=2) as relay:
        words = ("submit", "TEST_TALLY", "p_key=lost", "--url", relay.url)
        done = run(service, *words)
    assert len(relay.requests) == 3
    assert done.stderr.count("Trying again.") == 1
    service.finished(done.stdout.strip())
    assert tally.started["lost"] == 1


def test_a_call_whose_answer_is_lost_is_not_sent_again(service: Service, tally: Tally) -> None:
    with Relay(service.port, swallowed=1) as relay:
        done = run(service, "call", "TEST_TALLY", "p_key=once", "--url", relay.url)
    assert done.returncode == ExitCode.UNAVAILABLE
    assert "lost before the answer was complete" in done.stderr
    assert len(relay.requests) == 1
    assert tally.started["once"] == 1


def test_wait_gives_up_and_the_job_goes_on(service: Service, sleeping: str) -> None:
    done = run(service, "wait", sleeping, "--timeout", "2")
    assert done.returncode == ExitCode.TIMED_OUT
    assert "running still, and goes on" in done.stderr
    assert service.job(sleeping)["status"] == "running"


@pytest.mark.timeout(90)
def test_ctrl_c_leaves_the_job_running(service: Service, sleeping: str) -> None:
    terminal = Terminal(service, "wait", sleeping)
    terminal.read_until(lambda text: "PROC_TEST_DEMORA running" in text)
    terminal.process.send_signal(signal.SIGINT)
    status, out = terminal.finish()
    assert status == ExitCode.INTERRUPTED
    assert f"python -m oracle_api wait {sleeping}" in terminal.text
    assert out == ""
    assert service.job(sleeping)["status"] == "running"


def test_the_progress_bar_shows_true_figures_on_a_terminal(service: Service) -> None:
    def blocks(text: str) -> list[int]:
        return [int(number) for number in re.findall(r"(\d+)/20 bloques", text)]

    words = ("submit", "PKG_ETL.PROCESO_LARGO", "vFECHA=", "--wait")
    # Long enough for two looks, however slow they are.
    terminal = Terminal(service, *words, "vSEGUNDOS=40")
    terminal.read_until(lambda text: len(set(blocks(text))) > 1)
    [job] = service.get("/jobs", params={"status": "running"}).json()["jobs"]
    service.request("POST", f"/jobs/{job['id']}/cancel")
    assert terminal.finish() == (ExitCode.CANCELLED, "")
    short = Terminal(service, *words, "vSEGUNDOS=0.2")
    assert short.finish() == (0, "VRESULTADO\t12500\n")
    assert blocks(terminal.text) == sorted(blocks(terminal.text))
    assert len(set(blocks(terminal.text))) > 1
    for done, percent in re.findall(r"(\d+)%\s+(\d+)/20 bloques", terminal.text):
        assert 50 <= int(done) <= 80
        assert int(done) == 50 + int(percent) * 30 // 20


def test_without_a_terminal_nothing_is_drawn(service: Service) -> None:
    job_id = service.launch("PROC_TEST_DEMORA", {"segundos": 0.2})
    done = run(service, "wait", job_id)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_colours_are_left_out_where_nobody_wants_them(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("call", "PKG_ROWS.MANY", "p_count=1")
    coloured = Terminal(service, *words, out_too=True)
    coloured.finish()
    assert "\x1b[1m" in coloured.raw
    monkeypatch.setattr(
        "tests.integration.command.environ",
        lambda service, **further: environ(service, **further, NO_COLOR="1"),
    )
    plain = Terminal(service, *words, out_too=True)
    plain.finish()
    assert "row 1" in plain.raw
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", plain.raw)


def test_cancel_ends_a_job_and_wait_says_so(service: Service, sleeping: str) -> None:
    assert succeed(service, "cancel", sleeping, "--wait") == "cancelled\n"
    done = run(service, "wait", sleeping)
    assert done.returncode == ExitCode.CANCELLED
    assert done.stderr == f"Job {sleeping} is cancelled.\n"
    again = run(service, "cancel", sleeping)
    assert again.returncode == ExitCode.FAILED
    assert "cancelled already" in again.stderr


def test_large_cursors_are_read_page_by_page_or_saved(service: Service, tmp_path: Path) -> None:
    job_id = service.launch("PKG_ROWS.MANY", {"p_count": 2500})
    _, head, *rows = succeed(service, "wait", job_id).splitlines()
    assert head == "ID\tNAME\tID"
    assert rows == [f"{number}\trow {number}\t{number}" for number in range(1, 2501)]
    whole = service.get(f"/jobs/{job_id}/rows/P_ROWS", headers={"Accept": "text/csv"}).content
    path = tmp_path / "rows.csv"
    assert succeed(service, "wait", job_id, "--csv", "p_rows", "--output", str(path)) == ""
    assert path.read_bytes() == whole
    assert list(tmp_path.iterdir()) == [path]
    printed = succeed(service, "wait", job_id, "--csv", "P_ROWS")
    assert printed.splitlines() == whole.decode().splitlines()
    done = run(service, "wait", job_id, "--csv", "nothing")
    assert done.returncode == ExitCode.INVALID
    assert "it has P_ROWS" in done.stderr


def test_jobs_are_listed_and_shown(service: Service) -> None:
    ids = [service.launch("PKG_OVER.F", {"a": number}) for number in range(5)]
    for one in ids:
        service.finished(one)
    options = ("jobs", "--procedure", "PKG_OVER.F", "--status", "completed,failed")
    page = run(service, *options, "--limit", "2")
    assert [line.split("\t")[0] for line in page.stdout.splitlines()] == ids[:-3:-1]
    assert page.stderr == "5 in all; --all shows them.\n"
    every = succeed(service, *options, "--limit", "2", "--all").splitlines()
    assert [line.split("\t")[0] for line in every] == ids[::-1]
    document = json.loads(succeed(service, *options, "--limit", "2", "--all", "--json"))
    assert [job["id"] for job in document["jobs"]] == ids[::-1]
    assert (document["total"], "next" in document) == (5, False)
    listed = service.get("/jobs", params={"procedure": "PKG_OVER.F", "limit": 2}).content
    assert succeed(service, *options[:3], "--limit", "2", "--json").encode() == listed + b"\n"
    shown = dict(line.split("\t") for line in succeed(service, "jobs", ids[0]).splitlines())
    assert (shown["id"], shown["status"], shown["R"]) == (ids[0], "completed", "a")


def test_jobs_are_found_by_the_beginning_of_their_ids(service: Service) -> None:
    parameters = service.get("/openapi.json").json()["paths"]["/jobs"]["get"]["parameters"]
    if {"$ref": "#/components/parameters/id"} not in parameters:
        pytest.skip("this service does not search by id")
    job_id = service.launch("SUMA_SIMPLE", {"a": 1, "b": 1})
    service.launch("SUMA_SIMPLE", {"a": 1, "b": 2})
    [line] = succeed(service, "jobs", "--id", job_id[:20]).splitlines()
    assert line.startswith(job_id)


# ---- describe


def test_procedures_are_listed_and_described(service: Service) -> None:
    names = succeed(service, "describe", "--like", "PKG_OVER.*").splitlines()
    assert names == ["DWH.PKG_OVER.F"]
    text = succeed(service, "describe", "PKG_OVER.F")
    assert "F(A IN NUMBER, B IN NUMBER, R OUT VARCHAR2)" in text
    examples = [line for line in text.splitlines() if line.startswith("python")]
    assert len(examples) == 3
    for line, answer in zip(examples, ("a", "ab", "ac"), strict=True):
        words = shlex.split(line)[3:]
        assert succeed(service, *words) == f"R\t{answer}\n"
    document = succeed(service, "describe", "SUMA_SIMPLE", "--json").encode()
    assert document == service.get("/procedures/SUMA_SIMPLE").content + b"\n"


# ---- the way to the service


def test_wait_survives_a_restart(make_service: Callable[..., Service]) -> None:
    options = {"JOB_WORKERS": "1", "SHUTDOWN_GRACE_SECONDS": "0"}
    service = make_service(**options).start()
    first = service.launch("PROC_TEST_DEMORA", {"segundos": 60})
    eventually(lambda: service.job(first)["status"] == "running")
    second = service.launch("SUMA_SIMPLE", {"a": 1, "b": 2})
    with running(service, "wait", first) as broken, running(service, "wait", second) as waiting:
        service.stop()
        assert waiting.stderr is not None
        assert "Trying again." in waiting.stderr.readline()
        service.start()
        out, err = waiting.communicate(timeout=60)
        assert (waiting.returncode, out, err) == (0, "RESULTADO\t3\n", "")
        _, err = broken.communicate(timeout=60)
        assert broken.returncode == ExitCode.FAILED
        assert "interrupted" in err


def test_wait_comes_again_when_the_service_says(make_service: Callable[..., Service]) -> None:
    service = make_service(RATE_LIMIT="1/5seconds").start()
    done = run(service, "submit", "SUMA_SIMPLE", "a=1", "b=2", "--wait")
    assert (done.returncode, done.stdout) == (0, "RESULTADO\t3\n")
    assert done.stderr.count("Trying again.") == 1


@needs_nginx
def test_a_certificate_must_be_trusted(service: Service, tmp_path: Path) -> None:
    nginx = Nginx(tmp_path, service.port).start()
    try:
        words = ("call", "SUMA_SIMPLE", "a=1", "b=2", "--url", nginx.url)
        done = run(service, *words)
        assert done.returncode == ExitCode.UNAVAILABLE
        assert "is not trusted" in done.stderr
        assert succeed(service, *words, "--ca-file", str(nginx.certificate)) == "RESULTADO\t3\n"
    finally:
        nginx.stop()
