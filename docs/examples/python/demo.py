"""Shows what oracle_api_client.py does, against the demo procedures.

It finds the service by the environment:

    pip install requests
    ORACLE_API_URL=http://127.0.0.1:8080 ORACLE_API_TOKEN=demo python demo.py
"""

import os
import sys
import tempfile
import uuid
from decimal import Decimal
from pathlib import Path

from oracle_api_client import (
    Conflict,
    InvalidRequest,
    JobCancelled,
    JobFailed,
    JobInterrupted,
    Json,
    NotAuthorised,
    NotFound,
    OracleApi,
    OracleApiError,
    ProcedureFailed,
)

URL = os.environ.get("ORACLE_API_URL", "http://127.0.0.1:8080")
TOKEN = os.environ.get("ORACLE_API_TOKEN", "demo")


def call_now(api: OracleApi) -> None:
    """Call a procedure: its numbers are exact."""
    out = api.call("SUMA_SIMPLE", {"a": Decimal("0.1"), "b": 12345678901234567890})
    print(f"call: {out['RESULTADO']}")


def run_in_background(api: OracleApi) -> None:
    """Launch a job, once however often it is sent, follow it, and delete it."""
    params = {"vFECHA": "2025-12-10", "vSEGUNDOS": 2}
    key = f"etl-{uuid.uuid4()}"
    job_id = api.submit("PKG_ETL.PROCESO_LARGO", params, key=key)
    again = api.submit("PKG_ETL.PROCESO_LARGO", params, key=key)
    print(f"submitted twice with one key: {'one job' if again == job_id else 'two jobs'}")

    def show(job: Json) -> None:
        print(f"progress: {job['status']} {job['progress']} %")

    try:
        job = api.wait(job_id, seconds=60, every=0.5, progress=show)
    except JobCancelled:
        print("cancelled by somebody: not run again without asking")
    except JobInterrupted as exc:
        print(f"interrupted: {exc.job['error']}")
    except JobFailed as exc:
        print(f"failed: {exc.code} {exc.job['error']}")
    else:
        print(f"result: {job['result']['VRESULTADO']}")
    api.delete(job_id)


def read_rows(api: OracleApi) -> None:
    """Read a REF CURSOR in pages, then as CSV."""
    job_id = api.submit("PROC_TEST_CURSOR", {"p_limit": 2500})
    api.wait(job_id, seconds=60)
    names = [row["NOMBRE"] for row in api.rows(job_id, "P_CURSOR", limit=1000)]
    print(f"rows: {len(names)}, the last is {names[-1]}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        api.save_csv(job_id, "P_CURSOR", path)
        print(f"csv: {len(path.read_text('utf-8').splitlines())} lines")


def cancel(api: OracleApi) -> None:
    """Break off a job in the database."""
    job_id = api.submit("PROC_TEST_DEMORA", {"segundos": 600})
    api.cancel(job_id)
    try:
        api.wait(job_id, seconds=30)
    except JobCancelled:
        print("cancelled: as asked")
    try:
        api.cancel(job_id)
    except Conflict as exc:
        print(f"cancelled twice: {exc.status}")


def errors(api: OracleApi) -> None:
    """Meet the errors that a caller can do something about."""
    try:
        api.call("SUMA_SIMPLE", {"a": "one", "b": 2})
    except InvalidRequest as exc:
        print(f"invalid: {exc.status} at {exc.errors[0]['pointer']}")
    try:
        api.call("PROC_TEST_ERROR", {"p_should_fail": 1})
    except ProcedureFailed as exc:
        print(f"procedure raised: {exc.status} {exc.code}")
    try:
        api.wait(api.submit("PROC_TEST_ERROR", {"p_should_fail": 1}), seconds=30)
    except JobFailed as exc:
        print(f"job failed: {exc.code}")
    try:
        api.job("0" * 32)
    except NotFound as exc:
        print(f"no such job: {exc.status}")
    try:
        OracleApi(URL, "wrong").call("SUMA_SIMPLE", {"a": 1, "b": 2})
    except NotAuthorised as exc:
        print(f"wrong token: {exc.status}")


def main() -> int:
    """Show everything; gives the exit status."""
    api = OracleApi(URL, TOKEN)
    try:
        for part in (call_now, run_in_background, read_rows, cancel, errors):
            part(api)
    except OracleApiError as exc:
        print(f"{type(exc).__name__}: {exc}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
