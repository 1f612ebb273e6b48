"""A client of oracle_api, to copy into a project. It needs requests and Python 3.11.

    api = OracleApi("http://127.0.0.1:8080", "demo")
    api.call("SUMA_SIMPLE", {"a": Decimal("0.1"), "b": 2})["RESULTADO"]   # Decimal("2.1")
    job_id = api.submit("PKG_ETL.PROCESO_LARGO", {"vFECHA": "2025-12-10"})
    api.wait(job_id)["result"]

Numbers come as int or Decimal, with all their digits. Not for several threads at once: give each
thread a client of its own.
"""

import json
import random
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

Json = dict[str, Any]

CONNECT_SECONDS = 5
# Longer than the service's SYNC_TIMEOUT_SECONDS, so that the 504 is its own.
ANSWER_SECONDS = 60
LONGEST_WAIT_SECONDS = 60
TRIES = 7
FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 10
LONGEST_RETRY_AFTER_SECONDS = 60

# Of jobs under which the service died, or its connection to the database.
LOST_CODES = ("interrupted", "DPY-1001", "DPY-4011", "ORA-03113", "ORA-03114", "ORA-03135")


class OracleApiError(Exception):
    """What goes wrong; catch a subclass by what can be done about it."""


class NoAnswer(OracleApiError):
    """No whole answer came. A `call` may have taken effect; all else was tried again in vain."""


class StillRunning(OracleApiError):
    """The time given to `wait` is up; the job goes on."""


class Problem(OracleApiError):
    """The service refused: the members of its problem document (RFC 9457).

    Args:
        answer: with a status of 400 or more.
    """

    def __init__(self, answer: requests.Response) -> None:
        document = _problem_document(answer)
        self.status = answer.status_code
        self.kind = str(document.get("type", "about:blank")).rpartition(":")[2]
        self.code: str | None = document.get("code")
        self.detail = str(document.get("detail", answer.reason))
        self.errors: list[dict[str, str]] = document.get("errors", [])
        self.request_id: str | None = document.get("request_id")
        self.retry_after = _seconds(answer.headers.get("Retry-After"))
        super().__init__(f"{self.status} {self.detail} (request {self.request_id})")


class InvalidRequest(Problem):
    """400, 413, 415, 422: this program is wrong; `errors` point into the body."""


class TooLarge(InvalidRequest):
    """413: send less at once."""


class NotAuthorised(Problem):
    """401, 403: the token is wrong or may not do this; somebody must grant it."""


class NotFound(Problem):
    """404: no such procedure or job, or it is another client's."""


class Conflict(Problem):
    """409: the job's state or the data forbids it; look again before the next step."""


class ProcedureFailed(Problem):
    """422: the procedure raised; `code` has its ORA- code, and all was rolled back."""


class TimedOut(Problem):
    """504: too long to call at once, and broken off; submit it instead."""


class Unavailable(Problem):
    """429, 502, 503: it was tried again in vain; try much later."""


class OutcomeUnknown(Problem):
    """503: the database was lost during the call; look in the data before calling again."""


class JobEnded(OracleApiError):
    """A job ended without a result.

    Args:
        job: as the service shows it.
    """

    def __init__(self, job: Json) -> None:
        self.job = job
        self.code: str | None = job.get("error_code")
        super().__init__(f"job {job['id']} is {job['status']}: {job.get('error', 'no error')}")


class JobFailed(JobEnded):
    """The procedure raised or could not be called; `code` says why, and all was rolled back."""


class JobInterrupted(JobEnded):
    """The service or its connection died under it: look in the data, then submit it anew."""


class JobCancelled(JobEnded):
    """Somebody cancelled it; all was rolled back."""


class OracleApi:
    """A connection to one service.

    Args:
        url: of the service, without a path.
        token: a bearer token.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"

    def call(self, name: str, params: Json | None = None, **members: Any) -> Json:
        """Run a procedure now, and give its OUT values.

        It is tried again only where the service says that nothing was run.

        Args:
            name: such as ``PKG_ETL.PROCESO_LARGO``.
            params: the IN values by name.
            members: more of the body, such as ``schema`` or ``batch``.
        """
        body = _body(name, params, members)
        out: Json = self._json("POST", "/procedure", body=body, repeatable=False)["out"]
        return out

    def submit(
        self, name: str, params: Json | None = None, key: str | None = None, **members: Any
    ) -> str:
        """Start a job, and give its id.

        Args:
            name: as for `call`.
            params: as for `call`.
            key: names this piece of work: the same key gives the same job, however often it is
                sent. Keep it with the work where this program itself may die and start again.
            members: as for `call`.
        """
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        body = _body(name, params, members)
        answer = self._json("POST", "/procedure/async", body=body, headers=headers)
        return str(answer["job_id"])

    def job(self, job_id: str, wait: float = 0) -> Json:
        """Show a job: as soon as it has ended, or after `wait` seconds (60 at most)."""
        return self._json("GET", f"/jobs/{job_id}?wait={wait:g}", seconds=wait + ANSWER_SECONDS)

    def wait(
        self,
        job_id: str,
        seconds: float = 86_400,
        every: float = LONGEST_WAIT_SECONDS,
        progress: Callable[[Json], None] = lambda job: None,
    ) -> Json:
        """Wait until a job has completed, and give it.

        Args:
            job_id: from `submit`.
            seconds: how long at most.
            every: seconds between two reports of progress, 60 at most.
            progress: is called with the job each time, also at its end.

        Raises:
            StillRunning: the time is up.
            JobFailed, JobInterrupted, JobCancelled: it ended otherwise.
        """
        until = time.monotonic() + seconds
        while True:
            asked = time.monotonic()
            job = self.job(job_id, max(0, min(every, LONGEST_WAIT_SECONDS, until - asked)))
            progress(job)
            if job["status"] not in ("pending", "running"):
                return _completed(job)
            if time.monotonic() >= until:
                raise StillRunning(f"job {job_id} is {job['status']}")
            # With too many waiting the service answers at once.
            time.sleep(max(0, min(1, every, until - asked) - (time.monotonic() - asked)))

    def cancel(self, job_id: str) -> Json:
        """Ask for a job's end, and give the job; it may complete all the same.

        Raises:
            Conflict: it has ended already.
        """
        return self._json("POST", f"/jobs/{job_id}/cancel")

    def delete(self, job_id: str) -> None:
        """Delete a job that has ended."""
        # The first try may have done it, and its answer been lost.
        with suppress(NotFound):
            self._json("DELETE", f"/jobs/{job_id}")

    def rows(self, job_id: str, param: str, limit: int = 1000) -> Iterator[dict[str, Any]]:
        """Give the rows of a completed job's REF CURSOR, page by page."""
        cursor = "0"
        while cursor:
            path = f"{_rows_path(job_id, param)}?limit={limit}&cursor={cursor}"
            page = self._json("GET", path)
            for row in page["rows"]:
                yield dict(zip(page["columns"], row, strict=True))
            cursor = page.get("next", "")

    def save_csv(self, job_id: str, param: str, path: Path) -> None:
        """Write the rows of a completed job's REF CURSOR to a file: whole, or not at all."""
        part = path.with_name(f"{path.name}.part")
        self._send("GET", _rows_path(job_id, param), into=part)
        part.replace(path)

    def _json(self, method: str, path: str, **options: Any) -> Json:
        answer = self._send(method, path, **options)
        try:
            return dict(answer.json(parse_float=Decimal))
        except requests.JSONDecodeError as exc:
            raise NoAnswer(f"{method} {path}: {exc}") from exc

    def _send(
        self, method: str, path: str, *, repeatable: bool = True, **options: Any
    ) -> requests.Response:
        """Make a request, again where that helps and does no harm."""
        for number in range(TRIES):
            try:
                return self._send_once(method, path, **options)
            except (NoAnswer, Unavailable) as exc:
                # A 429 or 503 says that nothing was run; a lost answer or a proxy's 502 does not.
                may_repeat = repeatable or (isinstance(exc, Unavailable) and exc.status != 502)
                asked = exc.retry_after if isinstance(exc, Unavailable) else 0
                is_last = number == TRIES - 1
                if is_last or not may_repeat or asked > LONGEST_RETRY_AFTER_SECONDS:
                    raise
                time.sleep(_delay(number, asked))
        raise AssertionError

    def _send_once(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        headers: dict[str, str] | None = None,
        seconds: float = ANSWER_SECONDS,
        into: Path | None = None,
    ) -> requests.Response:
        # Decimals as texts: the service reads them as exact numbers.
        data = None if body is None else json.dumps(body, default=str).encode()
        accept = {"Accept": "text/csv" if into else "application/json"}
        try:
            answer = self._session.request(
                method,
                self._url + path,
                data=data,
                headers={"Content-Type": "application/json", **accept, **(headers or {})},
                timeout=(CONNECT_SECONDS, seconds),
                stream=into is not None,
            )
            if answer.ok and into:
                with into.open("wb") as file:
                    file.writelines(answer.iter_content(1 << 16))
        except requests.RequestException as exc:
            raise NoAnswer(f"{method} {path}: {exc}") from exc
        if not answer.ok:
            raise _problem(answer)
        return answer


def _body(name: str, params: Json | None, members: Json) -> Json:
    return {"name": name, **({} if params is None else {"params": params}), **members}


def _rows_path(job_id: str, param: str) -> str:
    return f"/jobs/{job_id}/rows/{quote(param, safe='')}"


def _completed(job: Json) -> Json:
    if job["status"] == "completed":
        return job
    if job["status"] == "cancelled":
        raise JobCancelled(job)
    raise (JobInterrupted if job.get("error_code") in LOST_CODES else JobFailed)(job)


_BY_STATUS: dict[int, type[Problem]] = {
    401: NotAuthorised,
    403: NotAuthorised,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    429: Unavailable,
    502: Unavailable,
    503: Unavailable,
    504: TimedOut,
}
_BY_KIND: dict[str, type[Problem]] = {
    "procedure-failed": ProcedureFailed,
    "outcome-unknown": OutcomeUnknown,
}


def _problem(answer: requests.Response) -> Problem:
    problem = Problem(answer)
    rest = InvalidRequest if problem.status < 500 else Problem
    return (_BY_KIND.get(problem.kind) or _BY_STATUS.get(problem.status, rest))(answer)


def _problem_document(answer: requests.Response) -> Json:
    """Read a problem document; a proxy's own error page is none."""
    if "json" not in answer.headers.get("Content-Type", ""):
        return {}
    return dict(answer.json())


def _seconds(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


def _delay(number: int, asked: float) -> float:
    """Give the seconds until the next try: what was asked for, or exponentially more.

    The random part keeps clients that failed together from coming back together.
    """
    backoff: float = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2**number)
    return max(asked, backoff / 2) + random.uniform(0, backoff / 2)
