"""What the peers' jobs do: the same calls as the service's, through a pool of python-oracledb."""

import os
from functools import cache

import oracledb

_NOOP = "begin PKG_BENCH.NOOP; end;"
_STARTED = "begin PKG_BENCH.STARTED(p_moment => :moment); end;"


# Not at import: RQ forks, and a connection must not be used on both sides of that.
@cache
def _pool() -> oracledb.ConnectionPool:
    return oracledb.create_pool(
        user=os.environ["ORACLE_USER"],
        password=os.environ["ORACLE_PASSWORD"],
        dsn=os.environ["ORACLE_DSN"],
        min=1,
        max=8,
        increment=1,
    )


def noop() -> None:
    """Call the procedure that does nothing."""
    with _pool().acquire() as connection, connection.cursor() as cursor:
        cursor.execute(_NOOP)
        connection.commit()


def started() -> int:
    """Call the procedure that tells when it started."""
    with _pool().acquire() as connection, connection.cursor() as cursor:
        moment = cursor.var(oracledb.DB_TYPE_NUMBER)
        cursor.execute(_STARTED, moment=moment)
        connection.commit()
        return int(moment.getvalue())
