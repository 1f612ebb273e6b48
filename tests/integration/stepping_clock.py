"""gunicorn's settings, with a wall clock that a test steps.

The service is started with ``--config`` of this file. Its wall clock is off by as many seconds as
the file says that CLOCK_STEP_FILE names; the monotonic one goes on, as when an operator or NTP
sets a host's time.
"""

import os
import runpy
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine

_real = runpy.run_path(str(Path(__file__).parents[2] / "gunicorn.conf.py"))
globals().update((name, value) for name, value in _real.items() if not name.startswith("__"))
_start_services = _real["post_worker_init"]


def post_worker_init(worker: Any) -> None:
    """Start the services, and step their clock when told to."""
    traveller = time_machine.travel(datetime.now(UTC), tick=True).start()
    _start_services(worker)
    path = Path(os.environ["CLOCK_STEP_FILE"])

    def follow() -> None:
        offset = 0.0
        while True:
            wanted = float(path.read_text() or offset)
            if wanted != offset:
                traveller.shift(timedelta(seconds=wanted - offset))
                offset = wanted
            threading.Event().wait(0.02)

    threading.Thread(target=follow, daemon=True).start()
