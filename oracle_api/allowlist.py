"""Entries of lists of hosts and addresses: how they are written, and what they match."""

import ipaddress
import re
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

DEFAULT_PORTS = {"https": 443, "http": 80}

_ENTRY = re.compile(
    r"(?:(?P<scheme>https?)://)?"
    r"(?:\[(?P<bracketed>[0-9a-f:.]+(?:/[0-9]{1,3})?)\]"
    r"|(?P<bare>[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*(?:/[0-9]{1,3})?)"
    r"|(?P<host>[a-z0-9*._-]+(?:/[0-9]{1,2})?))"
    r"(?::(?P<port>[0-9]{1,5}|\*))?",
    re.ASCII,
)
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")
#: What ``localhost`` stands for.
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))


@dataclass(frozen=True)
class AllowedHost:
    """An entry such as ``hooks.example.com``, ``*.example.com:8443`` or ``http://10.0.0.0/8:*``.

    Args:
        scheme: the only one it allows.
        name: a host's name in small letters, or ``*.`` and the end of names; empty for addresses.
        networks: the addresses that it allows.
        port: the only one it allows; None is any.
    """

    scheme: str
    name: str
    networks: tuple[Network, ...]
    port: int | None

    @classmethod
    def parse(cls, text: str) -> "AllowedHost":
        """Read an entry; without a scheme it means HTTPS, without a port the scheme's own.

        Raises:
            ValueError: it is no entry.
        """
        match = _ENTRY.fullmatch(text.lower())
        if match is None:
            raise ValueError("no host, address or range")
        scheme = match["scheme"] or "https"
        name, networks = _host(match["bracketed"] or match["bare"] or match["host"])
        return cls(scheme, name, networks, _port(match["port"], scheme))

    def allows_name(self, scheme: str, name: str, port: int) -> bool:
        """Tell whether a URL with this host name may be called, wherever the name leads."""
        if not self._allows_port(scheme, port) or not self.name:
            return False
        if self.name.startswith("*."):
            return name.endswith(self.name[1:]) and name != self.name[1:]
        return name == self.name

    def allows_address(self, scheme: str, address: Address, port: int) -> bool:
        """Tell whether it names this address, which is no IPv4-mapped one."""
        return self._allows_port(scheme, port) and any(
            address in network for network in self.networks
        )

    def _allows_port(self, scheme: str, port: int) -> bool:
        return scheme == self.scheme and self.port in (None, port)


def unmapped(address: Address) -> Address:
    """Give the IPv4 address that an IPv4-mapped one stands for (RFC 4291, section 2.5.5.2)."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _host(text: str) -> tuple[str, tuple[Network, ...]]:
    if text == "localhost":
        return text, LOOPBACK
    try:
        return "", (_unmapped_network(ipaddress.ip_network(text, strict=False)),)
    except ValueError:
        # A name whose last label is a number would be read as an address by resolvers.
        if not _NAME.fullmatch(text) or text.rpartition(".")[2].isdecimal():
            raise ValueError("no host, address or range") from None
    return text, ()


def _unmapped_network(network: Network) -> Network:
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        first = ipaddress.IPv4Address(int(network.network_address) & 0xFFFFFFFF)
        return ipaddress.IPv4Network((first, network.prefixlen - 96))
    return network


def _port(text: str | None, scheme: str) -> int | None:
    if text is None:
        return DEFAULT_PORTS[scheme]
    if text == "*":
        return None
    if not 0 < int(text) < 65536:
        raise ValueError("no port")
    return int(text)
