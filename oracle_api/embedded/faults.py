"""Faults on demand, for tests of how a client copes with a failing database."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oracle_api.embedded.server import EmbeddedServer


class Faults:
    """The faults of one server; all are off at first and can be switched at any time.

    Args:
        server: the server to trouble.

    Attributes:
        refuse_logins: ORA- number that every login fails with (1017, 28000, 1033 …; those from
            12500 to 12699 come from the listener), or None.
        delay: seconds to wait before each call is answered.
        silent: accept connections, and then say nothing.
    """

    def __init__(self, server: EmbeddedServer) -> None:
        self._server = server
        self.refuse_logins: int | None = None
        self.delay = 0.0
        self.silent = False

    def drop(self, sid: int | None = None) -> int:
        """Cut the connection of all sessions, or of one, even in the middle of a call.

        Returns:
            How many were cut.
        """
        return self._server.drop_sessions(sid)

    def go_away(self) -> None:
        """Stop listening and drop everything, as a database host that goes down."""
        self._server.stop_listening()
        self._server.drop_sessions()

    def come_back(self) -> None:
        """Listen again on the same port; the data is still there."""
        self._server.listen()

    def clear(self) -> None:
        """End all faults."""
        self.refuse_logins = None
        self.delay = 0.0
        self.silent = False
        self.come_back()
