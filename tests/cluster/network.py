"""Hosts as network namespaces, and links between them that can be cut: ip-netns(8), ip-rule(8).

A namespace in the middle routes between all hosts. A link between two of them is cut there by a
rule that drops what one sends to the other, without a word to either: as with a pulled cable,
connections that stand hang, and new ones get no answer.
"""

import itertools
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

# RFC 2544, section C.2.2: for tests of networks, so that nothing real has such an address.
_NETWORKS = [f"198.{18 + number // 256}.{number % 256}" for number in range(512)]
_NAMESPACES = Path("/run/netns")
_networks = itertools.count(1)

#: The name of the test's own process among the hosts.
TEST = "test"


def why_not() -> str | None:
    """Say why no network can be made here; None where one can."""
    if os.geteuid() != 0:
        return "only root can make network namespaces"
    name = f"oracle_api-{os.getpid()}-probe"
    try:
        _ip("netns", "add", name)
    except (FileNotFoundError, subprocess.CalledProcessError) as exc:
        return f"no network namespace can be made here: {getattr(exc, 'stderr', exc)}"
    _ip("netns", "delete", name)
    return None


@dataclass(frozen=True)
class Host:
    """One host of a network.

    Args:
        name: in the network.
        address: where the others find it.
        within: what must stand before a command for it to run there.
    """

    name: str
    address: str
    within: tuple[str, ...] = ()


class Network:
    """Hosts that all reach each other until a link is cut.

    Args:
        names: of the hosts, beside the test itself.
    """

    def __init__(self, *names: str) -> None:
        number = next(_networks)
        self.prefix = f"oracle_api-{os.getpid()}-{number}-"
        # The name of an interface may have 15 characters.
        self.interface = f"oa{os.getpid()}x{number}"
        self._numbers = itertools.count(1)
        self._router = f"{self.prefix}router"
        self._cut: set[frozenset[str]] = set()
        _remove_leftovers()
        try:
            self._make_router()
            self.hosts = {TEST: self._join_test()}
            for name in names:
                self.hosts[name] = self._make_host(name)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Network":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove all of it; what still runs in it is cut off."""
        _remove(self.prefix)

    def cut(self, one: str, other: str) -> None:
        """Drop everything between two hosts from now on."""
        link = frozenset((one, other))
        if link not in self._cut:
            self._cut.add(link)
            self._rule("add", one, other)

    def mend(self, one: str, other: str) -> None:
        """Let everything between two hosts pass again."""
        link = frozenset((one, other))
        if link in self._cut:
            self._cut.remove(link)
            self._rule("delete", one, other)

    def mend_all(self) -> None:
        """Let everything pass again."""
        for one, other in [tuple(link) for link in self._cut]:
            self.mend(one, other)

    @contextmanager
    def without(self, one: str, other: str) -> Iterator[None]:
        """Cut a link during a block."""
        self.cut(one, other)
        try:
            yield
        finally:
            self.mend(one, other)

    def _rule(self, what: str, one: str, other: str) -> None:
        # A packet that is forwarded by such a rule gets lost; nobody is told (ip-rule(8)).
        for sender, receiver in ((one, other), (other, one)):
            ends = ["from", self.hosts[sender].address, "to", self.hosts[receiver].address]
            _ip("-n", self._router, "rule", what, *ends, "blackhole")

    def _make_router(self) -> None:
        _ip("netns", "add", self._router)
        _ip("netns", "exec", self._router, "sysctl", "-qw", "net.ipv4.ip_forward=1")

    def _join_test(self) -> Host:
        interface = self.interface
        peer = ["peer", "name", TEST, "netns", self._router]
        _ip("link", "add", interface, "type", "veth", *peer)
        _ip("link", "set", interface, "up")
        self._network = _take_network(interface)
        host = Host(TEST, self._next_address())
        _ip("address", "add", f"{host.address}/32", "dev", interface)
        _ip("route", "replace", *self._way(), "dev", interface, "src", host.address)
        self._lead_to(host)
        return host

    def _make_host(self, name: str) -> Host:
        namespace = self.prefix + name
        # What runs there ends with the test, however that ends (prctl(2), PR_SET_PDEATHSIG).
        within = ("ip", "netns", "exec", namespace, "setpriv", "--pdeathsig=KILL")
        host = Host(name, self._next_address(), within)
        _ip("netns", "add", namespace)
        _ip("-n", namespace, "link", "set", "lo", "up")
        peer = ["peer", "name", "eth0", "netns", namespace]
        _ip("link", "add", name, "netns", self._router, "type", "veth", *peer)
        _ip("-n", namespace, "address", "add", f"{host.address}/32", "dev", "eth0")
        _ip("-n", namespace, "link", "set", "eth0", "up")
        _ip("-n", namespace, "route", "add", *self._way(), "dev", "eth0")
        self._lead_to(host)
        return host

    def _next_address(self) -> str:
        return f"{self._network}.{next(self._numbers)}"

    def _way(self) -> list[str]:
        return [f"{self._network}.0/24", "via", f"{self._network}.254", "onlink"]

    def _lead_to(self, host: Host) -> None:
        """Have the router know a host, behind an interface of the same name."""
        gateway = f"{self._network}.254/32"
        _ip("-n", self._router, "address", "add", gateway, "dev", host.name)
        _ip("-n", self._router, "link", "set", host.name, "up")
        _ip("-n", self._router, "route", "add", host.address, "dev", host.name)


def _take_network(interface: str) -> str:
    """Lead a network that nobody has to an interface of this host; gives its first three bytes."""
    start = os.getpid() % len(_NETWORKS)
    for network in _NETWORKS[start:] + _NETWORKS[:start]:
        try:
            _ip("route", "add", f"{network}.0/24", "dev", interface)
        except subprocess.CalledProcessError as exc:
            if "File exists" not in exc.stderr:
                raise
        else:
            return network
    raise AssertionError("all networks for tests are taken")


def _remove_leftovers() -> None:
    """Remove what tests left that were killed."""
    for path in _NAMESPACES.glob("oracle_api-*"):
        found = re.match(r"oracle_api-(\d+)-", path.name)
        if found and not Path(f"/proc/{found[1]}").exists():
            _remove(found[0])


def _remove(prefix: str) -> None:
    for path in _NAMESPACES.glob(f"{prefix}*"):
        # Another process may remove the same leftovers.
        with suppress(subprocess.CalledProcessError):
            _ip("netns", "delete", path.name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
