"""Which procedures may be called: patterns of names, and the rules that are made of them.

A procedure has a full name, ``SCHEMA.PACKAGE.NAME`` or ``SCHEMA.NAME`` where it stands alone. A
pattern is read as the name in a call is, and matched from the right: ``PKG.P`` is ``P`` of a
package ``PKG`` in any schema or a standalone ``P`` in a schema ``PKG``; ``P`` is a standalone
``P`` in any schema; ``*`` alone is everything. Within a part, ``*`` and ``?`` stand for letters.
"""

import glob
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from oracle_api.exceptions import InvalidRequest, ProcedureNotAllowed, ProcedureNotFound
from oracle_api.oracle.names import ProcedureName, identifier, split_name

_PLAIN = re.compile(r"[\w$#*?]+")

#: A full name, in which None is a schema that only the database knows.
Full = tuple[str | None, ...]


@dataclass(frozen=True)
class Pattern:
    """A pattern of procedures' names.

    Args:
        parts: one to three, each as ``fnmatch`` takes it.
    """

    parts: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Pattern":
        """Read a pattern; a part in double quotes is a name as it stands, without wildcards.

        Raises:
            ValueError: it is none.
        """
        try:
            parts = tuple(_part(part.strip()) for part in split_name(text))
        except InvalidRequest:
            parts = ()
        if not 1 <= len(parts) <= 3:
            raise ValueError(f"{text[:60]!r} is no pattern of one to three names, such as PKG.*")
        return cls(parts)

    @property
    def is_everything(self) -> bool:
        """Whether every procedure matches."""
        return self.parts == ("*",)

    def matches(self, full: Full) -> bool | None:
        """Say whether a full name matches; None where that depends on a schema not known."""
        if self.is_everything:
            return True
        if len(self.parts) > len(full) or (len(self.parts) == 1 and len(full) == 3):
            return False
        answer: bool | None = True
        for part, name in zip(reversed(self.parts), reversed(full), strict=False):
            if name is None:
                answer = True if part == "*" else None
            elif not fnmatchcase(name, part):
                return False
        return answer


def _part(text: str) -> str:
    if text.startswith('"'):
        return glob.escape(identifier(text))
    if not _PLAIN.fullmatch(text):
        raise InvalidRequest(f"{text!r} is no part of a pattern.")
    return text.upper()


EVERYTHING = Pattern(("*",))


@dataclass(frozen=True)
class ProcedureRules:
    """What may be called: what any pattern allows and none denies.

    Args:
        allow: patterns of what may be called.
        deny: patterns of what may not, whatever allows it.
    """

    allow: tuple[Pattern, ...] = (EVERYTHING,)
    deny: tuple[Pattern, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether everything may be called."""
        return not self.deny and any(pattern.is_everything for pattern in self.allow)

    def may_allow(self, written: ProcedureName) -> bool:
        """Say whether a name as a client writes it may lead to something that is allowed."""
        return any(
            any(pattern.matches(full) is not False for pattern in self.allow)
            and not any(pattern.matches(full) for pattern in self.deny)
            for full in _readings(written)
        )

    def allows(self, full: tuple[str, ...]) -> bool:
        """Say whether the procedure of a full name may be called."""
        return any(pattern.matches(full) for pattern in self.allow) and not any(
            pattern.matches(full) for pattern in self.deny
        )


def _readings(written: ProcedureName) -> Iterator[Full]:
    """Give the full names that a name can stand for, synonyms left aside."""
    match written.parts:
        case (name,):
            yield (None, name)
        case (first, second):
            yield (None, first, second)
            yield (first, second)
        case full:
            yield full


ALL_ALLOWED = ProcedureRules()


class Permit:
    """What one caller may call: that which every one of several rules allows.

    Both the name as it was written and the full name of the procedure that it leads to count, so
    that neither a synonym nor another way to write a name is a way round.

    Args:
        rules: all of which must allow it.
    """

    def __init__(self, *rules: ProcedureRules) -> None:
        self._rules = tuple(rule for rule in rules if not rule.is_open)

    @property
    def is_open(self) -> bool:
        """Whether everything may be called, even what the data dictionary does not show."""
        return not self._rules

    def may_allow(self, written: ProcedureName) -> bool:
        """Say whether a name as a client writes it may lead to something that is allowed."""
        return all(rule.may_allow(written) for rule in self._rules)

    def allows(self, full: tuple[str, ...]) -> bool:
        """Say whether the procedure of a full name may be called."""
        return all(rule.allows(full) for rule in self._rules)

    def check_written(self, written: ProcedureName) -> None:
        """Decide what can be decided without the database.

        Raises:
            ProcedureNotAllowed: whatever this name leads to may not be called.
        """
        if not self.may_allow(written):
            raise ProcedureNotAllowed(str(written))

    def check_found(self, written: ProcedureName, found: ProcedureName | None) -> None:
        """Decide whether a name may be called that leads to a procedure.

        Args:
            written: the name as the client wrote it.
            found: the procedure's full name; None where the data dictionary does not show it.

        Raises:
            ProcedureNotAllowed: it may not.
            ProcedureNotFound: it is not known what the name leads to, and not everything may be
                called.
        """
        if self.is_open:
            return
        self.check_written(written)
        if found is None:
            raise ProcedureNotFound(f"The data dictionary shows no procedure {written}.")
        if not self.allows(found.parts):
            raise ProcedureNotAllowed(str(written))
