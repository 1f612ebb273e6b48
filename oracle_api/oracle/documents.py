"""JSON documents on their way into Oracle's type JSON and out of it.

Sources: RFC 8259; JSON Developer's Guide, "JSON Data Type Constructor".
"""

from collections.abc import Callable
from typing import Any

import msgspec

# Oracle takes 1000, but then neither we nor a client could parse the answer around it.
_DEEPEST = 500
# For each object or array the driver enlarges its buffer by its least size and by all that was
# written before; this much at most is a matter of 0.1 s.
_LEAST_GROWTH = 32 * 1024
_MOST_GROWTH = 4 * 1024 * 1024

_encoder = msgspec.json.Encoder(decimal_format="number")


def map_scalars(document: Any, convert: Callable[[Any], Any]) -> Any:
    """Make a document of the same shape with other scalars.

    Args:
        document: what JSON can hold; not deeper than :func:`refuse_deep` allows.
        convert: makes the new scalar of an old one.

    Raises:
        ValueError: what ``convert`` raises, with the place within the document in front.
    """
    # One frame for each level, without comprehensions, so that the deepest fits Python's stack.
    if isinstance(document, dict):
        members: dict[str, Any] = {}
        for name, item in document.items():
            try:
                members[name] = map_scalars(item, convert)
            except ValueError as exc:
                raise ValueError(placed(f".{name}", str(exc))) from None
        return members
    if isinstance(document, list):
        elements: list[Any] = []
        for number, item in enumerate(document):
            try:
                elements.append(map_scalars(item, convert))
            except ValueError as exc:
                raise ValueError(placed(f"[{number}]", str(exc))) from None
        return elements
    return convert(document)


def refuse_deep(document: Any) -> None:
    """Refuse a document that is nested too deeply to travel.

    Raises:
        ValueError: it is.
    """
    level = [document]
    for _ in range(_DEEPEST + 1):
        level = [item for container in level for item in _items(container)]
        if not level:
            return
    raise ValueError(f"is nested deeper than {_DEEPEST} levels")


def _items(container: Any) -> Any:
    if isinstance(container, dict):
        return container.values()
    return container if isinstance(container, list) else ()


def text_where_quicker(document: Any) -> str | None:
    """Give the text of a document that the driver would take too long to encode, else None.

    Its time grows with the square of the number of objects and arrays, and all threads wait.
    """
    text = _encoder.encode(document)
    containers = text.count(b"{") + text.count(b"[")
    if containers * (_LEAST_GROWTH + len(text)) <= _MOST_GROWTH:
        return None
    return text.decode()


def placed(place: str, fault: str) -> str:
    """Put a place before a fault: ``p`` and ``must be text``, or ``[2].NAME must be text``.

    Places of nested values grow from the inside out in this way.
    """
    return place + ("" if fault[0] in ".[" else " ") + fault
