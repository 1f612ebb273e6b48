"""Who may call: the address list, the bearer token, and the decorators that ask for both."""

import ipaddress
from collections.abc import Callable, Sequence
from functools import wraps
from http import HTTPStatus
from typing import ParamSpec, TypeVar

from flask import Response, g, request
from flask_httpauth import HTTPTokenAuth
from werkzeug.datastructures import Authorization

from oracle_api.allowlist import Network, unmapped
from oracle_api.clients.client import ANONYMOUS, Client, Scope
from oracle_api.exceptions import NotAllowed, ScopeMissing
from oracle_api.jobs.database import utc_now
from oracle_api.present import present_notes, present_request
from oracle_api.problems import problem
from oracle_api.services import current_services
from oracle_api.throttle import count_request, refuse_guesses

P = ParamSpec("P")
R = TypeVar("R")


class _BearerAuth(HTTPTokenAuth):  # type: ignore[misc]
    """Takes the token as it stands in the header, whatever characters it has."""

    def get_auth(self) -> Authorization | None:
        """Read the header (RFC 6750, section 2.1), laxer than its grammar for tokens."""
        header = present_request().environ.get("HTTP_AUTHORIZATION", "")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            return None
        return Authorization("bearer", token=token.strip())

    def ensure_sync(self, f: Callable[P, R]) -> Callable[P, R]:
        """Give the function as it is: none is a coroutine."""
        return f

    def login_required(self, f: Callable[P, R]) -> Callable[P, R | Response]:
        """Do what the library's does for tokens, without passwords, roles and Flask's proxies."""

        @wraps(f)
        def decorated(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            user = self.authenticate(self.get_auth(), None)
            if user is None:
                refusal: Response = self.auth_error_callback(HTTPStatus.UNAUTHORIZED)
                return refusal
            present_notes().flask_httpauth_user = user
            return f(*args, **kwargs)

        return decorated


_bearer = _BearerAuth(scheme="Bearer", realm="oracle_api")


def requires(*scopes: str) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
    """Make a decorator that lets a request through to a view only where its client may use it.

    The request must come from an allowed address, with a valid token that holds one of the
    scopes; ``API_NO_AUTH=1`` lets everybody through. The view finds the client with
    :func:`current_client`.

    Args:
        scopes: any one of them is enough; with none, every valid token is.

    Raises:
        ValueError: at import, for a scope that there is not.
        NotAllowed: in a request, the address is not on the service's list or the client's.
        RateLimited: in a request, too many came with the token, or from the address without one.
        ScopeMissing: in a request, the token holds none of the scopes.
    """
    wanted = tuple(map(Scope, scopes))

    def decorate(view: Callable[P, R]) -> Callable[P, R | Response]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            count_request()
            _check_client(current_client(), wanted)
            return view(*args, **kwargs)

        with_token = _bearer.login_required(checked)

        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            settings = current_services().settings
            if settings.api_no_auth:
                _enter(ANONYMOUS)
                return checked(*args, **kwargs)
            _check_address(settings.api_allowed_ips, "may not call this service")
            refuse_guesses()
            return with_token(*args, **kwargs)

        guarded.scopes = wanted  # type: ignore[attr-defined]
        return guarded

    return decorate


#: Lets every valid token through.
token_required = requires()


def scopes_of(view: Callable[..., object]) -> tuple[Scope, ...] | None:
    """Say what :func:`requires` asks for before a view; None where the view is open to all."""
    scopes: tuple[Scope, ...] | None = getattr(view, "scopes", None)
    return scopes


def current_client() -> Client:
    """Give who makes the present request; within a view that a decorator of this module guards."""
    client = present_notes().get("authenticated")
    assert isinstance(client, Client)  # noqa: S101 - tells the type checker
    return client


def _enter(client: Client) -> None:
    notes = present_notes()
    notes.authenticated = client
    # By its name alone the client is known to parts that need no more, such as the access log.
    notes.client = client.name


@_bearer.verify_token  # type: ignore[untyped-decorator]
def _client_of(token: str) -> Client | None:
    # Header values arrive as Latin-1 of the bytes that the client sent (PEP 3333).
    client = current_services().clients.identify(token.encode("latin-1", "replace"))
    if client is None:
        return None
    if client.is_expired(utc_now()):
        g.client = client.name
        g.expired = True
        return None
    _enter(client)
    return client


@_bearer.error_handler  # type: ignore[untyped-decorator]
def _refuse(status: int) -> Response:
    detail = "A valid token is needed: Authorization: Bearer <token>."
    if g.get("expired"):
        detail = "The token has expired."
    return problem(status, "Unauthorized", detail)


def _check_client(client: Client, wanted: Sequence[Scope]) -> None:
    _check_address(client.networks, "may not use this token")
    if wanted and not any(map(client.may, wanted)):
        raise ScopeMissing(*wanted)


def _check_address(allowed: Sequence[Network], refusal: str) -> None:
    if not allowed:
        return
    try:
        address = unmapped(ipaddress.ip_address(request.remote_addr or ""))
    except ValueError:
        raise NotAllowed("The client's address is unknown.") from None
    if not any(address in network for network in allowed):
        raise NotAllowed(f"The address {address} {refusal}.")
