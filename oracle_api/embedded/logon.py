"""Logon: connecting, negotiating, and proving the password (12c verifier)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from oracle_api.embedded.cursors import MAX_OPEN_CURSORS
from oracle_api.embedded.datatypes import CHARSET_UTF8, CHARSET_UTF16
from oracle_api.embedded.errors import ProtocolError
from oracle_api.embedded.messages import Function, Message, write_end
from oracle_api.embedded.packets import HEADER_SIZE, Packet, PacketStream, PacketType
from oracle_api.embedded.wire import Reader, Writer

_PROTOCOL_VERSION = 318
_ACCEPT_SIZE = 45
_MIN_SDU = 512
FIELD_VERSION = 16
_COMPILE_CAPABILITIES = bytes(7) + bytes((FIELD_VERSION,)) + bytes(47)
_STRINGS_32K = 0x04
_RUNTIME_CAPABILITIES = bytes(6) + bytes((_STRINGS_32K,)) + bytes(4)
_NATIONAL_CHARSET = bytes(9) + CHARSET_UTF16.to_bytes(2, "big")
_VERSION_NUMBER = 21 << 24 | 3 << 16
_VERIFIER_12C = 0x4815
_VERIFIER_ROUNDS = 4096
_SESSION_KEY_ROUNDS = 3
_SALT_SIZE = 16
_HALF_KEY_SIZE = 32
_BLOCK_SIZE = 16
_SPEEDY_KEY = b"AUTH_PBKDF2_SPEEDY_KEY"


@dataclass(frozen=True)
class Verifier:
    """What the server keeps of a password."""

    salt: bytes
    hash: bytes


def make_verifier(password: str) -> Verifier:
    """Return a verifier of a password, with a salt of its own."""
    salt = secrets.token_bytes(_SALT_SIZE)
    key = hashlib.pbkdf2_hmac(
        "sha512", password.encode(), salt + _SPEEDY_KEY, _VERIFIER_ROUNDS, dklen=64
    )
    return Verifier(salt, hashlib.sha512(key + salt).digest()[:32])


def _encrypt(key: bytes, data: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK_SIZE))).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def _decrypt(key: bytes, data: bytes) -> bytes:
    decryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK_SIZE))).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _pad(data: bytes) -> bytes:
    missing = _BLOCK_SIZE - len(data) % _BLOCK_SIZE
    return data + bytes((missing,)) * missing


class Challenge:
    """One attempt to log on.

    Args:
        verifier: of the user's password, or of an invented one for an unknown user.
    """

    def __init__(self, verifier: Verifier) -> None:
        self._verifier = verifier
        self._half = secrets.token_bytes(_HALF_KEY_SIZE)
        self._salt = secrets.token_bytes(_SALT_SIZE)
        self._key = b""

    def parameters(self) -> dict[str, str]:
        """Return what phase one sends."""
        return {
            "AUTH_VFR_DATA": self._verifier.salt.hex().upper(),
            "AUTH_PBKDF2_VGEN_COUNT": str(_VERIFIER_ROUNDS),
            "AUTH_PBKDF2_SDER_COUNT": str(_SESSION_KEY_ROUNDS),
            "AUTH_PBKDF2_CSK_SALT": self._salt.hex().upper(),
            "AUTH_SESSKEY": _encrypt(self._verifier.hash, self._half).hex().upper(),
        }

    def verify(self, parameters: dict[str, str], password: str) -> bool:
        """Return whether phase two of the client proves that it knows the password."""
        try:
            sealed = bytes.fromhex(parameters["AUTH_SESSKEY"])[:_HALF_KEY_SIZE]
            client_half = _decrypt(self._verifier.hash, sealed)
            joined = (client_half + self._half).hex().upper().encode()
            self._key = hashlib.pbkdf2_hmac(
                "sha512", joined, self._salt, _SESSION_KEY_ROUNDS, dklen=32
            )
            opened = _decrypt(self._key, bytes.fromhex(parameters["AUTH_PASSWORD"]))
        except (KeyError, ValueError):
            return False
        return hmac.compare_digest(opened[_BLOCK_SIZE:], _pad(password.encode()))

    def proof(self) -> str:
        """Return what proves to the client that the server knows the password too."""
        plain = secrets.token_bytes(_BLOCK_SIZE) + _pad(b"SERVER_TO_CLIENT")
        return _encrypt(self._key, plain).hex().upper()


@dataclass
class ConnectRequest:
    """What a CONNECT packet asks for."""

    service: str
    sdu: int
    is_sid: bool = False


def read_connect(stream: PacketStream) -> ConnectRequest:
    """Read CONNECT and, if it comes in a packet of its own, the connect string.

    Raises:
        ProtocolError: the client does not speak this protocol.
    """
    packet = stream.read()
    if packet.type != PacketType.CONNECT or len(packet.body) < 62 - HEADER_SIZE:
        raise ProtocolError("not a CONNECT packet")

    def field(offset: int, size: int) -> int:
        start = offset - HEADER_SIZE
        return int.from_bytes(packet.body[start : start + size], "big")

    length, offset = field(24, 2), field(26, 2)
    text = packet.body[offset - HEADER_SIZE : offset - HEADER_SIZE + length]
    if not text:
        text = stream.read_data()
    descriptor = text.decode("utf-8", "replace")
    service = re.search(r"\(\s*(SERVICE_NAME|SID)\s*=\s*([^)]*?)\s*\)", descriptor, re.IGNORECASE)
    sdu = max(_MIN_SDU, field(58, 4) or field(14, 2))
    if service is None:
        return ConnectRequest("", sdu)
    return ConnectRequest(service[2], sdu, service[1].upper() == "SID")


def accept(stream: PacketStream, sdu: int) -> None:
    """Answer CONNECT with ACCEPT; from here on packets have long headers."""
    body = bytearray(_ACCEPT_SIZE - HEADER_SIZE)
    for offset, value in ((8, _PROTOCOL_VERSION), (12, sdu & 0xFFFF), (14, 0xFFFF), (16, 1),
                          (20, _ACCEPT_SIZE)):  # fmt: skip
        body[offset - HEADER_SIZE : offset - HEADER_SIZE + 2] = value.to_bytes(2, "big")
    for offset in (32, 36):
        body[offset - HEADER_SIZE : offset - HEADER_SIZE + 4] = sdu.to_bytes(4, "big")
    stream.send_packet(PacketType.ACCEPT, bytes(body))
    stream.large_headers = True
    stream.sdu = sdu


def refuse(stream: PacketStream, code: int) -> None:
    """Answer CONNECT with REFUSE, for instance 12514 for an unknown service."""
    text = (
        f"(DESCRIPTION=(TMP=)(VSNNUM={_VERSION_NUMBER})(ERR={code})"
        f"(ERROR_STACK=(ERROR=(CODE={code})(EMFI=4))))"
    ).encode()
    stream.send_packet(PacketType.REFUSE, bytes(2) + len(text).to_bytes(2, "big") + text)


def negotiate(stream: PacketStream) -> None:
    """Answer PROTOCOL and DATA_TYPES with this server's character set and capabilities."""
    _skip_request(stream, Message.PROTOCOL)
    writer = Writer()
    writer.raw(bytes((Message.PROTOCOL, 6, 0)) + b"Oracle-compatible embedded database\0")
    writer.raw(CHARSET_UTF8.to_bytes(2, "little") + b"\x01" + bytes(2))
    writer.u16be(len(_NATIONAL_CHARSET))
    writer.raw(_NATIONAL_CHARSET)
    writer.bytes_(_COMPILE_CAPABILITIES)
    writer.bytes_(_RUNTIME_CAPABILITIES)
    stream.send_data(writer.data)
    reader = _skip_request(stream, Message.DATA_TYPES)
    reader.raw(5)
    reader.bytes_()
    reader.bytes_()
    while reader.u16be():
        if reader.u16be():
            reader.raw(4)
    stream.send_data(bytes((Message.DATA_TYPES, 0, 0)))


def _skip_request(stream: PacketStream, expected: Message) -> Reader:
    reader = Reader(stream.read_data(), stream.read_data)
    if reader.u8() != expected:
        raise ProtocolError(f"expected {expected.name}")
    if expected == Message.PROTOCOL:
        while reader.u8():
            pass
        while reader.u8():
            pass
    return reader


@dataclass
class AuthRequest:
    """One phase of the authentication."""

    user: str
    parameters: dict[str, str]


def read_auth(packet: Packet, stream: PacketStream, function: Function) -> AuthRequest:
    """Read a phase of the authentication.

    Raises:
        ProtocolError: it is something else.
    """
    reader = Reader(packet.body[2:], stream.read_data)
    if reader.u8() != Message.FUNCTION or reader.u8() != function:
        raise ProtocolError(f"expected {function.name}")
    reader.u8()
    has_user = reader.u8()
    reader.skip("uu1")
    count = reader.ub()
    reader.skip("11")
    user = (reader.bytes_() or b"").decode() if has_user else ""
    parameters = {}
    for _ in range(count):
        key = reader.long_bytes().decode()
        parameters[key] = reader.long_bytes().decode("utf-8", "replace")
        reader.ub()
    return AuthRequest(user, parameters)


def send_parameters(stream: PacketStream, parameters: dict[str, str]) -> None:
    """Send the response to a phase of the authentication."""
    writer = Writer()
    writer.u8(Message.PARAMETER)
    writer.ub(len(parameters))
    for key, value in parameters.items():
        writer.text(key)
        writer.text(value)
        writer.ub(_VERIFIER_12C if key == "AUTH_VFR_DATA" else 0)
    write_end(writer, in_transaction=False)
    stream.send_data(writer.data)


def session_parameters(sid: int, serial: int, service: str, proof: str) -> dict[str, str]:
    """Return what the second phase tells the client about its session."""
    return {
        "AUTH_SVR_RESPONSE": proof,
        "AUTH_SESSION_ID": str(sid),
        "AUTH_SERIAL_NUM": str(serial),
        "AUTH_VERSION_NO": str(_VERSION_NUMBER),
        "AUTH_MAX_OPEN_CURSORS": str(MAX_OPEN_CURSORS),
        "AUTH_MAX_IDEN_LENGTH": "128",
        "AUTH_SC_DBUNIQUE_NAME": service,
        "AUTH_SC_SERVICE_NAME": service,
        "AUTH_INSTANCENAME": service,
    }
