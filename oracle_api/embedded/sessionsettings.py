"""ALTER SESSION SET …"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from oracle_api.embedded.conversions import Nls
from oracle_api.embedded.errors import OracleError


@dataclass
class SessionSettings:
    """What ALTER SESSION sets beside the formats of dates.

    Args:
        schema: the current one, None if it was not named.
        serializable: whether each transaction is to see one state, None if it was not told.
    """

    schema: str | None = None
    serializable: bool | None = None


def alter_session(text: str, nls: Nls) -> SessionSettings:
    """Carry out ALTER SESSION SET …; return what is set beside the formats of dates.

    Settings that have no effect here are accepted, as long as they are written correctly.

    Raises:
        OracleError: ORA-00922 for other statements, ORA-01882 for an unknown time zone,
            ORA-02183 for an unknown isolation level.
    """
    body = re.fullmatch(r"\s*ALTER\s+SESSION\s+SET\s+(.*?)[\s;\0]*", text, re.I | re.S)
    if body is None:
        raise OracleError(922, "missing or invalid option")
    made = SessionSettings()
    settings = re.findall(r"(\w+)\s*=\s*(?:'((?:[^']|'')*)'|\"?([\w$#.+-]+)\"?)", body[1])
    if not settings:
        raise OracleError(922, "missing or invalid option")
    for name, quoted, word in settings:
        value = quoted or word
        match name.upper():
            case "NLS_DATE_FORMAT":
                nls.date_format = value
            case "NLS_TIMESTAMP_FORMAT":
                nls.timestamp_format = value
            case "NLS_TIMESTAMP_TZ_FORMAT":
                nls.timestamp_tz_format = value
            case "TIME_ZONE":
                nls.time_zone = _time_zone(value)
            case "CURRENT_SCHEMA":
                made.schema = value.upper()
            case "ISOLATION_LEVEL":
                made.serializable = _is_serializable(value)
    return made


def _is_serializable(level: str) -> bool:
    if level.upper() not in ("SERIALIZABLE", "READ"):
        options = "ISOLATION_LEVEL { SERIALIZABLE | READ COMMITTED }"
        raise OracleError(2183, f"valid options: {options}")
    return level.upper() == "SERIALIZABLE"


def _time_zone(text: str) -> dt.tzinfo:
    match = re.fullmatch(r"([+-]?)(\d{1,2}):(\d{2})", text.strip())
    if match:
        minutes = int(match[2]) * 60 + int(match[3])
        return dt.timezone(dt.timedelta(minutes=-minutes if match[1] == "-" else minutes))
    if text.upper() in ("UTC", "GMT", "Z"):
        return dt.UTC
    if text.upper() in ("LOCAL", "DBTIMEZONE"):
        zone = dt.datetime.now().astimezone().tzinfo
        return zone if zone is not None else dt.UTC
    raise OracleError(1882, "timezone region not found")
