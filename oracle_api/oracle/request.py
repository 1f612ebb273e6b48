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
    """

    name: str
    schema: str | None = None
    is_function: bool | None = None
    arguments: tuple[Argument, ...] = ()
    by_object: bool = False

    def pointer(self, argument: Argument) -> str:
        """Say where in the client's body an argument's value stands (RFC 6901)."""
        if not self.by_object:
            # By identity: a client may give two parameters that are equal.
            position = next(n for n, one in enumerate(self.arguments) if one is argument)
            return f"/params/{position}"
        return "/params/" + argument.name.replace("~", "~0").replace("/", "~1")

    def to_json(self) -> bytes:
        """Encode for the job store; numbers keep all their digits."""
        return _ENCODER.encode(self)

    def fingerprint(self) -> bytes:
        """Give 32 bytes that are the same for requests that mean the same."""
        arguments = self.arguments
        if self.by_object:
            arguments = tuple(sorted(arguments, key=lambda argument: argument.name))
        canonical = msgspec.structs.replace(self, arguments=arguments)
        return hashlib.sha256(canonical.to_json()).digest()

    @classmethod
    def from_json(cls, data: bytes) -> "CallRequest":
        """Decode what :meth:`to_json` made."""
        return _DECODER.decode(data)


_ENCODER = msgspec.json.Encoder(decimal_format="number", order="deterministic")
_DECODER = msgspec.json.Decoder(CallRequest, float_hook=Decimal)
