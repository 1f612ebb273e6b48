"""Where callbacks may go: judged by URL when a job is submitted, by address when one is sent."""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from oracle_api.allowlist import DEFAULT_PORTS, Address, AllowedHost, unmapped
from oracle_api.exceptions import FieldError, InvalidRequest, NotAllowed

_MOST_CHARACTERS = 2048

#: An address as the socket module takes it: its family, and what ``connect`` wants.
Endpoint = tuple[int, Any]
Resolve = Callable[[str, int], list[Endpoint]]

_PRINTABLE = re.compile(r"[!-~]+")
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?")

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")
# Clouds answer with credentials there; their other such addresses are link-local.
_METADATA = frozenset(
    map(
        ipaddress.ip_address,
        ("fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "192.0.0.192", "168.63.129.16"),
    )
)


@dataclass(frozen=True)
class Target:
    """A callback's URL, taken apart.

    Args:
        scheme: ``https`` or ``http``.
        host: a name, or an address without brackets; in small letters.
        port: always given.
        path: with the query, as the request line wants it.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def address(self) -> Address | None:
        """The host, where it is an address; an IPv4-mapped one as IPv4."""
        try:
            return unmapped(ipaddress.ip_address(self.host))
        except ValueError:
            return None


def parse_target(url: str) -> Target:
    """Take a URL apart, strictly: nothing of it is left to another parser.

    Raises:
        InvalidRequest: it is no absolute HTTP URL in ASCII, or holds credentials or a fragment.
    """
    if len(url) > _MOST_CHARACTERS or not _PRINTABLE.fullmatch(url):
        raise _refusal(f"must be a URL of at most {_MOST_CHARACTERS} ASCII characters")
    try:
        parts = parse_url(url)
    except (LocationParseError, ValueError):
        raise _refusal("is no URL") from None
    if parts.scheme not in DEFAULT_PORTS or not parts.host:
        raise _refusal("must begin with https:// or http:// and name a host")
    if parts.auth is not None:
        raise _refusal("must hold no credentials")
    if parts.fragment is not None:
        raise _refusal("must have no fragment")
    port = DEFAULT_PORTS[parts.scheme] if parts.port is None else parts.port
    return Target(parts.scheme, _host(parts.host.lower()), _checked(port), parts.request_uri)


def _host(text: str) -> str:
    if text.startswith("[") and "%" not in text:
        try:
            return str(ipaddress.IPv6Address(text[1:-1]))
        except ValueError:
            raise _refusal("names a host that is no IPv6 address") from None
    name = text.removesuffix(".")
    if not _NAME.fullmatch(name) or ".." in name:
        raise _refusal("names a host that cannot be")
    return name


def _checked(port: int) -> int:
    if not 0 < port < 65536:
        raise _refusal("names a port that cannot be")
    return port


def _refusal(detail: str) -> InvalidRequest:
    return InvalidRequest(
        f"callback_url {detail}.", errors=(FieldError("/callback_url", f"it {detail}"),)
    )


def resolve(host: str, port: int) -> list[Endpoint]:
    """Look a host's addresses up.

    Raises:
        OSError: it has none, or nobody can tell.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, where) for family, _, _, _, where in found]


class CallbackPolicy:
    """The hosts and addresses that callbacks may go to; all others are refused.

    Args:
        allowed: entries of WEBHOOK_ALLOW.
        resolve: looks a host's addresses up.
    """

    def __init__(self, allowed: Iterable[AllowedHost], resolve: Resolve = resolve) -> None:
        self._allowed = tuple(allowed)
        self._resolve = resolve

    def check(self, url: str) -> Target:
        """Check a URL against the list, without looking its host up.

        Raises:
            InvalidRequest: it is no URL that could be called.
            NotAllowed: the list does not hold it.
        """
        target = parse_target(url)
        if not self._allowed:
            raise NotAllowed("This service calls nobody back: WEBHOOK_ALLOW is empty.")
        address = target.address
        is_listed = (
            any(one.allows_name(target.scheme, target.host, target.port) for one in self._allowed)
            if address is None
            else self._lists(target, address)
        )
        if not is_listed:
            raise NotAllowed(
                f"WEBHOOK_ALLOW holds no {target.scheme}://{target.host}:{target.port}."
            )
        return target

    def endpoints(self, target: Target) -> list[Endpoint]:
        """Look a checked target's host up, once, and check each of its addresses.

        Returns:
            What to connect to; it must not be looked up again, since the answer may change.

        Raises:
            OSError: the host has no address.
            NotAllowed: one of its addresses is special and not in the list.
        """
        found = self._resolve(target.host, target.port)
        for _, where in found:
            address = unmapped(ipaddress.ip_address(where[0]))
            if is_special(address) and not self._lists(target, address):
                raise NotAllowed(f"{target.host} has the address {address}, which is special.")
        return found

    def _lists(self, target: Target, address: Address) -> bool:
        return any(one.allows_address(target.scheme, address, target.port) for one in self._allowed)


def is_special(address: Address) -> bool:
    """Tell whether an address leads to the machine itself, to its link, to many, or nowhere.

    Args:
        address: one that is no IPv4-mapped one.
    """
    if address in _METADATA:
        return True
    if isinstance(address, ipaddress.IPv4Address):
        return (
            address in _THIS_NETWORK
            or address.is_loopback
            or address.is_link_local
            or address.is_multicast
            or address.is_reserved
        )
    if any(is_special(inner) for inner in _carried(address)):
        return True
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or (address.is_reserved and address not in _NAT64)
    )


def _carried(address: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """Give the IPv4 addresses that a gateway would take out of an IPv6 one."""
    if address in _NAT64:  # RFC 6052
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address.sixtofour is not None:  # RFC 3056
        yield address.sixtofour
    if address.teredo is not None:  # RFC 4380
        yield from address.teredo
