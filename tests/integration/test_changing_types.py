"""Types and procedures that are compiled anew while the service runs."""

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from oracle_api.embedded.server import EmbeddedServer

from .conftest import needs_embedded
from .service import Service, eventually

pytestmark = needs_embedded

SESSIONS = 4
OLD = {"ID": 1, "NOMBRE": "uno"}
NEW = {**OLD, "PRECIO": 2.5}


class Package:
    """A package with a type of its own, whose procedure gives an item back.

    Args:
        server: the running database.
        name: of the package; the type has it too.
    """

    def __init__(self, server: EmbeddedServer, name: str) -> None:
        self._catalog = server.catalog
        self._type = f"T_{name}"
        self.procedure = f"{name}.TAKE"
        self.calls = 0
        self.meeting: threading.Barrier | None = None
        self._lock = threading.Lock()
        self._catalog.type(f"{self._type} AS OBJECT (id NUMBER, nombre VARCHAR2(40))")
        self._catalog.procedure(f"{self.procedure}(p_item IN OUT {self._type})")(self._take)

    def compile_anew(self, parameter: str = "p_times IN NUMBER DEFAULT 1") -> None:
        """Give the type another attribute, and the procedure another parameter."""
        self._catalog.replace_type(
            f"{self._type} AS OBJECT (id NUMBER, nombre VARCHAR2(40), precio NUMBER)"
        )
        self._catalog.replace_procedure(
            f"{self.procedure}(p_item IN OUT {self._type}, {parameter}, p_done OUT NUMBER)"
        )(self._take_times)

    def _take(self, call: Any, p_item: Any) -> dict[str, Any]:
        with self._lock:
            self.calls += 1
        if self.meeting is not None:
            self.meeting.wait(60)
        return {"p_item": p_item}

    def _take_times(self, call: Any, p_item: Any, p_times: Any) -> dict[str, Any]:
        return {**self._take(call, p_item), "p_done": p_times}

    def on_every_session(self, call: Callable[[], requests.Response]) -> list[requests.Response]:
        """Make so many calls at the same time that each has a session of its own."""
        self.meeting = threading.Barrier(SESSIONS)
        with ThreadPoolExecutor(SESSIONS) as threads:
            answers = [threads.submit(call) for _ in range(SESSIONS)]
            gathered = [answer.result(60) for answer in answers]
        self.meeting = None
        return gathered


_numbers = itertools.count(1)


@pytest.fixture
def package(embedded: EmbeddedServer) -> Package:
    """A package that no other test changes."""
    return Package(embedded, f"PKG_CHANGED_{next(_numbers)}")


def bodies(answers: list[requests.Response]) -> list[Any]:
    return [(answer.status_code, answer.json().get("out")) for answer in answers]


def test_changed_types_are_a_clear_error_once_and_known_on_every_session_then(
    service: Service, package: Package
) -> None:
    def call() -> requests.Response:
        return service.call(package.procedure, {"p_item": OLD})

    assert bodies(package.on_every_session(call)) == [(200, {"p_item": OLD})] * SESSIONS
    package.compile_anew()
    calls = package.calls
    failed = call()
    assert (failed.status_code, failed.json()["code"]) == (422, "ORA-21700")
    assert "was compiled anew; the next call takes it as it is now" in failed.json()["detail"]
    assert package.calls == calls, "the procedure was not reached"
    out = {"p_item": {**OLD, "PRECIO": None}, "P_DONE": 1}
    assert bodies(package.on_every_session(call)) == [(200, out)] * SESSIONS
    params = {"p_item": NEW, "p_times": 3}
    new = package.on_every_session(lambda: service.call(package.procedure, params))
    assert bodies(new) == [(200, {"p_item": NEW, "P_DONE": 3})] * SESSIONS


def test_first_calls_that_know_the_new_type_need_no_error(
    service: Service, package: Package
) -> None:
    old = {"p_item": OLD}
    package.on_every_session(lambda: service.call(package.procedure, old))
    package.compile_anew()
    calls = package.calls
    new = {"p_item": NEW, "p_times": 3}
    # A description that is younger than a second is not read again for a call that does not fit.
    answer = eventually(
        lambda: (one := service.call(package.procedure, new)).status_code != 400 and one
    )
    assert bodies([answer]) == [(200, {"p_item": NEW, "P_DONE": 3})]
    assert package.calls == calls + 1
    again = package.on_every_session(lambda: service.call(package.procedure, new))
    assert bodies(again) == [(200, {"p_item": NEW, "P_DONE": 3})] * SESSIONS
    description = service.get(f"/procedures/{package.procedure}").json()["overloads"][0]
    assert list(description["parameters"][0]["attributes"]) == ["ID", "NOMBRE", "PRECIO"]


def test_required_parameters_that_are_new_are_named(service: Service, package: Package) -> None:
    params: dict[str, Any] = {"p_item": None}
    assert service.call(package.procedure, params).status_code == 200
    package.compile_anew("p_times IN NUMBER")
    calls = package.calls

    def refusal() -> Any:
        answer = service.call(package.procedure, params)
        assert answer.status_code in (400, 422), answer.text
        return "P_TIMES is required" in answer.json()["detail"]

    eventually(refusal)
    assert package.calls == calls
    out = service.out(package.procedure, {**params, "p_times": 2})
    assert out == {"p_item": None, "P_DONE": 2}


def test_jobs_take_the_new_type_too(service: Service, package: Package) -> None:
    assert service.call(package.procedure, {"p_item": OLD}).status_code == 200
    package.compile_anew()

    def ended() -> Any:
        job = service.launch(package.procedure, {"p_item": NEW, "p_times": 3})
        return service.finished(job)

    # Jobs and requests of this process share descriptions.
    job = eventually(lambda: (one := ended()).get("error_code") != "PLS-00306" and one)
    assert job["status"] == "completed", job
    assert job["result"] == {"p_item": NEW, "P_DONE": 3}
