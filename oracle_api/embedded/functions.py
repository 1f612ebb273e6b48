"""SQL functions of Oracle that SQLite lacks or computes differently."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    Decimal,
    DivisionByZero,
    InvalidOperation,
)
from typing import Any, Protocol

from oracle_api.embedded.conversions import Nls, convert
from oracle_api.embedded.datatypes import TYPES_BY_NAME, DataType
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.formats import format_datetime, format_number, parse_datetime
from oracle_api.embedded.storage import Stored, from_storage, to_storage
from oracle_api.embedded.values import NUMBER_CONTEXT


class FunctionContext(Protocol):
    """What functions need to know of their session."""

    nls: Nls

    def context_value(self, name: str) -> str | None:
        """Return the value of a parameter of SYS_CONTEXT's namespace USERENV."""


class SequenceSource(Protocol):
    """Where the numbers of sequences come from."""

    def next_value(self, name: str) -> int:
        """Return the next number of a sequence."""

    def current_value(self, name: str) -> int:
        """Return the number that the session got last."""


#: Functions that SQLite has and that agree well enough, by their name in Oracle.
NATIVE = {
    "NVL": "ifnull", "COALESCE": "coalesce", "NULLIF": "nullif", "LENGTH": "length",
    "SUBSTR": "substr", "INSTR": "instr", "REPLACE": "replace", "TRIM": "trim",
    "LTRIM": "ltrim", "RTRIM": "rtrim", "ABS": "abs", "GREATEST": "max", "LEAST": "min",
    "COUNT": "count", "MIN": "min", "MAX": "max", "ROW_NUMBER": "row_number",
    "RANK": "rank", "DENSE_RANK": "dense_rank", "LAG": "lag", "LEAD": "lead",
}  # fmt: skip

#: Functions that are called without parentheses.
WITHOUT_PARENTHESES = frozenset(
    {"SYSDATE", "SYSTIMESTAMP", "CURRENT_DATE", "CURRENT_TIMESTAMP", "LOCALTIMESTAMP", "USER"}
)
PREFIX = "ora_"
#: What NEXTVAL and CURRVAL are translated to.
NEXT_VALUE = f"{PREFIX}nextval"
CURRENT_VALUE = f"{PREFIX}currval"
_SECONDS_PER_DAY = 86400
_VARYING = WITHOUT_PARENTHESES | {"SYS_CONTEXT"}


def now() -> dt.datetime:
    """Return the time of the database's host, with its offset."""
    return dt.datetime.now().astimezone()


def _sysdate(context: FunctionContext) -> Any:
    del context
    return now().replace(microsecond=0, tzinfo=None)


def _systimestamp(context: FunctionContext) -> Any:
    del context
    return now()


def _current_date(context: FunctionContext) -> Any:
    return now().astimezone(context.nls.time_zone).replace(microsecond=0, tzinfo=None)


def _current_timestamp(context: FunctionContext) -> Any:
    return now().astimezone(context.nls.time_zone)


def _localtimestamp(context: FunctionContext) -> Any:
    return now().astimezone(context.nls.time_zone).replace(tzinfo=None)


def _user(context: FunctionContext) -> Any:
    return context.context_value("SESSION_USER")


def _sys_context(context: FunctionContext, namespace: Any, name: Any, *_: Any) -> Any:
    if str(namespace).upper() != "USERENV":
        return None
    return context.context_value(str(name).upper())


def _nvl2(context: FunctionContext, value: Any, present: Any, absent: Any) -> Any:
    del context
    return absent if value is None else present


def _decode(context: FunctionContext, value: Any, *rest: Any) -> Any:
    del context
    for search, result in zip(rest[::2], rest[1::2], strict=False):
        if search == value:
            return result
    return rest[-1] if len(rest) % 2 else None


def _to_char(context: FunctionContext, value: Any, model: Any = None, *_: Any) -> Any:
    if value is None or model is None:
        return convert(value, DataType.VARCHAR2, context.nls)
    if isinstance(value, dt.datetime):
        return format_datetime(value, model)
    return format_number(convert(value, DataType.NUMBER, context.nls), model)


def _to_date(context: FunctionContext, value: Any, model: Any = None, *_: Any) -> Any:
    if value is None or model is None or isinstance(value, dt.datetime):
        return convert(value, DataType.DATE, context.nls)
    return convert(parse_datetime(str(value), model), DataType.DATE, context.nls)


def _to_timestamp(context: FunctionContext, value: Any, model: Any = None, *_: Any) -> Any:
    if value is None or model is None or isinstance(value, dt.datetime):
        return convert(value, DataType.TIMESTAMP, context.nls)
    return parse_datetime(str(value), model)


def _to_timestamp_tz(context: FunctionContext, value: Any, model: Any = None, *_: Any) -> Any:
    if value is not None and model is not None and not isinstance(value, dt.datetime):
        value = parse_datetime(str(value), model)
    return convert(value, DataType.TIMESTAMP_TZ, context.nls)


def _sys_extract_utc(context: FunctionContext, value: Any) -> Any:
    moment = convert(value, DataType.TIMESTAMP_TZ, context.nls)
    return None if moment is None else moment.astimezone(dt.UTC).replace(tzinfo=None)


def _to_number(context: FunctionContext, value: Any) -> Any:
    return convert_number(value, context.nls)


def convert_number(value: Any, nls: Nls) -> Decimal | None:
    """Convert a value to a number as SQL does.

    Raises:
        OracleError: ORA-01722 (PL/SQL would raise ORA-06502).
    """
    try:
        number: Decimal | None = convert(value, DataType.NUMBER, nls)
    except OracleError as error:
        if error.code == 6502:
            raise OracleError(1722, "invalid number") from None
        raise
    return number


def _upper(context: FunctionContext, value: Any) -> Any:
    text = convert(value, DataType.VARCHAR2, context.nls)
    return None if text is None else text.upper()


def _lower(context: FunctionContext, value: Any) -> Any:
    text = convert(value, DataType.VARCHAR2, context.nls)
    return None if text is None else text.lower()


def _round(context: FunctionContext, value: Any, places: Any = Decimal(0)) -> Any:
    if value is None or places is None:
        return None
    number = convert_number(value, context.nls)
    return number and NUMBER_CONTEXT.quantize(number, Decimal(1).scaleb(-int(places)))


def _trunc(context: FunctionContext, value: Any, places: Any = Decimal(0)) -> Any:
    if value is None or places is None:
        return None
    if isinstance(value, dt.datetime):
        return value.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    number = convert_number(value, context.nls)
    return number and number.quantize(Decimal(1).scaleb(-int(places)), ROUND_DOWN)


def _mod(context: FunctionContext, value: Any, divisor: Any) -> Any:
    number, by = convert_number(value, context.nls), convert_number(divisor, context.nls)
    if number is None or by is None:
        return None
    return number if by == 0 else number % by


def _floor(context: FunctionContext, value: Any) -> Any:
    number = convert_number(value, context.nls)
    return number and number.to_integral_value(ROUND_FLOOR)


def _ceil(context: FunctionContext, value: Any) -> Any:
    number = convert_number(value, context.nls)
    return number and number.to_integral_value(ROUND_CEILING)


def _sign(context: FunctionContext, value: Any) -> Any:
    number = convert_number(value, context.nls)
    return None if number is None else Decimal((number > 0) - (number < 0))


def _power(context: FunctionContext, value: Any, exponent: Any) -> Any:
    return _calculate(context, NUMBER_CONTEXT.power, value, exponent)


def _bitand(context: FunctionContext, left: Any, right: Any) -> Any:
    one, other = convert_number(left, context.nls), convert_number(right, context.nls)
    return None if one is None or other is None else Decimal(int(one) & int(other))


def _concat(context: FunctionContext, *values: Any) -> Any:
    return "".join(convert(each, DataType.VARCHAR2, context.nls) or "" for each in values)


def _pad(context: FunctionContext, value: Any, width: Any, fill: Any, left: bool) -> Any:
    text = convert(value, DataType.VARCHAR2, context.nls)
    if text is None or width is None or fill is None:
        return None
    size = max(0, int(width))
    filler = (str(fill) * size)[: max(0, size - len(text))]
    return (filler + text if left else text + filler)[:size]


def _lpad(context: FunctionContext, value: Any, width: Any, fill: Any = " ") -> Any:
    return _pad(context, value, width, fill, left=True)


def _rpad(context: FunctionContext, value: Any, width: Any, fill: Any = " ") -> Any:
    return _pad(context, value, width, fill, left=False)


def _cast(context: FunctionContext, value: Any, type_name: Any) -> Any:
    data_type = TYPES_BY_NAME[type_name]
    if data_type == DataType.NUMBER:
        return convert_number(value, context.nls)
    return convert(value, data_type, context.nls)


def _to_blob(context: FunctionContext, value: Any) -> Any:
    if value is not None and not isinstance(value, bytes):
        raise OracleError(932, "inconsistent datatypes: expected BINARY got CHAR")
    return value


def _days(value: Any, nls: Nls) -> dt.timedelta:
    return dt.timedelta(seconds=round(float(convert_number(value, nls) or 0) * _SECONDS_PER_DAY))


def _add(context: FunctionContext, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return None
    if isinstance(right, dt.datetime):
        left, right = right, left
    if isinstance(left, dt.datetime):
        if isinstance(right, dt.datetime):
            raise OracleError(975, "date + date not allowed")
        return left + _days(right, context.nls)
    return _calculate(context, NUMBER_CONTEXT.add, left, right)


def _subtract(context: FunctionContext, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return None
    if isinstance(left, dt.datetime) and isinstance(right, dt.datetime):
        difference = left.replace(tzinfo=None) - right.replace(tzinfo=None)
        seconds = Decimal(str(difference.total_seconds()))
        return NUMBER_CONTEXT.divide(seconds, Decimal(_SECONDS_PER_DAY))
    if isinstance(left, dt.datetime):
        return left - _days(right, context.nls)
    return _calculate(context, NUMBER_CONTEXT.subtract, left, right)


def _multiply(context: FunctionContext, left: Any, right: Any) -> Any:
    return _calculate(context, NUMBER_CONTEXT.multiply, left, right)


def _divide(context: FunctionContext, left: Any, right: Any) -> Any:
    return _calculate(context, NUMBER_CONTEXT.divide, left, right)


def _calculate(
    context: FunctionContext,
    operation: Callable[[Decimal, Decimal], Decimal],
    left: Any,
    right: Any,
) -> Decimal | None:
    if isinstance(left, dt.datetime) or isinstance(right, dt.datetime):
        raise OracleError(932, "inconsistent datatypes: expected NUMBER got DATE")
    one, other = convert_number(left, context.nls), convert_number(right, context.nls)
    if one is None or other is None:
        return None
    try:
        return operation(one, other)
    except (DivisionByZero, InvalidOperation):
        raise OracleError(1476, "divisor is equal to zero") from None


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "SYSDATE": _sysdate, "SYSTIMESTAMP": _systimestamp, "CURRENT_DATE": _current_date,
    "CURRENT_TIMESTAMP": _current_timestamp, "LOCALTIMESTAMP": _localtimestamp,
    "USER": _user, "SYS_CONTEXT": _sys_context, "NVL2": _nvl2, "DECODE": _decode,
    "TO_CHAR": _to_char, "TO_DATE": _to_date, "TO_TIMESTAMP": _to_timestamp,
    "TO_TIMESTAMP_TZ": _to_timestamp_tz, "SYS_EXTRACT_UTC": _sys_extract_utc,
    "TO_NUMBER": _to_number, "UPPER": _upper, "LOWER": _lower, "ROUND": _round,
    "TRUNC": _trunc, "MOD": _mod, "CONCAT": _concat, "LPAD": _lpad, "RPAD": _rpad,
    "CAST": _cast, "FLOOR": _floor, "CEIL": _ceil, "SIGN": _sign, "POWER": _power,
    "BITAND": _bitand, "TO_BLOB": _to_blob,
}  # fmt: skip


#: What operators are translated to; not to be called by name.
OPERATORS: dict[str, Callable[..., Any]] = {
    "ADD": _add,
    "SUBTRACT": _subtract,
    "MULTIPLY": _multiply,
    "DIVIDE": _divide,
}


class _Sum:
    """SUM with the digits of NUMBER."""

    def __init__(self) -> None:
        self.total: Decimal | None = None
        self.count = 0

    def step(self, stored: Stored) -> None:
        """Add a value; nulls do not count."""
        value = from_storage(stored)
        if value is not None:
            number = value if isinstance(value, Decimal) else Decimal(str(value))
            self.total = NUMBER_CONTEXT.add(self.total or Decimal(0), number)
            self.count += 1

    def finalize(self) -> Stored:
        """Return the sum, null if there was no value."""
        return to_storage(self.total)


class _Average(_Sum):
    """AVG with the digits of NUMBER."""

    def finalize(self) -> Stored:
        """Return the average, null if there was no value."""
        if self.total is None:
            return None
        return to_storage(NUMBER_CONTEXT.divide(self.total, Decimal(self.count)))


AGGREGATES: dict[str, type[_Sum]] = {"SUM": _Sum, "AVG": _Average}


def fits(stored: Stored, type_name: str, precision: int, scale: int) -> int:
    """Return whether a value may be kept in a column, as 1 or 0 for a CHECK constraint."""
    if stored is None:
        return 1
    value = from_storage(stored)
    data_type = TYPES_BY_NAME[type_name]
    if data_type == DataType.NUMBER:
        if not isinstance(value, Decimal):
            return 0
        if precision:
            whole = abs(value).quantize(Decimal(1).scaleb(-scale), context=NUMBER_CONTEXT)
            return int(whole < Decimal(1).scaleb(precision - scale))
        return 1
    if data_type in (DataType.RAW, DataType.BLOB):
        return int(isinstance(value, bytes) and (not precision or len(value) <= precision))
    return int(isinstance(value, dt.datetime))


def register(
    connection: sqlite3.Connection,
    context: FunctionContext,
    sequences: SequenceSource,
    on_error: Callable[[OracleError], None],
) -> None:
    """Make the functions known to a connection.

    Args:
        connection: a connection of one session.
        context: that session.
        sequences: where NEXTVAL and CURRVAL come from.
        on_error: told of the error of a function, as SQLite itself would lose it.
    """

    def wrap(function: Callable[..., Any]) -> Callable[..., Stored]:
        def call(*arguments: Stored) -> Stored:
            try:
                return to_storage(function(context, *map(from_storage, arguments)))
            except OracleError as error:
                on_error(error)
                raise

        return call

    def number_of(value: Callable[[str], int]) -> Callable[..., Stored]:
        return wrap(lambda _context, name: Decimal(value(name)))

    connection.create_function(NEXT_VALUE, 1, number_of(sequences.next_value))
    connection.create_function(CURRENT_VALUE, 1, number_of(sequences.current_value))
    for name, function in (FUNCTIONS | OPERATORS).items():
        connection.create_function(
            PREFIX + name.lower(), -1, wrap(function), deterministic=name not in _VARYING
        )
    for name, aggregate in AGGREGATES.items():
        connection.create_aggregate(PREFIX + name.lower(), 1, aggregate)  # type: ignore[arg-type]
    connection.create_function(f"{PREFIX}fits", 4, fits, deterministic=True)
