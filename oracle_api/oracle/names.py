"""Oracle identifiers: what may be a name, and how it is written into SQL text.

Names are the only thing of a request that ever reaches SQL text, since identifiers cannot be
bound. Rules: Oracle Database SQL Language Reference, "Database Object Names and Qualifiers".
"""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from oracle_api.exceptions import InvalidRequest

MAX_BYTES = 128

# Characters of a name that is remembered; with spaces around its parts it may have any number.
_MOST_KEPT = 512

_UNQUOTED = re.compile(r"[\w$#]+")
# Oracle allows any character but the quotes in a quoted name; control characters would only serve
# to forge lines of a log.
_PART = re.compile(r' *(?:"(?P<quoted>[^"\x00-\x1f\x7f-\x9f\u2028\u2029]+)"|(?P<plain>[^\s".]+)) *')


def _is_unquoted(text: str) -> bool:
    # \w takes more for a letter than str.isalpha does, such as a superscript two.
    return text[0].isalpha() and _UNQUOTED.fullmatch(text) is not None


def _fits(part: str) -> bool:
    try:
        return 0 < len(part.encode()) <= MAX_BYTES
    except UnicodeEncodeError:
        return False


def identifier(text: str) -> str:
    """Give the name that an identifier stands for.

    Args:
        text: unquoted (``pkg_etl``, upper-cased as Oracle does) or in double quotes.

    Raises:
        InvalidRequest: it is no Oracle identifier.
    """
    try:
        return _named(text.strip(" "))
    except ValueError:
        raise InvalidRequest(f"{text[:60]!r} is not an Oracle identifier.") from None


# A call asks for each of its few names several times. What is no identifier, and may be of any
# length, raises and is not kept.
@lru_cache(maxsize=4096)
def _named(text: str) -> str:
    match = _PART.fullmatch(text)
    if match is not None:
        if quoted := match["quoted"]:
            name = quoted
        else:
            name = match["plain"].upper() if _is_unquoted(match["plain"]) else ""
        if name and _fits(name):
            return name
    raise ValueError("no identifier")


def quote(name: str) -> str:
    """Write a name that :func:`identifier` gave so that SQL takes it as it is."""
    return f'"{name}"'


@dataclass(frozen=True)
class ProcedureName:
    """A procedure's name: one to three parts, the last of which is the procedure.

    Args:
        parts: names as the dictionary spells them, unquoted.
    """

    parts: tuple[str, ...]

    @classmethod
    def parse(cls, name: str, schema: str | None = None) -> "ProcedureName":
        """Read ``schema.package.procedure``, shorter forms, and a schema beside it.

        Args:
            name: one to three identifiers with dots between them.
            schema: prefixed when it is given.

        Raises:
            InvalidRequest: a part is no identifier, or there are too many parts.
        """
        is_kept = len(name) + len(schema or "") <= _MOST_KEPT
        return (_parsed if is_kept else _parsed.__wrapped__)(name, schema)

    @cached_property
    def sql(self) -> str:
        """The name as SQL text, each part quoted."""
        return ".".join(quote(part) for part in self.parts)

    def __str__(self) -> str:
        """Give the name as a client may write it, quoted where it must be."""
        return self._written

    @cached_property
    def _written(self) -> str:
        return ".".join(
            part if _is_unquoted(part) and part == part.upper() else quote(part)
            for part in self.parts
        )


@lru_cache(maxsize=1024)
def _parsed(name: str, schema: str | None) -> ProcedureName:
    parts = tuple(identifier(part) for part in split_name(name))
    if schema is not None and schema.strip():
        owner = identifier(schema)
        if len(parts) == 3 and parts[0] != owner:
            raise InvalidRequest(f"{name[:200]!r} already names a schema other than {owner}.")
        parts = parts if len(parts) == 3 else (owner, *parts)
    if not 1 <= len(parts) <= 3:
        raise InvalidRequest("A procedure's name has one to three parts: schema.package.name.")
    return ProcedureName(parts)


def split_name(name: str) -> list[str]:
    """Take a dotted name apart; the parts keep their quotes, within which dots do not part.

    Raises:
        InvalidRequest: it is no dotted name.
    """
    parts: list[str] = []
    position = 0
    while True:
        match = _PART.match(name, position)
        if match is None:
            raise InvalidRequest(f"{name[:60]!r} is not the name of a procedure.")
        parts.append(match[0])
        position = match.end()
        if position == len(name):
            return parts
        if name[position] != ".":
            raise InvalidRequest(f"{name[:60]!r} is not the name of a procedure.")
        position += 1
