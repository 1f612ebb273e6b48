"""Named types: objects, records and collections, and the Python values that stand for theirs."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from oracle_api.embedded.conversions import Nls, convert
from oracle_api.embedded.datatypes import NO_SCALE, DataType, TypeSpec
from oracle_api.embedded.errors import OracleError, value_error
from oracle_api.embedded.nanotime import rounded
from oracle_api.embedded.values import NUMBER_CONTEXT

_OID_SIZE = 16
_WITH_DIGITS = (DataType.TIMESTAMP, DataType.TIMESTAMP_TZ, DataType.TIMESTAMP_LTZ)
_A_SECOND = dt.timedelta(seconds=1)


class TypeKind(enum.Enum):
    """What a named type is."""

    OBJECT = "object"
    RECORD = "record"
    NESTED_TABLE = "nested table"
    VARRAY = "varying array"
    INDEX_TABLE = "index-by table"


@dataclass(frozen=True)
class Attribute:
    """An attribute of an object, or a field of a record."""

    name: str
    spec: TypeSpec

    @property
    def key(self) -> str:
        """The key of its value in the dict that stands for the object."""
        return self.name.lower()


@dataclass(eq=False)
class NamedType:
    """A type with a name.

    ``package`` is None for a type of the schema, and for the row of a table, whose name ends
    in ``%ROWTYPE``. ``limit`` is that of a VARRAY, ``index_by`` the key of an index-by table.
    Each ``version`` has an identifier of its own.
    """

    owner: str
    package: str | None
    name: str
    kind: TypeKind
    attributes: tuple[Attribute, ...] = ()
    element: TypeSpec | None = None
    limit: int = 0
    index_by: str | None = None
    version: int = 1
    created: dt.datetime = field(default_factory=lambda: dt.datetime.now().replace(microsecond=0))

    def __post_init__(self) -> None:
        full_name = f"{self.owner}.{self.package or ''}.{self.name} {self.version}"
        self.oid = hashlib.blake2b(full_name.encode(), digest_size=_OID_SIZE).digest()

    def successor(self, **changes: Any) -> NamedType:
        """Return the type as it is once it was compiled anew."""
        later = max(dt.datetime.now().replace(microsecond=0), self.created + _A_SECOND)
        return replace(self, version=self.version + 1, created=later, **changes)

    @property
    def object_id(self) -> int:
        """The number of a type of the schema among all objects."""
        return int.from_bytes(self.oid[:4], "big")

    @property
    def is_collection(self) -> bool:
        """Whether it has elements instead of attributes."""
        return self.element is not None

    @property
    def is_row(self) -> bool:
        """Whether it is the row of a table."""
        return self.name.endswith("%ROWTYPE")

    @property
    def is_plsql(self) -> bool:
        """Whether SQL does not know it."""
        return self.package is not None or self.is_row

    @property
    def spec(self) -> TypeSpec:
        """The type as the type of a parameter, attribute or element."""
        return TypeSpec(DataType.OBJECT, self.name, named=self)

    def convert(self, value: Any, nls: Nls) -> Any:
        """Return a value with all that it contains converted.

        Objects and records become dicts with lower-case keys, collections lists, index-by
        tables dicts from int. A record is never null, but all its fields may be; an index-by
        table is empty instead.

        Raises:
            OracleError: ORA-06502 for a value of another shape, or one that does not fit.
        """
        if value is None:
            if self.kind is TypeKind.RECORD:
                value = {}
            elif self.kind is TypeKind.INDEX_TABLE:
                return {}
            else:
                return None
        if self.element is None:
            return self._convert_attributes(value, nls)
        if self.kind is TypeKind.INDEX_TABLE:
            return self._convert_indexed(value, self.element, nls)
        if isinstance(value, (str, bytes, Mapping)) or not hasattr(value, "__iter__"):
            raise value_error()
        elements = [convert_sized(each, self.element, nls) for each in value]
        if self.limit and len(elements) > self.limit:
            raise OracleError(22165, f"given index [{len(elements)}] must be in the range of "
                              f"[1] to [{self.limit}]")  # fmt: skip
        return elements

    def _convert_attributes(self, value: Any, nls: Nls) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise value_error()
        given = {str(key).lower(): each for key, each in value.items()}
        converted = {
            attribute.key: convert_sized(given.pop(attribute.key, None), attribute.spec, nls)
            for attribute in self.attributes
        }
        if given:
            raise value_error(f"{self.name} has no attribute {next(iter(given)).upper()}")
        return converted

    def _convert_indexed(self, value: Any, element: TypeSpec, nls: Nls) -> dict[Any, Any]:
        """Convert a dict, or a list whose elements are then numbered from 1."""
        if not isinstance(value, Mapping):
            if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
                raise value_error()
            value = dict(enumerate(value, 1))
        keys = value if self.index_by == "VARCHAR2" else map(_index, value)
        return {key: convert_sized(value[key], element, nls) for key in sorted(keys)}


def _index(key: Any) -> int:
    if not isinstance(key, (int, Decimal)) or key != int(key):
        raise value_error("NULL index table key value" if key is None else "")
    if not -(2**31) <= key < 2**31:
        raise OracleError(1426, "numeric overflow")
    return int(key)


def convert_spec(value: Any, spec: TypeSpec, nls: Nls) -> Any:
    """Return a value converted to a declared type, named or not.

    Raises:
        OracleError: ORA-06502 or an error of the date when it is not possible.
    """
    if spec.named is not None:
        return spec.named.convert(value, nls)
    return convert(value, spec.type, nls)


def convert_sized(value: Any, spec: TypeSpec, nls: Nls) -> Any:
    """Return a value converted to a type whose size or precision counts.

    That of attributes, elements and variables does, that of parameters does not.

    Raises:
        OracleError: ORA-06502 if it is not possible, or the value does not fit.
    """
    value = convert_spec(value, spec, nls)
    if spec.size and isinstance(value, (str, bytes)):
        size = len(value.encode()) if isinstance(value, str) and not spec.national else len(value)
        if size > spec.size:
            is_text = isinstance(value, str)
            raise value_error(
                "character string buffer too small" if is_text else "raw variable length too long"
            )
    if spec.precision and spec.scale != NO_SCALE and isinstance(value, Decimal):
        value = NUMBER_CONTEXT.quantize(value, Decimal(1).scaleb(-spec.scale))
        if value.adjusted() >= spec.precision - spec.scale and value:
            raise value_error("number precision too large")
    if spec.type in _WITH_DIGITS and value is not None:
        return rounded(value, spec.scale)
    return value
