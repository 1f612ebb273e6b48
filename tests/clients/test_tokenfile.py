"""The file of clients: what it grants, and what is refused by client and member."""

import ipaddress
import tomllib
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.clients.client import Client, Scope
from oracle_api.clients.tokenfile import Entry, parse, write_block
from oracle_api.exceptions import SettingsError
from oracle_api.oracle.permits import Pattern, ProcedureRules

ROOT = Path(__file__).parents[2]
SHA = "ab" * 32
OTHER = "cd" * 32
LEAST = f'[[clients]]\nname = "etl"\nsha256 = "{SHA}"\n'


def only(text: str) -> Client:
    [token] = parse(text)
    return token.client


def test_an_empty_file_has_no_clients() -> None:
    assert parse("") == parse("# nobody\n") == ()


def test_what_is_not_granted_is_not_allowed() -> None:
    client = only(LEAST)
    assert client.scopes == frozenset()
    assert not client.rules.allows(("DWH", "P"))
    assert (client.networks, client.expires, client.max_active_jobs) == ((), None, None)


def test_every_member() -> None:
    text = LEAST + (
        'scopes = ["call", "jobs:read:all"]\n'
        'procedures = ["PKG_ETL.*"]\nprocedures_deny = ["PKG_ETL.BORRAR*"]\n'
        'addresses = ["10.0.0.0/8", "localhost"]\n'
        "expires = 2027-01-01T02:00:00+02:00\nmax_active_jobs = 3\n"
    )
    assert only(text) == Client(
        "etl",
        frozenset({Scope.CALL, Scope.JOBS_READ_ALL}),
        ProcedureRules((Pattern.parse("PKG_ETL.*"),), (Pattern.parse("PKG_ETL.BORRAR*"),)),
        tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "127.0.0.0/8", "::1/128"))),
        datetime(2027, 1, 1, tzinfo=UTC),
        3,
    )


def test_several_tokens_of_one_client_are_valid_together() -> None:
    text = f'[[clients]]\nname = "etl"\nsha256 = ["{SHA}", "{OTHER.upper()}"]\n'
    tokens = parse(text)
    assert [token.digest.hex() for token in tokens] == [SHA, OTHER]
    assert tokens[0].client is tokens[1].client


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[[clients", "TOML"),
        ("a = 1", "a is not known"),
        (f"{LEAST}\n[tokens]\n", "tokens is not known"),
        ("[clients]", "[[clients]]"),
        ("clients = [1]", "client number 1"),
        ("[[clients]]\n", "client number 1: Object missing required field `name`"),
        ('[[clients]]\nname = "etl"\n', "client 'etl': Object missing required field `sha256`"),
        (LEAST + 'token = "x"\n', "client 'etl': Object contains unknown field `token`"),
        (LEAST.replace(SHA, "ab"), "client 'etl': sha256: "),
        (LEAST.replace(SHA, SHA + "\\n"), "client 'etl': sha256: "),
        (LEAST.replace(f'"{SHA}"', "[]"), "client 'etl': sha256: "),
        (LEAST.replace(f'"{SHA}"', f'["{SHA}", "x"]'), "client 'etl': sha256[1]: "),
        (LEAST.replace('"etl"', '"a b"'), "client 'a b': name: "),
        (LEAST.replace('"etl"', '"etl\\n"'), "client 'etl\\n': name: "),
        (LEAST.replace('"etl"', '"default"'), "client 'default': name: "),
        (LEAST.replace('"etl"', '"anonymous"'), "client 'anonymous': name: "),
        (LEAST.replace('"etl"', "7"), "client number 1: name: "),
        (LEAST + 'scopes = ["call", "all"]\n', "client 'etl': scopes[1]: "),
        (LEAST + 'scopes = "call"\n', "client 'etl': scopes: "),
        (LEAST + 'procedures = ["A..B"]\n', "client 'etl': procedures: 'A..B'"),
        (LEAST + 'procedures_deny = [""]\n', "client 'etl': procedures_deny: ''"),
        (LEAST + 'addresses = ["10.0.0.0/33"]\n', "client 'etl': addresses: "),
        (LEAST + "addresses = []\n", "client 'etl': addresses: "),
        (LEAST + 'addresses = [""]\n', "client 'etl': addresses: "),
        (LEAST + "expires = 2027-01-01\n", "client 'etl': expires: "),
        (LEAST + "expires = 2027-01-01T00:00:00\n", "client 'etl': expires: "),
        (LEAST + "max_active_jobs = 0\n", "client 'etl': max_active_jobs: "),
        (LEAST + LEAST.replace(SHA, OTHER), "client 'etl': name: it is there twice"),
        (LEAST + LEAST.replace("etl", "web"), "client 'web': sha256: 'etl' and 'web' share"),
        (LEAST + LEAST.replace("etl", "web").upper(), "CLIENTS"),
    ],
)
def test_a_slip_is_refused_by_client_and_member(text: str, names: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(text)
    assert names in caught.value.detail
    assert caught.value.detail.endswith(".")


@given(st.text(max_size=60))
def test_any_text_gives_clients_or_a_settings_error(text: str) -> None:
    for whole in (text, f"{LEAST}{text}", LEAST.replace("etl", text)):
        with suppress(SettingsError):
            parse(whole)


MOMENTS = st.datetimes(
    datetime(2000, 1, 1),
    datetime(2900, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-3))]),
).map(lambda moment: moment.replace(microsecond=0))


@given(
    st.builds(
        Entry,
        name=st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,20}\Z").map(lambda name: f"x{name}"),
        sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
        scopes=st.lists(st.sampled_from(Scope), unique=True),
        procedures=st.lists(st.sampled_from(["*", "PKG.*", '"MiPaquete".*', '"a\\b".X', '"ñ🐦"'])),
        procedures_deny=st.lists(st.sampled_from(["PKG.P"])),
        addresses=st.none() | st.lists(st.sampled_from(["10.0.0.1", "::1"]), min_size=1),
        expires=st.none() | MOMENTS,
        max_active_jobs=st.none() | st.integers(1, 1000),
    )
)
def test_what_is_written_reads_back_the_same(entry: Entry) -> None:
    block = write_block(entry)
    [table] = tomllib.loads(block)["clients"]
    assert table["sha256"] == entry.sha256
    client = only(block)
    assert (client.name, client.expires) == (entry.name, entry.expires)
    assert client.scopes == frozenset(entry.scopes)
    assert client.rules.allow == tuple(map(Pattern.parse, entry.procedures))
    assert client.rules.deny == tuple(map(Pattern.parse, entry.procedures_deny))
    assert len(client.networks) == len(entry.addresses or ())
    assert client.max_active_jobs == entry.max_active_jobs


def test_the_example_is_right_and_shows_every_member_and_scope() -> None:
    text = (ROOT / "docs/tokens.example.toml").read_text()
    clients = {token.client for token in parse(text)}
    assert {"etl", "intranet", "operations", "prometheus"} == {client.name for client in clients}
    assert frozenset().union(*(client.scopes for client in clients)) | {Scope.JOBS_READ} == set(
        Scope
    )
    tables = tomllib.loads(text)["clients"]
    assert set().union(*tables) == set(Entry.__struct_fields__)
