"""Parameters on the command line: ``NAME=VALUE``, ``NAME:=JSON``, ``NAME=@FILE``."""

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec

from oracle_api.remote.documents import Description, Parameter, compact
from oracle_api.remote.errors import RemoteError
from oracle_api.remote.exits import ExitCode

# A quoted identifier may hold what would end another.
_WRITTEN = re.compile(r'(?P<name>"[^"]+"|[^=:"]+)(?P<sign>:?=)(?P<value>.*)', re.DOTALL)

_json_reader = msgspec.json.Decoder(object, float_hook=Decimal)


class Form(Enum):
    """How a value is written."""

    TEXT = "NAME=VALUE"
    JSON = "NAME:=JSON"
    FILE = "NAME=@FILE"


@dataclass(frozen=True, slots=True)
class Written:
    """A parameter as it is written on a command line.

    Args:
        name: of the parameter.
        form: how its value is written.
        value: the text, the JSON or the file's name.
    """

    name: str
    form: Form
    value: str


@dataclass(frozen=True, slots=True)
class Out:
    """An OUT parameter of a procedure that the data dictionary does not show.

    Args:
        name: of the parameter.
        type: as a request names it, or None.
    """

    name: str
    type: str | None


def parse_argument(text: str) -> Written:
    """Read a parameter.

    Raises:
        ValueError: it is none.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not NAME=VALUE, NAME:=JSON or NAME=@FILE")
    name, value = match["name"].strip(), match["value"]
    if match["sign"] == ":=":
        _check_json(name, value)
        return Written(name, Form.JSON, value)
    if value.startswith("@"):
        return Written(name, Form.FILE, value[1:])
    return Written(name, Form.TEXT, value)


def parse_out(text: str) -> Out:
    """Read ``NAME`` or ``NAME:TYPE``."""
    name, _, kind = text.partition(":")
    return Out(name, kind or None)


def write_argument(name: str, value: Any) -> str:
    """Write a parameter so that ``parse_argument`` reads it: for people, the shortest way.

    Args:
        name: of the parameter.
        value: of JSON.
    """
    if value is None:
        return f"{name}="
    if isinstance(value, str) and value and not value.startswith("@"):
        return f"{name}={value}"
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return f"{name}={value}"
    return f"{name}:={compact(value)}"


class Values:
    """Turns what is written into JSON, as far as needed by the types of the parameters.

    Args:
        written: the parameters.
        read_file: gives a file's bytes; ``-`` is standard input.
        describe: asks for the procedure's description; None where it cannot be had.
    """

    def __init__(
        self,
        written: Sequence[Written],
        read_file: Callable[[str], bytes],
        describe: Callable[[], Description | None],
    ) -> None:
        self._written = written
        self._read_file = read_file
        self._describe = describe
        self._found: list[dict[str, Parameter]] | None = None

    def as_json(self) -> list[tuple[str, msgspec.Raw]]:
        """Give each parameter's name and its value as JSON.

        Raises:
            RemoteError: a file cannot be read, a value cannot be sent, or a name is there twice.
        """
        names = [_key(one.name) for one in self._written]
        twice = [one.name for one in self._written if names.count(_key(one.name)) > 1]
        if twice:
            raise RemoteError(f"{twice[-1]} is given twice.", ExitCode.INVALID)
        if [one.value for one in self._written if one.form is Form.FILE].count("-") > 1:
            raise RemoteError("@- can be read only once.", ExitCode.INVALID)
        return [(one.name, msgspec.Raw(self._json(one).encode())) for one in self._written]

    def _json(self, one: Written) -> str:
        if one.form is Form.JSON:
            return one.value
        if one.form is Form.FILE:
            return self._from_file(one)
        if one.value == "":
            return "null"
        # Only these could be meant as something else than text.
        if one.value.lstrip()[:1] in ("[", "{") and self._is(one.name, "is_json"):
            _check(one.name, one.value)
            return one.value
        return compact(one.value)

    def _from_file(self, one: Written) -> str:
        data = self._read_file(one.value)
        if self._is(one.name, "is_binary"):
            return compact(base64.b64encode(data).decode())
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise RemoteError(
                f"{one.name}: the file is not text in UTF-8, and the parameter is not known to be "
                f"RAW or BLOB. {one.name}=BASE64 sends bytes to any.",
                ExitCode.INVALID,
            ) from None
        if text.lstrip()[:1] in ("[", "{") and self._is(one.name, "is_json"):
            _check(one.name, text)
            return text
        return compact(text)

    def _is(self, name: str, what: str) -> bool:
        """Say whether a parameter is of a kind in every overload that has all the names."""
        if self._found is None:
            self._found = self._overloads()
        kinds = [getattr(one[_key(name)], what) for one in self._found]
        return bool(kinds) and all(kinds)

    def _overloads(self) -> list[dict[str, Parameter]]:
        description = self._describe()
        names = {_key(one.name) for one in self._written}
        overloads = description.overloads if description else []
        found = [{one.name: one for one in overload.parameters} for overload in overloads]
        return [parameters for parameters in found if names <= parameters.keys()]


def call_body(
    name: str,
    values: Sequence[tuple[str, msgspec.Raw]],
    outs: Sequence[Out],
    **members: Any,
) -> bytes:
    """Make the body of a call.

    Args:
        name: of the procedure.
        values: of the parameters that go in.
        outs: parameters that come out, where the data dictionary does not show them.
        members: further ones; what is None is left out.
    """
    body: dict[str, Any] = {"name": name}
    body |= {member: value for member, value in members.items() if value is not None}
    if outs:
        body["params"] = [{"name": one, "value": value} for one, value in values]
        body["params"] += [
            {"name": one.name, "direction": "OUT", **({"type": one.type} if one.type else {})}
            for one in outs
        ]
    elif values:
        body["params"] = dict(values)
    return compact(body).encode()


def _key(name: str) -> str:
    """Give a parameter's name as the data dictionary has it."""
    return name[1:-1] if name.startswith('"') else name.upper()


def _check_json(name: str, text: str) -> None:
    try:
        _json_reader.decode(text)
    except (msgspec.DecodeError, ArithmeticError, RecursionError) as exc:
        raise ValueError(f"{name}: the value is not JSON: {exc}") from None


def _check(name: str, text: str) -> None:
    try:
        _check_json(name, text)
    except ValueError as exc:
        raise RemoteError(f"{exc}.", ExitCode.INVALID) from None
