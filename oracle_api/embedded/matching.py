"""Which arguments go to which parameters, and whether their types fit."""

from __future__ import annotations

from collections.abc import Callable

from oracle_api.embedded.conversions import convertible, same_family
from oracle_api.embedded.datatypes import BindType, DataType, TypeSpec
from oracle_api.embedded.namedtypes import TypeKind
from oracle_api.embedded.signatures import Parameter, Subprogram
from oracle_api.embedded.syntax import Argument, BindRef, Expression

#: Tells the type of an argument, None for one that fits any parameter.
TypeOf = Callable[[Expression], BindType | None]


def match(
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


def score(subprogram: Subprogram, arguments: tuple[Argument, ...], type_of: TypeOf) -> int | None:
    """Return how many arguments are of their parameter's kind, None if they do not fit."""
    matched = match(subprogram.parameters, arguments)
    if matched is None:
        return None
    total = 0
    for parameter in subprogram.parameters:
        argument = matched.get(parameter.name)
        given = None if argument is None else type_of(argument)
        if given is None:
            # A bound null is of a scalar type at least.
            if parameter.spec.named is not None and isinstance(argument, BindRef):
                return None
            continue
        if not fits(given, parameter.spec):
            return None
        total += parameter.spec.named is not None or same_family(given.type, parameter.spec.type)
    return total


def fits(given: BindType, spec: TypeSpec) -> bool:
    """Return whether a value of one type can be given to another."""
    named = spec.named
    if given.is_array:
        return (
            named is not None
            and named.kind is TypeKind.INDEX_TABLE
            and named.element is not None
            and named.element.named is None
            and convertible(given.type, named.element.type)
        )
    if named is not None or given.type == DataType.OBJECT:
        return named is not None and given.oid == named.oid
    return convertible(given.type, spec.type)


def bind_type(spec: TypeSpec) -> BindType:
    """Return the type of a bind variable that holds just what a declared type does."""
    return BindType(spec.type, spec.size, oid=spec.named.oid if spec.named else b"")
