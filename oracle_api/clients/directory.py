"""The clients that there are now: API_TOKEN's, and those of a file that may change meanwhile."""

import hashlib
import hmac
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from oracle_api.clients.client import ANONYMOUS, DEFAULT, Client
from oracle_api.clients.tokenfile import Token, parse
from oracle_api.exceptions import SettingsError

log = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0

# A file that was written so lately may be written again without its time showing it.
_YOUNG_SECONDS = 2.0

# Device, inode, size and time of change: a file with the same ones is the same.
_Mark = tuple[int, int, int, int]


class ClientDirectory:
    """Knows clients by their tokens and by their names.

    The file is looked at when a client is asked for, once a second at most. A changed one that
    cannot be used is logged, and what it held before stays valid.

    Args:
        api_token: the token of ``default``; empty is none.
        path: of the file of further clients; empty is none.
        clock: monotonic seconds.
    """

    def __init__(
        self, api_token: str, path: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fixed = (Token(_digest(api_token.encode()), DEFAULT),) if api_token else ()
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._next_look = 0.0
        self._mark: _Mark | None = None
        self._text: str | None = None
        self._complaint = ""
        self._tokens = self._fixed

    def load(self) -> None:
        """Read the file for the first time.

        Raises:
            SettingsError: it cannot be used; the text names it, and the client and member.
        """
        if self._path:
            with self._lock:
                self._read()
                self._next_look = self._clock() + _LOOK_SECONDS

    def identify(self, token: bytes) -> Client | None:
        """Find the client that holds a token, in a time that does not tell how near it came.

        Returns:
            The client, whose token may have expired; None for a token that nobody holds.
        """
        digest = _digest(token)
        found = None
        for known in self._current():
            if hmac.compare_digest(known.digest, digest):
                found = known.client
        return found if token else None

    def named(self, name: str) -> Client | None:
        """Find a client by its name; those that need no file are always there."""
        clients = (DEFAULT, ANONYMOUS, *(token.client for token in self._current()))
        return next((client for client in clients if client.name == name), None)

    def _current(self) -> tuple[Token, ...]:
        # Nobody waits for the one who looks.
        if self._path and self._clock() >= self._next_look and self._lock.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._next_look = self._clock() + _LOOK_SECONDS
                self._lock.release()
        return self._tokens

    def _look(self) -> None:
        try:
            if self._has_changed():
                self._read()
        except SettingsError as exc:
            if exc.detail != self._complaint:
                log.error("%s The clients that it held before stay valid.", exc.detail)
            self._complaint = exc.detail

    def _has_changed(self) -> bool:
        try:
            return _mark(os.stat(self._path)) != self._mark
        except OSError:
            return True

    def _read(self) -> None:
        try:
            with Path(self._path).open(encoding="utf-8") as file:
                status = os.fstat(file.fileno())
                text = file.read()
        except (OSError, UnicodeDecodeError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8"
            raise SettingsError(f"{self._title} cannot be read: {reason}.") from None
        is_young = time.time() - status.st_mtime < _YOUNG_SECONDS
        self._mark = None if is_young else _mark(status)
        self._complaint = ""
        if text == self._text:
            return
        self._text = text
        try:
            tokens = parse(text, self._fixed)
        except SettingsError as exc:
            raise SettingsError(f"{self._title}: {exc.detail}") from None
        self._tokens = (*self._fixed, *tokens)
        log.info("%s holds %d tokens.", self._title, len(tokens))

    @property
    def _title(self) -> str:
        return f"API_TOKENS_FILE {self._path}"


def _mark(status: os.stat_result) -> _Mark:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()
