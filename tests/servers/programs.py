"""Where Debian keeps the servers that tests run."""

import os
import shutil
from pathlib import Path


def find(name: str) -> str | None:
    """Find a program, also where only root looks; of PostgreSQL's the newest."""
    # Debian has PostgreSQL's programs outside of every PATH, by version.
    postgres = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name)
    )
    folders = [os.environ["PATH"], "/usr/sbin", "/sbin", *map(str, postgres)]
    return shutil.which(name, path=os.pathsep.join(folders))


def program(name: str) -> str:
    """Find a program that must be there.

    Raises:
        FileNotFoundError: it is not; the message says how to get it.
    """
    found = find(name)
    if found is None:
        raise FileNotFoundError(f"{name} is missing: see tests/servers/install.sh")
    return found
