"""Statements that are compiled once and run by the driver alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement as the driver takes it.

    Args:
        text: of it.
        literals: values that stand in the statement itself, by name.
        places: names in their order, where the driver goes by places; None where by names.
    """

    text: str
    literals: dict[str, Any]
    places: tuple[str, ...] | None

    @classmethod
    def of(
        cls, statement: Any, dialect: sa.Dialect, columns: list[str] | None = None
    ) -> "Compiled":
        """Compile a statement; of an INSERT, the columns that it sets are named."""
        made = statement.compile(dialect=dialect, column_keys=columns)
        places = tuple(made.positiontup or ()) if made.positional else None
        return cls(str(made), dict(made.params), places)

    def arguments(self, values: dict[str, Any]) -> Any:
        """Give what the driver is to be given with the text, for values by name."""
        known = {**self.literals, **values}
        return known if self.places is None else [known[name] for name in self.places]


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A row whose columns are attributes, as those of SQLAlchemy's rows are."""

    _mapping: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self._mapping[name]
        except KeyError:
            raise AttributeError(name) from None


class Prepared:
    """A statement whose way through SQLAlchemy would cost several times what the database does.

    Only for values that the driver takes and gives as they are, numbers, text and bytes, and for
    as many as the statement names: no ``IN`` over a list.

    Args:
        statement: with a named ``bindparam`` for each value.
        columns: that an INSERT sets; their names are those of its values.
    """

    def __init__(
        self,
        statement: sa.Select[Any] | sa.Insert | sa.Update,
        columns: Iterable[str] | None = None,
    ) -> None:
        self._statement = statement
        self._columns = None if columns is None else list(columns)
        returned = statement.exported_columns
        self._names = [column.name for column in returned]
        self._compiled: dict[sa.Dialect, Compiled] = {}

    def run(self, connection: sa.Connection, **values: Any) -> Sequence[Any]:
        """Run it within a transaction.

        Args:
            connection: that has begun one.
            values: by name.

        Returns:
            Its rows; empty where it gives none.

        Raises:
            sqlalchemy.exc.DBAPIError: of the kind that SQLAlchemy makes of the driver's error.
        """
        dialect = connection.dialect
        if dialect.name != "sqlite":
            # The way to a server costs more; and Oracle's RETURNING is SQLAlchemy's work.
            result = connection.execute(self._statement, values)
            return result.all() if result.returns_rows else []
        compiled = self._compiled.get(dialect) or self._compile(dialect)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(compiled.text, compiled.arguments(values))
            return cursor.fetchall() if cursor.description else []
        except dialect.loaded_dbapi.Error as exc:
            raise sa.exc.DBAPIError.instance(
                compiled.text, None, exc, dialect.loaded_dbapi.Error, hide_parameters=True
            ) from exc
        finally:
            cursor.close()

    def rows(self, connection: sa.Connection, **values: Any) -> list[NamedRow]:
        """Run it; as ``run``, but with the names of its columns."""
        found = self.run(connection, **values)
        return [NamedRow(dict(zip(self._names, row, strict=True))) for row in found]

    def _compile(self, dialect: sa.Dialect) -> Compiled:
        compiled = Compiled.of(self._statement, dialect, self._columns)
        self._compiled[dialect] = compiled
        return compiled
