"""What a run was made on."""

import os
import platform
import re
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from oracle_api.version import VERSION
from tests.bench.processes import program

_PACKAGES = ("gunicorn", "Flask", "SQLAlchemy", "oracledb", "celery", "rq", "redis")


def describe() -> dict[str, str]:
    """Describe the machine and the versions; nothing tells which machine it is."""
    return {
        "processor": processor(Path("/proc/cpuinfo").read_text()),
        "cores": str(os.cpu_count()),
        "memory": memory(Path("/proc/meminfo").read_text()),
        "kernel": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "oracle_api": VERSION,
        **{name: version(name) for name in _PACKAGES},
        **_programs({"wrk": ["-v"], "redis-server": ["--version"]}),
    }


def processor(cpuinfo: str) -> str:
    """Give the model from what is in /proc/cpuinfo, or the architecture."""
    found = re.search(r"^model name\s*: (.*)$", cpuinfo, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def memory(meminfo: str) -> str:
    """Give the size from what is in /proc/meminfo."""
    found = re.search(r"^MemTotal:\s+(\d+) kB", meminfo, re.MULTILINE)
    return f"{int(found[1]) / 1024 / 1024:.0f} GiB" if found else "unknown"


def _programs(commands: Mapping[str, list[str]]) -> dict[str, str]:
    versions = {}
    for name, options in commands.items():
        # wrk tells its version with a status of 1.
        told = subprocess.run(
            [program(name), *options], capture_output=True, text=True, check=False
        ).stdout
        found = re.search(r"\d+\.\d+(\.\d+)?", told)
        versions[name] = found[0] if found else "unknown"
    return versions
