"""How deep decoded JSON is nested."""

from typing import Any

Path = tuple["Path", str | int] | None


def too_deep(container: Any, most: int) -> str | None:
    """Look for a container that is nested too deeply.

    Args:
        container: a list or a dict of JSON values.
        most: so many of them may be within each other, this one included.

    Returns:
        Where one is, as a JSON Pointer from the container (RFC 6901); None where none is.
    """
    left: list[tuple[Any, int, Path]] = [(container, 1, None)]
    while left:
        found, depth, path = left.pop()
        if depth > most:
            return _pointer(path)
        members = found.items() if isinstance(found, dict) else enumerate(found)
        left += [
            (value, depth + 1, (path, key))
            for key, value in members
            if isinstance(value, dict | list)
        ]
    return None


def _pointer(path: Path) -> str:
    steps: list[str] = []
    while path is not None:
        path, step = path
        steps.append(str(step).replace("~", "~0").replace("/", "~1"))
    return "".join(f"/{step}" for step in reversed(steps))
