"""``token new`` makes a client's token, ``token check`` reads a file of clients."""

import argparse
import hashlib
import os
import re
import secrets
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oracle_api.clients.client import Scope
from oracle_api.clients.tokenfile import Entry, Token, parse, write_block
from oracle_api.exceptions import SettingsError

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_TOKEN_BYTES = 32

_LENGTH = re.compile(r"(?P<count>[1-9][0-9]{0,5})(?P<unit>[hd])")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1)}

_USUAL_SCOPES = ("call", "submit", "jobs:read", "jobs:cancel", "jobs:delete")


def add_to(commands: "Commands") -> None:
    """Add the commands to a parser's."""
    parser = commands.add_parser("token", help="tokens of clients (API_TOKENS_FILE)")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    new = verbs.add_parser(
        "new",
        help="make a token and print it once",
        description="Makes a client with a random token. The token is printed and kept nowhere: "
        "the file holds its SHA-256. A service that uses the file takes the client over by "
        "itself.",
    )
    _add_options(new)
    new.set_defaults(run=_new)
    check = verbs.add_parser("check", help="read a file of clients and say who is in it")
    check.add_argument("file", type=Path, metavar="FILE")
    check.set_defaults(run=_check)


def _add_options(parser: argparse.ArgumentParser) -> None:
    def several(option: str, metavar: str, purpose: str, default: Any = ()) -> None:
        parser.add_argument(
            option, nargs="+", action="extend", metavar=metavar, help=purpose, default=[*default]
        )

    parser.add_argument("name", metavar="NAME", help="the client's name, in logs and on its jobs")
    several("--procedures", "PATTERN", "what it may call, such as 'PKG_ETL.*'; '*' is everything")
    several("--procedures-deny", "PATTERN", "what it may not call, whatever --procedures says")
    parser.add_argument(
        "--scopes",
        nargs="+",
        metavar="SCOPE",
        choices=[scope.value for scope in Scope],
        default=_USUAL_SCOPES,
        help=f"any of {', '.join(Scope)}; left out: {' '.join(_USUAL_SCOPES)}",
    )
    several("--addresses", "ADDRESS", "addresses, CIDR ranges and localhost that it may call from")
    parser.add_argument(
        "--expires",
        type=_moment,
        metavar="WHEN",
        help="a time in ISO 8601 (UTC if it names no offset), or from now: 90d, 12h",
    )
    parser.add_argument(
        "--max-active-jobs", type=int, metavar="N", help="most jobs pending and running at once"
    )
    parser.add_argument(
        "--file",
        type=Path,
        metavar="FILE",
        help="add the client to this file and print the token alone",
    )


def _moment(text: str) -> datetime:
    now = datetime.now(UTC)
    if length := _LENGTH.fullmatch(text):
        return now + int(length["count"]) * _UNITS[length["unit"]]
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a time nor a length") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment <= now:
        raise argparse.ArgumentTypeError(f"{text} is over")
    return moment


def _new(options: argparse.Namespace) -> None:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    block = write_block(
        Entry(
            name=options.name,
            sha256=hashlib.sha256(token.encode()).hexdigest(),
            scopes=list(map(Scope, options.scopes)),
            procedures=options.procedures,
            procedures_deny=options.procedures_deny,
            addresses=options.addresses or None,
            expires=options.expires,
            max_active_jobs=options.max_active_jobs,
        )
    )
    parse(block)
    if {"call", "submit"} & set(options.scopes) and not options.procedures:
        raise SettingsError("--procedures is needed to call anything; '*' is everything.")
    if options.file is None:
        sys.stdout.write(
            f"The token, which is shown only now:\n\n{token}\n\n"
            f"For the file that API_TOKENS_FILE names:\n\n{block}"
        )
    else:
        _append(options.file, block)
        sys.stdout.write(f"{token}\n")
        sys.stderr.write(f"{options.name} was added to {options.file}.\n")


def _append(path: Path, block: str) -> None:
    """Add a block to a file, which may be in use, once the whole is known to be right."""
    old = _read(path) if path.exists() else ""
    addition = ("\n" * (2 - old.endswith("\n")) if old else "") + block
    _parse(path, old + addition)
    # Readable by its owner alone, where it is made.
    with open(path, "a", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as file:
        file.write(addition)


def _check(options: argparse.Namespace) -> None:
    now = datetime.now(UTC)
    tokens = _parse(options.file, _read(options.file))
    for client in dict.fromkeys(token.client for token in tokens):
        state = "expired" if client.is_expired(now) else "valid"
        sys.stdout.write(f"{client.name}: {state}; {' '.join(sorted(client.scopes))}\n")
    sys.stdout.write(f"{options.file} is right; it holds {len(tokens)} tokens.\n")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8"
        raise SettingsError(f"{path} cannot be read: {reason}.") from None


def _parse(path: Path, text: str) -> tuple[Token, ...]:
    try:
        return parse(text)
    except SettingsError as exc:
        raise SettingsError(f"{path}: {exc.detail}") from None
