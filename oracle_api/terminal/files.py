"""Writes results to files."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path


def write_whole(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file that is there only once it is complete; until then there is what was before.

    Args:
        path: of the file. A device or a pipe is written to as it is.
        pieces: of what goes into it.

    Raises:
        OSError: it cannot be written.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            file.writelines(pieces)
        return
    # Beside the file that a symbolic link leads to: the link stays.
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            os.fchmod(file.fileno(), _mode(target))
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _mode(path: Path) -> int:
    """Give the permissions of a file that is there, or of any new one."""
    if path.exists():
        return path.stat().st_mode & 0o777
    # A process can read its mask only by setting it.
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
