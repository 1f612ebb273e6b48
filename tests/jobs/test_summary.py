"""Figures about jobs: counted by hour and by procedure, as one who counts by hand would."""

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import FINAL, Job, JobStatus, Outcome
from oracle_api.jobs.records import to_number
from oracle_api.jobs.store import JobStore
from oracle_api.jobs.summary import (
    MOST_PROCEDURES,
    Period,
    SummaryStore,
    hours_kept,
    median_ranks,
    p95_rank,
)
from oracle_api.jobs.tables import jobs

from .conftest import SettableClock

Add = Callable[..., Job]

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)


@pytest.fixture
def summaries(database: JobDatabase) -> SummaryStore:
    return SummaryStore(database)


def run(
    store: JobStore, clock: SettableClock, seconds: float, status: JobStatus = JobStatus.COMPLETED
) -> None:
    """Run the oldest pending job for so long."""
    job = store.claim("me")
    assert job is not None
    clock.pass_time(seconds=seconds)
    assert store.finish(job.id, "me", Outcome(status, result=b"{}", error="x"))


# ---- periods


def test_a_period_is_whole_hours_the_present_one_included() -> None:
    now = datetime(2026, 11, 25, 10, 23, 11, 5, tzinfo=UTC)
    period = Period.last(24, now, DAY)
    assert period.since == datetime(2026, 11, 24, 11, tzinfo=UTC)
    assert (period.hours, period.until, period.ended_since) == (24, now, period.since)
    assert Period.last(1, now, DAY).since == now.replace(minute=0, second=0, microsecond=0)


@pytest.mark.parametrize(
    ("hours_of_retention", "kept"), [(24, 24), (1, 1), (0.0001, 1), (1.5, 2), (36.01, 37)]
)
def test_a_period_is_no_longer_than_jobs_are_kept(hours_of_retention: float, kept: int) -> None:
    retention = timedelta(hours=hours_of_retention)
    now = datetime(2026, 11, 25, 10, 59, 59, tzinfo=UTC)
    assert hours_kept(retention) == kept
    period = Period.last(1000, now, retention)
    assert period.hours == kept
    assert period.ended_since >= now - retention


# ---- ranks


@given(st.lists(st.integers(0, 50), min_size=1, max_size=300))
def test_ranks_are_those_of_median_and_percentile(values: list[int]) -> None:
    values.sort()
    lower, upper = median_ranks(len(values))
    assert (values[lower - 1] + values[upper - 1]) / 2 == statistics.median(values)
    rank = p95_rank(len(values))
    p95 = values[rank - 1]
    assert sum(value <= p95 for value in values) >= 0.95 * len(values)
    assert rank - 1 < 0.95 * len(values), "a lower rank would leave too many out"


# ---- what is counted


def test_without_jobs_every_hour_is_there_and_empty(
    summaries: SummaryStore, clock: SettableClock
) -> None:
    summary = summaries.read(Period.last(3, clock.now, DAY))
    assert summary.active == {JobStatus.PENDING: 0, JobStatus.RUNNING: 0}
    assert [hour.start.hour for hour in summary.hours] == [1, 2, 3]
    assert all(hour.ended == dict.fromkeys(FINAL, 0) for hour in summary.hours)
    assert summary.procedures == ()


def test_jobs_are_counted_in_the_hour_in_which_they_ended(
    add: Add, store: JobStore, summaries: SummaryStore, clock: SettableClock
) -> None:
    clock.now = datetime(2026, 1, 2, 3, 59, 59, tzinfo=UTC)
    add()
    run(store, clock, 0.999999)
    add()
    run(store, clock, 0.000001, JobStatus.FAILED)
    add()
    run(store, clock, 7200, JobStatus.CANCELLED)
    store.request_cancel(add().id)
    add(), add()
    store.claim("me")
    summary = summaries.read(Period.last(4, clock.now, DAY))
    counts = [(hour.start.hour, *map(hour.ended.get, FINAL)) for hour in summary.hours]
    assert counts == [(3, 1, 0, 0), (4, 0, 1, 0), (5, 0, 0, 0), (6, 0, 0, 2)]
    assert summary.active == {JobStatus.PENDING: 1, JobStatus.RUNNING: 1}
    ran = summary.procedures[0]
    assert (ran.jobs, ran.failed) == (3, 1), "one never ran, and two have not ended"


def test_procedures_are_timed_and_named_as_one_of_their_callers_did(
    add: Add, store: JobStore, summaries: SummaryStore, clock: SettableClock
) -> None:
    for seconds in (4, 1, 10):
        add("pkg.año")
        run(store, clock, seconds)
    add("PKG.AñO")
    run(store, clock, 2, JobStatus.FAILED)
    add("OTHER")
    run(store, clock, 0)
    first, second = summaries.read(Period.last(24, clock.now, DAY)).procedures
    assert first.procedure_name in ("pkg.año", "PKG.AñO")
    assert (first.jobs, first.failed) == (4, 1)
    lengths = (first.shortest, first.median, first.p95, first.longest)
    assert [length.total_seconds() for length in lengths] == [1, 3, 10, 10]
    assert (second.procedure_name, second.jobs, second.median) == ("OTHER", 1, timedelta(0))


def test_the_procedures_of_most_jobs_come_first_and_no_more_than_enough(
    add: Add, store: JobStore, summaries: SummaryStore, clock: SettableClock
) -> None:
    for number in range(MOST_PROCEDURES + 2):
        for _ in range(2 if number >= 2 else 1):
            add(f"P{number:02}")
            run(store, clock, 0)
    shown = summaries.read(Period.last(24, clock.now, DAY)).procedures
    assert [one.procedure_name for one in shown] == [
        f"P{number:02}" for number in range(2, MOST_PROCEDURES + 2)
    ]


def test_one_clients_figures_are_its_own(
    add: Add, store: JobStore, summaries: SummaryStore, clock: SettableClock
) -> None:
    for client in "aab":
        add(client=client)
        run(store, clock, 1)
    add(client="b")
    period = Period.last(1, clock.now, DAY)
    a, b, nobody = (summaries.read(period, client) for client in ("a", "b", "nobody"))
    assert [one.hours[0].ended[JobStatus.COMPLETED] for one in (a, b, nobody)] == [2, 1, 0]
    assert [one.active[JobStatus.PENDING] for one in (a, b, nobody)] == [0, 1, 0]
    assert (a.procedures[0].jobs, b.procedures[0].jobs, nobody.procedures) == (2, 1, ())


def test_what_is_no_longer_kept_is_not_counted(
    add: Add, store: JobStore, summaries: SummaryStore, clock: SettableClock
) -> None:
    clock.now = datetime(2026, 1, 2, 3, 10, tzinfo=UTC)
    add()
    run(store, clock, 0)
    clock.pass_time(minutes=20)
    add()
    run(store, clock, 0)
    summary = summaries.read(Period.last(5, clock.now, timedelta(minutes=15)))
    assert [hour.ended[JobStatus.COMPLETED] for hour in summary.hours] == [1]
    assert summary.procedures[0].jobs == 1


# ---- against counting by hand

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
SECONDS = st.integers(0, 6 * 3600)
MOMENTS = st.one_of(
    SECONDS.map(lambda seconds: NOW - timedelta(seconds=seconds)),
    # Where hours begin and end; ends to come are of a clock that has stepped back.
    st.tuples(st.integers(-2, 6), st.integers(-1, 1)).map(
        lambda edge: (
            NOW.replace(minute=0, second=0, microsecond=0)
            - edge[0] * HOUR
            + timedelta(microseconds=edge[1])
        )
    ),
)
ENDED = st.tuples(
    st.sampled_from(["P", "p", "Q.R", "q.r", "S"]),
    st.sampled_from(FINAL),
    MOMENTS,
    # How long it ran; None where it never did.
    st.one_of(st.none(), st.integers(0, 10_000_000)),
    st.sampled_from("ab"),
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobDatabase]:
    folder: Path = tmp_path_factory.mktemp("summary")
    database = JobDatabase(f"sqlite:///{folder}/jobs.db")
    yield database
    database.close()


def keep(
    database: JobDatabase, ended: list[tuple[str, JobStatus, datetime, int | None, str]]
) -> None:
    rows = [
        {
            "id": f"{number:032x}",
            "status": status,
            "procedure_name": name,
            "request": b"{}",
            "request_hash": b"",
            "submitted_by": client,
            "request_id": "r",
            "start_time": to_number(end) - (ran or 0),
            "run_start_time": None if ran is None else to_number(end) - ran,
            "end_time": to_number(end),
            "progress": 100,
            "version": 1,
        }
        for number, (name, status, end, ran, client) in enumerate(ended)
    ]

    def operation(connection: sa.Connection) -> None:
        connection.execute(jobs.delete())
        if rows:
            connection.execute(jobs.insert(), rows)

    database.write(operation)


@settings(max_examples=60)
@given(st.lists(ENDED, max_size=40), st.integers(1, 8), st.sampled_from([None, "a"]))
def test_the_database_counts_as_one_would_by_hand(
    shared: JobDatabase,
    ended: list[tuple[str, JobStatus, datetime, int | None, str]],
    hours: int,
    client: str | None,
) -> None:
    keep(shared, ended)
    period = Period.last(hours, NOW, timedelta(hours=5))
    summary = SummaryStore(shared).read(period, client)

    end = period.since + period.hours * HOUR
    counted = [
        one for one in ended if one[4] == (client or one[4]) and period.since <= one[2] < end
    ]
    assert [hour.start for hour in summary.hours] == [
        period.since + number * HOUR for number in range(min(hours, 5))
    ]
    for hour in summary.hours:
        there = [one for one in counted if hour.start <= one[2] < hour.start + HOUR]
        assert Counter(hour.ended) == Counter(one[1] for one in there)
    runs: dict[str, list[int]] = {}
    for name, _, _, ran, _ in counted:
        if ran is not None:
            runs.setdefault(name.upper(), []).append(ran)
    order = sorted(runs, key=lambda name: (-len(runs[name]), name))
    assert [one.procedure_name.upper() for one in summary.procedures] == order
    for one in summary.procedures:
        values = sorted(runs[one.procedure_name.upper()])
        microseconds = timedelta(microseconds=1)
        assert one.jobs == len(values)
        assert one.failed == sum(
            name.upper() == one.procedure_name.upper() and ran is not None
            for name, status, _, ran, _ in counted
            if status == JobStatus.FAILED
        )
        assert one.shortest / microseconds == values[0]
        assert one.longest / microseconds == values[-1]
        assert abs(one.median / microseconds - statistics.median(values)) <= 0.5
        assert one.p95 / microseconds == values[math.ceil(0.95 * len(values)) - 1]
