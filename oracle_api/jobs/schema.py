"""Brings a job store's schema up to date at the start, whoever else starts at the same time.

Revisions are Alembic's, in ``migrations``. Each only adds, so that an older version of the service
goes on beside a newer one; it takes a store whose revision it does not know for such a newer one.
"""

import logging
import threading
import time
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from oracle_api.exceptions import SettingsError
from oracle_api.jobs.access import Access, for_access
from oracle_api.jobs.tables import metadata

log = logging.getLogger(__name__)

#: All revisions, in their order: where the store has the last one, Alembic is not even loaded.
REVISIONS = ("0001", "0002")

MIGRATIONS = Path(__file__).parent / "migrations"

# What Alembic runs is known to it as a global.
_one_at_a_time = threading.Lock()

_TRIES = 30
_PAUSE_SECONDS = 0.1


def bring_up_to_date(engine: sa.Engine) -> None:
    """Create or change what the job store is missing.

    Args:
        engine: the database.

    Raises:
        SettingsError: it cannot be used, or holds a store that cannot be brought up to date.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            # It is kept in the pool: where the last one is closed, SQLite copies the whole log
            # into the file.
            options = for_access(Access.CHANGE_SCHEMA)
            with engine.connect().execution_options(**options) as connection, connection.begin():
                _bring_up_to_date(connection)
        except SQLAlchemyError as exc:
            if attempt == _TRIES or not _may_pass(exc, engine.dialect):
                reason = str(exc.__cause__ or type(exc).__name__)
                raise SettingsError(f"JOBS_DATABASE_URL cannot be used ({reason}).") from None
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _may_pass(exc: SQLAlchemyError, dialect: sa.Dialect) -> bool:
    """Tell whether an error may come from others who start at the same time.

    Switching a SQLite file to WAL does not wait for their locks as everything else does. Oracle
    commits each change of the schema by itself, so another may be first with any of them.
    """
    is_lost = isinstance(exc, DBAPIError) and exc.connection_invalidated
    return is_lost or isinstance(exc, OperationalError) or dialect.name == "oracle"


def _bring_up_to_date(connection: sa.Connection) -> None:
    found = _revision(connection)
    if found is None or found in REVISIONS[:-1]:
        _migrate(connection)
        log.info("The job store's schema is at revision %s; it was %s.", REVISIONS[-1], found)
    elif found != REVISIONS[-1]:
        log.warning("The job store's schema is of a newer version (revision %s).", found)
    _refuse_what_is_missing(connection)


def _revision(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version = sa.table("alembic_version", sa.column("version_num"))
    found: str | None = connection.execute(sa.select(version)).scalar_one_or_none()
    return found


def _migrate(connection: sa.Connection) -> None:
    # It takes longer to load than most stores to be opened.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    with _one_at_a_time:
        try:
            command.upgrade(config, "head")
        except CommandError as exc:
            # Among others, that the revision is not what it was a moment ago.
            raise SQLAlchemyError(str(exc)) from exc


def _refuse_what_is_missing(connection: sa.Connection) -> None:
    # It would fail one request after the other.
    inspector = sa.inspect(connection)
    for table in metadata.sorted_tables:
        present = {column["name"] for column in inspector.get_columns(table.name)}
        if missing := sorted(column.name for column in table.c if column.name not in present):
            raise SettingsError(
                f"JOBS_DATABASE_URL holds a job store that cannot be used ({table.name} has no "
                f"{missing[0]}): move it away, or name another one."
            )
