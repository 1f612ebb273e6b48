"""Statements that the driver runs alone behave as SQLAlchemy's own."""

import pytest
import sqlalchemy as sa

from oracle_api.exceptions import StoreRefused
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.prepared import Prepared
from oracle_api.jobs.tables import owners

PUT = Prepared(owners.insert().returning(owners.c.token), ("token", "beat"))
GET = Prepared(
    sa.select(owners.c.token, owners.c.beat).where(owners.c.beat >= sa.bindparam("least"))
)
BEAT = Prepared(
    owners.update()
    .where(owners.c.token == sa.bindparam("whose"))
    .values(beat=owners.c.beat + sa.bindparam("more"))
)


def test_values_go_in_by_name_and_rows_come_out(database: JobDatabase) -> None:
    def operation(connection: sa.Connection) -> None:
        assert list(PUT.run(connection, token="a'b", beat=1)) == [("a'b",)]
        PUT.run(connection, beat=5, token="c")
        assert list(BEAT.run(connection, whose="c", more=2)) == []
        (row,) = GET.rows(connection, least=2)
        assert (row.token, row.beat) == ("c", 7)
        with pytest.raises(AttributeError, match="other"):
            _ = row.other

    database.write(operation)


def test_what_the_database_refuses_is_an_error_of_sqlalchemy(database: JobDatabase) -> None:
    def operation(connection: sa.Connection) -> None:
        PUT.run(connection, token="secret", beat=1)
        with pytest.raises(sa.exc.IntegrityError) as caught:
            PUT.run(connection, token="secret", beat=1)
        # What PostgreSQL's driver adds is not logged, see the writer's tests.
        assert "secret" not in str(caught.value).replace("Key (token)=(secret)", "")
        raise sa.exc.InvalidRequestError

    with pytest.raises(StoreRefused):
        database.write(operation)
