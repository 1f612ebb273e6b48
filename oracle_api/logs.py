"""How the service logs: one line per event on standard error, plain or JSON.

Each line says which request, job and trace it belongs to.
"""

import logging.config
import os
import threading
import time
from collections import deque
from contextlib import suppress
from functools import lru_cache
from typing import Any, Literal

from oracle_api.context import current_work

# What one write to a pipe hands over whole (PIPE_BUF of Linux); a file takes any line whole.
_WHOLE_BYTES = 4096

# Who comes when so many lines wait, since nobody reads them, waits as well.
_MOST_WAITING = 10_000

LogFormat = Literal["plain", "json"]

_IDS = {"request_id": "request", "job_id": "job", "trace_id": "trace"}


class WorkFilter(logging.Filter):
    """Gives every record the ids of what its thread works for, as far as there are any."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Add the ids; no record is held back."""
        work = current_work()
        for name in _IDS:
            value = getattr(work, name)
            if value is not None and not hasattr(record, name):
                setattr(record, name, value)
        return True


class LineFile:
    """Appends whole lines to a file; nobody waits for another's. May be used by any thread.

    A thread that comes while another writes leaves its line to that one: what has come meanwhile
    is written at once, since a system call costs a busy process far more than the line.

    Args:
        file: a descriptor.
    """

    def __init__(self, file: int) -> None:
        self._file = file
        self._lines: deque[bytes] = deque()
        self._lock = threading.Lock()

    def write(self, text: str) -> None:
        """Append a line, or several that belong together; one that cannot be written is lost.

        Args:
            text: without the newline at its end.
        """
        self._lines.append(f"{text}\n".encode(errors="backslashreplace"))
        # Looked at again after the lock is free: a line may have come before that.
        while self._lines and self._lock.acquire(blocking=len(self._lines) > _MOST_WAITING):
            try:
                self._write_waiting()
            finally:
                self._lock.release()

    def _write_waiting(self) -> None:
        data = b""
        while self._lines:
            if data and len(data) + len(self._lines[0]) > _WHOLE_BYTES:
                break
            data += self._lines.popleft()
        with suppress(OSError):
            while data:
                data = data[os.write(self._file, data) :]


#: Standard error, where all lines go.
STDERR = LineFile(2)


def plain_line(moment: float, level: str, name: str, message: str) -> str:
    """Write what :class:`PlainFormatter` makes of a record, without the record.

    Args:
        moment: seconds since 1970.
        level: name of it.
        name: of the logger.
        message: with the ids that it is about.
    """
    second = int(moment)
    thousandths = int((moment - second) * 1000)
    return f"{_text(second)},{thousandths:03d} {level} [{os.getpid()}] {name}: {message}"


@lru_cache(maxsize=2)
def _text(second: int) -> str:
    return time.strftime(logging.Formatter.default_time_format, time.localtime(second))


class LineHandler(logging.Handler):
    """Writes each record to a file of lines, and waits for no lock of its own.

    Args:
        file: standard error by default.
    """

    def __init__(self, file: LineFile = STDERR) -> None:
        super().__init__()
        self._file = file

    def createLock(self) -> None:  # noqa: N802 - logging's name
        """Make none."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; trouble with it goes no further."""
        try:
            self._file.write(self.format(record))
        except Exception:  # noqa: BLE001 - as every handler does
            self.handleError(record)


class PlainFormatter(logging.Formatter):
    """Writes plain lines, with the ids behind the message unless it names them itself."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Write the first line of a record."""
        line = super().formatMessage(record)
        for name, label in _IDS.items():
            value = getattr(record, name, None)
            if value is not None and f"{label}={value}" not in line:
                line += f" {label}={value}"
        return line


_FORMATTERS: dict[LogFormat, dict[str, Any]] = {
    "plain": {
        "()": PlainFormatter,
        "fmt": "%(asctime)s %(levelname)s [%(process)d] %(name)s: %(message)s",
    },
    "json": {
        "()": "pythonjsonlogger.json.JsonFormatter",
        "fmt": ["levelname", "process", "name", "message"],
        "rename_fields": {"levelname": "level", "process": "pid", "name": "logger"},
        "timestamp": "time",
    },
}


def logging_config(level: str, log_format: LogFormat) -> dict[str, Any]:
    """Make the configuration, as ``logging.config.dictConfig`` takes it.

    Args:
        level: the least level that is logged, such as ``INFO``.
        log_format: ``json`` holds for gunicorn's own lines too; they stay as they are otherwise.
    """
    loggers: dict[str, Any] = {name: {"level": "WARNING"} for name in ("apscheduler", "alembic")}
    if log_format == "json":
        loggers["gunicorn.error"] = {"level": level, "handlers": ["stderr"], "propagate": False}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"work": {"()": WorkFilter}},
        "formatters": {"line": _FORMATTERS[log_format]},
        "handlers": {
            "stderr": {
                "class": "oracle_api.logs.LineHandler",
                "formatter": "line",
                "filters": ["work"],
            }
        },
        "loggers": loggers,
        "root": {"level": level, "handlers": ["stderr"]},
    }


def configure_logging(level: str, log_format: LogFormat) -> None:
    """Set up logging for the process; see :func:`logging_config`."""
    # What no line of ours shows need not be found out ("Optimization" in Python's Logging HOWTO).
    logging._srcfile = None
    logging.logThreads = logging.logMultiprocessing = False
    logging.config.dictConfig(logging_config(level, log_format))
