"""Runs Oracle PL/SQL procedures over HTTP and JSON, at once or in the background."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from oracle_api.settings import Settings


def create_app(settings: "Settings") -> "Flask":
    """Wire the parts of the service together; nothing is started.

    Args:
        settings: read and checked.

    Returns:
        The WSGI app; its services are in ``app.extensions["oracle_api"]`` and want to be started
        in the process that serves requests.
    """
    # Not above: the command line, which is in this package too, starts without Flask.
    from oracle_api import app  # noqa: PLC0415

    return app.create_app(settings)
