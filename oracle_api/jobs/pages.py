"""The statements of a list: its total, and a page of it. Neither may grow with what is kept.

A statement is made once for each set of filters; the values are its parameters.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from oracle_api.jobs.job import JobFilter, JobStatus
from oracle_api.jobs.records import to_number
from oracle_api.jobs.tables import jobs

_Columns = tuple[sa.ColumnElement[Any], ...]

_PROCEDURE = sa.bindparam("procedure", type_=sa.String)
_PREFIX = sa.bindparam("id_prefix", type_=sa.String)
_CONDITIONS = {
    # Both by the database: SQLite leaves letters beyond ASCII as they are.
    "procedure": sa.func.upper(jobs.c.procedure_name) == sa.func.upper(_PROCEDURE),
    # A range is read from the index by id, which LIKE is not everywhere; "g" is behind all hex
    # digits.
    "id_prefix": jobs.c.id.between(_PREFIX, _PREFIX + "g"),
    "submitted_by": jobs.c.submitted_by == sa.bindparam("submitted_by"),
}
_SINCE = sa.bindparam("ended_since", type_=sa.BigInteger)
_IS_KEPT = jobs.c.end_time.is_(None) | (jobs.c.end_time >= _SINCE)
_IS_BELOW = jobs.c.seq < sa.bindparam("before_seq")
_LIMIT = sa.bindparam("limit", type_=sa.Integer)


def total_of(wanted: JobFilter) -> tuple[sa.Select[Any], dict[str, Any]]:
    """Give the statement that counts the jobs that match, and its parameters."""
    parameters = _parameters(wanted)
    return _count(wanted.statuses, frozenset(parameters)), parameters


def page_of(
    columns: Sequence[sa.ColumnElement[Any]],
    wanted: JobFilter,
    limit: int,
    before_seq: int | None,
) -> tuple[sa.Select[Any], dict[str, Any]]:
    """Give the statement that selects the newest jobs that match, and its parameters.

    Args:
        columns: of each.
        wanted: which ones.
        limit: most of them.
        before_seq: go on below this one.
    """
    parameters = _parameters(wanted)
    if before_seq is not None:
        parameters["before_seq"] = before_seq
    statement = _page(tuple(columns), wanted.statuses, frozenset(parameters))
    return statement, {**parameters, "limit": limit}


def _parameters(wanted: JobFilter) -> dict[str, Any]:
    since = wanted.ended_since
    values = {
        "procedure": wanted.procedure,
        "id_prefix": wanted.id_prefix,
        "submitted_by": wanted.submitted_by,
        "ended_since": None if since is None else to_number(since),
    }
    return {name: value for name, value in values.items() if value is not None}


@lru_cache(maxsize=256)
def _count(statuses: tuple[JobStatus, ...], given: frozenset[str]) -> sa.Select[Any]:
    """Count all that match without a look at their ends, and take off what ended too long ago.

    An index alone can answer the first, and of a whole table SQLite knows it from the pages; the
    others are few, as the next cleanup deletes them.
    """
    conditions = _conditions(statuses, given)
    every = sa.select(sa.func.count()).select_from(jobs).where(*conditions)
    if "ended_since" not in given:
        return every
    # As a condition it would have the database choose the index of the many.
    is_wanted = sa.case((sa.and_(sa.true(), *conditions), 1))
    over = sa.select(sa.func.count(is_wanted)).where(jobs.c.end_time < _SINCE)
    return sa.select(every.scalar_subquery() - over.scalar_subquery())


@lru_cache(maxsize=256)
def _page(
    columns: _Columns, statuses: tuple[JobStatus, ...], given: frozenset[str]
) -> sa.Select[Any]:
    conditions = _conditions(statuses, given)
    if "ended_since" in given:
        conditions.append(_IS_KEPT)
    if "before_seq" in given:
        conditions.append(_IS_BELOW)
    if "id_prefix" not in given and (statuses or "submitted_by" in given):
        conditions = [jobs.c.seq.in_(_newest_of_each(statuses or tuple(JobStatus), conditions))]
    return sa.select(*columns).where(*conditions).order_by(jobs.c.seq.desc()).limit(_LIMIT)


def _newest_of_each(
    statuses: tuple[JobStatus, ...], conditions: list[sa.ColumnElement[bool]]
) -> sa.CompoundSelect[Any]:
    """Select the newest of each state, among which the newest of all are.

    The indexes by state, and by client and state, hold each state's jobs in order; all together
    would have to be sorted first.
    """
    newest = (
        sa.select(jobs.c.seq)
        .where(*conditions, jobs.c.status == status)
        .order_by(jobs.c.seq.desc())
        .limit(_LIMIT)
        .subquery()
        for status in statuses
    )
    return sa.union_all(*(sa.select(each.c.seq) for each in newest))


def _conditions(
    statuses: tuple[JobStatus, ...], given: frozenset[str]
) -> list[sa.ColumnElement[bool]]:
    """Give what must hold for a job, apart from when it ended."""
    conditions = [condition for name, condition in _CONDITIONS.items() if name in given]
    # Where any state will do, naming them all would keep other indexes from being used.
    if statuses:
        conditions.append(jobs.c.status.in_(statuses))
    return conditions
