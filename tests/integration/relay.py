"""Stands between a client and a service, and breaks what it is told to break."""

import socket
import threading
from contextlib import suppress


class Relay:
    """Passes connections on to a port, but swallows the first answers.

    The service gets the whole request and answers; the client's connection ends without a byte.

    Args:
        port: of the service, on loopback.
        swallowed: so many answers.
    """

    def __init__(self, port: int, swallowed: int) -> None:
        self._port = port
        self._swallowed = swallowed
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests: list[bytes] = []
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "Relay":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        # Closing it alone does not wake a thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client, socket.create_connection(("127.0.0.1", self._port)) as service:
                    self._pass_on(client, service)

    def _pass_on(self, client: socket.socket, service: socket.socket) -> None:
        request = _read_message(client)
        if not request:
            return
        self.requests.append(request)
        service.sendall(request)
        answer = _read_message(service)
        if len(self.requests) > self._swallowed:
            client.sendall(answer)


def _read_message(source: socket.socket) -> bytes:
    """Read a request or an answer with a ``Content-Length`` (RFC 9112, section 6)."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = source.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    while lengths and len(body) < lengths[0]:
        body += source.recv(65536)
    return head + b"\r\n\r\n" + body
