"""The primitive encodings of TTC: integers of variable length, byte strings, text."""

from __future__ import annotations

from collections.abc import Callable

from oracle_api.embedded.errors import ProtocolError

# A byte string of up to this many bytes has its length in one byte; a longer one is cut
# into chunks (253 is an escape code and never a length).
_MAX_SHORT_LENGTH = 252
_CHUNKED = 0xFE
_NULL = 0xFF
_ESCAPE = 0xFD
_CHUNK_SIZE = 32767
_NEGATIVE = 0x80


class Reader:
    """Reads the fields of a message, asking for the next packet when it runs out of bytes.

    Args:
        data: the payload of the first packet.
        more: called for the payload of the next packet; without it running out is an error.
    """

    def __init__(self, data: bytes, more: Callable[[], bytes] | None = None) -> None:
        self._data = data
        self._position = 0
        self._more = more

    @property
    def exhausted(self) -> bool:
        """Whether all the bytes received so far were read."""
        return self._position >= len(self._data)

    def raw(self, count: int) -> bytes:
        """Return the next ``count`` bytes as they are."""
        end = self._position + count
        while end > len(self._data):
            if self._more is None:
                raise ProtocolError("message ends too early")
            self._data = self._data[self._position :] + self._more()
            self._position = 0
            end = count
        chunk = self._data[self._position : end]
        self._position = end
        return chunk

    def u8(self) -> int:
        """Return an unsigned byte."""
        position = self._position
        if position < len(self._data):
            self._position = position + 1
            return self._data[position]
        return self.raw(1)[0]

    def ub(self) -> int:
        """Return an integer preceded by its length in one byte (ub2, ub4, ub8, sb…)."""
        length = self.u8()
        if length == 0:
            return 0
        value = int.from_bytes(self.raw(length & ~_NEGATIVE), "big")
        return -value if length & _NEGATIVE else value

    def u16be(self) -> int:
        """Return a big-endian integer of two bytes."""
        return int.from_bytes(self.raw(2), "big")

    def skip(self, layout: str) -> None:
        """Skip fields: ``1`` stands for a byte, ``u`` for an integer of variable length."""
        for field in layout:
            if field == "1":
                self.u8()
            else:
                self.ub()

    def bytes_(self) -> bytes | None:
        """Return a byte string preceded by its length, None for null."""
        length = self.u8()
        if length in (0, _NULL):
            return None
        if length == _ESCAPE:
            self.u8()
            return None
        if length != _CHUNKED:
            return self.raw(length)
        chunks = []
        while size := self.ub():
            chunks.append(self.raw(size))
        return b"".join(chunks)

    def long_bytes(self) -> bytes:
        """Return a byte string with two lengths, as used for keys and locators."""
        return (self.bytes_() or b"") if self.ub() else b""


class Writer:
    """Collects the fields of a response."""

    def __init__(self) -> None:
        self.data = bytearray()

    def u8(self, value: int) -> None:
        """Append an unsigned byte."""
        self.data.append(value)

    def raw(self, data: bytes) -> None:
        """Append bytes as they are."""
        self.data += data

    def u16be(self, value: int) -> None:
        """Append a big-endian integer of two bytes."""
        self.data += value.to_bytes(2, "big")

    def ub(self, value: int) -> None:
        """Append a non-negative integer in its shortest form of 1, 2, 4 or 8 bytes."""
        if value == 0:
            self.data.append(0)
        elif value < 0x100:
            self.data += bytes((1, value))
        else:
            size = 2 if value < 0x10000 else 4 if value < 0x100000000 else 8
            self.data.append(size)
            self.data += value.to_bytes(size, "big")

    def sb(self, value: int) -> None:
        """Append an integer that may be negative."""
        if value >= 0:
            self.ub(value)
            return
        start = len(self.data)
        self.ub(-value)
        self.data[start] |= _NEGATIVE

    def zeros(self, count: int) -> None:
        """Append ``count`` zero bytes (each also reads as an integer of value 0)."""
        self.data += bytes(count)

    def bytes_(self, data: bytes | None) -> None:
        """Append a byte string preceded by its length; None and empty are null."""
        if not data:
            self.data.append(0)
        elif len(data) <= _MAX_SHORT_LENGTH:
            self.data.append(len(data))
            self.data += data
        else:
            self.data.append(_CHUNKED)
            for start in range(0, len(data), _CHUNK_SIZE):
                chunk = data[start : start + _CHUNK_SIZE]
                self.ub(len(chunk))
                self.data += chunk
            self.data.append(0)

    def long_bytes(self, data: bytes) -> None:
        """Append a byte string with two lengths."""
        self.ub(len(data))
        if data:
            self.bytes_(data)

    def text(self, text: str) -> None:
        """Append text with two lengths."""
        self.long_bytes(text.encode())
