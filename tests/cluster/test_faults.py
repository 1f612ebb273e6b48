"""Faults of a cluster under load: no accepted job is lost, none runs twice, and no word is untrue.

The seed of each test is printed; CHAOS_SEED=n repeats it. CLUSTER_REPORT=file has every fault
break many rounds, and the account of all of them written there.
"""

import os
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oracle_api.settings import Settings
from tests.integration.chaos import Account, Journal, Load, Report, choose_seed, settle
from tests.integration.conftest import needs_embedded
from tests.integration.service import eventually

from .faults import (
    FAULTS,
    QUICK,
    Fault,
    break_much_at_once,
    cut_every_link_for_a_moment,
    outlasting,
)
from .lab import BROKER, ORACLE, POSTGRES, Cluster, Worker

pytestmark = needs_embedded

REPORT = os.environ.get("CLUSTER_REPORT")
at_length = pytest.mark.skipif(not REPORT, reason="`make cluster-faults` does this at length")

#: What is promised of a running job whose worker is gone.
ORPHAN_SECONDS = 30

Endure = Callable[..., Account]

COLUMNS: dict[str, Callable[[Account], object]] = {
    "jobs accepted": lambda account: len(account.accepted),
    "completed": lambda account: account.jobs["completed"],
    "failed or interrupted": lambda account: account.jobs["failed"],
    "lost": lambda account: len(account.lost),
    "run twice": lambda account: len(account.twice),
    "untrue": lambda account: len(account.untrue),
    "improper answers": lambda account: len(account.improper),
    "longest until an orphan was ended": lambda account: f"{account.longest_orphan_seconds:.1f} s",
}


@pytest.fixture(scope="module")
def report() -> Iterator[Report]:
    """The account of all tests; written where the environment says."""
    report = Report(COLUMNS)
    yield report
    if REPORT:
        report.write(Path(REPORT))


@pytest.fixture
def seed() -> int:
    return choose_seed()


@pytest.fixture
def endure(cluster: Cluster, tmp_path: Path, seed: int, report: Report) -> Endure:
    """Run rounds of faults under load, and check what became of it."""
    dice = random.Random(seed)

    def endure(fault: str, *rounds: Callable[[Cluster, Load, random.Random], None]) -> Account:
        journal = Journal(tmp_path / "journal")
        # Keys last as long as their jobs, which the cluster's other tests share.
        with Load(cluster.apis, journal, seed, prefix=f"{tmp_path.name}-") as load:
            for one_round in rounds:
                one_round(cluster, load, dice)
            cluster.heal()
            load.wait_called()
        account = settle(load, cluster.apis[0], journal)
        report.add(fault, len(rounds), account)
        account.check()
        assert account.longest_orphan_seconds < ORPHAN_SECONDS
        return account

    return endure


def test_everything_breaks_in_turn(endure: Endure, seed: int) -> None:
    quick = random.Random(seed).sample([fault.one_round for fault in QUICK], len(QUICK))
    account = endure("each in turn", *quick, cut_every_link_for_a_moment, break_much_at_once)
    assert min(account.jobs["completed"], account.jobs["failed"]) > 0


@at_length
@pytest.mark.timeout(900)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_many_rounds(fault: Fault, endure: Endure) -> None:
    endure(fault.name, *[fault.one_round] * fault.rounds)


@at_length
@pytest.mark.timeout(300)
def test_with_the_default_lease(cluster: Cluster, endure: Endure) -> None:
    seconds = Settings().job_lease_seconds
    with cluster.lease(seconds):
        rounds = outlasting(seconds + 5)
        name = f"worker's host lost, worker paused, link to PostgreSQL cut; lease of {seconds:g} s"
        endure(f"{name}, as by default", *rounds)


# ---- one running job, and its worker gone


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal")


def launch(cluster: Cluster, journal: Journal, seconds: float = 300) -> tuple[str, Worker]:
    """Start a job, and find who runs it."""
    params = {"p_path": str(journal.path), "p_key": "job", "p_seconds": seconds}
    job_id = cluster.apis[0].launch("TEST_JOURNAL", params)
    runs = eventually(lambda: [worker for worker in cluster.workers if worker.began(job_id)])
    eventually(lambda: journal.read()[0])
    return job_id, runs[0]


def ended_by_one_survivor(cluster: Cluster, job_id: str, runner: Worker) -> dict[str, Any]:
    """Wait until somebody ends an orphan, in time, and alone."""
    began = time.monotonic()
    job = cluster.apis[0].finished(job_id)
    assert time.monotonic() - began < ORPHAN_SECONDS
    assert (job["status"], job["error_code"]) == ("failed", "interrupted")
    [survivor] = eventually(lambda: cluster.audited_ends(job_id))
    assert survivor != runner.host.name
    return job


def test_a_worker_that_stood_still_past_its_lease_has_lost_its_job(
    cluster: Cluster, journal: Journal
) -> None:
    job_id, runner = launch(cluster, journal)
    runner.pause()
    job = ended_by_one_survivor(cluster, job_id, runner)
    runner.resume()
    eventually(lambda: f"job={job_id} procedure=TEST_JOURNAL failed" in runner.log())
    assert "but was ended by another process before" in runner.log()
    assert cluster.apis[1].job(job_id) == job
    assert len(cluster.audited_ends(job_id)) == 1
    assert journal.read() == ({"job": 1}, {}), "its call was broken off"

    for other in cluster.workers:
        if other is not runner:
            other.stop()
    later = cluster.apis[0].launch("SUMA_SIMPLE", {"a": 1, "b": 2})
    assert cluster.apis[0].finished(later)["status"] == "completed"
    assert runner.began(later)


def test_the_job_of_a_lost_host_is_ended_in_time(cluster: Cluster, journal: Journal) -> None:
    job_id, runner = launch(cluster, journal)
    for server in (POSTGRES, BROKER, ORACLE):
        cluster.network.cut(runner.host.name, server)
    runner.kill()
    ended_by_one_survivor(cluster, job_id, runner)


def test_a_worker_that_was_cut_off_from_the_store_breaks_its_call_off(
    cluster: Cluster, journal: Journal
) -> None:
    job_id, runner = launch(cluster, journal)
    cluster.network.cut(runner.host.name, POSTGRES)
    job = ended_by_one_survivor(cluster, job_id, runner)
    cluster.network.mend(runner.host.name, POSTGRES)
    eventually(lambda: f"job={job_id} procedure=TEST_JOURNAL failed" in runner.log())
    assert cluster.apis[1].job(job_id) == job
    assert len(cluster.audited_ends(job_id)) == 1
    assert journal.read() == ({"job": 1}, {}), "its call was broken off"
