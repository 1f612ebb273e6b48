"""Load on services while things break, and the account of it afterwards.

Every call notes its start and its end in a journal, a file that no fault touches. Clients try
again as a good client does, with the same ``Idempotency-Key``, and keep what they were told.
"""

import itertools
import os
import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from oracle_api.problems import MEDIA_TYPE

from .service import ROOT, Service, eventually, free_port

# Longer than any request of this load may take; who waits longer got no answer.
PATIENCE_SECONDS = 60
_PAUSE_SECONDS = 0.02

#: Why a job that was accepted may fail, each with a text that says that its outcome is unknown,
#: or that it was rolled back.
HONEST_CODES = ("interrupted", "DPY-4011", "DPY-1001")


def choose_seed() -> int:
    """Give the seed of a test, that of CHAOS_SEED where it is set, and print it."""
    seed = int(os.environ.get("CHAOS_SEED", random.randrange(10**6)))
    sys.stdout.write(f"CHAOS_SEED={seed}\n")
    return seed


def pause(seconds: float) -> None:
    """Let the load go on for a while."""
    threading.Event().wait(seconds)


class Journal:
    """What truly happened in the database.

    Args:
        path: of a file that is made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()

    def read(self) -> tuple[Counter[str], Counter[str]]:
        """Count the starts and the ends of each key."""
        started: Counter[str] = Counter()
        ended: Counter[str] = Counter()
        for line in self.path.read_text().splitlines():
            what, key = line.split(" ", 1)
            (started if what == "start" else ended)[key] += 1
        return started, ended


class DatabaseProcess:
    """The embedded database in a process of its own, that can be killed and started again."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process: subprocess.Popen[str] | None = None

    @property
    def environ(self) -> dict[str, str]:
        """What leads a service to it."""
        return {
            "ORACLE_DSN": f"127.0.0.1:{self.port}/FREEPDB1",
            "ORACLE_USER": "dwh",
            "ORACLE_PASSWORD": "dwh",
        }

    def start(self) -> "DatabaseProcess":
        """Start it and wait until it listens."""
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "oracle_api.embedded", f"--port={self.port}"),
                *("--procedures=tests.integration.procedures", "--exit-with-parent"),
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("listening on ")
        return self

    def kill(self) -> None:
        """Kill it as the kernel does."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


@dataclass
class Account:
    """What became of a load."""

    #: Ids of accepted jobs, by key.
    accepted: dict[str, str] = field(default_factory=dict)
    #: What clients got, by kind.
    seen: Counter[str] = field(default_factory=Counter)
    #: Answers 503 and 504, by path.
    refused: Counter[str] = field(default_factory=Counter)
    #: Answers that were neither a success nor a problem document of the right form.
    improper: list[str] = field(default_factory=list)
    #: Keys of synchronous calls that were answered with 200.
    called: list[str] = field(default_factory=list)
    #: When something broke.
    breaks: list[datetime] = field(default_factory=list)
    jobs: Counter[str] = field(default_factory=Counter)
    #: Failed jobs, as they are shown.
    failed: list[dict[str, Any]] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    untrue: list[str] = field(default_factory=list)

    @property
    def longest_orphan_seconds(self) -> float:
        """How long after a break that it ran through a job was ended as interrupted, at most."""
        waits = [0.0]
        for job in self.failed:
            if job["error_code"] == "interrupted":
                began = datetime.fromisoformat(job["run_start_time"])
                ended = datetime.fromisoformat(job["end_time"])
                waits += [(ended - at).total_seconds() for at in self.breaks if began < at < ended]
        return max(waits)

    def check(self) -> None:
        """Hold the account against what is promised."""
        assert not self.lost, f"lost: {self.lost[:5]}"
        assert not self.twice, f"twice: {self.twice[:5]}"
        assert not self.untrue, f"untrue: {self.untrue[:5]}"
        assert not self.improper, f"improper: {self.improper[:5]}"
        assert self.accepted
        assert self.called


class Load:
    """Submissions, calls and looks from several threads during a ``with`` block.

    Args:
        services: take the requests in turn; they share one job store.
        journal: where the procedure notes its calls.
        seed: of the random durations.
        prefix: of its keys, where several loads share one job store.
    """

    def __init__(
        self, services: list[Service], journal: Journal, seed: int, prefix: str = ""
    ) -> None:
        self.account = Account()
        self._prefix = prefix
        self._services = services
        self._journal = journal
        self._seed = seed
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(4)

    def __enter__(self) -> "Load":
        self._work = [
            self._threads.submit(self._submit, "a"),
            self._threads.submit(self._submit, "b"),
            self._threads.submit(self._call),
            self._threads.submit(self._look),
        ]
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._threads.shutdown()
        for work in self._work:
            work.result()

    def wait_accepted(self, more: int, seconds: float = 60) -> None:
        """Wait until so many more jobs were accepted."""
        enough = len(self.account.accepted) + more
        eventually(lambda: len(self.account.accepted) >= enough, seconds)

    def note_break(self) -> None:
        """Note that something breaks now."""
        self.account.breaks.append(datetime.now(UTC))

    def wait_refused(self, path: str, seconds: float = 60) -> None:
        """Wait until a path answers once more that it cannot now."""
        enough = self.account.refused[path] + 1
        eventually(lambda: self.account.refused[path] >= enough, seconds)

    def wait_called(self, seconds: float = 60) -> None:
        """Wait until a synchronous call succeeds once more."""
        enough = len(self.account.called) + 1
        eventually(lambda: len(self.account.called) >= enough, seconds)

    def _submit(self, name: str) -> None:
        dice = random.Random(f"{self._seed}{name}")
        for number in itertools.count():
            key = f"{self._prefix}{name}{number}"
            job_id = self._until_accepted(key, self._body(key, dice))
            if job_id is None:
                return
            self.account.accepted[key] = job_id

    def _until_accepted(self, key: str, body: dict[str, Any]) -> str | None:
        headers = {"Idempotency-Key": key}
        for service in itertools.cycle(self._services):
            if self._stop.wait(_PAUSE_SECONDS):
                return None
            answer = self._send(service, "POST", "/procedure/async", json=body, headers=headers)
            if answer is not None and answer.status_code == 202:
                return str(answer.json()["job_id"])
        return None

    def _call(self) -> None:
        dice = random.Random(f"{self._seed}call")
        for number, service in enumerate(itertools.cycle(self._services)):
            if self._stop.wait(_PAUSE_SECONDS):
                return
            key = f"{self._prefix}call{number}"
            answer = self._send(service, "POST", "/procedure", json=self._body(key, dice))
            if answer is not None and answer.status_code == 200:
                self.account.called.append(key)

    def _look(self) -> None:
        for service in itertools.cycle(self._services):
            for path in ("/jobs?limit=5", "/readyz", "/healthz"):
                if self._stop.wait(_PAUSE_SECONDS):
                    return
                self._send(service, "GET", path)

    def _body(self, key: str, dice: random.Random) -> dict[str, Any]:
        seconds = dice.choice([0, 0, 0.02, 0.1, 0.5])
        params = {"p_path": str(self._journal.path), "p_key": key, "p_seconds": seconds}
        return {"name": "TEST_JOURNAL", "params": params}

    def _send(
        self, service: Service, method: str, path: str, **options: Any
    ) -> requests.Response | None:
        try:
            answer = service.request(method, path, timeout=PATIENCE_SECONDS, **options)
        except requests.Timeout:
            self._note("no answer", f"{path}: no answer in {PATIENCE_SECONDS} s")
            return None
        except requests.RequestException:
            self._note("no connection")
            return None
        fault = None if answer.ok else _fault_of(answer)
        self._note(str(answer.status_code), fault and f"{path}: {fault}")
        if not answer.ok:
            with self._lock:
                self.account.refused[path] += 1
        return answer

    def _note(self, kind: str, fault: str | None = None) -> None:
        with self._lock:
            self.account.seen[kind] += 1
            if fault:
                self.account.improper.append(fault)


def _fault_of(answer: requests.Response) -> str | None:
    """Say what is wrong with an answer that is no success, or None."""
    if answer.headers.get("Content-Type") != MEDIA_TYPE:
        return f"{answer.status_code} is no problem document: {answer.text[:200]}"
    document = answer.json()
    if answer.status_code not in (503, 504) or document["status"] != answer.status_code:
        return f"unexpected: {document}"
    if not document["detail"] or not document["request_id"]:
        return f"it does not say enough: {document}"
    if answer.status_code == 503 and not answer.headers.get("Retry-After"):
        return f"503 without Retry-After: {document}"
    return None


def settle(load: Load, service: Service, journal: Journal, seconds: float = 90) -> Account:
    """Wait until every job is final, and fill the account in.

    Args:
        load: that has ended.
        service: one that runs.
        journal: what truly happened.
        seconds: the longest wait.
    """
    account = load.account
    eventually(lambda: _total(service) == 0, seconds)
    jobs = _all_jobs(service)
    started, ended = journal.read()
    account.twice = [key for key, count in started.items() if count > 1]
    for key, job_id in account.accepted.items():
        job = jobs.get(job_id)
        if job is None:
            account.lost.append(key)
            continue
        account.jobs[job["status"]] += 1
        if job["status"] == "failed":
            account.failed.append(job)
        if not _is_true(job, started[key], ended[key]):
            account.untrue.append(f"{key} {started[key]} {ended[key]} {job}")
    account.untrue += [key for key in account.called if (started[key], ended[key]) != (1, 1)]
    return account


def _is_true(job: dict[str, Any], started: int, ended: int) -> bool:
    """Tell whether what is said of a job fits what happened."""
    if job["status"] == "completed":
        return started == ended == 1
    return job["status"] == "failed" and job["error_code"] in HONEST_CODES and bool(job["error"])


def _total(service: Service) -> int:
    answer = service.get("/jobs?status=pending,running&limit=1")
    return int(answer.json()["total"]) if answer.ok else -1


def _all_jobs(service: Service) -> dict[str, dict[str, Any]]:
    jobs: dict[str, dict[str, Any]] = {}
    page: dict[str, Any] = {"next": ""}
    while "next" in page:
        path = "/jobs?limit=1000" + (f"&cursor={page['next']}" if page["next"] else "")
        page = service.get(path).json()
        jobs.update((job["id"], job) for job in page["jobs"])
    return jobs


class Report:
    """The accounts of several faults, as a page of the documentation.

    Args:
        columns: beside the fault and the rounds, each with what it shows of an account.
    """

    def __init__(self, columns: Mapping[str, Callable[[Account], object]] | None = None) -> None:
        self._columns = SINGLE_SERVICE if columns is None else columns
        self._rows: list[tuple[object, ...]] = []

    def add(self, fault: str, rounds: int, account: Account) -> None:
        """Add one fault."""
        self._rows.append((fault, rounds, *(show(account) for show in self._columns.values())))

    def write(self, path: Path) -> None:
        """Put the table in place of the one in a file."""
        head = ("fault", "rounds", *self._columns)
        lines = [head, ("---",) * len(head), *self._rows]
        table = "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)
        before, _, rest = path.read_text().partition("| fault |")
        after = rest.partition("\n\n")[2]
        path.write_text(f"{before}{table}" + (f"\n{after}" if after else ""))


def _seen(account: Account) -> str:
    return ", ".join(f"{kind}: {count}" for kind, count in sorted(account.seen.items()))


#: Of the faults of a single service.
SINGLE_SERVICE: Mapping[str, Callable[[Account], object]] = {
    "jobs accepted": lambda account: len(account.accepted),
    "completed": lambda account: account.jobs["completed"],
    "failed": lambda account: account.jobs["failed"],
    "lost": lambda account: len(account.lost),
    "run twice": lambda account: len(account.twice),
    "answers that were no proper problem document": lambda account: len(account.improper),
    "what clients saw": _seen,
}
