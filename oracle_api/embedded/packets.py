"""The packet layer (TNS): packets on a socket, and the markers that break off a call."""

from __future__ import annotations

import enum
import select
import socket
import time
from typing import NamedTuple

from oracle_api.embedded.errors import CallBrokenError, ClientGoneError, ProtocolError

HEADER_SIZE = 8
_DATA_HEADER_SIZE = HEADER_SIZE + 2
_RECEIVE_SIZE = 65536
# Larger than any SDU that a client may propose, so it only rejects what is not TNS at all.
_MAX_PACKET = 16 * 1024 * 1024
DATA_FLAG_EOF = 0x0040
# The system call takes milliseconds as a C int.
_LONGEST_POLL = 86400.0


class PacketType(enum.IntEnum):
    """The packet types that this server sends or accepts."""

    CONNECT = 1
    ACCEPT = 2
    REFUSE = 4
    DATA = 6
    MARKER = 12


class Marker(enum.IntEnum):
    """The kinds of MARKER packets."""

    BREAK = 1
    RESET = 2
    INTERRUPT = 3


class Packet(NamedTuple):
    """A packet without its header."""

    type: int
    body: bytes

    @property
    def is_break(self) -> bool:
        """Whether the packet asks to break off the running call."""
        return self.type == PacketType.MARKER and self.body[2] != Marker.RESET

    @property
    def is_reset(self) -> bool:
        """Whether the packet is the client's half of the reset after a break."""
        return self.type == PacketType.MARKER and self.body[2] == Marker.RESET

    @property
    def ends_session(self) -> bool:
        """Whether the packet is the client's farewell."""
        return self.type == PacketType.DATA and bool(self.body[1] & DATA_FLAG_EOF)


class PacketStream:
    """One client's socket, as a stream of packets.

    Args:
        sock: a connected socket, owned (and closed) by the caller.

    Attributes:
        is_broken: the client broke the running call off and waits for the exchange of markers.
            A procedure may catch the break, so this outlives the CallBrokenError.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = bytearray()
        self._closed = False
        self.is_broken = False
        self.large_headers = False
        self.sdu = 8192

    def read(self) -> Packet:
        """Wait for the next packet and return it.

        Raises:
            ClientGoneError: the connection ended.
            ProtocolError: what came is not a packet.
        """
        while (packet := self._take()) is None:
            self._receive()
        return packet

    def read_data(self) -> bytes:
        """Return the payload of the next packet, which must be a DATA packet.

        Raises:
            CallBrokenError: it was a marker that breaks off the call.
            ClientGoneError: the connection ended.
        """
        packet = self.read()
        if packet.is_break:
            self.is_broken = True
            raise CallBrokenError
        if packet.type != PacketType.DATA or packet.ends_session:
            raise ClientGoneError
        return packet.body[2:]

    def check(self) -> None:
        """Look, without waiting, whether the running call is to be broken off.

        Raises:
            CallBrokenError: the client sent a break; it is consumed.
            ClientGoneError: the connection ended.
        """
        self.wait(0)

    def wait(self, seconds: float) -> None:
        """Wait, but no longer than until the client breaks off the call or goes away.

        Raises:
            CallBrokenError: the client sent a break; it is consumed.
            ClientGoneError: the connection ended.
        """
        deadline = time.monotonic() + seconds
        while True:
            self._raise_if_broken()
            remaining = min(max(0.0, deadline - time.monotonic()), _LONGEST_POLL)
            if self._readable(remaining):
                self._receive()
            elif remaining == 0:
                return

    def must_stop(self) -> bool:
        """Return whether ``check`` would raise, without consuming the break."""
        try:
            while not self._closed and not self._find_break() and self._readable(0):
                self._receive()
        except (ClientGoneError, ProtocolError):
            self._closed = True
        return self._closed or self._find_break()

    def send_packet(self, packet_type: PacketType, body: bytes) -> None:
        """Send one packet of any type."""
        self._send(self._header(len(body), packet_type) + body)

    def send_marker(self, kind: Marker) -> None:
        """Send a MARKER packet."""
        self.send_packet(PacketType.MARKER, bytes((1, 0, kind)))

    def send_data(self, payload: bytes | bytearray) -> None:
        """Send a message as DATA packets no larger than the SDU, with a single system call."""
        room = self.sdu - _DATA_HEADER_SIZE
        if len(payload) <= room:
            self._send(self._header(len(payload) + 2, PacketType.DATA) + b"\0\0" + payload)
            return
        packets = bytearray()
        for start in range(0, len(payload), room):
            part = payload[start : start + room]
            packets += self._header(len(part) + 2, PacketType.DATA) + b"\0\0" + part
        self._send(packets)

    def _header(self, body_size: int, packet_type: PacketType) -> bytes:
        size = HEADER_SIZE + body_size
        length = (
            size.to_bytes(4, "big") if self.large_headers else size.to_bytes(2, "big") + b"\0\0"
        )
        return length + bytes((packet_type, 0, 0, 0))

    def _send(self, data: bytes | bytearray) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise ClientGoneError from error

    def _receive(self) -> None:
        if self._closed:
            raise ClientGoneError
        try:
            data = self._socket.recv(_RECEIVE_SIZE)
        except OSError as error:
            self._closed = True
            raise ClientGoneError from error
        if not data:
            self._closed = True
            raise ClientGoneError
        self._buffer += data

    def _readable(self, timeout: float) -> bool:
        # poll and not select: a process with many sessions has descriptors above 1024.
        poller = select.poll()
        poller.register(self._socket, select.POLLIN)
        return bool(poller.poll(timeout * 1000))

    def _packet_size(self, start: int) -> int | None:
        """Return the size of the whole packet at ``start`` of the buffer, None if incomplete."""
        available = len(self._buffer) - start
        if available < HEADER_SIZE:
            return None
        width = 4 if self.large_headers else 2
        size = int.from_bytes(self._buffer[start : start + width], "big")
        if not HEADER_SIZE <= size <= _MAX_PACKET:
            raise ProtocolError(f"packet of {size} bytes")
        return size if available >= size else None

    def _take(self) -> Packet | None:
        size = self._packet_size(0)
        if size is None:
            return None
        packet = Packet(self._buffer[4], bytes(self._buffer[HEADER_SIZE:size]))
        del self._buffer[:size]
        return packet

    def _find_break(self) -> bool:
        """Look for a break among the packets that were received but not read."""
        start = 0
        while (size := self._packet_size(start)) is not None:
            packet = Packet(
                self._buffer[start + 4], bytes(self._buffer[start + HEADER_SIZE : start + size])
            )
            if packet.is_break:
                return True
            start += size
        return False

    def _raise_if_broken(self) -> None:
        if self._closed:
            raise ClientGoneError
        if not self._buffer or not self._find_break():
            return
        while not self.read().is_break:
            pass
        self.is_broken = True
        raise CallBrokenError
