"""Which session of which instance a connection is."""

from dataclasses import dataclass

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


def session_of(connection: oracledb.Connection) -> Session:
    """Say which session a connection is; takes no round trip."""
    return Session(connection.session_id, connection.serial_num, connection.instance_name)
