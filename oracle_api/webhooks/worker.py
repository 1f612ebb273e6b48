"""Sends what is due, on a few threads; woken when a job ends here, and every few seconds."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from urllib.parse import urlsplit

from oracle_api.exceptions import StoreRefused, StoreUnavailable
from oracle_api.jobs.job import CallbackState
from oracle_api.webhooks.deliveries import Delivery, DeliveryStore
from oracle_api.webhooks.message import message_body, message_id
from oracle_api.webhooks.schedule import Schedule
from oracle_api.webhooks.sender import Answer, Sender

log = logging.getLogger(__name__)

# A job that another process ended, or an attempt that died with one, is found so late at most.
_POLL_SECONDS = 3.0
_SHORTEST_WAIT_SECONDS = 0.1
_STORE_RETRY_SECONDS = 1.0


class WebhookWorker:
    """Makes the attempts of this process.

    One thread looks what is due and hands it to the senders' threads, of which none exists
    before the first callback.

    Args:
        deliveries: where callbacks are kept.
        sender: makes an attempt.
        schedule: says when a failed one is made again.
        owner: gives the token that this process holds jobs by.
        due: is set when something may be due.
        workers: how many attempts may be under way at once.
        now: gives the present moment, aware.
    """

    def __init__(
        self,
        *,
        deliveries: DeliveryStore,
        sender: Sender,
        schedule: Schedule,
        owner: Callable[[], str],
        due: threading.Event,
        workers: int,
        now: Callable[[], datetime],
    ) -> None:
        self._deliveries = deliveries
        self._sender = sender
        self._schedule = schedule
        self._owner = owner
        self._due = due
        self._now = now
        self._workers = workers
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._busy = 0
        self._stopping = threading.Event()
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="webhook")
        self._thread = threading.Thread(target=self._loop, name="webhooks", daemon=True)

    def start(self) -> None:
        """Start to send."""
        self._thread.start()

    def close(self, seconds: float) -> None:
        """Begin no more attempts, and wait for those that are under way.

        Args:
            seconds: the longest wait; what it cuts short is sent again by another process.
        """
        self._stopping.set()
        self._due.set()
        self._thread.join()
        with self._changed:
            self._changed.wait_for(lambda: self._busy == 0, timeout=seconds)
        self._executor.shutdown(wait=False)

    @property
    def is_idle(self) -> bool:
        """Whether no attempt is under way here."""
        with self._lock:
            return self._busy == 0

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._due.clear()
            seconds = _POLL_SECONDS
            try:
                self._begin_attempts()
                seconds = self._seconds_to_next()
            except StoreUnavailable as exc:
                log.error("No callback could be taken: %s", exc.detail)
            except Exception:
                log.exception("The search for callbacks met a bug and goes on.")
            self._due.wait(seconds)

    def _begin_attempts(self) -> None:
        while self._may_begin() and self._deliveries.has_due():
            delivery = self._deliveries.claim(self._owner())
            if delivery is None:
                return
            with self._lock:
                self._busy += 1
            self._executor.submit(self._attempt, delivery)

    def _may_begin(self) -> bool:
        with self._lock:
            return self._busy < self._workers and not self._stopping.is_set()

    def _seconds_to_next(self) -> float:
        moment = self._deliveries.next_attempt()
        if moment is None or not self._may_begin():
            return _POLL_SECONDS
        seconds = (moment - self._now()).total_seconds()
        return min(max(seconds, _SHORTEST_WAIT_SECONDS), _POLL_SECONDS)

    # ---- on the senders' threads

    def _attempt(self, delivery: Delivery) -> None:
        began = time.monotonic()
        try:
            answer = self._sender.send(
                delivery.url, message_id(delivery.job), message_body(delivery.job)
            )
        except Exception:
            log.exception("job=%s callback met a bug", delivery.job.id)
            answer = Answer(error="Internal error; see the log.")
        try:
            self._end(delivery, answer, time.monotonic() - began)
        except Exception:
            # This process keeps the lease: another attempt is made once it has gone.
            log.exception("job=%s callback's end was not stored", delivery.job.id)
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()
            # A thread is free again.
            self._due.set()

    def _end(self, delivery: Delivery, answer: Answer, seconds: float) -> None:
        again = None
        if answer.error is None:
            state = CallbackState.DELIVERED
        else:
            again = self._schedule.next_attempt(delivery.attempt, answer, self._now())
            state = CallbackState.FAILED if again is None else CallbackState.PENDING
        log.log(
            logging.INFO if answer.error is None else logging.WARNING,
            "job=%s callback host=%s attempt=%d %s status=%s %.1fms%s%s",
            delivery.job.id,
            urlsplit(delivery.url).netloc,
            delivery.attempt,
            state,
            answer.status or "-",
            seconds * 1000,
            f" next={again.isoformat()}" if again else "",
            f": {answer.error}" if answer.error else "",
        )
        self._store_end(delivery, state, answer, again)

    def _store_end(
        self,
        delivery: Delivery,
        state: CallbackState,
        answer: Answer,
        next_attempt: datetime | None,
    ) -> None:
        """Store how an attempt ended, however long the store takes to be there again."""
        while True:
            try:
                self._deliveries.finish(
                    delivery,
                    state,
                    status=answer.status,
                    error=answer.error,
                    next_attempt=next_attempt,
                )
            except StoreRefused:
                raise
            except StoreUnavailable as exc:
                log.error("job=%s callback's end cannot be stored: %s", delivery.job.id, exc.detail)
                if self._stopping.wait(_STORE_RETRY_SECONDS):
                    return
            else:
                return
