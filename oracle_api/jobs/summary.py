"""Figures about the jobs of the last hours: what became of them, and how long they ran."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import sqlalchemy as sa

from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.job import ACTIVE, FINAL, JobStatus
from oracle_api.jobs.records import to_number
from oracle_api.jobs.tables import jobs

#: Procedures in one summary: those of most jobs.
MOST_PROCEDURES = 20

_HOUR = timedelta(hours=1)
_MICROSECOND = timedelta(microseconds=1)

# Names are compared as the list's filter compares them.
_NAME = sa.func.upper(jobs.c.procedure_name)
_RAN = jobs.c.run_start_time.is_not(None)
_RUN = jobs.c.end_time - jobs.c.run_start_time


@dataclass(frozen=True, slots=True)
class Period:
    """Whole hours, of which the last has not ended. Times are aware UTC.

    Args:
        since: where the first of them begins.
        hours: how many they are.
        until: the present moment.
        ended_since: leave out what ended before, which is no longer kept.
    """

    since: datetime
    hours: int
    until: datetime
    ended_since: datetime

    @classmethod
    def last(cls, hours: int, now: datetime, retention: timedelta) -> "Period":
        """Give the last hours, the present one included.

        Args:
            hours: how many; more than jobs are kept count as :func:`hours_kept`.
            now: the present moment, aware, in UTC.
            retention: how long jobs are kept after their end.
        """
        count = min(hours, hours_kept(retention))
        present = now.replace(minute=0, second=0, microsecond=0)
        since = present - (count - 1) * _HOUR
        return cls(since, count, now, max(since, now - retention))


def hours_kept(retention: timedelta) -> int:
    """Say how many hours a period can have, where jobs are kept so long after their end."""
    return max(1, ceil(retention / _HOUR))


@dataclass(frozen=True, slots=True)
class Hour:
    """The jobs that ended within one hour.

    Args:
        start: where it begins.
        ended: how many, by each final state.
    """

    start: datetime
    ended: dict[JobStatus, int]


@dataclass(frozen=True, slots=True)
class ProcedureFigures:
    """The jobs of one procedure that ran and ended within the period.

    Args:
        procedure_name: as a client wrote it; names that differ in case only are one.
        jobs: how many.
        failed: how many of them failed.
        shortest: from the beginning of their run to the end, as are the others.
        median: the middle one, or the mean of both.
        p95: what 95 of 100 do not exceed (the nearest rank).
        longest: of them all.
    """

    procedure_name: str
    jobs: int
    failed: int
    shortest: timedelta
    median: timedelta
    p95: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of one period.

    Args:
        period: which one.
        active: how many jobs there are now, by each state that is not final.
        hours: each of the period, oldest first.
        procedures: those of most jobs first, at most MOST_PROCEDURES.
    """

    period: Period
    active: dict[JobStatus, int]
    hours: tuple[Hour, ...]
    procedures: tuple[ProcedureFigures, ...]


class SummaryStore:
    """Counts jobs within the database: the rows that come out do not grow with their number."""

    def __init__(self, database: JobDatabase) -> None:
        self._database = database

    def read(self, period: Period, submitted_by: str | None = None) -> Summary:
        """Count the jobs of a period, all figures of one state of the store.

        Args:
            period: which one.
            submitted_by: whose; None is anybody's.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        whose = sa.true() if submitted_by is None else jobs.c.submitted_by == submitted_by
        ended = _ended_within(period) & whose
        with self._database.reading(snapshot=True) as connection:
            active = connection.execute(_active(whose)).all()
            by_hour = connection.execute(_by_hour(ended, period)).all()
            procedures = connection.execute(_by_procedure(ended)).all()
            ranked = connection.execute(_at_ranks(ended, procedures)).all() if procedures else ()
        lengths = {(row.name, row.place): row.length * _MICROSECOND for row in ranked}
        return Summary(
            period,
            {**dict.fromkeys(ACTIVE, 0), **{JobStatus(row.status): row.active for row in active}},
            _hours(period, by_hour),
            tuple(_figures(row, lengths) for row in procedures),
        )


def median_ranks(count: int) -> tuple[int, int]:
    """Give the ranks, from 1, of the middle one of so many values; of both where it is even."""
    return (count + 1) // 2, count // 2 + 1


def p95_rank(count: int) -> int:
    """Give the rank, from 1, of the least value that 95 of 100 do not exceed."""
    return (95 * count + 99) // 100


def _ended_within(period: Period) -> sa.ColumnElement[bool]:
    end = period.since + period.hours * _HOUR
    return sa.and_(
        jobs.c.end_time >= to_number(period.ended_since), jobs.c.end_time < to_number(end)
    )


def _active(whose: sa.ColumnElement[bool]) -> sa.Select[Any]:
    return (
        sa.select(jobs.c.status, sa.func.count().label("active"))
        .where(jobs.c.status.in_(ACTIVE), whose)
        .group_by(jobs.c.status)
    )


def _by_hour(ended: sa.ColumnElement[bool], period: Period) -> sa.Select[Any]:
    hour = (jobs.c.end_time - to_number(period.since)) // (_HOUR // _MICROSECOND)
    # Grouped outside: the same expression with parameters is not the same to every database.
    single = sa.select(hour.label("hour"), jobs.c.status).where(ended).subquery()
    return sa.select(single.c.hour, single.c.status, sa.func.count().label("ended")).group_by(
        single.c.hour, single.c.status
    )


def _by_procedure(ended: sa.ColumnElement[bool]) -> sa.Select[Any]:
    count = sa.func.count().label("ended")
    failed = sa.func.sum(sa.case((jobs.c.status == JobStatus.FAILED, 1), else_=0))
    return (
        sa.select(
            _NAME.label("name"),
            sa.func.min(jobs.c.procedure_name).label("written"),
            count,
            failed.label("failed"),
            sa.func.min(_RUN).label("shortest"),
            sa.func.max(_RUN).label("longest"),
        )
        .where(ended, _RAN)
        .group_by(_NAME)
        .order_by(count.desc(), _NAME)
        .limit(MOST_PROCEDURES)
    )


def _at_ranks(ended: sa.ColumnElement[bool], procedures: Iterable[Any]) -> sa.Select[Any]:
    """Select how long the jobs ran that are at the ranks of each procedure: three at most."""
    wanted = [
        (row.name, rank)
        for row in procedures
        for rank in sorted({*median_ranks(row.ended), p95_rank(row.ended)})
    ]
    ranked = (
        sa.select(
            _NAME.label("name"),
            _RUN.label("length"),
            sa.func.row_number().over(partition_by=_NAME, order_by=_RUN).label("place"),
        )
        .where(ended, _RAN, _NAME.in_({name for name, _ in wanted}))
        .subquery()
    )
    return sa.select(ranked).where(sa.tuple_(ranked.c.name, ranked.c.place).in_(wanted))


def _hours(period: Period, rows: Iterable[Any]) -> tuple[Hour, ...]:
    hours = tuple(
        Hour(period.since + number * _HOUR, dict.fromkeys(FINAL, 0))
        for number in range(period.hours)
    )
    for row in rows:
        hours[row.hour].ended[JobStatus(row.status)] = row.ended
    return hours


def _figures(row: Any, lengths: dict[tuple[str, int], timedelta]) -> ProcedureFigures:
    lower, upper = median_ranks(row.ended)
    return ProcedureFigures(
        procedure_name=row.written,
        jobs=row.ended,
        failed=row.failed,
        shortest=row.shortest * _MICROSECOND,
        median=(lengths[row.name, lower] + lengths[row.name, upper]) / 2,
        p95=lengths[row.name, p95_rank(row.ended)],
        longest=row.longest * _MICROSECOND,
    )
