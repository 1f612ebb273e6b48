"""How the service logs: one plain line per event, on standard error."""

import logging.config


def configure_logging(level: str) -> None:
    """Set up logging for the process.

    Args:
        level: the least level that is logged, such as ``INFO``.
    """
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "plain": {"format": "%(asctime)s %(levelname)s [%(process)d] %(name)s: %(message)s"}
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain"}},
            "loggers": {"apscheduler": {"level": "WARNING"}},
            "root": {"level": level, "handlers": ["stderr"]},
        }
    )
