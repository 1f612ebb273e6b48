"""The contract of the job store: guarded moves, idempotency, lists, deletion."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from oracle_api.exceptions import (
    Conflict,
    IdempotencyMismatch,
    JobNotFound,
    NotFound,
    QueueFull,
    TooManyJobs,
)
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import (
    Census,
    Job,
    JobFilter,
    JobStatus,
    NewJob,
    Outcome,
    PageOutline,
)
from oracle_api.jobs.owners import OwnerStore
from oracle_api.jobs.records import CENSUS, LIST_RESULT_BYTES
from oracle_api.jobs.rows import Chunk, RowStore
from oracle_api.jobs.store import JobStore
from oracle_api.oracle.longops import Work
from oracle_api.oracle.request import CallRequest
from oracle_api.oracle.sessions import Session

from .conftest import SettableClock, only_sqlite

Add = Callable[..., Job]

DONE = Outcome(JobStatus.COMPLETED, result=b'{"A":1}')


def end(store: JobStore, outcome: Outcome = DONE) -> Job:
    """Run the oldest pending job to an end."""
    job = store.claim("me")
    assert job is not None
    assert store.finish(job.id, "me", outcome)
    return store.get(job.id)


def ids(jobs: tuple[Job, ...]) -> list[str]:
    return [job.id for job in jobs]


# ---- submitting


def test_a_new_job_is_pending_with_nothing_done(
    add: Add, store: JobStore, clock: SettableClock
) -> None:
    job = store.get(add("PKG.P").id)
    assert (job.status, job.progress, job.procedure_name) == ("pending", 0, "PKG.P")
    assert job.start_time == clock.now
    assert job.run_start_time is job.end_time is job.duration is None


def test_jobs_outlive_the_process_that_added_them(add: Add, url: str) -> None:
    job = add()
    reopened = JobDatabase(url)
    assert JobStore(reopened).get(job.id) == job
    reopened.close()


def test_the_queue_limit_counts_pending_jobs_only(add: Add, store: JobStore) -> None:
    add(), add()
    store.claim("me")
    new = NewJob("f" * 32, "P", b"{}", b"f", "c", "r")
    store.add(new, queue_limit=2)
    with pytest.raises(QueueFull):
        store.add(NewJob("e" * 32, "P", b"{}", b"f", "c", "r"), queue_limit=2)
    with pytest.raises(JobNotFound):
        store.get("e" * 32)


def test_the_same_key_and_request_give_the_same_job(add: Add) -> None:
    assert add(key="k").id == add(key="k").id


def test_the_same_key_with_another_request_is_refused(add: Add) -> None:
    add(key="k", value=1)
    with pytest.raises(IdempotencyMismatch):
        add(key="k", value=2)


def test_a_key_belongs_to_its_client(add: Add) -> None:
    assert add(key="k", client="a").id != add(key="k", client="b").id


def test_a_known_key_is_answered_though_the_queue_is_full(add: Add, store: JobStore) -> None:
    job = add(key="k")
    request = CallRequest.from_json(job.request or b"")
    again = NewJob("f" * 32, "PKG.P", request.to_json(), request.fingerprint(), "c", "r", "k")
    assert store.add(again, queue_limit=1).id == job.id


def test_of_many_submissions_with_one_key_one_makes_the_job(add: Add) -> None:
    barrier = threading.Barrier(16)

    def submit(_number: int) -> str:
        barrier.wait()
        return add(key="k").id

    with ThreadPoolExecutor(16) as threads:
        assert len(set(threads.map(submit, range(16)))) == 1


def test_a_clients_limit_counts_its_own_active_jobs(add: Add, store: JobStore) -> None:
    add(client="a"), add(client="b"), add(client="b")
    store.claim("me")
    with pytest.raises(TooManyJobs):
        add(client="a", client_limit=1)
    end_all = Outcome(JobStatus.FAILED)
    assert store.finish(store.list(JobFilter(submitted_by="a"), 1).jobs[0].id, "me", end_all)
    assert add(client="a", client_limit=1).submitted_by == "a"
    assert store.list(JobFilter(submitted_by="a"), 10).total == 2


def test_a_known_key_is_answered_though_its_client_has_too_many(add: Add) -> None:
    job = add(key="k", client_limit=1)
    assert add(key="k", client_limit=1).id == job.id


def test_two_processes_together_keep_to_a_clients_limit(add: Add, url: str) -> None:
    databases = [JobDatabase(url) for _ in range(2)]
    barrier = threading.Barrier(16)

    def submit(number: int) -> bool:
        new = NewJob(f"{number + 100:032x}", "P", b"{}", b"f", "c", "r")
        barrier.wait()
        try:
            JobStore(databases[number % 2]).add(new, queue_limit=100, client_limit=5)
        except TooManyJobs:
            return False
        return True

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(submit, range(16))) == 5
    for database in databases:
        database.close()


# ---- others' jobs


def test_another_clients_job_is_not_found_whatever_is_asked_of_it(
    add: Add, store: JobStore
) -> None:
    job = add(client="a")
    for ask in (store.get, store.request_cancel, store.delete):
        with pytest.raises(JobNotFound):
            ask(job.id, "b")
    assert store.get(job.id, "a").status == "pending"
    assert store.request_cancel(job.id, "a").status == "cancelled"
    for ask in (store.get, store.request_cancel, store.delete):
        with pytest.raises(JobNotFound):
            ask(job.id, "b")
    store.delete(job.id, "a")


def test_lists_totals_and_bulk_deletes_can_be_held_to_one_client(
    add: Add, store: JobStore, clock: SettableClock
) -> None:
    for client in ("a", "b", "a"):
        add(client=client)
        end(store)
    clock.pass_time(seconds=1)
    page = store.list(JobFilter(submitted_by="a"), 1)
    assert (page.total, [job.submitted_by for job in page.jobs]) == (2, ["a"])
    assert page.next_seq is not None
    assert store.delete_ended(submitted_by="a") == 2
    assert [job.submitted_by for job in store.list(JobFilter(), 10).jobs] == ["b"]


# ---- running


def test_jobs_are_claimed_in_the_order_of_acceptance(add: Add, store: JobStore) -> None:
    added = [add().id for _ in range(5)]
    claimed = [store.claim("me") for _ in range(6)]
    assert [job and job.id for job in claimed] == [*added, None]


def test_a_claimed_job_is_running_with_its_request(
    add: Add, store: JobStore, clock: SettableClock
) -> None:
    request = add().request
    clock.pass_time(seconds=2)
    job = store.claim("me")
    assert job is not None
    assert (job.status, job.progress, job.request) == ("running", 10, request)
    assert job.run_start_time == clock.now


def test_an_owner_that_is_not_known_claims_nothing(
    add: Add, store: JobStore, owners: OwnerStore
) -> None:
    job = add()
    assert store.claim("stranger") is None
    owners.register("late")
    owners.bury("late", DONE)
    assert store.claim("late") is None
    assert store.get(job.id).status == "pending"


def test_no_job_is_claimed_twice_by_many_threads(
    add: Add, store: JobStore, owners: OwnerStore
) -> None:
    for _ in range(200):
        add()
    for number in range(8):
        owners.register(f"owner {number}")
    barrier = threading.Barrier(8)

    def drain(number: int) -> list[str]:
        barrier.wait()
        taken = []
        while (job := store.claim(f"owner {number}")) is not None:
            taken.append(job.id)
        return taken

    with ThreadPoolExecutor(8) as threads:
        counts = Counter(job_id for taken in threads.map(drain, range(8)) for job_id in taken)
    assert len(counts) == 200
    assert set(counts.values()) == {1}


def test_no_job_is_claimed_twice_through_two_stores(
    add: Add, store: JobStore, owners: OwnerStore, url: str
) -> None:
    for _ in range(100):
        add()
    for number in range(4):
        owners.register(str(number))
    second = JobDatabase(url)
    stores = [store, JobStore(second)]
    barrier = threading.Barrier(4)

    def drain(number: int) -> list[str]:
        barrier.wait()
        taken = []
        while (job := stores[number % 2].claim(str(number))) is not None:
            taken.append(job.id)
        return taken

    with ThreadPoolExecutor(4) as threads:
        taken = [job_id for found in threads.map(drain, range(4)) for job_id in found]
    second.close()
    assert len(taken) == len(set(taken)) == 100


def test_progress_never_goes_back(add: Add, store: JobStore) -> None:
    job = add()
    store.claim("me")
    for progress in (50, 30, 60, 55):
        store.note_progress(job.id, "me", progress)
    store.note_progress(job.id, "somebody else", 99)
    assert store.request_cancel(job.id).progress == 60
    store.note_progress(job.id, "me", 55)
    assert store.request_cancel(job.id).progress == 60


def test_work_is_shown_while_the_job_runs_and_kept(add: Add, store: JobStore) -> None:
    job = add()
    store.claim("me")
    work = Work(3, 10, "blocks", "3 of 10", 4, 9)
    store.note_progress(job.id, "me", 59, work)
    store.finish(job.id, "me", DONE)
    assert store.get(job.id).work == work


def test_a_finished_job_has_its_result_and_duration(
    add: Add, store: JobStore, clock: SettableClock
) -> None:
    job = add()
    store.claim("me")
    clock.pass_time(minutes=5)
    assert store.finish(job.id, "me", DONE)
    done = store.get(job.id)
    assert (done.status, done.progress, done.result) == ("completed", 100, b'{"A":1}')
    assert done.duration is not None
    assert done.duration.total_seconds() == 300


def test_a_clock_that_steps_back_gives_no_negative_time_and_no_other_order(
    add: Add, store: JobStore, clock: SettableClock
) -> None:
    first = add()
    clock.pass_time(hours=-1)
    claimed = store.claim("me")
    assert claimed is not None
    assert claimed.run_start_time == claimed.start_time == first.start_time
    clock.pass_time(hours=-1)
    store.finish(first.id, "me", DONE)
    job = store.get(first.id)
    assert job.end_time == job.run_start_time
    assert job.duration == timedelta(0)
    second = add()
    assert second.start_time < first.start_time
    assert ids(store.list(JobFilter(), 9).jobs) == [second.id, first.id]


def test_only_the_owner_can_finish_and_only_once(add: Add, store: JobStore) -> None:
    job = add()
    assert not store.finish(job.id, "me", DONE), "it is not even running"
    store.claim("me")
    assert not store.finish(job.id, "somebody else", DONE)
    assert store.finish(job.id, "me", DONE)
    assert not store.finish(job.id, "me", Outcome(JobStatus.FAILED, error="late"))
    assert store.get(job.id).status == "completed"


def test_every_change_makes_a_new_version(add: Add, store: JobStore) -> None:
    job = add()
    versions = [job.version]
    claimed = store.claim("me")
    assert claimed is not None
    versions.append(claimed.version)
    store.note_progress(job.id, "me", 30)
    versions.append(store.request_cancel(job.id).version)
    store.finish(job.id, "me", DONE)
    versions.append(store.get(job.id).version)
    assert versions == sorted(set(versions))
    assert versions[2] - versions[1] == 2


# ---- cancelling


def test_a_pending_job_is_cancelled_at_once_and_never_claimed(add: Add, store: JobStore) -> None:
    job = store.request_cancel(add().id)
    assert (job.status, job.progress) == ("cancelled", 100)
    assert job.end_time is not None
    assert store.claim("me") is None


def test_a_running_job_is_only_asked_to_end(add: Add, store: JobStore) -> None:
    job = add()
    store.claim("me")
    for _ in range(2):
        asked = store.request_cancel(job.id)
        assert (asked.status, asked.cancel_requested) == ("running", True)


def test_a_final_job_cannot_be_cancelled(add: Add, store: JobStore) -> None:
    add()
    with pytest.raises(Conflict, match="completed"):
        store.request_cancel(end(store).id)


def test_cancel_of_an_unknown_job(store: JobStore) -> None:
    with pytest.raises(JobNotFound):
        store.request_cancel("0" * 32)


def test_either_the_claim_or_the_cancel_of_a_pending_job_wins(add: Add, store: JobStore) -> None:
    for _ in range(30):
        job_id = add().id
        barrier = threading.Barrier(2)

        def cancel(job_id: str = job_id, barrier: threading.Barrier = barrier) -> Job:
            barrier.wait()
            return store.request_cancel(job_id)

        def claim(barrier: threading.Barrier = barrier) -> Job | None:
            barrier.wait()
            return store.claim("me")

        with ThreadPoolExecutor(2) as threads:
            cancelled, claimed = threads.submit(cancel), threads.submit(claim)
            was_claimed = claimed.result() is not None
            assert (cancelled.result().status == "running") is was_claimed
        if was_claimed:
            store.finish(job_id, "me", DONE)


# ---- lists


def test_lists_are_newest_first_and_page_without_gaps(add: Add, store: JobStore) -> None:
    added = [add().id for _ in range(7)]
    seen: list[str] = []
    before = None
    while True:
        page = store.list(JobFilter(), 3, before)
        assert page.total == 7
        seen += ids(page.jobs)
        before = page.next_seq
        if before is None:
            break
    assert seen == added[::-1]


def test_a_page_is_not_disturbed_by_newer_jobs(add: Add, store: JobStore) -> None:
    added = [add().id for _ in range(4)]
    first = store.list(JobFilter(), 2)
    add()
    second = store.list(JobFilter(), 2, first.next_seq)
    assert ids(first.jobs) + ids(second.jobs) == added[::-1]
    assert second.total == 5


def test_lists_filter_by_state_and_procedure(add: Add, store: JobStore) -> None:
    add("PKG.A")
    done = end(store)
    waiting = add("PKG.B")
    assert ids(store.list(JobFilter(statuses=(JobStatus.COMPLETED,)), 9).jobs) == [done.id]
    assert ids(store.list(JobFilter(statuses=(JobStatus.PENDING,)), 9).jobs) == [waiting.id]
    assert ids(store.list(JobFilter(procedure="pkg.a"), 9).jobs) == [done.id]
    assert store.list(JobFilter(procedure="PKG.C"), 9).total == 0


@pytest.mark.parametrize("name", ["PKG.P", "proc_año", '"Mixed"'])
def test_a_procedure_is_found_as_it_was_named(add: Add, store: JobStore, name: str) -> None:
    job = add(name)
    assert ids(store.list(JobFilter(procedure=name), 9).jobs) == [job.id]


def test_lists_find_ids_by_how_they_begin(add: Add, store: JobStore) -> None:
    for _ in range(0x23):
        add()

    def numbers(prefix: str, **more: Any) -> list[int]:
        page = store.list(JobFilter(id_prefix=prefix, **more), 99)
        assert page.total == len(page.jobs)
        return [int(job.id, 16) for job in page.jobs]

    assert numbers("0" * 30 + "1") == list(range(0x1F, 0xF, -1))
    assert numbers("0" * 31 + "f") == [0xF]
    assert len(numbers("0")) == 0x23
    assert numbers("1") == numbers("0" * 29 + "f") == []
    assert numbers("0", submitted_by="somebody else") == []
    assert numbers("0", statuses=(JobStatus.RUNNING,)) == []
    page = store.list(JobFilter(id_prefix="0" * 30 + "1"), 10)
    rest = store.list(JobFilter(id_prefix="0" * 30 + "1"), 10, page.next_seq)
    assert (page.total, rest.total, rest.next_seq) == (16, 16, None)
    assert len({*ids(page.jobs), *ids(rest.jobs)}) == 16


def test_a_page_and_its_outline_are_of_one_state(add: Add, store: JobStore) -> None:
    for _ in range(5):
        add()
    end(store)
    last = store.list(JobFilter(), 3)
    for wanted, limit, before in (
        (JobFilter(), 3, None),
        (JobFilter(), 3, last.next_seq),
        (JobFilter(statuses=(JobStatus.COMPLETED,)), 1, None),
        (JobFilter(procedure="NO.SUCH"), 1, None),
    ):
        assert store.outline(wanted, limit, before) == store.list(wanted, limit, before).outline


def test_every_change_gives_a_page_another_outline(
    add: Add, store: JobStore, clock: SettableClock
) -> None:
    seen: list[PageOutline] = []

    def changed(**wanted: Any) -> bool:
        seen.append(store.outline(JobFilter(**wanted), 2))
        return seen[-1] not in seen[:-1]

    assert changed()
    first = add()
    assert changed()
    store.claim("me")
    assert changed()
    store.note_progress(first.id, "me", 60, Work(1, 2, "u", "m", 1, 1))
    store.note_session(first.id, "me", Session(1, 2, "i"))
    store.request_cancel(first.id)
    assert changed()
    # What was noted at nearly the same time is one change.
    assert seen[-1].versions[0][1] == seen[-2].versions[0][1] + 2
    store.finish(first.id, "me", DONE)
    assert changed()
    second = add()
    assert changed()
    store.request_cancel(second.id)
    assert changed()
    add()
    assert changed(), "the oldest is on another page now"
    store.delete(first.id)
    assert changed(), "there is no other page any more"
    clock.pass_time(hours=2)
    assert changed(ended_since=clock.now), "what ended is too old to be shown"
    assert not changed(ended_since=clock.now)


def test_an_outline_tells_whether_there_is_another_page(add: Add, store: JobStore) -> None:
    jobs = [add() for _ in range(3)]
    for job in jobs:
        store.request_cancel(job.id)
    before = store.list(JobFilter(), 1).next_seq
    there = store.outline(JobFilter(), 1, before)
    store.delete(jobs[0].id)
    add()
    gone = store.outline(JobFilter(), 1, before)
    assert (there.total, there.versions) == (gone.total, gone.versions)
    assert there != gone


def test_lists_forget_what_ended_long_ago_but_nothing_active(
    add: Add, store: JobStore, clock: SettableClock
) -> None:
    add()
    end(store)
    active = add()
    clock.pass_time(hours=2)
    assert ids(store.list(JobFilter(ended_since=clock.now), 9).jobs) == [active.id]


def test_lists_leave_large_results_and_requests_out(add: Add, store: JobStore) -> None:
    add()
    end(store, Outcome(JobStatus.COMPLETED, result=b"1" * LIST_RESULT_BYTES))
    add()
    end(store, Outcome(JobStatus.COMPLETED, result=b"1" * (LIST_RESULT_BYTES + 1)))
    large, small = store.list(JobFilter(), 9).jobs
    assert large.result is None
    assert small.result is not None
    assert large.request is small.request is None
    assert store.get(large.id).result is not None


# ---- deleting


def test_only_final_jobs_are_deleted(add: Add, store: JobStore) -> None:
    add()
    done = end(store)
    running, pending = add(), add()
    store.claim("me")
    store.delete(done.id)
    for job in (running, pending):
        with pytest.raises(Conflict):
            store.delete(job.id)
    with pytest.raises(JobNotFound):
        store.delete(done.id)


def test_delete_ended_by_state_and_age(add: Add, store: JobStore, clock: SettableClock) -> None:
    add()
    old = end(store)
    clock.pass_time(days=8)
    add()
    failed = end(store, Outcome(JobStatus.FAILED, error="x"))
    add()
    completed = end(store)
    pending = add()
    week_ago = clock.now - timedelta(days=7)
    assert store.delete_ended(before=week_ago) == 1
    assert store.delete_ended((JobStatus.FAILED, JobStatus.PENDING)) == 1
    assert ids(store.list(JobFilter(), 9).jobs) == [pending.id, completed.id]
    for job in (old, failed):
        with pytest.raises(JobNotFound):
            store.get(job.id)


def test_delete_ended_goes_through_any_number_of_jobs(
    add: Add, store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("oracle_api.jobs.store._PURGE_BATCH", 5)
    for _ in range(13):
        add()
    while (job := store.claim("me")) is not None:
        store.request_cancel(job.id)
        store.finish(job.id, "me", Outcome(JobStatus.CANCELLED))
    assert store.delete_ended() == 13
    assert store.list(JobFilter(), 1).total == 0


@only_sqlite
def test_a_purge_looks_at_old_jobs_alone(
    database: JobDatabase, store: JobStore, clock: SettableClock
) -> None:
    """So that the writer, which does it, is soon there for others again."""
    asked: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        asked.append((statement, parameters))

    sa.event.listen(sa.Engine, "before_cursor_execute", listen)
    try:
        store.delete_ended(before=clock.now)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", listen)
    statement, parameters = next(one for one in asked if one[0].startswith("SELECT jobs.id"))
    with database.reading() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    assert [step.detail for step in plan] == [
        "SEARCH jobs USING INDEX jobs_by_end (end_time>? AND end_time<?)"
    ]


def test_jobs_with_large_results_are_deleted_a_few_at_a_time(
    add: Add, store: JobStore, rows: RowStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that what others write does not wait until the pieces of very many are deleted."""
    monkeypatch.setattr("oracle_api.jobs.store._PURGE_PIECES", 5)
    kept = []
    for pieces in (2, 2, 2, 9, 1, 0, 3, 0):
        kept.append(add().id)
        store.claim("me")
        for number in range(pieces):
            rows.add(kept[-1], "me", "C", Chunk(number, 1, b"[1]"))
        store.finish(kept[-1], "me", DONE)
    deleted: list[Any] = []
    write = JobDatabase.write

    def watched(database: JobDatabase, operation: Any) -> Any:
        deleted.append(write(database, operation))
        return deleted[-1]

    monkeypatch.setattr(JobDatabase, "write", watched)
    assert store.delete_ended() == 8
    assert deleted == [2, 1, 1, 4, 0]
    assert not [chunk for job_id in kept for chunk in rows.read(job_id, "C", 0)]


def test_a_number_is_never_given_again(add: Add, store: JobStore) -> None:
    gone = [add(), add()]
    cursor = store.list(JobFilter(), 1).next_seq
    for job in gone:
        store.request_cancel(job.id)
        store.delete(job.id)
    add()
    assert not store.list(JobFilter(), 1, cursor).jobs


# ---- rows


def test_rows_come_back_in_order_from_any_row_on(add: Add, store: JobStore, rows: RowStore) -> None:
    job = add()
    store.claim("me")
    with pytest.raises(NotFound):
        rows.columns(job.id, "C")
    rows.open(job.id, "me", "C", ["ID", "ID"])
    assert rows.columns(job.id, "C") == ["ID", "ID"]
    assert list(rows.read(job.id, "C", 0)) == []
    chunks = [Chunk(0, 3, b"[1,2,3]"), Chunk(3, 2, b"[4,5]"), Chunk(5, 1, b"[6]")]
    for chunk in chunks:
        rows.add(job.id, "me", "C", chunk)
    assert list(rows.read(job.id, "C", 0)) == chunks
    assert list(rows.read(job.id, "C", 4)) == chunks[1:]
    assert list(rows.read(job.id, "C", 6)) == []
    assert list(rows.read(job.id, "OTHER", 0)) == []


def test_rows_of_a_job_that_is_somebody_elses_are_refused(
    add: Add, store: JobStore, rows: RowStore
) -> None:
    job = add()
    store.claim("me")
    with pytest.raises(Conflict):
        rows.add(job.id, "somebody else", "C", Chunk(0, 1, b"[1]"))
    assert list(rows.read(job.id, "C", 0)) == []


@pytest.mark.parametrize("ending", ["failed", "deleted"])
def test_rows_go_with_their_job(ending: str, add: Add, store: JobStore, rows: RowStore) -> None:
    job = add()
    store.claim("me")
    rows.add(job.id, "me", "C", Chunk(0, 1, b"[1]"))
    if ending == "failed":
        store.finish(job.id, "me", Outcome(JobStatus.FAILED, error="x"))
    else:
        store.finish(job.id, "me", DONE)
        store.delete(job.id)
    assert list(rows.read(job.id, "C", 0)) == []


def test_who_is_not_the_owner_cannot_drop_a_jobs_rows(
    add: Add, store: JobStore, rows: RowStore
) -> None:
    job = add()
    store.claim("me")
    rows.add(job.id, "me", "C", Chunk(0, 1, b"[1]"))
    assert not store.finish(job.id, "somebody else", Outcome(JobStatus.FAILED, error="late"))
    assert list(rows.read(job.id, "C", 0)) == [Chunk(0, 1, b"[1]")]


# ---- counted


def test_an_empty_store_counts_nothing(store: JobStore) -> None:
    assert store.census() == Census({}, None)


def test_jobs_are_counted_by_state_and_the_oldest_waiting_one_is_found(
    add: Add, store: JobStore, clock: SettableClock
) -> None:
    for _ in range(4):
        add()
        clock.pass_time(seconds=10)
    finished = store.claim("me")
    assert finished is not None
    store.finish(finished.id, "me", DONE)
    store.claim("me")
    oldest = store.list(JobFilter((JobStatus.PENDING,)), 10).jobs[-1]
    assert store.census() == Census(
        {JobStatus.COMPLETED: 1, JobStatus.RUNNING: 1, JobStatus.PENDING: 2}, oldest.start_time
    )


@only_sqlite
def test_counting_reads_an_index_alone(database: JobDatabase, store: JobStore) -> None:
    with database.reading() as connection:
        query = CENSUS.compile(connection.engine, compile_kwargs={"literal_binds": True})
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
    assert any("COVERING INDEX jobs_by_status" in step.detail for step in plan)
    assert not any(
        step.detail.endswith("SCAN jobs") or "TEMP B-TREE" in step.detail for step in plan
    )
