"""gunicorn's settings of the service, from its own file, without its hooks."""

import runpy
from pathlib import Path

from gunicorn.config import KNOWN_SETTINGS

_service = runpy.run_path(str(Path(__file__).parents[2] / "gunicorn.conf.py"))
for _setting in KNOWN_SETTINGS:
    _value = _service.get(_setting.name)
    if _value is not None and not callable(_value):
        globals()[_setting.name] = _value
