"""What a compiled block works on while it runs: the values of its binds and variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from oracle_api.embedded.conversions import convert
from oracle_api.embedded.datatypes import BindType, DataType, TypeSpec
from oracle_api.embedded.errors import OracleError, value_error
from oracle_api.embedded.namedtypes import convert_sized

if TYPE_CHECKING:
    from oracle_api.embedded.call import Call

_SIZED_TYPES = (DataType.VARCHAR2, DataType.CHAR, DataType.RAW)


@dataclass
class Frame:
    """The state of a block that runs."""

    call: Call
    values: list[Any]
    types: Sequence[BindType]
    variables: dict[str, Any] = field(default_factory=dict)

    def assign(self, index: int, value: Any) -> None:
        """Give a bind variable a value, converted to the variable's type.

        Raises:
            OracleError: ORA-06502 if that is not possible or the value does not fit.
        """
        bind = self.types[index]
        nls = self.call.nls
        if bind.is_array:
            value = [convert(each, bind.type, nls) for each in _dense(value, bind.max_elements)]
            for each in value:
                _check_size(each, bind.type, bind.buffer_size)
        elif bind.type != DataType.OBJECT:
            value = convert(value, bind.type, nls)
            _check_size(value, bind.type, bind.buffer_size)
        self.values[index] = value

    def set_variable(self, name: str, spec: TypeSpec, value: Any) -> None:
        """Give a variable of the block a value, converted to its type.

        Raises:
            OracleError: ORA-06502 if that is not possible or the value does not fit.
        """
        self.variables[name] = convert_sized(value, spec, self.call.nls)


def _dense(value: Any, limit: int) -> list[Any]:
    """Return the elements of an index-by table for an array of the client, which begins at 1."""
    if value is None or not isinstance(value, Mapping):
        elements = list(value or ())
    elif value and min(value) < 1:
        raise OracleError(6513, "PL/SQL: index for PL/SQL table out of range for host language "
                          "array")  # fmt: skip
    else:
        elements = [value.get(index) for index in range(1, max(value, default=0) + 1)]
    if len(elements) > limit:
        raise value_error("host bind array too small")
    return elements


def _check_size(value: Any, kind: DataType, limit: int) -> None:
    if value is None or kind not in _SIZED_TYPES:
        return
    size = len(value.encode()) if isinstance(value, str) else len(value)
    if size > limit:
        if isinstance(value, str):
            raise value_error("character string buffer too small")
        raise value_error("raw variable length too long")


Evaluate = Callable[[Frame], Any]
Execute = Callable[[Frame], None]


@dataclass
class Program:
    """A compiled block: what to execute, and which binds it reads and writes."""

    execute: Execute
    reads: set[int]
    writes: set[int]
    bind_count: int

    def run(self, frame: Frame) -> None:
        """Execute the block.

        Raises:
            OracleError: what a procedure raised, with its call stack.
        """
        self.execute(frame)
