"""Compiler of parsed blocks: names, overloads, directions of the binds, conversions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from oracle_api.embedded.conversions import convert, convertible, same_family
from oracle_api.embedded.datatypes import BindType, DataType, TypeSpec
from oracle_api.embedded.errors import (
    CallBrokenError,
    ClientGoneError,
    OracleError,
    compile_error,
    value_error,
)
from oracle_api.embedded.plsql import (
    Argument,
    Assignment,
    BindRef,
    Block,
    Concatenation,
    Expression,
    Invocation,
    Literal,
    Negation,
    Statement,
    TransactionControl,
)
from oracle_api.embedded.procedures import LookupFailedError, Namespace
from oracle_api.embedded.signatures import Parameter, Subprogram

if TYPE_CHECKING:
    from oracle_api.embedded.call import Call

_log = logging.getLogger(__name__)
_NULL_SIZE = 4
_SIZED_TYPES = (DataType.VARCHAR2, DataType.CHAR, DataType.RAW)


@dataclass
class Frame:
    """What a block works on while it runs: the values of its binds."""

    call: Call
    values: list[Any]
    types: Sequence[BindType]

    def assign(self, index: int, value: Any) -> None:
        """Give a bind variable a value, converted to the variable's type.

        Raises:
            OracleError: ORA-06502 if that is not possible or the value does not fit.
        """
        bind = self.types[index]
        nls = self.call.nls
        if not bind.is_array:
            value = convert(value, bind.type, nls)
            _check_size(value, bind)
        elif value is not None:
            value = [convert(each, bind.type, nls) for each in value]
            if len(value) > bind.max_elements:
                raise value_error("host bind array too small")
            for each in value:
                _check_size(each, bind)
        self.values[index] = value


def _check_size(value: Any, bind: BindType) -> None:
    if value is None or bind.type not in _SIZED_TYPES:
        return
    size = len(value.encode()) if isinstance(value, str) else len(value)
    if size > bind.buffer_size:
        kind = "character string" if isinstance(value, str) else "raw variable"
        detail = "length too long" if kind == "raw variable" else "buffer too small"
        raise value_error(f"{kind} {detail}")


Evaluate = Callable[[Frame], Any]
Execute = Callable[[Frame], None]


@dataclass
class Program:
    """A compiled block: what to execute, and which binds it reads and writes."""

    execute: list[tuple[int, Execute]]
    reads: set[int]
    writes: set[int]
    bind_count: int

    def run(self, frame: Frame) -> None:
        """Execute the block.

        Raises:
            OracleError: what a procedure raised, with its call stack.
        """
        for line, execute in self.execute:
            try:
                execute(frame)
            except OracleError as error:
                error.stack.append(f"ORA-06512: at line {line}")
                raise


class Compiler:
    """Compiles one block.

    Args:
        block: the parsed block.
        namespace: where names are looked up.
        schema: the current schema.
        types: the types of the binds, in the order of the block's bind variables.
        values: the values of the binds at the first execution; a null may be of any type.
    """

    def __init__(
        self,
        block: Block,
        namespace: Namespace,
        schema: str,
        types: Sequence[BindType],
        values: Sequence[Any],
    ) -> None:
        self._block = block
        self._namespace = namespace
        self._schema = schema
        self._types = types
        self._values = values
        self._reads: set[int] = set()
        self._writes: set[int] = set()

    def compile(self) -> Program:
        """Return the program.

        Raises:
            OracleError: ORA-06550 with the PLS- error of the first mistake, ORA-01008 for a
                bind variable without a value.
        """
        if len(self._types) < len(self._block.binds):
            raise OracleError(1008, "not all variables bound")
        execute = []
        for statement in self._block.statements:
            position = getattr(statement, "position", 0)
            line = self._block.line_column(position)[0]
            execute.append((line, self._statement(statement)))
        return Program(execute, self._reads, self._writes, len(self._types))

    def _error(self, position: int, message: str) -> OracleError:
        return compile_error(*self._block.line_column(position), message)

    def _statement(self, statement: Statement) -> Execute:
        if isinstance(statement, TransactionControl):
            return _commit if statement.commit else _rollback
        if isinstance(statement, Assignment):
            evaluate = self._expression(statement.value)
            index = statement.target.index
            self._writes.add(index)
            return lambda frame: frame.assign(index, evaluate(frame))
        return self._invocation(statement, is_function=False)

    def _expression(self, expression: Expression) -> Evaluate:
        if isinstance(expression, Literal):
            value = expression.value
            return lambda frame: value
        if isinstance(expression, BindRef):
            index = expression.index
            self._reads.add(index)
            return lambda frame: frame.values[index]
        if isinstance(expression, Negation):
            operand = self._expression(expression.operand)
            return lambda frame: _negate(operand(frame), frame)
        if isinstance(expression, Concatenation):
            operands = [self._expression(each) for each in expression.operands]
            return lambda frame: "".join(
                [convert(each(frame), DataType.VARCHAR2, frame.call.nls) or "" for each in operands]
            )
        return self._invocation(expression, is_function=True)

    def _invocation(self, invocation: Invocation, *, is_function: bool) -> Evaluate:
        subprogram = self._choose(invocation, is_function)
        matched = _match(subprogram.parameters, invocation.arguments)
        assert matched is not None  # noqa: S101 - _choose only returns what matches
        inputs: list[tuple[Parameter, Evaluate]] = []
        outputs: list[tuple[Parameter, int]] = []
        for parameter in subprogram.parameters:
            argument = matched.get(parameter.name)
            if argument is None:
                inputs.append((parameter, self._default(parameter)))
                continue
            if parameter.is_out:
                if not isinstance(argument, BindRef):
                    raise self._error(
                        invocation.position,
                        f"PLS-00363: expression for '{parameter.name}' cannot be used as an "
                        "assignment target",
                    )
                self._writes.add(argument.index)
                outputs.append((parameter, argument.index))
            if parameter.is_in:
                inputs.append((parameter, self._expression(argument)))
        return lambda frame: _invoke(frame, subprogram, inputs, outputs)

    def _default(self, parameter: Parameter) -> Evaluate:
        if parameter.default is None:
            return lambda frame: None
        return self._expression(parameter.default)

    def _choose(self, invocation: Invocation, is_function: bool) -> Subprogram:
        name = invocation.path[-1]
        try:
            candidates = self._namespace.resolve(invocation.path, self._schema)
        except LookupFailedError as error:
            raise self._error(invocation.position, str(error)) from None
        fitting = [each for each in candidates if bool(each.returns) == is_function]
        if not fitting:
            message = (
                f"PLS-00222: no function with name '{name}' exists in this scope"
                if is_function
                else f"PLS-00221: '{name}' is not a procedure or is undefined"
            )
            raise self._error(invocation.position, message)
        scored = [
            (score, each)
            for each in fitting
            if (score := self._score(each, invocation.arguments)) is not None
        ]
        if not scored:
            message = f"PLS-00306: wrong number or types of arguments in call to '{name}'"
            raise self._error(invocation.position, message)
        best = max(score for score, _ in scored)
        chosen = [each for score, each in scored if score == best]
        if len(chosen) > 1:
            message = f"PLS-00307: too many declarations of '{name}' match this call"
            raise self._error(invocation.position, message)
        return chosen[0]

    def _score(self, subprogram: Subprogram, arguments: tuple[Argument, ...]) -> int | None:
        """Return how many arguments are of their parameter's kind, None if they do not fit."""
        matched = _match(subprogram.parameters, arguments)
        if matched is None:
            return None
        score = 0
        for parameter in subprogram.parameters:
            argument = matched.get(parameter.name)
            given = self._type_of(argument)
            if given is None:
                continue
            if not convertible(given.type, parameter.spec.type):
                return None
            if given.is_array != parameter.spec.is_array:
                return None
            score += same_family(given.type, parameter.spec.type)
        return score

    def _type_of(self, expression: Expression | None) -> BindType | None:
        """Return the type of an argument, None for one that fits any parameter."""
        if isinstance(expression, BindRef):
            bind = self._types[expression.index]
            # A null without a type comes as VARCHAR2 of a single character.
            is_null = self._values[expression.index] is None
            is_short = bind.type == DataType.VARCHAR2 and bind.buffer_size <= _NULL_SIZE
            return None if is_null and is_short and not bind.is_array else bind
        if isinstance(expression, Literal) and expression.value is not None:
            return BindType(_LITERAL_TYPES[type(expression.value).__name__], 0)
        if isinstance(expression, Negation):
            return BindType(DataType.NUMBER, 0)
        if isinstance(expression, Concatenation):
            return BindType(DataType.VARCHAR2, 0)
        return None


_LITERAL_TYPES = {
    "bool": DataType.BOOLEAN,
    "str": DataType.VARCHAR2,
    "Decimal": DataType.NUMBER,
    "datetime": DataType.TIMESTAMP,
}


def _match(
    parameters: tuple[Parameter, ...], arguments: tuple[Argument, ...]
) -> dict[str, Expression] | None:
    """Return the argument of each parameter by name, None if they do not go together."""
    matched: dict[str, Expression] = {}
    names = {parameter.name for parameter in parameters}
    for index, argument in enumerate(arguments):
        if argument.name is None:
            if index >= len(parameters) or any(each.name for each in arguments[:index]):
                return None
            name = parameters[index].name
        else:
            name = argument.name
        if name not in names or name in matched:
            return None
        matched[name] = argument.value
    for parameter in parameters:
        if parameter.name not in matched and not parameter.has_default:
            return None
    return matched


def _commit(frame: Frame) -> None:
    frame.call.commit()


def _rollback(frame: Frame) -> None:
    frame.call.rollback()


def _negate(value: Any, frame: Frame) -> Decimal | None:
    number: Decimal | None = convert(value, DataType.NUMBER, frame.call.nls)
    return None if number is None else number.copy_negate()


def _convert(value: Any, spec: TypeSpec, frame: Frame) -> Any:
    nls = frame.call.nls
    if spec.is_array:
        return [convert(each, spec.type, nls) for each in value or ()]
    return convert(value, spec.type, nls)


def _invoke(
    frame: Frame,
    subprogram: Subprogram,
    inputs: list[tuple[Parameter, Evaluate]],
    outputs: list[tuple[Parameter, int]],
) -> Any:
    """Call the handler, hand its OUT values to the binds and return its result."""
    arguments = {
        parameter.key: _convert(evaluate(frame), parameter.spec, frame)
        for parameter, evaluate in inputs
    }
    result, values = _run_handler(frame, subprogram, arguments)
    for parameter, index in outputs:
        frame.assign(index, _convert(values.get(parameter.key), parameter.spec, frame))
    return None if subprogram.returns is None else _convert(result, subprogram.returns, frame)


def _run_handler(
    frame: Frame, subprogram: Subprogram, arguments: dict[str, Any]
) -> tuple[Any, dict[str, Any]]:
    """Call the handler; an error gets a line in its call stack."""
    try:
        return _split(subprogram, subprogram.handler(frame.call, **arguments))
    except OracleError as error:
        error.stack.append(_stack_line(subprogram, error))
        raise
    except (CallBrokenError, ClientGoneError):
        raise
    except ZeroDivisionError as error:
        failure = OracleError(1476, "divisor is equal to zero")
        failure.stack.append(_stack_line(subprogram, error))
        raise failure from error
    except Exception as error:
        _log.exception("procedure %s failed", subprogram.unit)
        failure = OracleError(6501, "PL/SQL: program error")
        failure.stack.append(_stack_line(subprogram, error))
        raise failure from error


def _split(subprogram: Subprogram, returned: Any) -> tuple[Any, dict[str, Any]]:
    """Take what a handler returned apart into the result and the OUT values."""
    has_outputs = any(parameter.is_out for parameter in subprogram.parameters)
    if subprogram.returns is None:
        return None, returned or {}
    if has_outputs and isinstance(returned, tuple):
        return returned[0], returned[1]
    return returned, {}


def _stack_line(subprogram: Subprogram, error: BaseException) -> str:
    """Return the ORA-06512 line, with the line within the handler where it failed."""
    code = getattr(subprogram.handler, "__code__", None)
    line = 1
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is code:
            line = trace.tb_lineno - trace.tb_frame.f_code.co_firstlineno
        trace = trace.tb_next
    return f'ORA-06512: at "{subprogram.unit}", line {max(1, line)}'
