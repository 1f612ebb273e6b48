"""The network of the cluster tests acts as one of real machines does."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.service import eventually

from .network import TEST, Host, Network

PORT = 4000
NAMESPACES = Path("/run/netns")
_ECHO = f"""
import socket, sys, threading
def echo(peer):
    while piece := peer.recv(100):
        peer.sendall(piece)
with socket.create_server((sys.argv[1], {PORT})) as server:
    print("listening", flush=True)
    while True:
        threading.Thread(target=echo, args=[server.accept()[0]], daemon=True).start()
"""


@pytest.fixture(scope="module")
def network(needs_network: None) -> Iterator[Network]:
    with Network("one", "other", "third") as network:
        yield network
    assert not list(NAMESPACES.glob(f"{network.prefix}*"))
    # The kernel removes an interface after its other end, in its own time.
    eventually(lambda: not (Path("/sys/class/net") / network.interface).exists())


@pytest.fixture
def echoing(network: Network) -> Iterator[Host]:
    """A host that sends back what it gets."""
    host = network.hosts["one"]
    command = [*host.within, sys.executable, "-c", _ECHO, host.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == "listening\n"
        yield host
        server.kill()
    network.mend_all()


def test_a_cut_is_silent_and_what_was_sent_arrives_once_it_is_mended(
    network: Network, echoing: Host
) -> None:
    with socket.create_connection((echoing.address, PORT), timeout=5) as stands:
        stands.sendall(b"before")
        assert stands.recv(100) == b"before"
        stands.settimeout(0.5)
        with network.without(TEST, echoing.name):
            stands.sendall(b"meanwhile")
            with pytest.raises(TimeoutError):
                stands.recv(100)
            with pytest.raises(TimeoutError):
                socket.create_connection((echoing.address, PORT), timeout=0.5)
        stands.settimeout(30)
        assert stands.recv(100) == b"meanwhile"


def test_only_the_link_that_is_cut_is_cut(network: Network, echoing: Host) -> None:
    def reaches(name: str) -> bool:
        code = (
            "import socket, sys; "
            f"socket.create_connection((sys.argv[1], {PORT}), timeout=1).close()"
        )
        command = [*network.hosts[name].within, sys.executable, "-c", code, echoing.address]
        return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0

    with network.without("other", echoing.name):
        assert (reaches("other"), reaches("third")) == (False, True)
        socket.create_connection((echoing.address, PORT), timeout=5).close()
    assert eventually(lambda: reaches("other"))


def test_two_networks_at_once_and_one_whose_maker_was_killed(network: Network) -> None:
    code = (
        "from tests.cluster.network import Network; "
        "network = Network('one'); print(network.hosts['one'].address, flush=True); input()"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as maker:
        assert maker.stdout is not None
        address = maker.stdout.readline().strip()
        assert address
        assert address.rpartition(".")[0] != network.hosts["one"].address.rpartition(".")[0]
        maker.kill()
    left = f"oracle_api-{maker.pid}-*"
    assert list(NAMESPACES.glob(left))
    with Network():
        assert not list(NAMESPACES.glob(left))
