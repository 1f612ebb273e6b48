"""Celery's pool of threads, which asks for more work as soon as one of them is free."""

from collections.abc import Callable
from typing import Any

from celery.concurrency.thread import ApplyResult, TaskPool
from kombu.asynchronous import get_event_loop


class WakingPool(TaskPool):  # type: ignore[misc]
    """Wakes the loop that reads the broker after each task.

    With ``worker_disable_prefetch`` that loop does not read while all threads are busy, and looks
    again whether one is free only when something else wakes it, which may take a second.
    """

    def on_apply(
        self,
        target: Callable[..., Any],
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
        callback: Callable[..., Any] | None = None,
        accept_callback: Callable[..., Any] | None = None,
        **options: Any,
    ) -> ApplyResult:
        """Run a task on a free thread."""

        def done(*result: Any) -> None:
            if callback is not None:
                callback(*result)
            loop = get_event_loop()
            if loop is not None:
                loop.call_soon(_look_again)

        return super().on_apply(target, args, kwargs, done, accept_callback, **options)


def _look_again() -> None:
    """Do nothing: the loop looks for messages before it waits again."""
