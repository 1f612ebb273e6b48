"""Entries of a list of hosts that may be called."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.allowlist import AllowedHost


@pytest.mark.parametrize(
    ("entry", "scheme", "name", "port"),
    [
        ("hooks.example.com", "https", "hooks.example.com", 443),
        ("HOOKS.Example.com", "https", "hooks.example.com", 443),
        ("hooks.example.com:8443", "https", "hooks.example.com", 8443),
        ("hooks.example.com:*", "https", "hooks.example.com", 1),
        ("https://hooks.example.com", "https", "hooks.example.com", 443),
        ("http://hooks.example.com", "http", "hooks.example.com", 80),
        ("http://etl_1:9000", "http", "etl_1", 9000),
        ("*.example.com", "https", "a.example.com", 443),
        ("*.example.com", "https", "a.b.example.com", 443),
        ("localhost", "https", "localhost", 443),
    ],
)
def test_an_entry_allows_a_name(entry: str, scheme: str, name: str, port: int) -> None:
    assert AllowedHost.parse(entry).allows_name(scheme, name, port)


@pytest.mark.parametrize(
    ("entry", "scheme", "name", "port"),
    [
        ("hooks.example.com", "http", "hooks.example.com", 443),
        ("hooks.example.com", "https", "hooks.example.com", 8443),
        ("hooks.example.com", "https", "example.com", 443),
        ("hooks.example.com", "https", "hooks.example.com.evil.net", 443),
        ("hooks.example.com", "https", "xhooks.example.com", 443),
        ("http://hooks.example.com", "https", "hooks.example.com", 80),
        ("*.example.com", "https", "example.com", 443),
        ("*.example.com", "https", ".example.com", 443),
        ("*.example.com", "https", "evilexample.com", 443),
        ("10.0.0.0/8", "https", "hooks.example.com", 443),
        ("10.0.0.0/8", "https", "", 443),
    ],
)
def test_an_entry_allows_no_other_name(entry: str, scheme: str, name: str, port: int) -> None:
    assert not AllowedHost.parse(entry).allows_name(scheme, name, port)


@pytest.mark.parametrize(
    ("entry", "address", "allowed"),
    [
        ("10.0.0.7", "10.0.0.7", True),
        ("10.0.0.7", "10.0.0.8", False),
        ("10.0.0.7/8", "10.200.0.1", True),
        ("::1", "::1", True),
        ("[::1]", "::1", True),
        ("fd00::/8", "fd12::1", True),
        ("[fd00::/8]:443", "fd12::1", True),
        ("::ffff:10.0.0.0/104", "10.1.2.3", True),
        ("[::ffff:10.0.0.7]", "10.0.0.7", True),
        ("::/0", "10.0.0.7", False),
        ("localhost", "127.0.0.1", True),
        ("localhost", "::1", True),
        ("hooks.example.com", "127.0.0.1", False),
    ],
)
def test_an_entry_allows_addresses(entry: str, address: str, allowed: bool) -> None:
    one = ipaddress.ip_address(address)
    assert AllowedHost.parse(entry).allows_address("https", one, 443) is allowed
    assert not AllowedHost.parse(entry).allows_address("https", one, 8443)
    assert not AllowedHost.parse(entry).allows_address("http", one, 443)


@pytest.mark.parametrize(
    "entry",
    [
        "*", "*.", "*.*.com", "a.*.com", "*example.com", "exa mple.com", "a..b", "-a.com", "a-.com",
        "a.com:0", "a.com:65536", "a.com:x", "a.com:", ":443", "a.com/path", "ftp://a.com",
        "http://", "http://u@a.com", "10.0.0.0/33", "10.0.0", "127.1", "0x7f.0.0.1", "2130706433",
        "1.2.3.4.5", "[::1", "::1]", "[10.0.0.1]x", "[a.com]", "::g", "::1/129", "", "ñ.com",
        "a" * 64 + ".com",
    ],
)  # fmt: skip
def test_what_is_no_entry_is_refused(entry: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the caller only asks whether
        AllowedHost.parse(entry)


@given(st.ip_addresses(), st.integers(1, 65535))
def test_any_address_is_an_entry_that_allows_itself(address: object, port: int) -> None:
    one = ipaddress.ip_address(str(address))
    mapped = getattr(one, "ipv4_mapped", None)
    entry = AllowedHost.parse(f"[{one}]:{port}" if one.version == 6 else f"{one}:{port}")
    assert entry.allows_address("https", mapped or one, port)
    assert entry.name == ""


@given(st.text(max_size=40))
def test_any_text_is_an_entry_or_a_value_error(text: str) -> None:
    try:
        entry = AllowedHost.parse(text)
    except ValueError:
        return
    assert entry.name or entry.networks
