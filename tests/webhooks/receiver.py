"""A real HTTP server that callbacks are sent to, and that remembers them."""

import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What is answered; ``raw`` is written in place of a response."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    raw: Callable[[BaseHTTPRequestHandler], None] | None = None


class Receiver:
    """Listens from the beginning of a block to its end.

    Args:
        port: 0 takes a free one.
        tls: speaks TLS where it is given.
        host: the address, loopback's by default.
    """

    def __init__(
        self, port: int = 0, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.received: list[Received] = []
        #: Gives the answer to a request; ``nth`` counts those with the same id from 1.
        self.reply: Callable[[Received, int], Reply] = lambda request, nth: Reply()
        self._lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver._take(self)

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self._server = _Server((host, port), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.host, self.port = host, self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def of(self, job_id: str) -> list[Received]:
        """Give what was received about a job, in order."""
        with self._lock:
            return [one for one in self.received if one.headers["webhook-id"] == f"msg_{job_id}"]

    def _take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        request = Received(handler.path, headers, body)
        with self._lock:
            self.received.append(request)
            nth = sum(one.headers["webhook-id"] == headers["webhook-id"] for one in self.received)
        reply = self.reply(request, nth)
        if reply.raw is not None:
            reply.raw(handler)
            return
        handler.send_response(reply.status)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Be silent of clients that went away."""
