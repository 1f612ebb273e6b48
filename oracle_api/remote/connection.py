"""One request to the service and its answer, or what went wrong."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.response import BaseHTTPResponse

from oracle_api.remote.errors import ConnectionLost, Problem, Refused, RemoteError, Unreachable
from oracle_api.remote.exits import ExitCode
from oracle_api.remote.target import Target
from oracle_api.version import VERSION

_CONNECT_SECONDS = 5.0
# Longer than the service lets a call or a question to the database take by itself.
_ANSWER_SECONDS = 120.0
_PIECE_BYTES = 64 * 1024

_JSON = "application/json"


class _ProblemDocument(msgspec.Struct):
    detail: str
    type: str = ""
    code: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service answered to a request that it carried out.

    Args:
        body: JSON, as it came.
        retry_after: seconds, from the header of that name, or None.
    """

    body: bytes
    retry_after: float | None = None


class Connection:
    """Sends requests to one service, over connections that are kept.

    Args:
        target: where it is.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._headers = {"User-Agent": f"oracle_api/{VERSION}", "Accept": _JSON}
        if target.token:
            self._headers["Authorization"] = f"Bearer {target.token}"
        ca_file = str(target.ca_file) if target.ca_file else None
        # No redirect is followed: it would take the token somewhere else.
        self._pool = PoolManager(cert_reqs="CERT_REQUIRED", ca_certs=ca_file, retries=False)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Answer:
        """Send a request and read its answer.

        Args:
            method: of the request.
            path: of the route, with its parts quoted.
            query: what is None in it is left out.
            body: JSON.
            headers: beside the usual ones.
            seconds: to wait for the answer; None is long enough for any.

        Raises:
            Unreachable: there was no connection.
            ConnectionLost: no answer came.
            Refused: the service answered with an error.
            RemoteError: what answered is no such service, or its certificate is not trusted.
        """
        given = {name: value for name, value in (query or {}).items() if value is not None}
        kind = {} if body is None else {"Content-Type": _JSON}
        wanted = {**kind, **(headers or {})}
        address = path + (f"?{urlencode(given)}" if given else "")
        with self._open(method, address, body, wanted, seconds or _ANSWER_SECONDS) as response:
            data = response.read(decode_content=True)
            if not response.headers.get("Content-Type", "").startswith(_JSON):
                raise _foreign("it answered with something that is not JSON")
            return Answer(data, _retry_after(response))

    def stream(self, path: str, accept: str) -> Iterator[bytes]:
        """Give the body of a GET piece by piece; raises what ``send`` does, also on the way.

        Args:
            path: of the route, with its parts quoted.
            accept: the media type that is wanted.
        """
        wanted = {"Accept": accept}
        with self._open("GET", path, None, wanted, _ANSWER_SECONDS) as response:
            yield from response.stream(_PIECE_BYTES, decode_content=True)

    @contextmanager
    def _open(
        self,
        method: str,
        address: str,
        body: bytes | None,
        headers: Mapping[str, str],
        seconds: float,
    ) -> Iterator[BaseHTTPResponse]:
        try:
            response = self._pool.urlopen(
                method,
                self._target.url.url + address,
                body=body,
                headers={**self._headers, **headers},
                timeout=Timeout(connect=_CONNECT_SECONDS, read=seconds),
                redirect=False,
                preload_content=False,
            )
            try:
                if not 200 <= response.status < 300:
                    raise _refusal(response)
                yield response
            finally:
                response.close()
        except HTTPError as exc:
            raise self._failure(exc) from None

    def _failure(self, exc: HTTPError) -> RemoteError:
        place = self._target.url.url
        match exc:
            case SSLError():
                return RemoteError(
                    f"{place} is not trusted: {exc}. --ca-file names a certificate to trust.",
                    ExitCode.UNAVAILABLE,
                )
            case LocationValueError():
                return RemoteError(f"{place} is no URL of a service.", ExitCode.INVALID)
            case NewConnectionError() | ConnectTimeoutError():
                return Unreachable(f"{place} cannot be reached: {_reason(exc)}.")
            case ReadTimeoutError():
                return ConnectionLost(
                    f"{place} did not answer in time; whether it goes on there is not known.",
                    ExitCode.TIMED_OUT,
                )
        return ConnectionLost(f"The connection to {place} was lost before the answer was complete.")


def _reason(exc: HTTPError) -> str:
    cause = exc.__cause__ or exc.__context__
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower()
    return "it took too long" if isinstance(exc, ConnectTimeoutError) else "no connection"


def _refusal(response: BaseHTTPResponse) -> RemoteError:
    status = response.status
    if status < 400:
        return _foreign(f"it answered with {status}")
    try:
        found = msgspec.json.decode(response.read(), type=_ProblemDocument)
    except msgspec.DecodeError:
        # Of a proxy before the service.
        found = _ProblemDocument(f"The service, or what stands before it, answered {status}.")
    problem = Problem(status, found.type, found.detail, found.code, found.request_id)
    return Refused(problem, _retry_after(response))


def _retry_after(response: BaseHTTPResponse) -> float | None:
    """Read ``Retry-After`` in seconds, as the service writes it (RFC 9110, section 10.2.3)."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _foreign(reason: str) -> RemoteError:
    return RemoteError(f"This is no oracle_api, or not its URL: {reason}.", ExitCode.UNEXPECTED)
