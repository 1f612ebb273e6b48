"""How the service logs: one line per event on standard error, plain or JSON.

Each line says which request, job and trace it belongs to.
"""

import logging.config
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
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["work"],
            }
        },
        "loggers": loggers,
        "root": {"level": level, "handlers": ["stderr"]},
    }


def configure_logging(level: str, log_format: LogFormat) -> None:
    """Set up logging for the process; see :func:`logging_config`."""
    logging.config.dictConfig(logging_config(level, log_format))
