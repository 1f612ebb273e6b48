"""A type compiled anew: all that was made of the old one is made of the new one."""

from __future__ import annotations

from dataclasses import replace

from oracle_api.embedded.datatypes import TypeSpec
from oracle_api.embedded.namedtypes import NamedType
from oracle_api.embedded.signatures import Parameter, Subprogram


class Relinker:
    """Puts a new type in the place of an old one.

    Args:
        old: the type as it was.
        new: the type as it is now.
    """

    def __init__(self, old: NamedType, new: NamedType) -> None:
        self._made: dict[NamedType, NamedType] = {old: new, new: new}

    def type(self, named: NamedType) -> NamedType:
        """Return the type itself, or its successor where it contains the old one."""
        if named not in self._made:
            attributes = tuple(
                replace(each, spec=self.spec(each.spec)) for each in named.attributes
            )
            element = None if named.element is None else self.spec(named.element)
            is_same = attributes == named.attributes and element == named.element
            self._made[named] = (
                named if is_same else named.successor(attributes=attributes, element=element)
            )
        return self._made[named]

    def spec(self, spec: TypeSpec) -> TypeSpec:
        """Do the same with the type of a parameter, attribute or element."""
        if spec.named is None:
            return spec
        named = self.type(spec.named)
        return spec if named is spec.named else replace(spec, named=named)

    def subprogram(self, subprogram: Subprogram) -> Subprogram:
        """Do the same with the parameters and the result of a procedure or function."""
        parameters = tuple(map(self._parameter, subprogram.parameters))
        returns = None if subprogram.returns is None else self.spec(subprogram.returns)
        return replace(subprogram, parameters=parameters, returns=returns)

    def _parameter(self, parameter: Parameter) -> Parameter:
        return replace(parameter, spec=self.spec(parameter.spec))
