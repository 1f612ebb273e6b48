"""Requests above RATE_LIMIT are refused: those of each token, and guesses of one by address."""

from http import HTTPStatus

from flask import Flask, Response, g, request

from oracle_api.access_log import client_name
from oracle_api.exceptions import RateLimited
from oracle_api.rate_limits import Verdict
from oracle_api.services import current_services


def register_throttle(app: Flask) -> None:
    """Have an app count failed authentications, and its answers say what is left."""
    app.after_request(_end)


def count_request() -> None:
    """Count the present request; its token, if one is needed, is known.

    Raises:
        RateLimited: as many were made as may be.
    """
    services = current_services()
    if services.rate_limits is None:
        return
    if services.settings.api_no_auth:
        who = ("address", request.remote_addr or "")
    else:
        who = ("client", client_name() or "")
    verdict = services.rate_limits.take(*who)
    g.verdict = verdict
    if not verdict.allowed:
        raise RateLimited("Too many requests.", retry_after=verdict.retry_after)


def refuse_guesses() -> None:
    """Refuse an address from which as many authentications failed as requests may be made.

    A right token is refused as well: whoever guesses must not learn that it is.

    Raises:
        RateLimited: that is so.
    """
    limits = current_services().rate_limits
    if limits is not None and "Authorization" in request.headers:
        verdict = limits.look(*_guesser())
        if not verdict.allowed:
            raise RateLimited(
                "Too many failed authentications from this address.",
                retry_after=verdict.retry_after,
            )


def _end(response: Response) -> Response:
    limits = current_services().rate_limits
    if limits is None:
        return response
    if response.status_code == HTTPStatus.UNAUTHORIZED and "Authorization" in request.headers:
        limits.take(*_guesser())
    verdict: Verdict | None = g.get("verdict")
    if verdict is not None:
        response.headers.update(verdict.fields())
    return response


def _guesser() -> tuple[str, str]:
    return "guesses", request.remote_addr or ""
