"""A reverse proxy's own error pages, which are no problem documents."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class ErrorPages(ThreadingHTTPServer):
    """Answers every request with an error page.

    Args:
        status: of the pages.
        retry_after: seconds, for the header of that name; None leaves it out.
    """

    daemon_threads = True

    def __init__(self, status: int, retry_after: int | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.status = status
        self.retry_after = retry_after
        #: How often each program asked, by its User-Agent.
        self.requests: Counter[str] = Counter()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Page(BaseHTTPRequestHandler):
    server: ErrorPages

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests[self.headers["User-Agent"]] += 1
        body = b"<html><h1>Sorry</h1></html>"
        self.send_response(self.server.status)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        if self.server.retry_after is not None:
            self.send_header("Retry-After", str(self.server.retry_after))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def error_pages(status: int, retry_after: int | None = None) -> Iterator[ErrorPages]:
    """Run such a proxy for a while."""
    with ErrorPages(status, retry_after) as proxy:
        thread = Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
