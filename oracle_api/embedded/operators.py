"""Operators of PL/SQL expressions."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from oracle_api.embedded.conversions import convert
from oracle_api.embedded.datatypes import DataType
from oracle_api.embedded.errors import value_error
from oracle_api.embedded.frames import Evaluate, Frame
from oracle_api.embedded.functions import OPERATORS

_ARITHMETIC = {"+": "ADD", "-": "SUBTRACT", "*": "MULTIPLY", "/": "DIVIDE"}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "^=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
#: The type of what an operator yields.
RESULT_TYPES = {
    "||": DataType.VARCHAR2,
    "NEGATE": DataType.NUMBER,
    "*": DataType.NUMBER,
    "/": DataType.NUMBER,
    **dict.fromkeys(("AND", "OR", "NOT", "IS NULL", *_COMPARISONS), DataType.BOOLEAN),
}


def operation(name: str, operands: list[Evaluate]) -> Evaluate:
    """Return the evaluation of an operator on the values of its operands."""
    first, last = operands[0], operands[-1]
    match name:
        case "||":
            return lambda frame: "".join([_text(each(frame), frame) for each in operands])
        case "NEGATE":
            return lambda frame: _negate(first(frame), frame)
        case "IS NULL":
            return lambda frame: first(frame) in (None, "")
        case "NOT":
            return lambda frame: _not(first(frame))
        case "AND":
            return lambda frame: _not(_or(_not(first(frame)), lambda: _not(last(frame))))
        case "OR":
            return lambda frame: _or(first(frame), lambda: last(frame))
    if name in _ARITHMETIC:
        calculate = OPERATORS[_ARITHMETIC[name]]
        return lambda frame: calculate(frame.call.session, first(frame), last(frame))
    compare = _COMPARISONS[name]
    return lambda frame: _compare(compare, first(frame), last(frame), frame)


def _text(value: Any, frame: Frame) -> str:
    return convert(value, DataType.VARCHAR2, frame.call.nls) or ""


def _negate(value: Any, frame: Frame) -> Decimal | None:
    number: Decimal | None = convert(value, DataType.NUMBER, frame.call.nls)
    return None if number is None else number.copy_negate()


def _not(value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise value_error()
    return None if value is None else not value


def _or(left: Any, right: Callable[[], Any]) -> bool | None:
    if left is True:
        return True
    other = right()
    for value in (left, other):
        if value is not None and not isinstance(value, bool):
            raise value_error()
    if other is True:
        return True
    return None if left is None or other is None else False


def _compare(
    compare: Callable[[Any, Any], bool], left: Any, right: Any, frame: Frame
) -> bool | None:
    """Compare two values after converting text to the type of the other one."""
    if left in (None, "") or right in (None, ""):
        return None
    nls = frame.call.nls
    for kind, data_type in ((dt.datetime, DataType.TIMESTAMP), ((Decimal, int), DataType.NUMBER)):
        if isinstance(left, bool) or isinstance(right, bool):
            break
        if isinstance(left, kind) or isinstance(right, kind):
            return compare(convert(left, data_type, nls), convert(right, data_type, nls))
    if type(left) is not type(right):
        raise value_error()
    return compare(left, right)
