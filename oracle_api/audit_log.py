"""The audit log: one JSON object per line, appended by all processes to one file."""

import logging
import os
import stat
import threading
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import msgspec

from oracle_api.exceptions import SettingsError

log = logging.getLogger(__name__)

STDOUT = "-"

# What one write to a pipe hands over whole (PIPE_BUF of Linux); a file takes any line whole.
_LONGEST_LINE = 4096
_MODE = 0o640


class AuditLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who did what, when, with what outcome. Names only, never a value.

    Args:
        event: ``call``, ``submit``, ``cancel``, ``delete``, ``job_end``, or ``read`` for what
            else was denied.
        start: when the request came, or a worker took the job; aware.
        end: when it was answered, or the job ended; aware.
        client: the token's name.
        address: the client's.
        method: of the request.
        path: of the request, percent-encoded.
        procedure: its name.
        params: the names of its parameters, as the client wrote them.
        params_left_out: how many names had no room in the line.
        batch: how many elements the batch has.
        deleted: how many jobs were deleted.
        status: of the response.
        job_status: how the job ended.
        code: such as ``ORA-20001``.
        type: of the problem document.
        session_id: SID of the Oracle session.
        serial_num: SERIAL# of the Oracle session.
        instance: the Oracle instance's name.
        request_id: of the request, or of the one that submitted the job.
        job_id: of the job.
        traceparent: of the request (W3C Trace Context).
        service: INSTANCE_NAME.
    """

    event: str
    start: datetime | None = None
    end: datetime | None = None
    client: str | None = None
    address: str | None = None
    method: str | None = None
    path: str | None = None
    procedure: str | None = None
    params: tuple[str, ...] = ()
    params_left_out: int = 0
    batch: int | None = None
    deleted: int | None = None
    status: int | None = None
    job_status: str | None = None
    code: str | None = None
    type: str | None = None
    session_id: int | None = None
    serial_num: int | None = None
    instance: str | None = None
    request_id: str | None = None
    job_id: str | None = None
    traceparent: str | None = None
    service: str | None = None


def encode_line(line: AuditLine) -> bytes:
    """Write a line of at most 4096 bytes; of too many parameters the last names are left out."""
    kept = line.params
    while True:
        data = msgspec.json.encode(line) + b"\n"
        if len(data) <= _LONGEST_LINE or not kept:
            return data
        kept = kept[: len(kept) // 2]
        left_out = line.params_left_out + len(line.params) - len(kept)
        line = msgspec.structs.replace(line, params=kept, params_left_out=left_out)


class AuditLog:
    """Appends lines. May be used by any thread; several processes may share the file.

    Each line is one ``write`` to a file opened with ``O_APPEND``, which the kernel keeps whole.
    A file that was moved away or deleted, as logrotate does, is made anew at its path.

    Args:
        path: the file, ``-`` for standard output, empty for none.

    Raises:
        SettingsError: it cannot be opened.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._file: int | None = None
        self._is_whole = True
        self._lost = 0
        if path and path != STDOUT:
            try:
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                self._reopen_moved()
            except OSError as exc:
                raise SettingsError(f"AUDIT_LOG cannot be written ({exc.strerror}).") from None

    @property
    def is_on(self) -> bool:
        """Whether lines go anywhere."""
        return bool(self._path)

    def write(self, line: AuditLine) -> None:
        """Append a line. Trouble is logged once, and goes no further: calls are not held up."""
        if not self.is_on:
            return
        data = encode_line(line)
        with self._lock:
            try:
                self._append(data)
            except OSError as exc:
                self._is_whole = False
                self._lost += 1
                if self._lost == 1:
                    log.error("The audit log cannot be written, lines are lost: %s", exc.strerror)
                return
            lost, self._lost = self._lost, 0
        if lost:
            log.warning("The audit log is written again; %d lines were lost.", lost)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._close()

    def _append(self, data: bytes) -> None:
        if self._path == STDOUT:
            file = 1
        else:
            file = self._reopen_moved()
            if not self._is_whole:
                # A disk that filled up, or a kill, may have cut the last line short.
                data = _missing_newline(file) + data
        written = os.write(file, data)
        if written < len(data):
            raise OSError(0, "the line was cut short: no room is left")
        self._is_whole = True

    def _reopen_moved(self) -> int:
        if self._file is not None:
            with suppress(FileNotFoundError):
                if os.path.samestat(os.stat(self._path), os.fstat(self._file)):
                    return self._file
            self._close()
        # O_NONBLOCK: a pipe that nobody empties must not hold calls up.
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
        self._file = os.open(self._path, flags, _MODE)
        self._is_whole = False
        return self._file

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _missing_newline(file: int) -> bytes:
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode) or not status.st_size:
        return b""
    return b"" if os.pread(file, 1, status.st_size - 1) == b"\n" else b"\n"
