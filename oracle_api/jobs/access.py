"""What a connection to the job store is going to be used for, as its transactions begin so."""

from enum import Enum
from typing import Any

import sqlalchemy as sa

_OPTION = "store_access"


class Access(Enum):
    """How a transaction begins."""

    #: One writer at a time, in all processes and on all hosts, from before its first look.
    WRITE = "write"
    #: All statements see the same state.
    SNAPSHOT = "snapshot"
    #: Nobody else does it too.
    CHANGE_SCHEMA = "change schema"


def for_access(access: Access) -> dict[str, Any]:
    """Give the execution options of a connection that is used so."""
    return {_OPTION: access}


def access_of(connection: sa.Connection) -> Access | None:
    """Give what a connection is used for; None is to read whatever is committed."""
    found: Access | None = connection.get_execution_options().get(_OPTION)
    return found
