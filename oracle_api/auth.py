"""Who may call: the address list, the bearer token, and the decorator that asks for both."""

import hmac
import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Response, g, request
from flask_httpauth import HTTPTokenAuth
from werkzeug.datastructures import Authorization

from oracle_api.exceptions import NotAllowed
from oracle_api.problems import problem
from oracle_api.services import current_services
from oracle_api.throttle import counted, refuse_guesses

P = ParamSpec("P")
R = TypeVar("R")

ANONYMOUS = "anonymous"
DEFAULT_CLIENT = "default"


class _BearerAuth(HTTPTokenAuth):  # type: ignore[misc]
    """Takes the token as it stands in the header, whatever characters it has."""

    def get_auth(self) -> Authorization | None:
        """Read the header (RFC 6750, section 2.1), laxer than its grammar for tokens."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        return Authorization("bearer", token=token.strip())


_bearer = _BearerAuth(scheme="Bearer", realm="oracle_api")


def token_required(view: Callable[P, R]) -> Callable[P, R]:
    """Let a request through to a view only from an allowed address and with the token.

    The name of the token is ``g.client`` afterwards. ``API_NO_AUTH=1`` lets everybody through.

    Raises:
        NotAllowed: the address is not on the list.
        RateLimited: too many requests came with the token, or from the address without one.
    """
    limited = counted(view)
    with_token: Callable[P, R] = _bearer.login_required(limited)

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        settings = current_services().settings
        if settings.api_no_auth:
            g.client = ANONYMOUS
            return limited(*args, **kwargs)
        _check_address(request.remote_addr)
        refuse_guesses()
        return with_token(*args, **kwargs)

    return guarded


@_bearer.verify_token  # type: ignore[untyped-decorator]
def _client_of(token: str) -> str | None:
    expected = current_services().settings.api_token
    if not token or not expected:
        return None
    # Header values arrive as Latin-1 of the bytes that the client sent (PEP 3333).
    if not hmac.compare_digest(token.encode("latin-1", "replace"), expected.encode()):
        return None
    g.client = DEFAULT_CLIENT
    return DEFAULT_CLIENT


@_bearer.error_handler  # type: ignore[untyped-decorator]
def _refuse(status: int) -> Response:
    return problem(
        status, "Unauthorized", "A valid token is needed: Authorization: Bearer <token>."
    )


def _check_address(remote: str | None) -> None:
    allowed = current_services().settings.api_allowed_ips
    if not allowed:
        return
    try:
        address = ipaddress.ip_address(remote or "")
    except ValueError:
        raise NotAllowed("The client's address is unknown.") from None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if not any(address in network for network in allowed):
        raise NotAllowed(f"The address {address} may not call this service.")
