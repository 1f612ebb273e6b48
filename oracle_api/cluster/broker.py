"""The broker as the service sees it: takes ids, and says how many wait."""

from contextlib import suppress

from celery import Celery
from kombu import Connection, Producer
from kombu.exceptions import KombuError

from oracle_api.cluster.celery_app import QUEUE, TASK


class BrokerUnavailable(Exception):
    """The broker cannot be reached, or refused."""


class Broker:
    """One connection, made when it is needed and thrown away with the first error.

    For one thread.

    Args:
        app: see ``make_celery``.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._connection: Connection | None = None
        self._producer: Producer | None = None
        # It is not connected: the kinds of errors depend on the URL alone.
        kinds = app.connection_for_write()
        self._errors = (KombuError, OSError, *kinds.connection_errors, *kinds.channel_errors)

    def send(self, job_id: str) -> None:
        """Send a job's id.

        Raises:
            BrokerUnavailable: it may or may not have arrived.
        """
        try:
            producer = self._connected()
            self._app.send_task(TASK, (job_id,), task_id=job_id, producer=producer, retry=False)
        except self._errors as exc:
            raise self._lost(exc) from exc

    def queue_length(self) -> int:
        """Count the messages that no worker has.

        Raises:
            BrokerUnavailable: it cannot be asked.
        """
        try:
            # Declared, not looked up: one that is empty does not exist in Redis.
            queue = self._app.amqp.queues[QUEUE](self._connected().channel)
            return int(queue.queue_declare().message_count)
        except self._errors as exc:
            raise self._lost(exc) from exc

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            with suppress(*self._errors):
                connection.release()

    def _lost(self, exc: Exception) -> BrokerUnavailable:
        self.close()
        return BrokerUnavailable(f"{type(exc).__name__}: {exc}")

    def _connected(self) -> Producer:
        if self._producer is None:
            self._connection = self._app.connection_for_write()
            self._producer = self._app.amqp.Producer(self._connection.channel())
        return self._producer
