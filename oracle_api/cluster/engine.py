"""The engine of several machines: jobs' ids go through Celery's broker to workers."""

import logging
import threading
import time
from collections import deque
from datetime import timedelta

from oracle_api.cluster.broker import Broker, BrokerUnavailable
from oracle_api.cluster.celery_app import make_celery
from oracle_api.exceptions import StoreUnavailable
from oracle_api.jobs.database import Clock
from oracle_api.jobs.engine import EngineState, Take
from oracle_api.jobs.store import JobStore
from oracle_api.settings import Settings

log = logging.getLogger(__name__)

_LOOK_SECONDS = 2.0
_RETRY_SECONDS = 1.0
_CLOSE_SECONDS = 5.0
# Ids that wait for the broker; a sweep finds those beyond.
_MOST_UNSENT = 10_000


class CeleryEngine:
    """Sends jobs' ids from a thread of its own, so that no request waits for the broker.

    A job whose message is lost stays in the store. The sweep sends it again: it acts when more
    jobs wait in the store than messages in the broker, and takes only jobs whose ids were sent
    long ago; the store gives each of those to one host.

    Args:
        broker: takes the ids.
        store: where jobs wait.
        resend_seconds: how long a job waits before its id is sent again.
        now: gives the present moment, aware.
    """

    def __init__(
        self,
        broker: Broker,
        store: JobStore,
        resend_seconds: float,
        now: Clock,
    ) -> None:
        self._broker = broker
        self._store = store
        self._resend_after = timedelta(seconds=resend_seconds)
        self._now = now
        self._changed = threading.Condition()
        self._unsent: deque[str] = deque(maxlen=_MOST_UNSENT)
        self._pending = 0
        self._state = EngineState("celery")
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="courier", daemon=True)

    def start(self, take: Take) -> None:
        """Begin to send; what a worker takes, it takes by its task."""
        self._thread.start()

    def offer(self, job_id: str) -> None:
        """Have an id sent."""
        with self._changed:
            self._unsent.append(job_id)
            self._changed.notify()

    def look(self, pending: int) -> None:
        """Note how many jobs wait."""
        with self._changed:
            self._pending = pending

    def state(self) -> EngineState:
        """Give what was last seen of the broker."""
        with self._changed:
            return self._state

    def stop(self) -> None:
        """Go on sending: what was accepted before is not to wait for the sweep."""

    def close(self) -> None:
        """Send what is left, once, and let go of the broker."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(_CLOSE_SECONDS)

    def _loop(self) -> None:
        next_look = 0.0
        while True:
            is_last = self._wait_until(next_look)
            try:
                self._send_all()
                if time.monotonic() >= next_look:
                    self._look_at_broker()
                    next_look = time.monotonic() + _LOOK_SECONDS
            except BrokerUnavailable as exc:
                self._note_outage(exc)
                is_last = is_last or self._wait_for_stop(_RETRY_SECONDS)
            except Exception:
                log.exception("The courier met a bug and goes on.")
                is_last = is_last or self._wait_for_stop(_RETRY_SECONDS)
            if is_last:
                break
        self._broker.close()

    def _wait_until(self, moment: float) -> bool:
        """Wait until there is something to do; whether it is the last time."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._unsent or self._stopping,
                timeout=max(0.0, moment - time.monotonic()),
            )
            return self._stopping

    def _wait_for_stop(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._stopping, timeout=seconds)

    def _send_all(self) -> None:
        while True:
            with self._changed:
                if not self._unsent:
                    return
                job_id = self._unsent[0]
            self._broker.send(job_id)
            with self._changed:
                # A full queue may have dropped it meanwhile.
                if self._unsent and self._unsent[0] == job_id:
                    self._unsent.popleft()

    def _look_at_broker(self) -> None:
        length = self._broker.queue_length()
        with self._changed:
            was_away = self._state.broker_reachable is False
            self._state = EngineState("celery", broker_reachable=True, queue_length=length)
            missing = self._pending - length
        if was_away:
            log.info("The broker is reachable again.")
        if missing > 0:
            self._resend(missing)

    def _resend(self, most: int) -> None:
        try:
            due = self._store.resend_due(self._now() - self._resend_after, most)
        except StoreUnavailable as exc:
            log.error("No job can be sent again: %s", exc.detail)
            return
        if due:
            log.warning("%d jobs wait without a message; they are sent again.", len(due))
        with self._changed:
            self._unsent.extend(due)

    def _note_outage(self, exc: BrokerUnavailable) -> None:
        with self._changed:
            is_news = self._state.broker_reachable is not False
            self._state = EngineState("celery", broker_reachable=False)
        if is_news:
            log.error("The broker cannot be reached; jobs wait in the store: %s", exc)


def make_engine(settings: Settings, store: JobStore, now: Clock) -> CeleryEngine:
    """Make the engine that the settings ask for. Nothing is connected.

    Args:
        settings: read and checked.
        store: where jobs wait.
        now: gives the present moment, aware.
    """
    broker = Broker(make_celery(settings.celery_broker_url))
    return CeleryEngine(broker, store, settings.job_resend_seconds, now)
