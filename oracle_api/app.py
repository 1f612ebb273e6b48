"""Wires the parts of the service together, here and nowhere else."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Request
from flask.sessions import NullSession, SessionInterface
from flask_cors import CORS
from werkzeug.middleware.proxy_fix import ProxyFix

from oracle_api.access_log import HEADER, register_access_log
from oracle_api.audit import register_audit
from oracle_api.problems import register_problems
from oracle_api.request_metrics import register_request_metrics
from oracle_api.routes import BLUEPRINTS
from oracle_api.server_timing import SERVER_TIMING, register_server_timing
from oracle_api.services import EXTENSION, Services
from oracle_api.settings import Settings
from oracle_api.throttle import register_throttle

_PREFLIGHT_SECONDS = 3600


class _NoSessions(SessionInterface):
    """Gives all requests one session, in which nothing can be kept."""

    def __init__(self) -> None:
        self._session = NullSession()

    def open_session(self, app: Flask, request: Request) -> NullSession:
        """Give it."""
        return self._session


class _App(Flask):
    """Has no coroutines among its views and hooks, and so asks none of them on each request."""

    session_interface = _NoSessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Give the function as it is."""
        return func


def create_app(settings: Settings) -> Flask:
    """Wire the parts of the service together; nothing is started.

    Args:
        settings: read and checked.

    Returns:
        The WSGI app; its services are in ``app.extensions["oracle_api"]`` and want to be started
        in the process that serves requests.
    """
    app = _App(__package__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    # Neither a trailing nor a doubled slash is answered with a redirect.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    services = app.extensions[EXTENSION] = Services(settings)
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=settings.trusted_proxies, x_proto=0, x_host=0
        )
    # First, so that it measures what the others do too.
    register_request_metrics(app, services.metrics.requests)
    register_server_timing(app)
    register_access_log(app, settings.log_format)
    register_audit(app)
    if settings.rate_limit:
        register_throttle(app)
    register_problems(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    if settings.cors_origins:
        CORS(
            app,
            origins=list(settings.cors_origins),
            supports_credentials=False,
            expose_headers=[
                "ETag",
                "Location",
                "RateLimit",
                "RateLimit-Policy",
                "Retry-After",
                HEADER,
                SERVER_TIMING,
            ],
            max_age=_PREFLIGHT_SECONDS,
        )
    return app
