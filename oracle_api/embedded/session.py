"""One client's session: its state, and the loop that answers its calls."""

from __future__ import annotations

import logging
import secrets
import socket
from typing import TYPE_CHECKING

from oracle_api.embedded.codec import Codec
from oracle_api.embedded.conversions import Nls
from oracle_api.embedded.cursors import CursorTable
from oracle_api.embedded.database import SqlSession
from oracle_api.embedded.errors import (
    CallBrokenError,
    ClientGoneError,
    OracleError,
    ProtocolError,
)
from oracle_api.embedded.execute import Executor
from oracle_api.embedded.lobs import LobStore, read_request
from oracle_api.embedded.logon import (
    Challenge,
    accept,
    negotiate,
    read_auth,
    read_connect,
    refuse,
    send_parameters,
    session_parameters,
)
from oracle_api.embedded.longops import LongOperations
from oracle_api.embedded.messages import (
    Function,
    Message,
    read_application_context,
    read_end_to_end,
    read_execute,
    read_reexecute,
    write_end,
    write_status,
)
from oracle_api.embedded.packagestates import PackageStates
from oracle_api.embedded.packets import Marker, Packet, PacketStream, PacketType
from oracle_api.embedded.sessionsettings import alter_session
from oracle_api.embedded.supplied import OutputBuffer
from oracle_api.embedded.wire import Reader, Writer

if TYPE_CHECKING:
    from oracle_api.embedded.server import EmbeddedServer

_log = logging.getLogger(__name__)
_UNKNOWN_SERVICE, _UNKNOWN_SID = 12514, 12505
_LISTENER_ERRORS = range(12500, 12700)
_FOREVER = 10**8
# The driver sends an attribute that is set to an empty string as a byte of zero after the
# piggyback, which nothing announces; no message has this type.
_EMPTY_ATTRIBUTE = 0


class Session:
    """A session, run by a thread of its own.

    Args:
        server: the server that accepted the connection.
        sock: the connection.
        sid: the session's number.
    """

    def __init__(self, server: EmbeddedServer, sock: socket.socket, sid: int) -> None:
        self._server = server
        self._socket = sock
        self._stream = PacketStream(sock)
        self.sid = sid
        self.serial = secrets.randbelow(60000) + 1
        self.user = ""
        self.schema = ""
        self.module: str | None = None
        self.action: str | None = None
        self.client_identifier: str | None = None
        self.client_info: str | None = None
        self.nls = Nls()
        self.is_active = False
        self.is_open = False
        self.output = OutputBuffer()
        self.sql = SqlSession(server.database, self)
        self.cursors = CursorTable()
        self.lobs = LobStore()
        self.packages = PackageStates(server.namespace)
        self.codec = Codec(self.lobs, self.cursors, self.nls, server.namespace.type_of)
        self._executor = Executor(self)

    @property
    def server(self) -> EmbeddedServer:
        """The server that the session belongs to."""
        return self._server

    @property
    def longops(self) -> LongOperations:
        """Where progress is reported."""
        return self._server.longops

    def wait(self, seconds: float) -> None:
        """Wait, unless the client breaks the call off or goes away."""
        self._stream.wait(seconds)

    def must_stop(self) -> bool:
        """Return whether the running call is to be broken off."""
        return self._stream.must_stop()

    def context_value(self, name: str) -> str | None:
        """Return a parameter of SYS_CONTEXT's namespace USERENV."""
        values = {
            "CURRENT_SCHEMA": self.schema,
            "SESSION_USER": self.user,
            "CURRENT_USER": self.user,
            "SID": str(self.sid),
            "SESSIONID": str(self.sid),
            "CLIENT_IDENTIFIER": self.client_identifier,
            "CLIENT_INFO": self.client_info,
            "MODULE": self.module,
            "ACTION": self.action,
            "SERVICE_NAME": self._server.service,
            "DB_NAME": self._server.service,
            "INSTANCE_NAME": self._server.service,
        }
        if name not in values:
            raise OracleError(2003, "invalid USERENV parameter")
        return values[name]

    def alter(self, statement: str) -> None:
        """Carry out ALTER SESSION.

        Raises:
            OracleError: for a mistake in it.
        """
        settings = alter_session(statement, self.nls)
        self.schema = settings.schema or self.schema
        if settings.serializable is not None:
            self.sql.transaction.serializable = settings.serializable

    def drop(self) -> None:
        """Cut the connection; called by other threads."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            _log.debug("session %d is already disconnected", self.sid)

    def run(self) -> None:
        """Serve the client until it goes away."""
        try:
            if self._log_on():
                self._serve()
        except (ClientGoneError, CallBrokenError):
            _log.debug("session %d: client is gone", self.sid)
        except (ProtocolError, IndexError, UnicodeDecodeError) as error:
            _log.warning("session %d: protocol error: %s", self.sid, error)
        finally:
            self.is_open = False
            self.cursors.close_all()
            self.sql.close()
            self._socket.close()

    def _log_on(self) -> bool:
        faults = self._server.faults
        if faults.silent:
            self.wait(_FOREVER)
        request = read_connect(self._stream)
        failure = faults.refuse_logins
        if failure in _LISTENER_ERRORS and failure is not None:
            refuse(self._stream, failure)
            return False
        if request.service.lower() != self._server.service.lower():
            refuse(self._stream, _UNKNOWN_SID if request.is_sid else _UNKNOWN_SERVICE)
            return False
        accept(self._stream, request.sdu)
        negotiate(self._stream)
        return self._authenticate(failure)

    def _authenticate(self, failure: int | None) -> bool:
        request = read_auth(self._stream.read(), self._stream, Function.AUTH_PHASE_ONE)
        is_known = request.user.upper() == self._server.user.upper()
        challenge = Challenge(self._server.verifier(is_known))
        send_parameters(self._stream, challenge.parameters())
        request = read_auth(self._stream.read(), self._stream, Function.AUTH_PHASE_TWO)
        proven = challenge.verify(request.parameters, self._server.password)
        if failure is not None or not (proven and is_known):
            code = failure or 1017
            self._send_end(OracleError(code, _LOGIN_ERRORS.get(code, "login denied")))
            return False
        self.user = self.schema = request.user.upper()
        if statement := request.parameters.get("AUTH_ALTER_SESSION"):
            self.alter(statement)
        service = self._server.service
        # Before the answer: who has it may look for the session.
        self.is_open = True
        send_parameters(
            self._stream, session_parameters(self.sid, self.serial, service, challenge.proof())
        )
        return True

    def _serve(self) -> None:
        while True:
            packet = self._stream.read()
            if packet.is_break:
                self._answer_idle_break()
            elif packet.type == PacketType.DATA:
                if packet.ends_session:
                    return
                self._answer(packet)

    def _answer(self, packet: Packet) -> None:
        """Answer one call, with what came before it in the same packet."""
        reader = Reader(packet.body[2:], self._stream.read_data)
        try:
            while (message := reader.u8()) in (Message.PIGGYBACK, _EMPTY_ATTRIBUTE):
                if message == Message.PIGGYBACK:
                    self._piggyback(reader)
            if message == Message.SESSION_RELEASE:
                return
            if message != Message.FUNCTION:
                raise ProtocolError(f"unknown message type {message}")
            function = reader.u8()
            reader.u8()
        except CallBrokenError:
            self._answer_idle_break()
            return
        self.is_active = True
        try:
            self._call(function, reader)
        finally:
            self.is_active = False

    def _call(self, function: int, reader: Reader) -> None:
        writer = Writer()
        try:
            if self._server.faults.delay:
                self.wait(self._server.faults.delay)
            self._dispatch(function, reader, writer)
        except CallBrokenError:
            self._respond_failed(_CANCELLED)
        except OracleError as error:
            self._respond_failed(error)
        except (ClientGoneError, ProtocolError):
            raise
        except Exception:  # noqa: BLE001 - a mistake in here; the session goes on
            _log.exception("session %d: call failed", self.sid)
            self._respond_failed(OracleError(600, "internal error code, see the server's log"))
        else:
            if self._stream.is_broken:
                self._exchange_markers()
            self._stream.send_data(writer.data)

    def _respond_failed(self, error: OracleError) -> None:
        # A procedure may have caught the break and raised an error of its own.
        if self._stream.is_broken:
            self._exchange_markers()
        self._send_end(error, self._executor.cursor_after_failure(), error.rows_done)

    def _dispatch(self, function: int, reader: Reader, writer: Writer) -> None:
        self._executor.reset()
        match function:
            case Function.EXECUTE:
                self._executor.execute(read_execute(reader), reader, writer)
                return
            case Function.REEXECUTE | Function.REEXECUTE_AND_FETCH:
                self._executor.execute(read_reexecute(reader, function), reader, writer)
                return
            case Function.FETCH:
                self._executor.fetch(reader.ub(), reader.ub(), writer)
                return
            case Function.LOB_OPERATION:
                self.lobs.operate(read_request(reader), writer)
                write_end(writer, in_transaction=self.sql.in_transaction)
                return
            case Function.COMMIT:
                self.wait(0)
                self.sql.commit()
            case Function.ROLLBACK | Function.LOGOFF:
                self.sql.rollback()
            case Function.PING:
                pass
            case _:
                raise OracleError(3115, "unsupported network datatype or representation")
        write_status(writer, self.sql.in_transaction)

    def _piggyback(self, reader: Reader) -> None:
        function = reader.u8()
        reader.u8()
        match function:
            case Function.CLOSE_CURSORS:
                reader.u8()
                for _ in range(reader.ub()):
                    self.cursors.close(reader.ub())
            case Function.SET_END_TO_END:
                attributes = read_end_to_end(reader)
                for name in attributes.names:
                    setattr(self, name, getattr(attributes, name))
            case Function.SET_SCHEMA:
                reader.u8()
                self.schema = reader.long_bytes().decode().upper()
            case Function.APPLICATION_CONTEXT:
                read_application_context(reader)
            case Function.SESSION_STATE:
                reader.ub()
            case Function.LOB_OPERATION:
                self.lobs.free(read_request(reader, is_piggyback=True).locators)
            case _:
                raise ProtocolError(f"unknown piggyback {function}")

    def _answer_idle_break(self) -> None:
        """Answer a break that came while no call was running.

        The cursor id is 0, since the client may by then be at another statement.
        """
        self._exchange_markers()
        self._send_end(_CANCELLED)

    def _exchange_markers(self) -> None:
        """Go through the exchange of markers that follows a break; the response comes after it."""
        self._stream.send_marker(Marker.BREAK)
        while not (packet := self._stream.read()).is_reset:
            if packet.type == PacketType.DATA:
                if packet.ends_session:
                    raise ClientGoneError
                self._salvage(packet)
        self._stream.is_broken = False
        self._stream.send_marker(Marker.RESET)

    def _salvage(self, packet: Packet) -> None:
        """Obey the piggybacks of a request that is thrown away: they are not repeated."""
        reader = Reader(packet.body[2:])
        try:
            while (message := reader.u8()) in (Message.PIGGYBACK, _EMPTY_ATTRIBUTE):
                if message == Message.PIGGYBACK:
                    self._piggyback(reader)
        except (ProtocolError, IndexError, UnicodeDecodeError):
            _log.debug("session %d: part of a discarded request is incomplete", self.sid)

    def _send_end(self, error: OracleError, cursor_id: int = 0, rows: int = 0) -> None:
        writer = Writer()
        write_end(
            writer,
            in_transaction=self.sql.in_transaction,
            cursor_id=cursor_id,
            row_count=rows,
            error=error,
        )
        self._stream.send_data(writer.data)


_CANCELLED = OracleError(1013, "user requested cancel of current operation")

_LOGIN_ERRORS = {
    1017: "invalid username/password; logon denied",
    1033: "ORACLE initialization or shutdown in progress",
    1034: "ORACLE not available",
    28000: "The account is locked.",
    28001: "the password has expired",
}
