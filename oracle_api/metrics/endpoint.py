"""A small HTTP server for the metrics of a process that has no other: a worker's."""

import logging
import socket
import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from oracle_api.exceptions import SettingsError
from oracle_api.metrics.exposition import WSGIApp

log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 10
_JSON = [("Content-Type", "application/json")]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Bind, without a look-up of the host's name: where DNS is away, that takes long."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log who went away in the middle of a request."""
        log.info("A request for metrics was broken off by %s", client_address[0], exc_info=True)


class _ServerOfIPv6(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    # For the next bytes of a request, and for a reader of the answer.
    timeout = _PATIENCE_SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        """Log no requests: one comes every few seconds for ever."""


class MetricsEndpoint:
    """Answers ``GET /metrics`` and ``GET /healthz``, without a token.

    It listens once it is made, and answers once it is started.

    Args:
        exposition: gives the app that writes the metrics as they are now.
        host: address to listen on.
        port: likewise; 0 is a free one.

    Raises:
        SettingsError: it cannot listen there.
    """

    def __init__(self, exposition: Callable[[], WSGIApp], host: str, port: int) -> None:
        self._exposition = exposition
        try:
            self._server = make_server(
                host,
                port,
                self._answer,
                server_class=_ServerOfIPv6 if ":" in host else _Server,
                handler_class=_Handler,
            )
        except OSError as exc:
            raise SettingsError(
                f"WORKER_METRICS_PORT {port} of {host} cannot be listened on: {exc.strerror}."
            ) from None
        self.port = self._server.server_port
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="metrics-endpoint", daemon=True
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()
        log.info("Metrics are on port %d.", self.port)

    def close(self) -> None:
        """Answer and listen no more; it has been started."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        path = environ["PATH_INFO"].rstrip("/")
        if path not in ("/metrics", "/healthz"):
            return _refuse(start_response, HTTPStatus.NOT_FOUND)
        if environ["REQUEST_METHOD"] != "GET":
            return _refuse(start_response, HTTPStatus.METHOD_NOT_ALLOWED, ("Allow", "GET"))
        if path == "/healthz":
            start_response("200 OK", _JSON)
            return [b'{"status":"ok"}']
        # The library reads a choice of names there.
        answer: Iterable[bytes] = self._exposition()(
            {**environ, "QUERY_STRING": ""}, start_response
        )
        return answer


def _refuse(
    start_response: Callable[..., Any], status: HTTPStatus, *headers: tuple[str, str]
) -> list[bytes]:
    start_response(f"{status} {status.phrase}", [("Content-Type", "text/plain"), *headers])
    return [f"{status.phrase}\n".encode()]
