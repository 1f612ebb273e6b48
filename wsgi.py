"""The WSGI entry point: ``gunicorn wsgi:app``. gunicorn.conf.py starts its services."""

import os

from oracle_api import create_app
from oracle_api.logs import configure_logging
from oracle_api.settings import Settings

settings = Settings.from_env(os.environ)
configure_logging(settings.log_level, settings.log_format)
app = create_app(settings)
