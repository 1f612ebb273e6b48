"""Which request or job a thread works for: every line that it logs says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkContext:
    """What is worked for; all None between two pieces of work.

    Args:
        request_id: of the request, or of the one that submitted the job.
        job_id: of the job.
        trace_id: of the trace that the request belongs to.
    """

    request_id: str | None = None
    job_id: str | None = None
    trace_id: str | None = None


_NOTHING = WorkContext()
_current: ContextVar[WorkContext] = ContextVar("work", default=_NOTHING)


def current_work() -> WorkContext:
    """Give what the present thread works for."""
    return _current.get()


def begin_work(context: WorkContext) -> None:
    """Say what the present thread works for from now on."""
    _current.set(context)


def end_work() -> None:
    """Say that the present thread works for nobody."""
    _current.set(_NOTHING)


@contextmanager
def working_for(context: WorkContext) -> Iterator[None]:
    """Say what the present thread works for during a block."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)
