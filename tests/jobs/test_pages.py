"""Totals and pages are exact whatever happens at the same time, and read indexes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import Job, JobFilter, JobStatus, NewJob, Outcome
from oracle_api.jobs.pages import page_of, total_of
from oracle_api.jobs.records import LISTED
from oracle_api.jobs.store import JobStore

from .conftest import SettableClock, only_sqlite

HOUR = timedelta(hours=1)
CLIENTS, PROCEDURES = ("a", "b"), ("PKG.P", "pkg.p", "Q")
STATES = ((), (JobStatus.PENDING,), (JobStatus.COMPLETED, JobStatus.RUNNING), tuple(JobStatus))


def matching(jobs: list[Job], wanted: JobFilter) -> list[Job]:
    """Say what a list must hold, newest first, by a look at each job."""

    def matches(job: Job) -> bool:
        return (
            (not wanted.statuses or job.status in wanted.statuses)
            and wanted.submitted_by in (None, job.submitted_by)
            and (wanted.procedure is None or wanted.procedure.upper() == job.procedure_name.upper())
            and job.id.startswith(wanted.id_prefix or "")
            and (
                wanted.ended_since is None
                or job.end_time is None
                or job.end_time >= wanted.ended_since
            )
        )

    # Their ids are numbers in the order in which they came.
    return sorted(filter(matches, jobs), key=lambda job: job.id, reverse=True)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from(CLIENTS), st.sampled_from(PROCEDURES)),
        st.tuples(st.sampled_from(("claim", "end", "fail", "delete", "hour", "purge"))),
    ),
    max_size=25,
)


@only_sqlite
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps)
def test_lists_hold_what_a_look_at_each_job_finds(
    store: JobStore, clock: SettableClock, add: Callable[..., Job], taken: list[tuple[str, ...]]
) -> None:
    store.delete_ended()
    known = {job.id for job in store.list(JobFilter(), 1000).jobs}
    for step, *more in taken:
        running = store.list(JobFilter((JobStatus.RUNNING,)), 1).jobs
        final = store.list(JobFilter((JobStatus.COMPLETED, JobStatus.FAILED)), 1).jobs
        match step:
            case "add":
                known.add(add(more[1], client=more[0]).id)
            case "claim":
                store.claim("me")
            case "end" if running:
                store.finish(running[0].id, "me", Outcome(JobStatus.COMPLETED, result=b"{}"))
            case "fail" if running:
                store.finish(running[0].id, "me", Outcome(JobStatus.FAILED, error="x"))
            case "delete" if final:
                store.delete(final[0].id)
                known.remove(final[0].id)
            case "hour":
                clock.pass_time(hours=1)
            case "purge":
                store.delete_ended(before=clock.now - 3 * HOUR)
                known = {job.id for job in store.list(JobFilter(), 1000).jobs}
    check_all_lists(store, [store.get(job_id) for job_id in known], clock)


def check_all_lists(store: JobStore, jobs: list[Job], clock: SettableClock) -> None:
    """Hold lists by all filters against the jobs that there are."""
    for statuses, procedure, since, client, prefix in product(
        STATES, (None, "PKG.p"), (None, clock.now - HOUR, clock.now), (None, "b"), (None, "0" * 31)
    ):
        wanted = JobFilter(statuses, procedure, since, client, prefix)
        expected = matching(jobs, wanted)
        first = store.list(wanted, 2)
        rest = store.list(wanted, 1000, first.next_seq) if first.next_seq else None
        seen = [*first.jobs, *(rest.jobs if rest else ())]
        assert [job.id for job in seen] == [job.id for job in expected], wanted
        assert {first.total, rest.total if rest else first.total} == {len(expected)}, wanted
        assert store.outline(wanted, 2).total == len(expected)


def test_lists_are_the_same_in_each_database(
    store: JobStore, clock: SettableClock, add: Callable[..., Job]
) -> None:
    for number in range(9):
        add(PROCEDURES[number % 3], client=CLIENTS[number % 2])
    for status in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED):
        job = store.claim("me")
        assert job is not None
        store.finish(job.id, "me", Outcome(status))
        clock.pass_time(minutes=40)
    store.claim("me")
    check_all_lists(store, list(store.list(JobFilter(), 100).jobs), clock)


def new_job(number: int) -> NewJob:
    return NewJob(
        id=f"{number:032x}",
        procedure_name="P",
        request=b"{}",
        fingerprint=bytes(32),
        submitted_by="c",
        request_id="r",
    )


def test_totals_are_exact_while_others_add_and_delete(url: str, clock: SettableClock) -> None:
    """Each database is what another process would have: connections and a writer of its own."""
    databases = [JobDatabase(url, clock) for _ in range(3)]
    writing, also_writing, reading = map(JobStore, databases)
    old, added, since = 30, 60, clock.now + timedelta(minutes=30)
    for number in range(old):
        writing.add(new_job(number), 1000)
        writing.request_cancel(f"{number:032x}")
    clock.pass_time(hours=1)

    def add(store: JobStore, first: int) -> None:
        for number in range(first, first + added):
            store.add(new_job(number), 1000)

    def delete() -> None:
        for number in range(old):
            also_writing.delete(f"{number:032x}")

    try:
        with ThreadPoolExecutor(3) as threads:
            tasks = [
                threads.submit(add, writing, 1000),
                threads.submit(add, also_writing, 2000),
                threads.submit(delete),
            ]
            while not all(task.done() for task in tasks):
                # A page that holds all of a state of the store shows what its total must be.
                page = reading.list(JobFilter(), 1000)
                assert page.total == len(page.jobs)
                page = reading.list(JobFilter(ended_since=since, submitted_by="c"), 1000)
                assert page.total == len(page.jobs)
            for task in tasks:
                task.result()
        for store in (writing, also_writing, reading):
            assert store.list(JobFilter(ended_since=since), 1).total == 2 * added
    finally:
        for database in databases:
            database.close()


@only_sqlite
@pytest.mark.parametrize(
    "wanted",
    [
        JobFilter(),
        JobFilter(submitted_by="c"),
        JobFilter((JobStatus.COMPLETED, JobStatus.FAILED)),
        JobFilter((JobStatus.COMPLETED, JobStatus.FAILED), submitted_by="c"),
    ],
)
def test_neither_total_nor_page_sorts_or_looks_at_what_no_one_asked_for(
    database: JobDatabase, wanted: JobFilter
) -> None:
    kept = JobFilter(wanted.statuses, None, database.now(), wanted.submitted_by)
    assert all("COVERING INDEX" in step for step in plan(database, *total_of(wanted)))
    assert not [step for step in plan(database, *total_of(kept)) if step.endswith("SCAN jobs")]
    steps = plan(database, *page_of(LISTED, kept, 100, 10_000))
    assert not [step for step in steps if "TEMP B-TREE" in step]


def plan(database: JobDatabase, statement: object, parameters: dict[str, object]) -> list[str]:
    """Give SQLite's plan of a statement."""
    with database.reading() as connection:
        query = statement.params(parameters).compile(  # type: ignore[attr-defined]
            connection.engine, compile_kwargs={"literal_binds": True}
        )
        return [step.detail for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
