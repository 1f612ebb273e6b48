"""The parts of an anonymous block, as the parser finds them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from oracle_api.embedded.typenames import TypeName


@dataclass(frozen=True)
class Literal:
    """A constant."""

    value: bool | str | Decimal | dt.datetime | None


@dataclass(frozen=True)
class BindRef:
    """A bind variable, by its index within the block."""

    index: int
    position: int


@dataclass(frozen=True)
class Argument:
    """An argument, named (``name => value``) or positional."""

    name: str | None
    value: Expression


@dataclass(frozen=True)
class Invocation:
    """A procedure or function with its arguments, or a variable, which has none."""

    path: tuple[str, ...]
    arguments: tuple[Argument, ...]
    position: int


@dataclass(frozen=True)
class Operation:
    """An operator with its operands: ``NEGATE``, ``||``, ``AND``, ``IS NULL``, ``=`` and so on."""

    operator: str
    operands: tuple[Expression, ...]
    position: int


Expression = Literal | BindRef | Invocation | Operation


@dataclass(frozen=True)
class Assignment:
    """``target := expression;``"""

    target: BindRef | Invocation
    value: Expression
    position: int


@dataclass(frozen=True)
class TransactionControl:
    """``COMMIT;`` or ``ROLLBACK;``"""

    commit: bool


@dataclass(frozen=True)
class Condition:
    """``IF … THEN … ELSIF … THEN … ELSE … END IF;``: the last may have no condition."""

    branches: tuple[tuple[Expression | None, tuple[Statement, ...]], ...]
    position: int


@dataclass(frozen=True)
class SelectInto:
    """``SELECT … INTO targets FROM …``, with what its text needs as bind variables.

    ``inputs`` are the names of the variables in the text and where their values come from.
    """

    text: str
    targets: tuple[BindRef | Invocation, ...]
    inputs: tuple[tuple[str, BindRef | Invocation], ...]
    position: int


@dataclass(frozen=True)
class Handler:
    """``WHEN name OR name THEN …`` of an exception section."""

    names: tuple[str, ...]
    statements: tuple[Statement, ...]
    position: int


@dataclass(frozen=True)
class Declaration:
    """A variable."""

    name: str
    type_name: TypeName
    default: Expression | None
    position: int


@dataclass(frozen=True)
class NestedBlock:
    """``DECLARE … BEGIN … EXCEPTION … END;``"""

    declarations: tuple[Declaration, ...]
    statements: tuple[Statement, ...]
    handlers: tuple[Handler, ...]


Statement = Invocation | Assignment | TransactionControl | Condition | SelectInto | NestedBlock


@dataclass
class Block:
    """A parsed block: its statements, and its bind variables in the order of appearance."""

    text: str
    statements: list[Statement] = field(default_factory=list)
    binds: list[str] = field(default_factory=list)

    def line_column(self, position: int) -> tuple[int, int]:
        """Return line and column, both from 1, of an offset in the text."""
        line_start = self.text.rfind("\n", 0, position) + 1
        return self.text.count("\n", 0, position) + 1, position - line_start + 1
