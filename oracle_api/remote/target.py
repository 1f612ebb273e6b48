"""Where the service is, and what it is to be told of who asks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from urllib3.exceptions import LocationParseError
from urllib3.util import Url, parse_url

from oracle_api.remote.errors import RemoteError
from oracle_api.remote.exits import ExitCode

URL_VARIABLE = "ORACLE_API_URL"
TOKEN_VARIABLE = "ORACLE_API_TOKEN"  # noqa: S105 - the name of a variable
DEFAULT_URL = "http://127.0.0.1:8080"

# RFC 6750, section 2.1: b64token; what else might be set is at least visible ASCII.
_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Target:
    """A service and the way to it.

    Args:
        url: of the service, without a slash at its end; a path in it comes before every route.
        token: to be sent, or None.
        ca_file: certificates to trust in place of the system's, or None.
    """

    url: Url
    token: str | None = field(repr=False)
    ca_file: Path | None

    @property
    def is_exposed(self) -> bool:
        """Whether the token would cross a network unencrypted."""
        return bool(self.token) and self.url.scheme == "http" and not _is_loopback(self.url)


def find_target(
    url: str | None, token_file: Path | None, ca_file: Path | None, environ: Mapping[str, str]
) -> Target:
    """Find the service from a command's options, then from the environment.

    Args:
        url: of the service, or None.
        token_file: holds the token, or None.
        ca_file: certificates to trust, or None.
        environ: the environment.

    Raises:
        RemoteError: one of them cannot be used; the message does not show it where it may be
            secret.
    """
    if ca_file is not None and not ca_file.is_file():
        raise _unusable(f"{ca_file} is no file of certificates.")
    given = url or environ.get(URL_VARIABLE) or DEFAULT_URL
    token = _read(token_file) if token_file else environ.get(TOKEN_VARIABLE, "").strip()
    if token and not _TOKEN.fullmatch(token):
        raise _unusable("The token holds blanks or other characters that no token has.")
    return Target(_parse(given), token or None, ca_file)


def _parse(text: str) -> Url:
    try:
        url = parse_url(text.strip())
    except LocationParseError:
        raise _unusable(f"{URL_VARIABLE} or --url is no URL.") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise _unusable(f"{URL_VARIABLE} or --url must begin with http:// or https://.")
    if url.auth or url.query or url.fragment:
        raise _unusable(f"{URL_VARIABLE} or --url must be a plain URL: no user, no query.")
    return url._replace(path=(url.path or "").rstrip("/"))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8"
        raise _unusable(f"{path} cannot be read: {reason}.") from None


def _is_loopback(url: Url) -> bool:
    host = (url.host or "").strip("[]")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _unusable(detail: str) -> RemoteError:
    return RemoteError(detail, ExitCode.INVALID)
