"""Where callbacks may go: by URL, and by address after the look-up."""

import ipaddress
import socket
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.allowlist import AllowedHost, unmapped
from oracle_api.exceptions import InvalidRequest, NotAllowed
from oracle_api.webhooks.addresses import (
    CallbackPolicy,
    Endpoint,
    is_special,
    parse_target,
    resolve,
)


def policy(allowed: str, *answers: list[str]) -> CallbackPolicy:
    """Make a policy whose resolver gives one answer after the other."""
    given_answers: Iterator[list[str]] = iter(answers)

    def look_up(host: str, port: int) -> list[Endpoint]:
        return [(_family(one), (one, port)) for one in next(given_answers)]

    return CallbackPolicy(map(AllowedHost.parse, allowed.split()), look_up)


def _family(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


# ---- URLs


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "path"),
    [
        ("https://hooks.example.com", "https", "hooks.example.com", 443, "/"),
        ("HTTPS://Hooks.Example.COM./a?b=c", "https", "hooks.example.com", 443, "/a?b=c"),
        ("http://10.0.0.7:8080/x", "http", "10.0.0.7", 8080, "/x"),
        ("https://[::1]:8443/", "https", "::1", 8443, "/"),
        ("https://[0:0:0:0:0:ffff:7f00:1]/", "https", "::ffff:7f00:1", 443, "/"),
        ("https://a.example?x=1", "https", "a.example", 443, "/?x=1"),
    ],
)
def test_a_url_is_taken_apart(url: str, scheme: str, host: str, port: int, path: str) -> None:
    target = parse_target(url)
    assert (target.scheme, target.host, target.port, target.path) == (scheme, host, port, path)


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "/path", "//a.example/", "ftp://a.example/", "file:///etc/passwd", "https://",
        "https:///x", "https://a.example:0/", "https://a.example:65536/", "https://a.example:x/",
        "https://user@a.example/", "https://user:pass@a.example/", "https://:@a.example/",
        "https://a.example/#fragment", "https://a b.example/", "https://a.example/\r\nX: y",
        "https://exámple.com/", "https://[::1/", "https://[::g]/", "https://[fe80::1%25eth0]/",
        "https://a..example/", "https://.example/", "https://a%2fexample/",
        "https://a.example/" + "x" * 2048, "javascript:alert(1)", "gopher://a.example/",
    ],
)  # fmt: skip
def test_what_is_no_url_to_call_is_refused_with_a_pointer(url: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_target(url)
    assert [fault.pointer for fault in caught.value.errors] == ["/callback_url"]


@given(st.text(max_size=60), st.sampled_from(["", "https://", "http://a.example", "http://["]))
def test_any_text_is_a_target_or_refused(text: str, start: str) -> None:
    try:
        target = parse_target(start + text)
    except InvalidRequest:
        return
    assert target.scheme in ("http", "https")
    assert target.host.isascii()
    assert not set(target.host) & set("@/?#\\%[] ")
    assert target.path.startswith("/")


# ---- the list


def test_an_empty_list_refuses_everything() -> None:
    with pytest.raises(NotAllowed, match="WEBHOOK_ALLOW is empty"):
        policy("").check("https://hooks.example.com/")


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/",
        "https://hooks.example.com:443/",
        "https://HOOKS.example.com./",
        "http://10.1.2.3:8080/",
        "http://[::ffff:10.1.2.3]:8080/",
        "http://localhost:7000/",
        "http://127.0.0.1:7000/",
    ],
)
def test_a_listed_host_may_be_named(url: str) -> None:
    policy("hooks.example.com http://10.0.0.0/8:8080 http://localhost:7000").check(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "https://hooks.example.com:8443/",
        "https://other.example.com/",
        "https://10.1.2.3/",
        "http://11.0.0.1:8080/",
        "http://127.0.0.1:8080/",
        "http://2130706433:7000/",
        "http://0x7f000001:7000/",
        "http://127.1:7000/",
        "http://[::1]:8080/",
        "http://[::ffff:127.0.0.1]:8080/",
        "https://hooks.example.com.evil.net/",
        "https://169.254.169.254/",
    ],
)
def test_another_host_is_refused(url: str) -> None:
    with pytest.raises(NotAllowed):
        policy("hooks.example.com http://10.0.0.0/8:8080 http://localhost:7000").check(url)


# ---- addresses

SPECIAL = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1",
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "100.100.100.200",
    "168.63.129.16", "192.0.0.192", "::1", "::", "fe80::1", "febf::1", "ff02::1", "fd00:ec2::254",
    "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::1",
    "2002:a9fe:a9fe::", "2001:0:7f00:1::", "2001:0:808:808:0:0:80ff:fffe",
]  # fmt: skip
ORDINARY = [
    "8.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "2606:4700::1111",
    "fd12:3456::1", "64:ff9b::808:808", "2002:808:808::1",
]  # fmt: skip


@pytest.mark.parametrize("address", SPECIAL)
def test_a_listed_name_that_leads_to_a_special_address_is_not_called(address: str) -> None:
    guard = policy("hooks.example.com", ["8.8.8.8", address])
    with pytest.raises(NotAllowed, match="special"):
        guard.endpoints(guard.check("https://hooks.example.com/"))


@pytest.mark.parametrize("address", ORDINARY)
def test_a_listed_name_may_lead_to_an_ordinary_address(address: str) -> None:
    guard = policy("hooks.example.com", [address])
    found = guard.endpoints(guard.check("https://hooks.example.com/"))
    assert found == [(_family(address), (address, 443))]


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("127.0.0.0/8", "127.0.0.1"),
        ("127.0.0.1", "::ffff:127.0.0.1"),
        ("::1", "::1"),
        ("169.254.10.0/24", "169.254.10.9"),
        ("localhost", "127.0.0.1"),
    ],
)
def test_a_special_address_that_is_listed_itself_may_be_called(entry: str, address: str) -> None:
    guard = policy(f"hooks.example.com {entry}", [address])
    assert guard.endpoints(guard.check("https://hooks.example.com/"))


@pytest.mark.parametrize("entry", ["http://127.0.0.1:443", "127.0.0.1:8443", "127.0.0.2"])
def test_the_entry_of_a_special_address_holds_for_its_scheme_and_port(entry: str) -> None:
    guard = policy(f"hooks.example.com {entry}", ["127.0.0.1"])
    with pytest.raises(NotAllowed):
        guard.endpoints(guard.check("https://hooks.example.com/"))


def test_a_host_is_looked_up_once_for_each_attempt_and_judged_anew() -> None:
    guard = policy("hooks.example.com", ["8.8.8.8"], ["127.0.0.1"])
    target = guard.check("https://hooks.example.com/")
    assert [where[0] for _, where in guard.endpoints(target)] == ["8.8.8.8"]
    with pytest.raises(NotAllowed):
        guard.endpoints(target)


def test_the_systems_resolver_is_asked() -> None:
    assert resolve("127.0.0.1", 80) == [(socket.AF_INET, ("127.0.0.1", 80))]
    assert {where[0] for _, where in resolve("localhost", 80)} <= {"127.0.0.1", "::1"}


GUISES: list[Callable[[int], int]] = [
    lambda number: 0xFFFF << 32 | number,  # IPv4-mapped
    lambda number: 0x64FF9B << 96 | number,  # NAT64
    lambda number: 0x2002 << 112 | number << 80 | 1,  # 6to4
    lambda number: 0x20010000 << 96 | number << 64,  # Teredo, the server
    lambda number: 0x20010000 << 96 | 0x08080808 << 64 | number ^ 0xFFFFFFFF,  # and the client
]


@given(
    st.one_of(
        st.ip_addresses(network=network)
        for network in ("127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3", "0.0.0.0/8")
    ),
    st.sampled_from(GUISES),
)
def test_a_special_ipv4_address_is_special_in_every_guise(
    address: ipaddress.IPv4Address, guise: Callable[[int], int]
) -> None:
    assert is_special(address)
    assert is_special(unmapped(ipaddress.IPv6Address(guise(int(address)))))


@given(st.ip_addresses())
def test_an_address_is_special_where_python_says_so_and_a_global_one_is_not(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    one = unmapped(address)
    if one.is_loopback or one.is_link_local or one.is_multicast or one.is_unspecified:
        assert is_special(one)
    elif one.version == 4 and one.is_global:
        assert is_special(one) == (str(one) in SPECIAL)
