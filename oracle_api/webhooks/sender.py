"""One attempt: a signed POST to an address that was checked, bounded in time and size."""

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, InvalidHeader
from urllib3.response import BaseHTTPResponse
from urllib3.util.retry import Retry

from oracle_api.exceptions import OracleApiError
from oracle_api.webhooks import signature
from oracle_api.webhooks.addresses import CallbackPolicy, Endpoint, Target

log = logging.getLogger(__name__)

#: A receiver may put the next attempt off for so long at most.
LONGEST_RETRY_AFTER_SECONDS = 86400

_CONNECT_SECONDS = 5.0
# Enough to let a receiver finish its sentence; what it says is not used.
_MOST_ANSWER_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """How an attempt went.

    Args:
        status: of the receiver's answer; None where there was none.
        error: why it counts as failed, fit for the job's owner; None after a 2xx.
        retry_after: seconds that the receiver asks to wait, or None.
    """

    status: int | None = None
    error: str | None = None
    retry_after: float | None = None


class _Line:
    """Connects to given endpoints, and can be cut from another thread at any moment."""

    def __init__(self, endpoints: list[Endpoint], seconds: float) -> None:
        self._endpoints = endpoints
        self._until = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self.is_cut = False

    def connect(self) -> socket.socket:
        """Connect to the first endpoint that can be reached; none is looked up again."""
        error: OSError = OSError("the host has no address")
        for family, where in self._endpoints:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            one = socket.socket(family, socket.SOCK_STREAM)
            try:
                one.settimeout(min(_CONNECT_SECONDS, left))
                one.connect(where)
                one.settimeout(left)
                self._hold(one)
            except OSError as exc:
                one.close()
                error = exc
            else:
                return one
        raise error

    def _hold(self, connected: socket.socket) -> None:
        # A duplicate: TLS takes the socket itself away, and would leave nothing to cut.
        with self._lock:
            if self.is_cut:
                raise TimeoutError
            self._handle = connected.dup()

    def cut(self) -> None:
        """Make every wait on the connection end now."""
        with self._lock:
            self.is_cut = True
            if self._handle is not None:
                with suppress(OSError):
                    self._handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the connection."""
        with self._lock:
            if self._handle is not None:
                self._handle.close()
                self._handle = None


class _Pinned(HTTPConnection):
    """Connects where it is told, not where its host's name leads now."""

    line: _Line

    def _new_conn(self) -> socket.socket:
        return self.line.connect()


class _PinnedTls(_Pinned, HTTPSConnection):
    """The same under TLS: the certificate must still be that of the host's name."""


class Sender:
    """Makes attempts.

    Args:
        policy: where they may go.
        secrets: keys that sign.
        timeout_seconds: the longest that an attempt may take after its host was looked up.
        tls: what to trust; None is what OpenSSL trusts on this machine.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        policy: CallbackPolicy,
        secrets: tuple[bytes, ...],
        timeout_seconds: float,
        *,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._policy = policy
        self._secrets = secrets
        self._timeout_seconds = timeout_seconds
        self._tls = tls or ssl.create_default_context()
        self._clock = clock

    def send(self, url: str, message_id: str, body: bytes) -> Answer:
        """Make one attempt; no error gets out.

        Args:
            url: where to.
            message_id: of the event.
            body: JSON of the event.
        """
        try:
            target = self._policy.check(url)
            line = _Line(self._policy.endpoints(target), self._timeout_seconds)
        except OracleApiError as exc:
            log.warning("A callback is not sent: %s", exc.detail)
            return Answer(error="WEBHOOK_ALLOW does not allow this host, or its address.")
        except (OSError, UnicodeError):
            return Answer(error="The host's name leads to no address.")
        try:
            with _cut_after(line, self._timeout_seconds):
                return self._post(target, line, message_id, body)
        except Exception as exc:  # noqa: BLE001 - whatever a receiver provokes fails its attempt
            return Answer(error=_told(exc, is_cut=line.is_cut))
        finally:
            line.close()

    def _post(self, target: Target, line: _Line, message_id: str, body: bytes) -> Answer:
        connection = self._connection(target)
        connection.line = line
        try:
            connection.request(
                "POST", target.path, body, self._headers(message_id, body), preload_content=False
            )
            response = connection.getresponse()
            if line.is_cut:
                # Headers that end where the connection does look whole.
                raise TimeoutError
            with suppress(HTTPError, OSError):
                response.read(_MOST_ANSWER_BYTES, decode_content=False)
            return _judged(response)
        finally:
            connection.close()

    def _connection(self, target: Target) -> _Pinned:
        options: dict[str, Any] = {"port": target.port, "timeout": self._timeout_seconds}
        if target.scheme == "https":
            return _PinnedTls(target.host, ssl_context=self._tls, **options)
        return _Pinned(target.host, **options)

    def _headers(self, message_id: str, body: bytes) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "User-Agent": "oracle_api",
            **signature.headers(self._secrets, message_id, int(self._clock()), body),
        }


@contextmanager
def _cut_after(line: _Line, seconds: float) -> Iterator[None]:
    # A socket's time-out begins anew with every byte that a receiver lets drip.
    timer = threading.Timer(seconds, line.cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _judged(response: BaseHTTPResponse) -> Answer:
    if 200 <= response.status < 300:
        return Answer(response.status)
    return Answer(
        response.status,
        f"The receiver answered {response.status}.",
        _retry_after(response.headers.get("Retry-After")),
    )


def _retry_after(text: str | None) -> float | None:
    """Read seconds or a date (RFC 9110, section 10.2.3); None where it is neither."""
    if text is None:
        return None
    try:
        asked = Retry(retry_after_max=LONGEST_RETRY_AFTER_SECONDS).parse_retry_after(text)
        return float(asked)
    except (InvalidHeader, ValueError, OverflowError):
        return None


def _told(exc: Exception, *, is_cut: bool) -> str:
    if is_cut or isinstance(exc, TimeoutError):
        return "The receiver did not answer in time."
    cause = exc.__cause__ if isinstance(exc.__cause__, ssl.SSLError) else exc
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"The receiver's certificate is not accepted: {cause.verify_message}."
    if isinstance(cause, ssl.SSLError):
        return "The receiver does not speak TLS as this service does."
    if isinstance(exc, ConnectionRefusedError):
        return "The connection was refused."
    if isinstance(exc, OSError | HTTPError | HTTPException):
        return f"The connection failed ({type(exc).__name__})."
    return f"The attempt failed ({type(exc).__name__})."
