"""How the service logs: one line per event on standard error, plain or JSON.

Each line says which request, job and trace it belongs to.
"""

import logging.config
import os
import time
from typing import Any, Literal

from oracle_api.context import current_work

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


class LineHandler(logging.Handler):
    """Writes each record with a single ``write``, which the kernel keeps whole.

    So nobody waits for a lock, as threads do that log through a stream.

    Args:
        file: descriptor of the file; standard error by default.
    """

    def __init__(self, file: int = 2) -> None:
        super().__init__()
        self._file = file

    def createLock(self) -> None:  # noqa: N802 - logging's name
        """Make none."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; trouble with it goes no further."""
        try:
            line = f"{self.format(record)}\n".encode(errors="backslashreplace")
            while line:
                line = line[os.write(self._file, line) :]
        except Exception:  # noqa: BLE001 - as every handler does
            self.handleError(record)


class PlainFormatter(logging.Formatter):
    """Writes plain lines, with the ids behind the message unless it names them itself."""

    # The second that was last written, and its text.
    _last = (0, "")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """Write a record's time as ``logging`` does, a second's text only once."""
        second, text = self._last
        if int(record.created) != second:
            second = int(record.created)
            text = time.strftime(self.default_time_format, time.localtime(second))
            self._last = second, text
        return f"{text},{int(record.msecs):03d}"

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
    loggers: dict[str, Any] = {"apscheduler": {"level": "WARNING"}}
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
