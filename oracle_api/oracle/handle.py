"""Breaking a running call off: on request from another thread, or at a deadline."""

import threading
import time
from contextlib import suppress
from typing import NoReturn

import oracledb

from oracle_api.exceptions import CallCancelled, CallTimedOut


class CallHandle:
    """Lets another thread break a call off, and never anything but that call.

    The window in which it can be broken off opens with :meth:`attach` and closes for good just
    before the commit, so a cancel never hits a later statement on the same connection.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: oracledb.Connection | None = None
        self._closed = False
        self._cancelled = threading.Event()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked for it to be broken off in time."""
        return self._cancelled.is_set()

    def cancel(self) -> bool:
        """Break the call off, now or as soon as it begins.

        Returns:
            False where the call is past the point of no return.
        """
        with self._lock:
            if self._closed:
                return False
            self._cancelled.set()
            if self._connection is not None:
                with suppress(oracledb.Error):
                    self._connection.cancel()
            return True

    def wait_cancelled(self, seconds: float) -> bool:
        """Wait for a cancel; gives whether there is one."""
        return self._cancelled.wait(seconds)

    def attach(self, connection: oracledb.Connection) -> None:
        """Name the connection that the call runs on.

        Raises:
            CallCancelled: it was cancelled before it began.
        """
        with self._lock:
            self._refuse_cancelled()
            self._connection = connection

    def detach(self) -> None:
        """Let go of the connection: what it runs next is not this call."""
        with self._lock:
            self._connection = None

    def close(self) -> None:
        """Close the window for good: what comes now is the commit.

        Raises:
            CallCancelled: somebody asked for it in time.
        """
        with self._lock:
            self._refuse_cancelled()
            self._closed = True
            self._connection = None

    def _refuse_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise CallCancelled("The call was cancelled.", "ORA-01013")


class Deadline:
    """A moment by which a call must be done, spread over its round trips.

    Args:
        seconds: from now; None is no deadline.
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._until = None if seconds is None else time.monotonic() + seconds

    def arm(self, connection: oracledb.Connection) -> None:
        """Allow the next round trip what is left; the driver's timeout is per round trip.

        Raises:
            CallTimedOut: nothing is left.
        """
        if self._until is None:
            return
        left = self._until - time.monotonic()
        if left <= 0:
            self.expire()
        # A dead connection has no socket to set a timeout on; its next use says that it is dead.
        if connection.is_healthy():
            connection.call_timeout = max(1, int(left * 1000))

    def expire(self) -> NoReturn:
        """Say that the time is over.

        Raises:
            CallTimedOut: always.
        """
        length = "" if self._seconds is None else f" after {self._seconds:g} seconds"
        raise CallTimedOut(f"The call was broken off in the database{length}.", "DPY-4024")
