"""The file of clients (API_TOKENS_FILE): TOML, read strictly, so that a slip grants nothing."""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from oracle_api.clients.client import ANONYMOUS, DEFAULT, Client, Scope
from oracle_api.exceptions import SettingsError
from oracle_api.oracle.permits import Pattern, ProcedureRules
from oracle_api.settings import networks

_RESERVED = (DEFAULT.name, ANONYMOUS.name)

Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")]
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-fA-F]{64}\Z")]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One ``[[clients]]`` table. Nothing may be done that it does not grant.

    Args:
        name: letters, digits, ``.``, ``_`` and ``-``, 64 at most.
        sha256: of the token, in hex; several are valid together while a token is replaced.
        scopes: what the token is for.
        procedures: patterns of what may be called.
        procedures_deny: patterns of what may not, whatever ``procedures`` says.
        addresses: addresses, CIDR ranges and ``localhost`` to call from; left out, anywhere.
        expires: when the token ends, with its offset from UTC.
        max_active_jobs: how many jobs may be pending and running at once; left out, any number.
    """

    name: Name
    sha256: Sha256 | Annotated[list[Sha256], msgspec.Meta(min_length=1)]
    scopes: list[Scope] = []
    procedures: list[str] = []
    procedures_deny: list[str] = []
    addresses: Annotated[list[str], msgspec.Meta(min_length=1)] | None = None
    expires: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    max_active_jobs: Annotated[int, msgspec.Meta(ge=1)] | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token that is known by its digest.

    Args:
        digest: SHA-256 of it.
        client: who holds it.
    """

    digest: bytes
    client: Client


def parse(text: str, others: Sequence[Token] = ()) -> tuple[Token, ...]:
    """Read the clients of a file.

    Args:
        text: TOML 1.0 with tables ``[[clients]]``.
        others: tokens that are there already.

    Raises:
        SettingsError: something in it cannot be; the text names client and member.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise SettingsError(f"it is not TOML: {exc}.") from None
    tables = document.pop("clients", [])
    if document:
        raise SettingsError(f"{next(iter(document))} is not known; there are only [[clients]].")
    if not isinstance(tables, list):
        raise SettingsError("clients are written as [[clients]], each with its members below.")
    tokens: list[Token] = []
    for number, table in enumerate(tables, start=1):
        for token in _tokens(table, number):
            _refuse_repeated(token, [*others, *tokens])
            tokens.append(token)
    return tuple(tokens)


def _tokens(table: Any, number: int) -> list[Token]:
    name = table.get("name") if isinstance(table, dict) else None
    who = f"client {name!r}" if isinstance(name, str) else f"client number {number}"
    try:
        entry = msgspec.convert(table, Entry)
        client = _client(entry)
    except msgspec.ValidationError as exc:
        detail, _, path = str(exc).partition(" - at `$")
        member = path.rstrip("`").lstrip(".")
        raise SettingsError(f"{who}: {f'{member}: ' if member else ''}{detail}.") from None
    except ValueError as exc:
        raise SettingsError(f"{who}: {exc}.") from None
    digests = [entry.sha256] if isinstance(entry.sha256, str) else entry.sha256
    return [Token(bytes.fromhex(digest), client) for digest in digests]


def _client(entry: Entry) -> Client:
    if entry.name in _RESERVED:
        raise ValueError(f"name: {' and '.join(_RESERVED)} are the service's own")
    return Client(
        name=entry.name,
        scopes=frozenset(entry.scopes),
        rules=ProcedureRules(
            _patterns("procedures", entry.procedures),
            _patterns("procedures_deny", entry.procedures_deny),
        ),
        networks=_networks(entry.addresses),
        expires=entry.expires,
        max_active_jobs=entry.max_active_jobs,
    )


def _patterns(member: str, texts: list[str]) -> tuple[Pattern, ...]:
    try:
        return tuple(map(Pattern.parse, texts))
    except ValueError as exc:
        raise ValueError(f"{member}: {exc}") from None


def _networks(addresses: list[str] | None) -> Any:
    try:
        return () if addresses is None else networks(",".join(addresses))
    except ValueError as exc:
        raise ValueError(f"addresses: {exc}") from None


def _refuse_repeated(token: Token, others: list[Token]) -> None:
    for other in others:
        if other.digest == token.digest:
            names = f"{other.client.name!r} and {token.client.name!r}"
            raise SettingsError(f"client {token.client.name!r}: sha256: {names} share one token.")
        if other.client.name == token.client.name and other.client is not token.client:
            raise SettingsError(f"client {token.client.name!r}: name: it is there twice.")


def write_block(entry: Entry) -> str:
    """Write an entry as a ``[[clients]]`` table; members that say nothing are left out."""
    lines = ["[[clients]]"]
    for member, value in msgspec.structs.asdict(entry).items():
        if value not in (None, []):
            lines.append(f"{member} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    # What such values hold is written alike in JSON and in TOML.
    return json.dumps(value, ensure_ascii=False)
