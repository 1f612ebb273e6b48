"""A small read that many requests make: compiled once, and run by the driver itself."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection

from oracle_api.exceptions import StoreUnavailable
from oracle_api.jobs.prepared import Compiled


class Lookup:
    """Reads at most one row. May be used by any thread.

    SQLAlchemy's own cost for each statement is many times that of a row of SQLite.

    Args:
        engine: the database.
        statement: a SELECT with named parameters; what the driver makes of its columns is given
            as it is, so they are numbers and short texts.
    """

    def __init__(self, engine: sa.Engine, statement: sa.Select[Any]) -> None:
        self._engine = engine
        self._compiled = Compiled.of(statement, engine.dialect)
        self._errors = (SQLAlchemyError, engine.dialect.loaded_dbapi.Error)
        # A pool's work for each loan is dear as well. Elsewhere a connection would keep its
        # transaction open meanwhile, and a lost one would have to be found out.
        self._keeps = engine.dialect.name == "sqlite"
        self._kept: deque[PoolProxiedConnection] = deque()

    def first(self, **values: str | int) -> Any:
        """Read the row.

        Args:
            values: of the parameters.

        Returns:
            A tuple, or None where there is no row.

        Raises:
            StoreUnavailable: the database cannot be read.
        """
        try:
            with self._lend() as connection:
                cursor = connection.cursor()
                cursor.execute(self._compiled.text, self._compiled.arguments(values))
                # Until its end is read, a SELECT holds SQLite's log back.
                rows = cursor.fetchall()
                cursor.close()
        except self._errors as exc:
            raise StoreUnavailable("The job store cannot be read now.") from exc
        return rows[0] if rows else None

    def close(self) -> None:
        """Let go of the connections that are kept; nobody may be reading."""
        while self._kept:
            self._kept.pop().close()

    @contextmanager
    def _lend(self) -> Iterator[PoolProxiedConnection]:
        connection = self._take()
        try:
            yield connection
        except BaseException:
            with suppress(*self._errors):
                connection.invalidate()
            raise
        if self._keeps:
            self._kept.append(connection)
        else:
            connection.close()

    def _take(self) -> PoolProxiedConnection:
        with suppress(IndexError):
            return self._kept.pop()
        connection = self._engine.raw_connection()
        if self._keeps:
            # The pool's places are for those who give theirs back.
            connection.detach()
        return connection
