"""From a request and a signature to the block that is run and its binds. Touches no database."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import msgspec
from msgspec.structs import replace

from oracle_api.exceptions import FieldError, InvalidRequest
from oracle_api.oracle.composites import Node
from oracle_api.oracle.dictionary import Parameter, Procedure, Signature
from oracle_api.oracle.documents import placed
from oracle_api.oracle.names import ProcedureName, identifier, quote
from oracle_api.oracle.request import Argument, CallRequest, Direction
from oracle_api.oracle.values import OracleType, carried, type_named, type_of_value

RETURN_VALUE = "return_value"


class Bind(msgspec.Struct, frozen=True):
    """One bind variable of the block.

    Args:
        label: the name that the client knows it by.
        type: how it travels.
        direction: towards the database, back, or both.
        value: what the driver binds; None is NULL.
        formal: the parameter's name for named notation; None is positional.
    """

    label: str
    type: Node
    direction: Direction
    value: Any = None
    formal: str | None = None


class Plan(msgspec.Struct, frozen=True):
    """What to execute.

    Args:
        block: an anonymous block.
        binds: in order of first occurrence.
        outputs: labels of what comes back, in the signature's order.
    """

    block: str
    binds: tuple[Bind, ...]
    outputs: tuple[str, ...]


def make_plan(request: CallRequest, procedure: Procedure | None, *, by_position: bool) -> Plan:
    """Decide how a request is carried out.

    Args:
        request: what the client wants.
        procedure: what the dictionary shows of it, None where it shows nothing.
        by_position: bind in the client's order and ignore its names.

    Raises:
        InvalidRequest: the request does not fit any signature, or a value does not fit its type.
    """
    if not by_position:
        _refuse_duplicates(request.arguments)
    if procedure is None:
        return _undescribed(request, by_position)
    fits = [
        matched
        for signature in _candidates(request, procedure)
        if (matched := _match(request, signature, by_position)) is not None
    ]
    if not fits:
        raise _no_fit(request, procedure, by_position)
    fewest = min(matched.left_out for matched in fits)
    best = [matched for matched in fits if matched.left_out == fewest]
    if len(best) > 1:
        raise InvalidRequest(
            f"More than one overload of {request.name} fits these parameters; "
            '"overload" chooses one by its number: '
            + "; ".join(
                f"{procedure.overloads.index(matched.signature) + 1}: {matched.signature}"
                for matched in best
            )
        )
    return best[0].plan(request, procedure.name)


# ---- with a signature


class _Match(msgspec.Struct, frozen=True):
    """A signature that takes the request's arguments, each beside its parameter."""

    signature: Signature
    result: Argument | None
    pairs: tuple[tuple[Parameter, Argument | None], ...]
    by_position: bool

    @property
    def left_out(self) -> int:
        given = sum(argument is not None for _, argument in self.pairs)
        return len(self.signature.parameters) - given

    def plan(self, request: CallRequest, name: ProcedureName) -> Plan:
        binder = _Binder(request)
        result = self.signature.result
        if result is not None:
            binder.result(self.result, _travels(result, RETURN_VALUE))
        for parameter, argument in self.pairs:
            if argument is None and parameter.direction != "OUT":
                continue
            binder.add(
                argument or Argument(parameter.name),
                _travels(parameter, parameter.name),
                parameter.direction,
                formal=None if self.by_position else parameter.name,
                fallback=parameter.name,
            )
        binder.check(f"The signature is {self.signature}")
        return _plan(name, binder.binds, is_function=result is not None)


def _candidates(request: CallRequest, procedure: Procedure) -> Sequence[Signature]:
    if request.overload is not None:
        if request.overload > len(procedure.overloads):
            raise InvalidRequest(
                f"{request.name} has {len(procedure.overloads)} overloads, not {request.overload}.",
                errors=(FieldError("/overload", "there is no such overload"),),
            )
        return procedure.overloads[request.overload - 1 : request.overload]
    if request.is_function:
        functions = [one for one in procedure.overloads if one.returns is not None]
        if not functions:
            raise InvalidRequest(f"{request.name} is a procedure, not a function.")
        return functions
    return procedure.overloads


def _match(request: CallRequest, signature: Signature, by_position: bool) -> _Match | None:
    result, arguments = _split_result(request, signature, by_position)
    pair = _by_position if by_position else _by_name
    pairs = pair(arguments, signature)
    if pairs is None or any(map(_contradicts, pairs)):
        return None
    return _Match(signature, result, tuple(pairs), by_position)


def _split_result(
    request: CallRequest, signature: Signature, by_position: bool
) -> tuple[Argument | None, list[Argument]]:
    """Take out the OUT argument that stands for a function's return value, if there is one."""
    arguments = list(request.arguments)
    if signature.returns is None:
        return None, arguments
    formals = {parameter.name for parameter in signature.parameters}
    for position, argument in enumerate(arguments):
        if argument.direction == "OUT" and (by_position or _formal(argument) not in formals):
            del arguments[position]
            return argument, arguments
    return None, arguments


def _by_name(
    arguments: Sequence[Argument], signature: Signature
) -> list[tuple[Parameter, Argument | None]] | None:
    given = {_formal(argument): argument for argument in arguments}
    pairs = [(parameter, given.pop(parameter.name, None)) for parameter in signature.parameters]
    if given or any(_is_missing(parameter, argument) for parameter, argument in pairs):
        return None
    return pairs


def _by_position(
    arguments: Sequence[Argument], signature: Signature
) -> list[tuple[Parameter, Argument | None]] | None:
    count = len(arguments)
    if count > len(signature.parameters) or any(
        not parameter.has_default for parameter in signature.parameters[count:]
    ):
        return None
    return list(zip(signature.parameters, arguments, strict=False))


def _is_missing(parameter: Parameter, argument: Argument | None) -> bool:
    return argument is None and parameter.direction != "OUT" and not parameter.has_default


def _contradicts(pair: tuple[Parameter, Argument | None]) -> bool:
    """Whether the client expects a value where none comes, or gives one that would not arrive."""
    parameter, argument = pair
    if argument is None or argument.direction is None or parameter.direction == "IN OUT":
        return False
    return argument.direction != parameter.direction and not (
        argument.direction == "IN OUT" and parameter.direction == "OUT"
    )


def _formal(argument: Argument) -> str:
    return identifier(argument.name)


def _travels(parameter: Parameter, label: str) -> Node:
    if parameter.kind is None:
        raise _unsupported(parameter.full_type_name, label)
    return parameter.kind


def _known(type_name: str, label: str) -> OracleType:
    kind = type_named(type_name)
    if kind is None:
        raise _unsupported(type_name, label)
    return kind


def _unsupported(type_name: str, label: str) -> InvalidRequest:
    return InvalidRequest(f"The type of {label}, {type_name}, is not supported.")


def _no_fit(request: CallRequest, procedure: Procedure, by_position: bool) -> InvalidRequest:
    """Say why no signature fits; with one signature, name each parameter that is wrong."""
    signatures = "; ".join(map(str, procedure.overloads))
    if len(procedure.overloads) > 1 or by_position:
        return InvalidRequest(
            f"These parameters fit no signature of {request.name}. It has: {signatures}.",
            "PLS-00306",
        )
    problems = tuple(_misfits(request, procedure.overloads[0]))
    reasons = "; ".join(problem.detail for problem in problems)
    return InvalidRequest(f"{reasons}. The signature is {signatures}.", "PLS-00306", problems)


def _misfits(request: CallRequest, signature: Signature) -> Iterator[FieldError]:
    _, arguments = _split_result(request, signature, by_position=False)
    given = {_formal(argument): argument for argument in arguments}
    for parameter in signature.parameters:
        argument = given.pop(parameter.name, None)
        if _is_missing(parameter, argument):
            yield FieldError("/params", f"{parameter.name} is required")
        elif argument is not None and _contradicts((parameter, argument)):
            yield FieldError(
                request.pointer(argument),
                f"{parameter.name} is an {parameter.direction} parameter, not {argument.direction}",
            )
    for argument in given.values():
        yield FieldError(request.pointer(argument), f"there is no parameter {argument.name}")


# ---- without one


def _undescribed(request: CallRequest, by_position: bool) -> Plan:
    """Go by what the request says: its directions, its types, then its JSON values."""
    arguments = list(request.arguments)
    binder = _Binder(request)
    is_function = bool(request.is_function)
    if is_function:
        result = next((one for one in arguments if one.direction == "OUT"), None)
        if result is not None:
            arguments.remove(result)
        binder.result(result, _known((result and result.type) or "VARCHAR2", RETURN_VALUE))
    for position, argument in enumerate(arguments, start=1):
        binder.add(
            argument,
            _declared(argument),
            argument.direction or "IN",
            formal=None if by_position else _formal(argument),
            fallback=f"p{position}",
        )
    binder.check("The data dictionary does not show this procedure, so the request's types count")
    name = ProcedureName.parse(request.name, request.schema)
    return _plan(name, binder.binds, is_function=is_function)


def _declared(argument: Argument) -> OracleType:
    if argument.type is None:
        return type_of_value(argument.value)
    return _known(argument.type, argument.name)


# ---- both


class _Binder:
    """Collects binds, and all that is wrong with their values."""

    def __init__(self, request: CallRequest) -> None:
        self.binds: list[Bind] = []
        self._request = request
        self._problems: list[FieldError] = []

    def result(self, argument: Argument | None, kind: Node) -> None:
        label = (argument and argument.name) or RETURN_VALUE
        self.binds.append(Bind(label, kind, "OUT"))

    def add(
        self,
        argument: Argument,
        kind: Node,
        direction: Direction,
        *,
        formal: str | None,
        fallback: str,
    ) -> None:
        value = None
        if direction != "OUT" and argument.value is not None:
            try:
                kind, value = carried(kind, kind.encode(argument.value))
            except ValueError as exc:
                detail = placed(argument.name, str(exc))
                self._problems.append(FieldError(self._request.pointer(argument), detail))
        label = argument.name if direction == "IN" else self._label(argument.name, fallback)
        self.binds.append(Bind(label, kind, direction, value, formal))

    def _label(self, name: str, fallback: str) -> str:
        """Name an OUT value: by position, a client's names may be empty or repeat."""
        taken = {bind.label for bind in self.binds if bind.direction != "IN"}
        if name and name not in taken:
            return name
        return fallback if fallback not in taken else f"{fallback}_{len(self.binds) + 1}"

    def check(self, hint: str) -> None:
        if self._problems:
            details = "; ".join(problem.detail for problem in self._problems)
            raise InvalidRequest(f"{details}. {hint}.", errors=tuple(self._problems))


def _refuse_duplicates(arguments: Sequence[Argument]) -> None:
    seen: set[str] = set()
    for argument in arguments:
        if _formal(argument) in seen:
            raise InvalidRequest(f"The parameter {argument.name} is given more than once.")
        seen.add(_formal(argument))


def _plan(name: ProcedureName, binds: Sequence[Bind], *, is_function: bool) -> Plan:
    """Write the block, and keep the binds that it has.

    A parameter that cannot be a bind variable is a variable of the block, which is given its
    value by one bind variable at its declaration and gives it to another one at the end.
    """
    writer = _Writer()
    variables = list(_variables(name, binds))
    placed = list(zip(binds, variables, strict=True))
    declarations = [
        f"{variable} {bind.type.local}{writer.initial(bind)}; "
        for bind, variable in placed
        if variable
    ]
    actuals = [
        (f"{quote(bind.formal)} => " if bind.formal else "") + (variable or writer.value(bind))
        for bind, variable in placed
    ]
    gives = [writer.give(bind, variable) for bind, variable in placed if variable]
    result = f"{actuals.pop(0)} := " if is_function else ""
    inner = f"({', '.join(actuals)})" if actuals else ""
    declare = f"DECLARE {''.join(declarations)}" if declarations else ""
    body = f"{result}{name.sql}{inner}; {''.join(gives)}"
    outputs = tuple(bind.label for bind in binds if bind.direction != "IN")
    return Plan(f"{declare}BEGIN {body}END;", tuple(writer.binds), outputs)


def _variables(name: ProcedureName, binds: Sequence[Bind]) -> Iterator[str]:
    """Name the variable that stands for each bind, empty where it stands for itself."""
    # Within the block a variable would hide a schema, package or procedure of its name.
    letter = "w" if name.parts[0][0] in "Vv" else "v"
    numbers = count(1)
    for bind in binds:
        has_variable = bind.direction != "IN" and bind.type.local
        yield f"{letter}{next(numbers)}" if has_variable else ""


class _Writer:
    """Writes the parts of a block from left to right, and numbers its binds as they come."""

    def __init__(self) -> None:
        self.binds: list[Bind] = []

    def _bound(self, bind: Bind) -> str:
        self.binds.append(bind)
        return f":b{len(self.binds)}"

    def value(self, bind: Bind) -> str:
        """Write what is passed for a parameter."""
        if bind.direction != "IN":
            return self._bound(bind)
        if bind.value is None and not bind.type.takes_null:
            return "NULL"
        return bind.type.expression.format(self._bound(bind))

    def initial(self, bind: Bind) -> str:
        """Write the initial value of the variable that stands for a parameter."""
        if bind.direction == "OUT":
            return ""
        return f" := {self.value(replace(bind, direction='IN'))}"

    def give(self, bind: Bind, variable: str) -> str:
        """Write how what came out in a variable comes back."""
        target = self._bound(replace(bind, direction="OUT", value=None))
        return f"{target} := {bind.type.give.format(variable)}; "
