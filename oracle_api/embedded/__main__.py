"""Starts the embedded database alone: ``python -m oracle_api.embedded --port 1521``."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import threading
from collections.abc import Sequence

from oracle_api.embedded import demo
from oracle_api.embedded.procedures import Catalog
from oracle_api.embedded.server import HOST, EmbeddedServer


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m oracle_api.embedded",
        description="A small database on loopback that python-oracledb takes for Oracle.",
    )
    parser.add_argument("--port", type=int, default=1521, help="TCP port; 0 picks a free one")
    parser.add_argument("--user", default="dwh")
    parser.add_argument("--password", default="dwh")
    parser.add_argument("--service", default="FREEPDB1")
    parser.add_argument(
        "--procedures",
        metavar="MODULE",
        action="append",
        default=[],
        help="a module whose 'catalog' is offered along with the demo procedures",
    )
    parser.add_argument(
        "--exit-with-parent", action="store_true", help="exit when standard input ends"
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal, or the end of standard input if asked for.

    Returns:
        The exit status.
    """
    options = _arguments(arguments)
    catalog = Catalog(owner=options.user)
    catalog.include(demo.catalog)
    for module in options.procedures:
        catalog.include(importlib.import_module(module).catalog)
    finished = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: finished.set())
    server = EmbeddedServer(options.port, options.user, options.password, options.service, catalog)
    try:
        server.start()
    except OSError as error:
        print(f"cannot listen on {HOST}:{options.port}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"listening on {server.dsn}", flush=True)  # noqa: T201 - the line callers wait for
    if options.exit_with_parent:
        threading.Thread(target=_wait_for_end, args=(finished,), daemon=True).start()
    finished.wait()
    server.stop()
    return 0


def _wait_for_end(finished: threading.Event) -> None:
    """Set the event when the parent closes our standard input, which it does by ending too."""
    # Not sys.stdin: a thread that waits in it keeps the interpreter from ending cleanly.
    while os.read(0, 4096):
        pass
    finished.set()


if __name__ == "__main__":
    sys.exit(main())
