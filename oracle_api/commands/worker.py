"""``worker`` runs the jobs that API hosts accept (JOB_ENGINE=celery)."""

import argparse
import os
from typing import TYPE_CHECKING

from dotenv import load_dotenv

from oracle_api.exceptions import SettingsError
from oracle_api.logs import configure_logging
from oracle_api.settings import Settings

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_ABOUT = """\
Runs the jobs that services with JOB_ENGINE=celery accept, JOB_WORKERS of them at once. Settings
are those of the services, from the environment and from .env or ENV_FILE. SIGTERM lets running
jobs finish for SHUTDOWN_GRACE_SECONDS; Ctrl-C breaks them off.
"""


def add_to(commands: "Commands") -> None:
    """Add the command to a parser's."""
    parser = commands.add_parser(
        "worker",
        help="run jobs of services with JOB_ENGINE=celery",
        description=_ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> None:
    load_dotenv(os.environ.get("ENV_FILE", ".env"))
    settings = Settings.from_env(os.environ)
    if settings.job_engine != "celery":
        raise SettingsError("JOB_ENGINE is not celery: the service runs its jobs itself.")
    configure_logging(settings.log_level, settings.log_format)
    try:
        # A service of one machine does without Celery.
        from oracle_api.worker import Worker  # noqa: PLC0415
    except ImportError as exc:
        raise SettingsError(f"JOB_ENGINE=celery needs requirements-cluster.txt ({exc}).") from None
    Worker(settings).run()
