"""Compiler of parsed blocks: names, overloads, directions of the binds, conversions."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from oracle_api.embedded.datatypes import BindType, DataType, TypeSpec
from oracle_api.embedded.errors import OracleError, compile_error
from oracle_api.embedded.frames import Evaluate, Execute, Frame, Program
from oracle_api.embedded.functions import FUNCTIONS, NATIVE
from oracle_api.embedded.invoke import Store, invoke
from oracle_api.embedded.matching import bind_type, fits, match, score
from oracle_api.embedded.operators import RESULT_TYPES, operation
from oracle_api.embedded.procedures import LookupFailedError, Namespace
from oracle_api.embedded.signatures import Parameter, Subprogram
from oracle_api.embedded.syntax import (
    Assignment,
    BindRef,
    Block,
    Condition,
    Declaration,
    Expression,
    Handler,
    Invocation,
    Literal,
    NestedBlock,
    SelectInto,
    Statement,
    TransactionControl,
)
from oracle_api.embedded.typenames import TypeName, resolve_type

_NULL_SIZE = 4
_LITERAL_TYPES = {
    "bool": DataType.BOOLEAN,
    "str": DataType.VARCHAR2,
    "Decimal": DataType.NUMBER,
    "datetime": DataType.TIMESTAMP,
    "Nanotime": DataType.TIMESTAMP,
}
_AGGREGATES = {"COUNT", "MIN", "MAX", "ROW_NUMBER", "RANK", "DENSE_RANK", "LAG", "LEAD"}
#: Functions of SQL that PL/SQL has too.
_SQL_FUNCTIONS = (FUNCTIONS.keys() | NATIVE.keys()) - _AGGREGATES
#: Names of exceptions; OTHERS stands for all.
_EXCEPTIONS = {
    "NO_DATA_FOUND": 1403, "TOO_MANY_ROWS": 1422, "ZERO_DIVIDE": 1476, "VALUE_ERROR": 6502,
    "INVALID_NUMBER": 1722, "DUP_VAL_ON_INDEX": 1, "PROGRAM_ERROR": 6501, "OTHERS": None,
}  # fmt: skip


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
        self._scopes: list[dict[str, tuple[str, TypeSpec]]] = []
        self._slots = itertools.count()

    def compile(self) -> Program:
        """Return the program.

        Raises:
            OracleError: ORA-06550 with the PLS- error of the first mistake, ORA-01008 for a
                bind variable without a value.
        """
        if len(self._types) < len(self._block.binds):
            raise OracleError(1008, "not all variables bound")
        execute = self._sequence(self._block.statements)
        return Program(execute, self._reads, self._writes, len(self._types))

    def _error(self, position: int, message: str) -> OracleError:
        return compile_error(*self._block.line_column(position), message)

    def _sequence(self, statements: Sequence[Statement]) -> Execute:
        steps = [self._statement(each) for each in statements]

        def execute(frame: Frame) -> None:
            for step in steps:
                step(frame)

        return execute

    def _statement(self, statement: Statement) -> Execute:
        if isinstance(statement, TransactionControl):
            return _commit if statement.commit else _rollback
        if isinstance(statement, NestedBlock):
            return self._nested_block(statement)
        if isinstance(statement, Condition):
            return self._condition(statement)
        if isinstance(statement, SelectInto):
            execute = self._select_into(statement)
        elif isinstance(statement, Assignment):
            execute = self._assignment(statement)
        else:
            execute = self._invocation(statement, is_function=False)
        return self._located(statement.position, execute)

    def _located(self, position: int, run: Evaluate) -> Evaluate:
        """Have errors tell the line of the block."""
        line = self._block.line_column(position)[0]

        def located(frame: Frame) -> Any:
            try:
                return run(frame)
            except OracleError as error:
                error.stack.append(f"ORA-06512: at line {line}")
                raise

        return located

    def _nested_block(self, block: NestedBlock) -> Execute:
        self._scopes.append({})
        declarations = [self._declaration(each) for each in block.declarations]
        body = self._sequence(block.statements)
        handlers = [self._handler(each) for each in block.handlers]
        self._scopes.pop()

        def execute(frame: Frame) -> None:
            for declare in declarations:
                declare(frame)
            try:
                body(frame)
            except OracleError as error:
                for codes, handle in handlers:
                    if error.code in codes or None in codes:
                        handle(frame)
                        return
                raise

        return execute

    def _declaration(self, declaration: Declaration) -> Execute:
        try:
            spec = resolve_type(declaration.type_name, self._find_type)
        except OracleError:
            message = f"PLS-00201: identifier '{declaration.type_name}' must be declared"
            raise self._error(declaration.position, message) from None
        default: Evaluate = lambda frame: None  # noqa: E731
        if declaration.default is not None:
            default = self._expression(declaration.default)
        slot = f"{declaration.name} {next(self._slots)}"
        self._scopes[-1][declaration.name] = (slot, spec)
        return self._located(
            declaration.position, lambda frame: frame.set_variable(slot, spec, default(frame))
        )

    def _find_type(self, name: TypeName) -> TypeSpec | None:
        found = self._namespace.find_type(name, self._schema)
        return None if found is None else found.spec

    def _handler(self, handler: Handler) -> tuple[set[int | None], Execute]:
        codes = set()
        for name in handler.names:
            if name not in _EXCEPTIONS:
                message = f"PLS-00201: identifier '{name}' must be declared"
                raise self._error(handler.position, message)
            codes.add(_EXCEPTIONS[name])
        return codes, self._sequence(handler.statements)

    def _condition(self, condition: Condition) -> Execute:
        branches: list[tuple[Evaluate, Execute]] = []
        for test, statements in condition.branches:
            evaluate: Evaluate = lambda frame: True  # noqa: E731
            if test is not None:
                evaluate = self._located(condition.position, self._expression(test))
            branches.append((evaluate, self._sequence(statements)))

        def execute(frame: Frame) -> None:
            for evaluate, run in branches:
                if evaluate(frame):
                    run(frame)
                    return

        return execute

    def _select_into(self, select: SelectInto) -> Execute:
        inputs = [(name, self._expression(source)) for name, source in select.inputs]
        stores = [self._target(target)[0] for target in select.targets]

        def execute(frame: Frame) -> None:
            binds = {name: evaluate(frame) for name, evaluate in inputs}
            rows = frame.call.execute(select.text, binds)
            if not rows:
                raise OracleError(1403, "no data found")
            if len(rows) > 1:
                raise OracleError(1422, "exact fetch returns more than requested number of rows")
            if len(rows[0]) != len(stores):
                few = len(rows[0]) < len(stores)
                raise OracleError(947 if few else 913, f"{'not enough' if few else 'too many'} "
                                  "values")  # fmt: skip
            for store, value in zip(stores, rows[0], strict=True):
                store(frame, value)

        return execute

    def _assignment(self, assignment: Assignment) -> Execute:
        evaluate = self._expression(assignment.value)
        store, target = self._target(assignment.target)
        value = self._type_of(assignment.value)
        if value is not None and (target.is_array or DataType.OBJECT in (target.type, value.type)):
            named = self._namespace.type_of(value.oid)
            if not fits(target, named.spec if named else TypeSpec(value.type, "")):
                raise self._error(assignment.position, "PLS-00382: expression is of wrong type")
        return lambda frame: store(frame, evaluate(frame))

    def _variable(self, expression: Expression) -> tuple[str, TypeSpec] | None:
        """Return the variable of the block that an expression is, None if it is none."""
        if not isinstance(expression, Invocation) or len(expression.path) > 1:
            return None
        for scope in reversed(self._scopes):
            if expression.path[0] in scope and not expression.arguments:
                return scope[expression.path[0]]
        return None

    def _target(self, target: BindRef | Invocation) -> tuple[Store, BindType]:
        """Return how to give a target its value, and its type."""
        if isinstance(target, BindRef):
            index = target.index
            self._writes.add(index)
            return (lambda frame, value: frame.assign(index, value)), self._types[index]
        variable = self._variable(target)
        if variable is None:
            name = ".".join(target.path)
            raise self._error(target.position, f"PLS-00201: identifier '{name}' must be declared")
        slot, spec = variable
        return (lambda frame, value: frame.set_variable(slot, spec, value)), bind_type(spec)

    def _expression(self, expression: Expression) -> Evaluate:
        if isinstance(expression, Literal):
            value = expression.value
            return lambda frame: value
        if isinstance(expression, BindRef):
            index = expression.index
            self._reads.add(index)
            return lambda frame: frame.values[index]
        if isinstance(expression, Invocation):
            variable = self._variable(expression)
            if variable is not None:
                slot = variable[0]
                return lambda frame: frame.variables[slot]
            if self._is_sql_function(expression):
                return self._sql_function(expression)
            return self._invocation(expression, is_function=True)
        operands = [self._expression(each) for each in expression.operands]
        return operation(expression.operator, operands)

    def _is_sql_function(self, expression: Invocation) -> bool:
        if len(expression.path) > 1 or expression.path[0] not in _SQL_FUNCTIONS:
            return False
        try:
            self._namespace.resolve(expression.path, self._schema)
        except LookupFailedError:
            return True
        return False

    def _sql_function(self, expression: Invocation) -> Evaluate:
        operands = [self._expression(each.value) for each in expression.arguments]
        places = ", ".join(f":{number}" for number in range(1, len(operands) + 1))
        text = f"SELECT {expression.path[0]}({places}) FROM DUAL"  # noqa: S608 - a known name
        return lambda frame: frame.call.execute(text, [each(frame) for each in operands])[0][0]

    def _invocation(self, invocation: Invocation, *, is_function: bool) -> Evaluate:
        subprogram = self._choose(invocation, is_function)
        matched = match(subprogram.parameters, invocation.arguments)
        assert matched is not None  # noqa: S101 - _choose only returns what matches
        inputs: list[tuple[Parameter, Evaluate]] = []
        outputs: list[tuple[Parameter, Store]] = []
        for parameter in subprogram.parameters:
            argument = matched.get(parameter.name)
            if argument is None:
                inputs.append((parameter, self._default(parameter)))
                continue
            if parameter.is_out:
                if not (isinstance(argument, BindRef) or self._variable(argument)):
                    raise self._error(
                        invocation.position,
                        f"PLS-00363: expression for '{parameter.name}' cannot be used as an "
                        "assignment target",
                    )
                assert isinstance(argument, (BindRef, Invocation))  # noqa: S101 - see above
                outputs.append((parameter, self._target(argument)[0]))
            if parameter.is_in:
                inputs.append((parameter, self._expression(argument)))
        return lambda frame: invoke(frame, subprogram, inputs, outputs)

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
        scores = [(score(each, invocation.arguments, self._type_of), each) for each in fitting]
        scored = [(points, each) for points, each in scores if points is not None]
        if not scored:
            message = f"PLS-00306: wrong number or types of arguments in call to '{name}'"
            raise self._error(invocation.position, message)
        best = max(points for points, _ in scored)
        chosen = [each for points, each in scored if points == best]
        if len(chosen) > 1:
            message = f"PLS-00307: too many declarations of '{name}' match this call"
            raise self._error(invocation.position, message)
        return chosen[0]

    def _type_of(self, expression: Expression) -> BindType | None:
        """Return the type of an argument, None for one that fits any parameter."""
        if isinstance(expression, BindRef):
            bind = self._types[expression.index]
            # A null without a type comes as VARCHAR2 of a single character.
            is_null = self._values[expression.index] is None
            is_short = bind.type == DataType.VARCHAR2 and bind.buffer_size <= _NULL_SIZE
            return None if is_null and is_short and not bind.is_array else bind
        if isinstance(expression, Literal):
            if expression.value is None:
                return None
            return BindType(_LITERAL_TYPES[type(expression.value).__name__], 0)
        if isinstance(expression, Invocation):
            variable = self._variable(expression)
            if variable is not None:
                return bind_type(variable[1])
            if self._is_sql_function(expression):
                return None
            returns = self._choose(expression, is_function=True).returns
            return None if returns is None else bind_type(returns)
        kind = RESULT_TYPES.get(expression.operator)
        return None if kind is None else BindType(kind, 0)


def _commit(frame: Frame) -> None:
    frame.call.commit()


def _rollback(frame: Frame) -> None:
    frame.call.rollback()
