"""Drives background jobs of oracle_api over HTTP, one feature after the other.

    pip install requests
    ORACLE_API_URL=http://127.0.0.1:8080 ORACLE_API_TOKEN=demo python test_async.py

It calls the demo procedures (docs/sql/demo_procedures.sql; the embedded database has them built
in), prints a line for each step, and exits with 1 when anything is not as it should be.
"""

import os
import sys
import time
from typing import Any

import requests

URL = os.environ.get("ORACLE_API_URL", "http://127.0.0.1:8080").rstrip("/")
TOKEN = os.environ.get("ORACLE_API_TOKEN", "demo")

session = requests.Session()
session.headers["Authorization"] = f"Bearer {TOKEN}"


class UnexpectedError(Exception):
    """The service did not do what it should."""


def expect(condition: bool, what: str) -> None:
    """Stop the run unless something holds."""
    if not condition:
        raise UnexpectedError(what)


# ---- a small client


def request(method: str, path: str, status: int = 200, **options: Any) -> requests.Response:
    """Make a request that must be answered with a certain status."""
    options.setdefault("timeout", 60)
    answer = session.request(method, URL + path, **options)
    expect(
        answer.status_code == status,
        f"{method} {path} gave {answer.status_code} instead of {status}: {answer.text[:300]}",
    )
    return answer


def launch(name: str, params: dict[str, Any]) -> str:
    """Submit a job and give its id."""
    body = {"name": name, "params": params}
    return str(request("POST", "/procedure/async", 202, json=body).json()["job_id"])


def is_final(job: dict[str, Any]) -> bool:
    """Tell whether a job has ended, one way or another."""
    return job["status"] in ("completed", "failed", "cancelled")


def wait_for(job_id: str, seconds: float = 60) -> dict[str, Any]:
    """Wait until a job has ended, and give it.

    With ``?wait=`` the service holds the answer back until the job has ended. It may answer
    earlier when many clients wait; ``Retry-After`` then says when to ask again.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        answer = request("GET", f"/jobs/{job_id}", params={"wait": 20})
        if is_final(answer.json()):
            return dict(answer.json())
        time.sleep(int(answer.headers.get("Retry-After", "1")))
    raise UnexpectedError(f"job {job_id} has not ended after {seconds:g} s")


# ---- the examples


def basic_run() -> None:
    """Launch a job, follow its progress, read its result, delete it."""
    job_id = launch("PKG_ETL.PROCESO_LARGO", {"vFECHA": "2025-12-10", "vSEGUNDOS": 3})
    print(f"  launched {job_id}")

    etag = ""
    job: dict[str, Any] = {}
    while not (job and is_final(job)):
        answer = session.get(
            f"{URL}/jobs/{job_id}", headers={"If-None-Match": etag} if etag else {}, timeout=60
        )
        expect(answer.status_code in (200, 304), f"polling gave {answer.status_code}")
        if answer.status_code == 200:  # 304: nothing has changed since the last answer
            etag, job = answer.headers["ETag"], answer.json()
            work = None if is_final(job) else job.get("work")
            figures = f", {work['sofar']} of {work['totalwork']} {work['units']}" if work else ""
            print(f"  {job['status']}: {job['progress']} %{figures}")
        time.sleep(0.5)

    expect(job["status"] == "completed", f"the job ended as {job['status']}: {job.get('error')}")
    expect(job["result"] == {"VRESULTADO": 12500}, f"the result was {job['result']}")
    print(f"  result {job['result']} after {job['duration']}")

    request("DELETE", f"/jobs/{job_id}")
    request("GET", f"/jobs/{job_id}", 404)
    print("  deleted; asking for it now gives 404")


def several_in_parallel() -> None:
    """Launch some jobs at once, then collect the results of all."""
    began = time.monotonic()
    jobs = {text: launch("PROC_TEST", {"p_input": text}) for text in ("north", "south", "east")}
    sleepers = [launch("PROC_TEST_DEMORA", {"segundos": 1}) for _ in range(3)]
    print(f"  launched {len(jobs) + len(sleepers)} jobs in {time.monotonic() - began:.2f} s")

    for text, job_id in jobs.items():
        job = wait_for(job_id)
        expect(job["status"] == "completed", f"{text} ended as {job['status']}")
        expect(job["result"] == {"P_OUTPUT": f"Procesado: {text}"}, f"{text}: {job['result']}")
        print(f"  {text}: {job['result']['P_OUTPUT']}")
    for job_id in sleepers:
        expect(wait_for(job_id)["status"] == "completed", "a sleeper did not complete")
    print(f"  3 jobs of 1 s each, and all the rest, took {time.monotonic() - began:.1f} s")


def errors() -> None:
    """Show what goes wrong and how the service says so."""
    # In the background the submission is accepted, and the job fails.
    job = wait_for(launch("NO_SUCH_PROCEDURE", {}))
    expect(job["status"] == "failed", f"an unknown procedure ended as {job['status']}")
    expect(job["error_code"] == "PLS-00201", f"its code was {job.get('error_code')}")
    print(f"  unknown procedure: job failed, {job['error_code']} {job['error']}")

    job = wait_for(launch("PROC_TEST_ERROR", {"p_should_fail": 1}))
    expect(job["status"] == "failed", f"an application error ended as {job['status']}")
    expect(job["error_code"] == "ORA-20001", f"its code was {job.get('error_code')}")
    print(f"  application error: job failed, {job['error_code']} {job['error']}")

    job = wait_for(launch("SUMA_SIMPLE", {"a": "one", "b": 2}))
    expect(job["status"] == "failed", f"a bad parameter ended as {job['status']}")
    print(f"  bad parameter: job failed, {job['error']}")

    # A synchronous call gets the same errors as its answer: an RFC 9457 problem document.
    body = {"name": "SUMA_SIMPLE", "params": {"a": "one", "b": 2}}
    problem = request("POST", "/procedure", 400, json=body).json()
    expect(problem["errors"][0]["pointer"] == "/params/a", f"errors was {problem['errors']}")
    print(f"  bad parameter, called at once: 400, wrong at {problem['errors'][0]['pointer']}")

    # What can be told without the database is refused at once in the background too.
    problem = request("POST", "/procedure/async", 400, json={"name": "NOT A NAME"}).json()
    print(f"  malformed name: 400 {problem['detail']}")

    answer = request("GET", "/jobs", 401, headers={"Authorization": "Bearer not-the-token"})
    expect(answer.headers["WWW-Authenticate"].startswith("Bearer"), "no WWW-Authenticate header")
    print(f"  wrong token: 401 {answer.json()['detail']}")


def cancelling() -> None:
    """Break off a job that runs, and see that it cannot be done twice."""
    job_id = launch("PROC_TEST_DEMORA", {"segundos": 60})
    request("POST", f"/jobs/{job_id}/cancel", 202)
    print(f"  asked to cancel {job_id}")
    job = wait_for(job_id)
    expect(job["status"] == "cancelled", f"the job ended as {job['status']}")
    print(f"  the job of 60 s ended as {job['status']} after {job['duration']}")
    problem = request("POST", f"/jobs/{job_id}/cancel", 409).json()
    print(f"  cancelled again: 409 {problem['detail']}")


def listing() -> None:
    """List jobs by state and procedure, page by page."""
    launched = [launch("PROC_TEST", {"p_input": f"listed {number}"}) for number in range(3)]
    for job_id in launched:
        wait_for(job_id)

    filters = {"status": "completed,failed", "procedure": "PROC_TEST", "limit": 2}
    first = request("GET", "/jobs", params=filters).json()
    expect(first["total"] >= 3 and len(first["jobs"]) == 2, f"the first page was {first}")
    print(f"  page 1: {len(first['jobs'])} of {first['total']} jobs of PROC_TEST that have ended")

    second = request("GET", "/jobs", params={**filters, "cursor": first["next"]}).json()
    jobs = first["jobs"] + second["jobs"]
    expect(all(job["procedure_name"] == "PROC_TEST" for job in jobs), "another procedure's job")
    expect(all(is_final(job) for job in jobs), "a job that has not ended")
    expect(len({job["id"] for job in jobs}) == len(jobs), "a job on two pages")
    print(f"  page 2: {len(second['jobs'])} more, none of them on page 1")

    problem = request("GET", "/jobs", 400, params={"status": "sleeping"}).json()
    print(f"  unknown state: 400 {problem['detail']}")


def main() -> int:
    """Run every example; gives the exit status."""
    print(f"oracle_api at {URL}")
    try:
        for example in (basic_run, several_in_parallel, errors, cancelling, listing):
            print(f"{example.__name__}:")
            example()
    except UnexpectedError as exc:
        print(f"FAILED: {exc}", file=sys.stderr)
        return 1
    except requests.RequestException as exc:
        print(f"FAILED: no answer from {URL}: {exc}", file=sys.stderr)
        return 1
    print("all as it should be")
    return 0


if __name__ == "__main__":
    sys.exit(main())
