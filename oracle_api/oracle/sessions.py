"""Which session of which instance a connection is."""

from dataclasses import dataclass
from typing import Any

import oracledb


@dataclass(frozen=True, slots=True)
class Session:
    """An Oracle session, as GV$SESSION knows it.

    Args:
        sid: SID.
        serial: SERIAL#.
        instance: the instance's name, None where the database does not tell.
    """

    sid: int
    serial: int
    instance: str | None = None

    def members(self) -> dict[str, Any]:
        """Give its parts under the names that answers and the audit log have for them."""
        return {"session_id": self.sid, "serial_num": self.serial, "instance": self.instance}


def session_of(connection: oracledb.Connection) -> Session:
    """Say which session a connection is; takes no round trip."""
    return Session(connection.session_id, connection.serial_num, connection.instance_name)
