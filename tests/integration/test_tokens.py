"""Clients with tokens of their own: scopes by route, others' jobs, procedures, limits, reload."""

import hashlib
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from oracle_api import create_app
from oracle_api.clients.client import Scope
from oracle_api.clients.tokenfile import Entry, write_block
from oracle_api.settings import Settings
from tests.test_app import OPEN_ROUTES

from .conftest import needs_embedded
from .service import ACTIVE, ROOT, Service, eventually

NOBODYS = "0" * 32
ALL_OWN = ["call", "submit", "jobs:read", "jobs:cancel", "jobs:delete"]
SUM = {"a": 1, "b": 2}
LONG = {"segundos": 600}


def token_of(name: str) -> str:
    return f"token-of-{name}"


def table(name: str, scopes: list[str] = ALL_OWN, **members: Any) -> str:
    """Write a client who may call everything, unless the members say otherwise."""
    digest = hashlib.sha256(token_of(name).encode()).hexdigest()
    members.setdefault("procedures", ["*"])
    return write_block(Entry(name, digest, scopes=list(map(Scope, scopes)), **members))


class As:
    """A client of a service."""

    def __init__(self, service: Service, name: str) -> None:
        self.name = name
        self._service = service

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token_of(self.name)}", **options.pop("headers", {})}
        return self._service.request(method, path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self.request("GET", path, **options)

    def call(self, name: str, params: Any = None, **members: Any) -> requests.Response:
        body = {"name": name, "params": params or {}, **members}
        return self.request("POST", "/procedure", json=body)

    def submit(self, name: str, params: Any = None, **options: Any) -> requests.Response:
        body = {"name": name, "params": params or {}}
        return self.request("POST", "/procedure/async", json=body, **options)

    def launch(self, name: str, params: Any = None) -> str:
        answer = self.submit(name, params)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job_id"])

    def finished(self, job_id: str) -> dict[str, Any]:
        def look() -> Any:
            job = self.get(f"/jobs/{job_id}?wait=5").json()
            return job["status"] not in ACTIVE and job

        return dict(eventually(look))


def denied(answer: requests.Response, kind: str) -> str:
    """Check that it is a denial, and give its text."""
    assert answer.status_code == 403, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"].endswith(f":{kind}"), answer.text
    return str(answer.json()["detail"])


@pytest.fixture(scope="module")
def service(
    tmp_path_factory: pytest.TempPathFactory, oracle_environ: dict[str, str]
) -> Iterator[Service]:
    """Two worker processes, and a client for every purpose."""
    folder = tmp_path_factory.mktemp("tokens")
    tokens = folder / "clients.toml"
    tokens.write_text(
        "".join(table(f"only-{scope.value.replace(':', '-')}", [scope.value]) for scope in Scope)
        + table("nothing", [])
        + table("ana")
        + table("beto")
        + table("carla", [*ALL_OWN, "jobs:read:all"])
        + table("three", max_active_jobs=3)
        + table("etl", procedures=["PKG_ETL.*", "SUMA_SIMPLE"])
        + table("mes", procedures=["MES.*", "PKG_MES_*.*"])
        + table("mes-total", procedures=["MES.*", "VENTAS.PKG_MES.*"])
        + table("no-mes", procedures_deny=["VENTAS.PKG_MES.*", "PROC_TEST"])
        + table("far", addresses=["203.0.113.0/24"])
        + table("expired", expires=datetime(2001, 1, 1, tzinfo=UTC))
        + table("valid", expires=datetime(2901, 1, 1, tzinfo=UTC))
    )
    service = Service(
        folder,
        {
            **oracle_environ,
            "API_TOKENS_FILE": str(tokens),
            "PROCEDURES_DENY": "PROC_TEST_ERROR, SYS.*.*",
            "TRUSTED_PROXIES": "1",
            "WEB_CONCURRENCY": "2",
        },
    ).start()
    yield service
    service.close()


# ---- scopes

CALLING = {"call", "submit"}
READING = {"jobs:read", "jobs:read:all"}
ANY = {scope.value for scope in Scope} | {"nothing"}

ROUTES: dict[tuple[str, str], set[str]] = {
    ("POST", "/procedure"): {"call"},
    ("POST", "/procedure/async"): {"submit"},
    ("GET", "/procedures"): CALLING,
    ("GET", "/procedures/<name>"): CALLING,
    ("GET", "/procedures/<name>/openapi.json"): CALLING,
    ("GET", "/jobs"): READING,
    ("GET", "/jobs/summary"): READING,
    ("GET", "/jobs/<job:job_id>"): READING,
    ("GET", "/jobs/<job_id>/rows/<path:label>"): READING,
    ("GET", "/jobs/<job_id>/lobs/<path:label>"): READING,
    ("POST", "/jobs/<job_id>/cancel"): {"jobs:cancel"},
    ("DELETE", "/jobs/<job:job_id>"): {"jobs:delete"},
    ("DELETE", "/jobs"): {"jobs:delete"},
    ("GET", "/ping"): ANY,
    ("GET", "/readyz"): ANY,
    ("GET", "/metrics"): {"metrics"},
}
# What somebody is answered who may: the jobs and procedures of the paths are not there.
ANSWERED = {200, 202, 404}


def test_every_route_has_its_scopes_in_this_table() -> None:
    app = create_app(Settings.from_env({"ORACLE_DSN": "embedded", "API_TOKEN": "t"}))
    routes = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    # These hold no data, and are open to all.
    open_to_all = {("GET", rule) for rule in OPEN_ROUTES}
    assert routes - open_to_all == set(ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_each_scope_opens_its_routes_and_no_other(service: Service, route: tuple[str, str]) -> None:
    method, rule = route
    path = rule.replace("job:", "").replace("<job_id>", NOBODYS)
    path = path.replace("<path:label>", "C").replace("<name>", "NO_P")
    for scope in sorted(ANY):
        name = scope if scope == "nothing" else f"only-{scope.replace(':', '-')}"
        answer = As(service, name).request(
            method,
            path,
            json={"name": "SUMA_SIMPLE", "params": SUM} if "procedure" in rule else None,
            params={"older_than": "36500"} if method == "DELETE" else {},
        )
        if scope in ROUTES[route]:
            assert answer.status_code in ANSWERED, f"{scope}: {answer.text}"
        else:
            wanted = sorted(ROUTES[route] - {"jobs:read:all"})
            text = denied(answer, "insufficient-scope")
            assert text == f"The token lacks the scope {' or '.join(wanted)}.", scope
            assert f'scope="{" ".join(wanted)}"' in answer.headers["WWW-Authenticate"]


def test_a_denial_is_one_line_of_the_log(service: Service) -> None:
    As(service, "nothing").get("/jobs", headers={"X-Request-ID": "denied-1"})
    lines = [line for line in service.log().splitlines() if "request=denied-1" in line]
    denials = [line for line in lines if "insufficient-scope" in line]
    assert len(denials) == 1, lines
    assert "client=nothing" in denials[0]
    assert "jobs:read" in denials[0]
    assert token_of("nothing") not in service.log()


# ---- tokens


def test_api_token_stays_all_powerful(service: Service) -> None:
    answer = service.submit("SUMA_SIMPLE", SUM)
    job = service.finished(answer.json()["job_id"])
    assert (job["status"], job["submitted_by"]) == ("completed", "default")
    mine = As(service, "ana").launch("SUMA_SIMPLE", SUM)
    assert service.finished(mine)["submitted_by"] == "ana"
    assert service.request("DELETE", f"/jobs/{mine}").status_code == 200


@pytest.mark.parametrize("token", ["token-of-nobody", "", "token-of-ana "])
def test_a_token_that_is_not_listed_opens_nothing(service: Service, token: str) -> None:
    answer = service.get("/ping", headers={"Authorization": f"Bearer {token}x"})
    assert answer.status_code == 401


def test_a_token_expires(service: Service) -> None:
    answer = As(service, "expired").get("/ping")
    assert (answer.status_code, answer.json()["detail"]) == (401, "The token has expired.")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert As(service, "valid").get("/ping").status_code == 200


def test_a_token_is_held_to_its_addresses(service: Service) -> None:
    far = As(service, "far")
    assert "may not use this token" in denied(far.get("/ping"), "not-allowed")
    assert far.get("/ping", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 200
    spoofed = {"X-Forwarded-For": "203.0.113.9, 198.51.100.1"}
    denied(far.get("/ping", headers=spoofed), "not-allowed")


# ---- others' jobs


@needs_embedded
def test_others_jobs_are_not_there(service: Service) -> None:
    ana, beto = As(service, "ana"), As(service, "beto")
    ended = ana.launch("PKG_ROWS.MANY", {"p_count": 3})
    assert ana.finished(ended)["submitted_by"] == "ana"
    running = ana.launch("PROC_TEST_DEMORA", LONG)
    for job_id in (ended, running):
        for method, path in (
            ("GET", ""),
            ("GET", "?wait=1"),
            ("GET", "/rows/P_ROWS"),
            ("GET", "/lobs/P_ROWS"),
            ("POST", "/cancel"),
            ("DELETE", ""),
        ):
            answer = beto.request(method, f"/jobs/{job_id}{path}")
            nobodys = beto.request(method, f"/jobs/{NOBODYS}{path}")
            assert answer.status_code == nobodys.status_code == 404, (method, path)
            document = {**answer.json(), "request_id": ""}
            expected = {**nobodys.json(), "request_id": ""}
            assert str(document).replace(job_id, NOBODYS) == str(expected)
    assert ana.get(f"/jobs/{running}").json()["status"] in ACTIVE
    assert ana.get(f"/jobs/{ended}/rows/P_ROWS").json()["rows"][0] == [1, "row 1", 1]
    assert ana.request("POST", f"/jobs/{running}/cancel").status_code == 202
    assert ana.finished(running)["status"] == "cancelled"
    for job_id in (ended, running):
        assert ana.request("DELETE", f"/jobs/{job_id}").status_code == 200


def test_lists_totals_and_bulk_deletes_are_of_ones_own(service: Service) -> None:
    ana, beto, carla = (As(service, name) for name in ("ana", "beto", "carla"))
    for who in (ana, beto, ana, beto, beto):
        who.finished(who.launch("SUMA_SIMPLE", SUM))
    mine = ana.get("/jobs?limit=1").json()
    assert (mine["total"], len(mine["jobs"])) == (2, 1)
    rest = ana.get(f"/jobs?cursor={mine['next']}").json()
    assert {job["submitted_by"] for job in mine["jobs"] + rest["jobs"]} == {"ana"}
    everybodys = Counter(job["submitted_by"] for job in carla.get("/jobs").json()["jobs"])
    assert (everybodys["ana"], everybodys["beto"]) == (2, 3)
    assert ana.request("DELETE", "/jobs?status=completed").json()["deleted"] == 2
    assert beto.get("/jobs").json()["total"] == 3
    assert carla.get("/jobs").json()["total"] == sum(everybodys.values()) - 2


def test_who_sees_all_jobs_acts_on_them_as_far_as_its_other_scopes_go(service: Service) -> None:
    ana, carla, looker = (As(service, name) for name in ("ana", "carla", "only-jobs-read-all"))
    running = ana.launch("PROC_TEST_DEMORA", LONG)
    assert looker.get(f"/jobs/{running}").json()["submitted_by"] == "ana"
    denied(looker.request("POST", f"/jobs/{running}/cancel"), "insufficient-scope")
    assert (
        As(service, "only-jobs-cancel").request("POST", f"/jobs/{running}/cancel").status_code
        == 404
    )
    assert carla.request("POST", f"/jobs/{running}/cancel").status_code == 202
    assert carla.finished(running)["status"] == "cancelled"
    denied(looker.request("DELETE", f"/jobs/{running}"), "insufficient-scope")
    assert carla.request("DELETE", f"/jobs/{running}").status_code == 200


def test_an_idempotency_key_is_its_clients(service: Service) -> None:
    key = {"Idempotency-Key": "the-same"}
    ids = [
        As(service, name).submit("SUMA_SIMPLE", SUM, headers=key).json()["job_id"]
        for name in ("ana", "beto", "ana")
    ]
    assert ids[0] == ids[2] != ids[1]


# ---- max_active_jobs


def test_of_many_submissions_at_once_no_more_are_accepted_than_may_be_active(
    service: Service,
) -> None:
    three = As(service, "three")
    barrier = threading.Barrier(24)

    def submit(_number: int) -> requests.Response:
        barrier.wait()
        return three.submit("PROC_TEST_DEMORA", LONG)

    with ThreadPoolExecutor(24) as threads:
        answers = list(threads.map(submit, range(24)))
    assert Counter(answer.status_code for answer in answers) == {202: 3, 429: 21}
    refusal = next(answer for answer in answers if answer.status_code == 429)
    assert int(refusal.headers["Retry-After"]) > 0
    assert refusal.headers["Content-Type"] == "application/problem+json"
    assert refusal.json()["detail"].startswith("The client three has 3 active jobs")
    assert As(service, "beto").submit("SUMA_SIMPLE", SUM).status_code == 202

    jobs = [answer.json()["job_id"] for answer in answers if answer.status_code == 202]
    for job_id in jobs:
        assert three.request("POST", f"/jobs/{job_id}/cancel").status_code == 202
    assert [three.finished(job_id)["status"] for job_id in jobs] == ["cancelled"] * 3
    assert three.submit("SUMA_SIMPLE", SUM).status_code == 202


# ---- procedures


def test_what_no_pattern_allows_is_not_called(service: Service) -> None:
    etl = As(service, "etl")
    assert etl.call("SUMA_SIMPLE", SUM).json()["out"] == {"RESULTADO": 3}
    text = denied(etl.call("PKG_ROWS.ODD"), "procedure-not-allowed")
    assert text == "The procedure PKG_ROWS.ODD may not be called."
    answer = etl.submit("PKG_ROWS.ODD")
    assert denied(answer, "procedure-not-allowed") == text
    assert answer.json()["code"] == "procedure-not-allowed"
    lines = [line for line in service.log().splitlines() if text in line]
    assert len(lines) == 2
    assert all("client=etl" in line for line in lines)


@needs_embedded
@pytest.mark.parametrize(
    ("client", "name"),
    [
        # A chain of own synonyms and a public one lead to VENTAS.PKG_MES.
        ("mes", "MES.TOTAL"),
        ("mes", "PKG_MES_PROPIO.TOTAL"),
        ("no-mes", "MES.TOTAL"),
        ("no-mes", "PKG_MES_VIEJO.TOTAL"),
        ("no-mes", "DWH.PKG_MES_PROPIO.TOTAL"),
        ("no-mes", "PUBLIC.MES.TOTAL"),
        ("ana", "DBMS_OUTPUT.PUT_LINE"),
        # Only the database tells that it is no standalone procedure of a schema PKG_ETL.
        ("etl", "PROC_TEST"),
    ],
)
def test_a_synonym_is_no_way_round_and_a_job_says_the_same(
    service: Service, client: str, name: str
) -> None:
    who = As(service, client)
    answer = who.call(name, {"p_mes": 3})
    text = denied(answer, "procedure-not-allowed")
    job = who.finished(who.launch(name, {"p_mes": 3}))
    assert (job["status"], job["error"]) == ("failed", text)
    assert job["error_code"] == answer.json()["code"] == "procedure-not-allowed"


@needs_embedded
def test_a_synonym_and_what_it_stands_for_may_both_be_allowed(service: Service) -> None:
    answer = As(service, "mes-total").call("MES.TOTAL", {"p_mes": 3})
    assert answer.status_code == 200, answer.text
    denied(As(service, "mes-total").call("PKG_MES_PROPIO.TOTAL", {"p_mes": 3}),
           "procedure-not-allowed")  # fmt: skip


@needs_embedded
@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("PROC_TEST", None),
        ("proc_test", None),
        ('"PROC_TEST"', None),
        ("DWH.PROC_TEST", None),
        ("PROC_TEST", "DWH"),
        ('"PROC_TEST"', '"DWH"'),
        (" PROC_TEST ", " dwh "),
    ],
)
def test_however_a_name_is_written_it_means_the_same(
    service: Service, name: str, schema: str | None
) -> None:
    answer = As(service, "no-mes").call(name, {"p_input": "x"}, schema=schema)
    denied(answer, "procedure-not-allowed")
    assert As(service, "ana").call(name, {"p_input": "x"}, schema=schema).status_code == 200


@needs_embedded
def test_what_is_denied_to_all_is_denied_to_the_all_powerful_too(service: Service) -> None:
    answer = service.call("PROC_TEST_ERROR", {"p_should_fail": 1})
    denied(answer, "procedure-not-allowed")
    denied(service.submit("proc_test_error", {"p_should_fail": 1}), "procedure-not-allowed")


@needs_embedded
def test_procedures_are_listed_and_described_as_far_as_they_may_be_called(
    service: Service,
) -> None:
    def names(who: Any, like: str = "*.*") -> set[str]:
        listed = who.get("/procedures", params={"like": like}).json()["procedures"]
        return {one["name"] for one in listed}

    etl, no_mes = As(service, "etl"), As(service, "no-mes")
    assert names(etl) == {"DWH.PKG_ETL.PROCESO_LARGO", "DWH.SUMA_SIMPLE"}
    assert "DWH.PROC_TEST" in names(As(service, "ana"))
    assert "DWH.PROC_TEST_ERROR" not in names(service)
    assert names(service, "VENTAS.*.*") == {"VENTAS.PKG_MES.TOTAL"}
    assert names(no_mes, "VENTAS.*.*") == set()
    assert As(service, "nothing").get("/procedures").status_code == 403

    assert etl.get("/procedures/pkg_etl.proceso_largo").status_code == 200
    for who, name in ((etl, "PROC_TEST"), (no_mes, "MES.TOTAL"), (service, "PROC_TEST_ERROR")):
        answer = who.get(f"/procedures/{name}")
        gone = who.get("/procedures/NO_SUCH")
        assert answer.status_code == gone.status_code == 404
        assert answer.json()["type"] == gone.json()["type"]
        assert answer.json()["detail"] == gone.json()["detail"].replace("NO_SUCH", name)


# ---- a file that changes


def replace(path: Path, text: str) -> None:
    """Write a file anew, so that nobody reads half of it."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


@needs_embedded
def test_the_file_may_change_while_the_service_runs(
    make_service: Callable[..., Service], tmp_path: Path
) -> None:
    tokens = tmp_path / "clients.toml"
    tokens.write_text(table("ana") + table("beto"))
    service = make_service(API_TOKENS_FILE=str(tokens), JOB_WORKERS="1").start()
    ana, beto, dora = (As(service, name) for name in ("ana", "beto", "dora"))

    blocker = service.launch("PROC_TEST_DEMORA", LONG)
    waiting = {
        who.name: who.launch(name, {"p_input": "x"})
        for who, name in ((ana, "PROC_TEST"), (beto, "PROC_TEST"))
    }
    made = subprocess.run(
        [sys.executable, "-m", "oracle_api", "token", "new", "dora", "--procedures", "SUMA_SIMPLE",
         "--file", str(tokens)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    bearer = {"Authorization": f"Bearer {made}"}
    eventually(lambda: dora.get("/ping", headers=bearer).status_code == 200)
    answer = dora.request(
        "POST", "/procedure", headers=bearer, json={"name": "SUMA_SIMPLE", "params": SUM}
    )
    assert answer.json()["out"] == {"RESULTADO": 3}

    replace(tokens, "[[clients")
    eventually(lambda: ana.get("/ping").status_code and "it is not TOML" in service.log())
    assert [who.get("/ping").status_code for who in (ana, beto)] == [200, 200]

    # Ana is gone, and beto may not any more what he has submitted.
    replace(tokens, table("beto", procedures=["SUMA_SIMPLE"]))
    eventually(lambda: ana.get("/ping").status_code == 401)
    assert service.request("POST", f"/jobs/{blocker}/cancel").status_code == 202
    errors = {name: service.finished(job_id)["error"] for name, job_id in waiting.items()}
    assert errors == {
        "ana": "The client ana, which submitted the job, is not known any more.",
        "beto": "The procedure PROC_TEST may not be called.",
    }
    assert service.log().count("it is not TOML") == 1


@pytest.mark.parametrize(
    ("environ", "says"),
    [
        ({"API_TOKENS_FILE": "{file}"}, "client 'etl': scopes[0]: Invalid enum value 'all'"),
        ({"API_TOKENS_FILE": "{file}.none"}, "cannot be read: No such file"),
        ({"PROCEDURES_DENY": "A..B"}, "PROCEDURES_DENY: 'A..B' is no pattern"),
    ],
)
def test_what_cannot_be_used_ends_the_start_and_is_named(
    make_service: Callable[..., Service], tmp_path: Path, environ: dict[str, str], says: str
) -> None:
    tokens = tmp_path / "clients.toml"
    tokens.write_text(table("etl", ["call"]).replace('"call"', '"all"'))
    filled = {name: value.format(file=tokens) for name, value in environ.items()}
    service = make_service(**filled)
    with pytest.raises(AssertionError):
        service.start()
    assert service.wait() != 0
    assert "oracle_api cannot start: " in service.log()
    assert says in service.log()
    assert "Traceback" not in service.log()


def test_a_file_of_clients_is_enough_to_start(
    make_service: Callable[..., Service], tmp_path: Path
) -> None:
    tokens = tmp_path / "clients.toml"
    tokens.write_text(table("ana"))
    service = make_service(API_TOKEN=None, API_TOKENS_FILE=str(tokens)).start()
    assert service.get("/ping").status_code == 401
    assert As(service, "ana").get("/ping").status_code == 200
