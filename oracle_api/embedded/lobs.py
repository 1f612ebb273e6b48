"""Temporary LOBs of a session, and the operations on them (function 96)."""

from __future__ import annotations

import enum
import itertools
from dataclasses import dataclass

from oracle_api.embedded.datatypes import CHARSET_UTF16, DataType
from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.wire import Reader, Writer

LOCATOR_SIZE = 40
CHUNK_SIZE = 8132
_MESSAGE_LOB_DATA = 14
_MESSAGE_PARAMETER = 8
_KEY = slice(10, 18)
_VERSION = b"\x00\x04"
_FLAG_BLOB = 0x01
_FLAG_ABSTRACT = 0x40
_FLAG_INITIALISED = 0x08
_FLAG_UTF16 = 0x80
_FLAG_TEMPORARY = 0x01
_TEXT_ENCODING = "utf-16-be"


class LobOperation(enum.IntEnum):
    """The operations."""

    GET_LENGTH = 0x0001
    READ = 0x0002
    TRIM = 0x0020
    WRITE = 0x0040
    CREATE_TEMPORARY = 0x0110
    FREE_TEMPORARY = 0x0111
    GET_CHUNK_SIZE = 0x4000
    OPEN = 0x8000
    CLOSE = 0x10000
    IS_OPEN = 0x11000
    FREE_TEMPORARIES = 0x80111


@dataclass
class Lob:
    """A LOB; text is kept as UTF-16, as offsets and amounts count its units."""

    key: int
    is_text: bool
    data: bytearray
    is_open: bool = False

    @property
    def unit(self) -> int:
        """Bytes per unit of length."""
        return 2 if self.is_text else 1

    @property
    def size(self) -> int:
        """Length in characters or bytes."""
        return len(self.data) // self.unit

    @property
    def value(self) -> str | bytes:
        """The whole content."""
        return self.data.decode(_TEXT_ENCODING, "replace") if self.is_text else bytes(self.data)

    @property
    def locator(self) -> bytes:
        """What the client refers to it by."""
        kind = _FLAG_ABSTRACT | (0 if self.is_text else _FLAG_BLOB)
        encoding = _FLAG_UTF16 if self.is_text else 0
        flags = bytes((kind, _FLAG_INITIALISED, encoding, _FLAG_TEMPORARY))
        head = (LOCATOR_SIZE - 2).to_bytes(2, "big") + _VERSION + flags + b"\0\0"
        return (head + self.key.to_bytes(8, "big")).ljust(LOCATOR_SIZE, b"\0")


@dataclass
class LobRequest:
    """The fields of a LOB operation."""

    locators: bytes
    operation: int
    source_offset: int
    destination_offset: int
    has_amount: bool
    amount: int = 0
    data: bytes = b""


def read_request(reader: Reader, *, is_piggyback: bool = False) -> LobRequest:
    """Read a LOB operation, or the piggyback of the same form that frees LOBs."""
    reader.u8()
    length = reader.ub()
    reader.skip("1uuu111")
    operation = reader.ub()
    reader.skip("11")
    source_offset, destination_offset = reader.ub(), reader.ub()
    has_amount = bool(reader.u8())
    reader.raw(6)
    request = LobRequest(
        reader.raw(length), operation, source_offset, destination_offset, has_amount
    )
    if is_piggyback:
        return request
    if operation == LobOperation.CREATE_TEMPORARY:
        reader.ub()
    elif operation == LobOperation.WRITE:
        reader.u8()
        request.data = reader.bytes_() or b""
    if has_amount:
        request.amount = reader.ub()
    return request


class LobStore:
    """The LOBs of one session."""

    def __init__(self) -> None:
        self._lobs: dict[int, Lob] = {}
        self._keys = itertools.count(1)

    def __len__(self) -> int:
        return len(self._lobs)

    def create(self, value: str | bytes) -> Lob:
        """Keep a value as a temporary LOB."""
        is_text = isinstance(value, str)
        data = value.encode(_TEXT_ENCODING) if isinstance(value, str) else value
        lob = Lob(next(self._keys), is_text, bytearray(data))
        self._lobs[lob.key] = lob
        return lob

    def find(self, locator: bytes) -> Lob:
        """Return the LOB of a locator.

        Raises:
            OracleError: ORA-22922 if it was freed.
        """
        lob = self._lobs.get(int.from_bytes(locator[_KEY], "big"))
        if lob is None:
            raise OracleError(22922, "nonexistent LOB value")
        return lob

    def free(self, locators: bytes) -> None:
        """Forget the LOBs of one or more locators in a row."""
        for start in range(0, len(locators), LOCATOR_SIZE):
            key = int.from_bytes(locators[start : start + LOCATOR_SIZE][_KEY], "big")
            self._lobs.pop(key, None)

    def operate(self, request: LobRequest, response: Writer) -> None:
        """Carry out an operation and write all of its response but the end.

        Raises:
            OracleError: for an unknown LOB, offset or operation.
        """
        if request.operation == LobOperation.CREATE_TEMPORARY:
            self._create(request, response)
            return
        if request.operation in (LobOperation.FREE_TEMPORARY, LobOperation.FREE_TEMPORARIES):
            self.free(request.locators)
            return
        lob = self.find(request.locators)
        amount = request.amount
        match request.operation:
            case LobOperation.GET_LENGTH:
                amount = lob.size
            case LobOperation.READ:
                amount = self._read(lob, request, response)
            case LobOperation.TRIM:
                del lob.data[amount * lob.unit :]
            case LobOperation.WRITE:
                self._write(lob, request)
            case LobOperation.GET_CHUNK_SIZE:
                amount = CHUNK_SIZE
            case LobOperation.OPEN | LobOperation.CLOSE:
                lob.is_open = request.operation == LobOperation.OPEN
            case LobOperation.IS_OPEN:
                pass
            case _:
                raise OracleError(3115, "unsupported network datatype or representation")
        response.u8(_MESSAGE_PARAMETER)
        response.raw(request.locators)
        if request.has_amount:
            response.sb(amount)
        if request.operation == LobOperation.IS_OPEN:
            response.u8(int(lob.is_open))

    def _create(self, request: LobRequest, response: Writer) -> None:
        lob = self.create(b"" if request.destination_offset == DataType.BLOB else "")
        response.u8(_MESSAGE_PARAMETER)
        response.raw(lob.locator)
        response.ub(CHARSET_UTF16 if lob.is_text else 0)
        response.u8(0)

    @staticmethod
    def _read(lob: Lob, request: LobRequest, response: Writer) -> int:
        start = _offset(request.source_offset) * lob.unit
        part = lob.data[start : start + request.amount * lob.unit]
        if part:
            response.u8(_MESSAGE_LOB_DATA)
            response.bytes_(bytes(part))
        return len(part) // lob.unit

    @staticmethod
    def _write(lob: Lob, request: LobRequest) -> None:
        start = _offset(request.source_offset) * lob.unit
        if start > len(lob.data):
            filler = " ".encode(_TEXT_ENCODING) if lob.is_text else b"\0"
            lob.data += filler * ((start - len(lob.data)) // lob.unit)
        lob.data[start : start + len(request.data)] = request.data


def _offset(one_based: int) -> int:
    if one_based < 1:
        raise OracleError(22990, "LOB offset out of range")
    return one_based - 1
