"""What a procedure writes with DBMS_OUTPUT; it can be read only once the call has returned.

Source: Oracle Database PL/SQL Packages and Types Reference, DBMS_OUTPUT.
"""

import oracledb

from oracle_api.oracle.errors import translated

# A pooled session may hold lines of an earlier call that failed; disabling purges them.
_ENABLE = "BEGIN DBMS_OUTPUT.DISABLE; DBMS_OUTPUT.ENABLE(NULL); END;"
_DISABLE = "BEGIN DBMS_OUTPUT.DISABLE; END;"
_GET_LINES = "BEGIN DBMS_OUTPUT.GET_LINES(:lines, :numlines); END;"

# A line may have 32767 bytes, so this many take 3 MB of buffer.
_LINES_AT_ONCE = 100
_LINE_BYTES = 32767


def begin_output(connection: oracledb.Connection) -> None:
    """Have the session keep what is written from now on."""
    with translated(in_call=False), connection.cursor() as cursor:
        cursor.execute(_ENABLE)


def read_output(connection: oracledb.Connection, most: int) -> list[str]:
    """Take the lines that were written, and let the session keep no more.

    Args:
        connection: on which the call ran.
        most: so many lines at most; the others are dropped.
    """
    lines: list[str] = []
    with translated(in_call=True), connection.cursor() as cursor:
        chunk = cursor.arrayvar(oracledb.DB_TYPE_VARCHAR, _LINES_AT_ONCE, _LINE_BYTES)
        count = cursor.var(int)
        while len(lines) < most:
            count.setvalue(0, _LINES_AT_ONCE)
            cursor.execute(_GET_LINES, [chunk, count])
            got = count.getvalue()
            lines += [line or "" for line in chunk.getvalue()[:got]]
            if got < _LINES_AT_ONCE:
                break
        cursor.execute(_DISABLE)
    return lines[:most]
