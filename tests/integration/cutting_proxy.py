"""A proxy that loses answers: the request reaches the service, its answer nobody."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer


class CuttingProxy(ThreadingTCPServer):
    """Passes TCP connections on, and cuts the first ones once an answer comes.

    Args:
        target: port of the service.
        cuts: how many connections are cut.
        passed: bytes of the answer that still come through before.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, target: int, cuts: int, passed: int = 0) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.target = target
        self.passed = passed
        self._cuts = cuts
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def cuts_left(self) -> int:
        """How many connections are still to be cut."""
        with self._lock:
            return self._cuts

    def claim_cut(self) -> bool:
        """Take one of the cuts, if there is one left."""
        with self._lock:
            if not self._cuts:
                return False
            self._cuts -= 1
            return True


class _Connection(BaseRequestHandler):
    server: CuttingProxy
    request: socket.socket

    def handle(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.target)) as service:
            upwards = threading.Thread(target=_pump, args=(self.request, service), daemon=True)
            upwards.start()
            with suppress(OSError):
                self._answer(service)
            # Ends the other direction too.
            with suppress(OSError):
                self.request.shutdown(socket.SHUT_RDWR)
            upwards.join()

    def _answer(self, service: socket.socket) -> None:
        piece = service.recv(1 << 16)
        left = self.server.passed if piece and self.server.claim_cut() else None
        while piece:
            self.request.sendall(piece[:left])
            if left is not None:
                left -= min(left, len(piece))
                if not left:
                    return
            piece = service.recv(1 << 16)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(1 << 16):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def cutting(target: int, cuts: int, passed: int = 0) -> Iterator[CuttingProxy]:
    """Run such a proxy for a while."""
    with CuttingProxy(target, cuts, passed) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
