"""A request to call a procedure, as a client made it and as the job store keeps it."""

import hashlib
from decimal import Decimal
from typing import Any, Literal

import msgspec

Direction = Literal["IN", "OUT", "IN OUT"]


class Argument(msgspec.Struct, frozen=True, omit_defaults=True):
    """One parameter that the request mentions.

    Args:
        name: as the client spelled it.
        value: any JSON value; numbers that are no integers are ``Decimal``.
        direction: what the client says of it; None where it said nothing.
        type: what the client calls its type; None where it said nothing.
    """

    name: str
    value: Any = None
    direction: Direction | None = None
    type: str | None = None


class CallRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to call and with what.

    Args:
        name: one to three dotted identifiers, already checked.
        schema: owner beside the name, or None.
        is_function: what the client says; None leaves it to the dictionary.
        arguments: in the client's order.
        by_object: the client wrote ``params`` as an object, not as a list.
        batch: the arguments of each of several calls, in place of ``arguments``; or None.
        overload: which one, counted from 1; None leaves it to names and count.
        numbers_as_text: write numbers of the answer as JSON strings.
        output: give what the procedure writes with DBMS_OUTPUT.
        place: where in the client's body the arguments stand (RFC 6901).
    """

    name: str
    schema: str | None = None
    is_function: bool | None = None
    arguments: tuple[Argument, ...] = ()
    by_object: bool = False
    batch: tuple[tuple[Argument, ...], ...] | None = None
    overload: int | None = None
    numbers_as_text: bool = False
    output: bool = False
    place: str = "/params"

    def elements(self) -> "list[CallRequest]":
        """Give the single calls that this request asks for: itself, or those of its batch."""
        if self.batch is None:
            return [self]
        return [
            msgspec.structs.replace(
                self, arguments=arguments, by_object=True, batch=None, place=f"/batch/{number}"
            )
            for number, arguments in enumerate(self.batch)
        ]

    def pointer(self, argument: Argument) -> str:
        """Say where in the client's body an argument's value stands (RFC 6901)."""
        if not self.by_object:
            position = next(n for n, one in enumerate(self.arguments) if one is argument)
            return f"{self.place}/{position}"
        return f"{self.place}/" + argument.name.replace("~", "~0").replace("/", "~1")

    def to_json(self) -> bytes:
        """Encode for the job store; numbers keep all their digits."""
        return _ENCODER.encode(self)

    def fingerprint(self) -> bytes:
        """Give 32 bytes that are the same for requests that mean the same."""
        canonical = self
        if self.by_object:
            canonical = msgspec.structs.replace(self, arguments=_sorted(self.arguments))
        if self.batch is not None:
            canonical = msgspec.structs.replace(self, batch=tuple(map(_sorted, self.batch)))
        return hashlib.sha256(canonical.to_json()).digest()

    @classmethod
    def from_json(cls, data: bytes) -> "CallRequest":
        """Decode what :meth:`to_json` made."""
        return _DECODER.decode(data)


def _sorted(arguments: tuple[Argument, ...]) -> tuple[Argument, ...]:
    return tuple(sorted(arguments, key=lambda argument: argument.name))


_ENCODER = msgspec.json.Encoder(decimal_format="number", order="deterministic")
_DECODER = msgspec.json.Decoder(CallRequest, float_hook=Decimal)
