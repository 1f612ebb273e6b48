"""SQLAlchemy's dialect for Oracle, with its own statements: tables, reflection, rows, isolation."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from decimal import Decimal

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from oracle_api.embedded.server import EmbeddedServer

metadata = sa.MetaData()
people = sa.Table(
    "people",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("name", sa.String(40), nullable=False),
    sa.Column("team", sa.String(20)),
    sa.Column("score", sa.Integer, nullable=False, server_default="0"),
    sa.Column("flag", sa.SmallInteger),
    sa.Column("rate", sa.Numeric(10, 2)),
    sa.Column("photo", sa.LargeBinary),
    sa.Column("story", sa.Text, comment="in their own words"),
    sa.UniqueConstraint("team", "name", name="people_team"),
    sa.Index("people_score", "score", "id"),
)
pets = sa.Table(
    "pets",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("person", sa.BigInteger, sa.ForeignKey("people.id", ondelete="CASCADE")),
    sa.Column("rows", sa.Integer, sa.CheckConstraint('"rows" > 0', name="pets_rows"), quote=True),
)


@pytest.fixture(scope="module")
def engine(server: EmbeddedServer) -> Iterator[sa.Engine]:
    url = f"oracle+oracledb://dwh:dwh@127.0.0.1:{server.port}/?service_name={server.service}"
    engine = sa.create_engine(url)
    metadata.create_all(engine)
    yield engine
    metadata.drop_all(engine)
    engine.dispose()


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection on empty tables."""
    with engine.connect() as connection:
        connection.execute(people.delete())
        connection.commit()
        yield connection


def add(connection: sa.Connection, *names: str, **values: object) -> list[int]:
    insert = people.insert().returning(people.c.id)
    return [connection.execute(insert, {"name": name, **values}).scalar_one() for name in names]


# ---- tables


def test_tables_are_made_once(engine: sa.Engine) -> None:
    metadata.create_all(engine)
    assert sa.inspect(engine).has_table("people")
    assert not sa.inspect(engine).has_table("nobody")
    with pytest.raises(sa.exc.DatabaseError, match="ORA-00955"):
        people.create(engine)
    with pytest.raises(sa.exc.DatabaseError, match="ORA-00942"), engine.connect() as connection:
        connection.execute(sa.text("SELECT 1 FROM nobody"))


def test_columns_are_reflected(engine: sa.Engine) -> None:
    columns = {each["name"]: each for each in sa.inspect(engine).get_columns("people")}
    assert [each["type"].compile(engine.dialect) for each in columns.values()] == [
        "NUMBER(19, 0)", "VARCHAR(40 CHAR)", "VARCHAR(20 CHAR)", "INTEGER", "INTEGER",
        "NUMBER(10, 2)", "BLOB", "CLOB",
    ]  # fmt: skip
    assert [name for name, each in columns.items() if not each["nullable"]] == [
        "id", "name", "score",
    ]  # fmt: skip
    identity = columns["id"]["identity"]
    assert (identity["always"], identity["start"], identity["increment"]) == (False, 1, 1)
    assert columns["score"]["default"] == "'0'"
    assert columns["story"]["comment"] == "in their own words"


def test_what_keeps_rows_right_is_reflected(engine: sa.Engine) -> None:
    inspector = sa.inspect(engine)
    assert inspector.get_pk_constraint("people")["constrained_columns"] == ["id"]
    (unique,) = inspector.get_unique_constraints("people")
    assert (unique["name"], unique["column_names"]) == ("people_team", ["team", "name"])
    indexes = {each["name"]: each["column_names"] for each in inspector.get_indexes("people")}
    assert indexes == {"people_score": ["score", "id"], "people_team": ["team", "name"]}
    (foreign,) = inspector.get_foreign_keys("pets")
    assert (foreign["constrained_columns"], foreign["referred_table"]) == (["person"], "people")
    assert foreign["options"] == {"ondelete": "CASCADE"}
    (check,) = inspector.get_check_constraints("pets")
    assert (check["name"], check["sqltext"]) == ("pets_rows", '"rows" > 0')


def test_names_are_reflected(engine: sa.Engine) -> None:
    inspector = sa.inspect(engine)
    assert {"people", "pets"} <= set(inspector.get_table_names())
    assert "dwh" in inspector.get_schema_names()
    assert inspector.get_sequence_names()
    reflected = sa.Table("people", sa.MetaData(), autoload_with=engine)
    assert [column.name for column in reflected.c] == [column.name for column in people.c]


def test_a_schema_is_migrated(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        operations.create_table(
            "migrated",
            sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
            sa.Column("name", sa.String(10), nullable=False),
        )
        connection.execute(sa.text("INSERT INTO migrated (name) VALUES ('first')"))
        operations.add_column(
            "migrated", sa.Column("size", sa.Integer, nullable=False, server_default="1")
        )
        operations.alter_column("migrated", "name", new_column_name="title")
        operations.alter_column("migrated", "title", type_=sa.String(50), nullable=True)
        operations.create_unique_constraint("migrated_title", "migrated", ["title"])
        operations.create_index("migrated_size", "migrated", ["size", "id"])
        row = connection.execute(sa.text('SELECT id, title, "SIZE" FROM migrated')).one()
        assert row == (1, "first", 1)
        operations.drop_index("migrated_size", "migrated")
        operations.drop_constraint("migrated_title", "migrated")
        operations.drop_column("migrated", "size")
        columns = sa.inspect(connection).get_columns("migrated")
        assert [(each["name"], each["nullable"]) for each in columns] == [
            ("id", False), ("title", True),
        ]  # fmt: skip
        operations.drop_table("migrated")


# ---- rows


def test_rows_come_back_as_they_were(connection: sa.Connection) -> None:
    values = {
        "name": "Núñez", "team": None, "score": 7, "flag": -1, "rate": Decimal("1234.50"),
        "photo": bytes(range(256)) * 300, "story": "ñ€" * 40000,
    }  # fmt: skip
    (number,) = connection.execute(people.insert().returning(people.c.id), values).one()
    connection.commit()
    found = connection.execute(sa.select(people).where(people.c.id == number)).one()
    assert found._asdict() == {"id": number, **values}
    assert connection.execute(sa.select(people.c.story.is_(None))).scalar_one() == 0


def test_an_empty_text_is_null(connection: sa.Connection) -> None:
    add(connection, "a", team="", story="", photo=b"")
    found = connection.execute(sa.select(people.c.team, people.c.story, people.c.photo)).one()
    assert found == (None, None, None)
    with pytest.raises(sa.exc.IntegrityError, match="ORA-01400"):
        add(connection, "")


def test_many_rows_at_once(connection: sa.Connection) -> None:
    rows = [{"name": f"n{number}", "score": number, "photo": b"p" * number} for number in range(99)]
    connection.execute(people.insert(), rows)
    found = connection.execute(sa.select(people.c.name, people.c.photo).order_by(people.c.score))
    assert [tuple(row) for row in found] == [(row["name"], row["photo"] or None) for row in rows]
    changed = connection.execute(people.update().values(score=0).where(people.c.score >= 90))
    assert changed.rowcount == 9


def test_changed_rows_are_returned(connection: sa.Connection) -> None:
    ids = add(connection, "a", "b", "c", photo=b"old", story="once")
    statement = (
        people.update()
        .where(people.c.id.in_(ids[:2]))
        .values(
            score=people.c.score + 1,
            photo=sa.bindparam("new", type_=sa.LargeBinary),
            story=sa.case((people.c.name == "a", people.c.story)),
        )
        .returning(people.c.id, people.c.score, people.c.photo, people.c.story)
    )
    rows = connection.execute(statement, {"new": b"n" * 50000}).all()
    assert sorted(map(tuple, rows)) == [
        (ids[0], 1, b"n" * 50000, "once"), (ids[1], 1, b"n" * 50000, None),
    ]  # fmt: skip
    assert connection.execute(statement.where(people.c.id == 0), {"new": b""}).all() == []
    deleted = people.delete().where(people.c.id.in_(ids)).returning(people.c.name)
    assert sorted(connection.execute(deleted).scalars()) == ["a", "b", "c"]


def test_keys_are_kept(connection: sa.Connection) -> None:
    (number,) = add(connection, "a", team="t")
    with pytest.raises(sa.exc.IntegrityError, match=r"ORA-00001.*PEOPLE_TEAM"):
        add(connection, "a", team="t")
    with pytest.raises(sa.exc.IntegrityError, match="ORA-02291"):
        connection.execute(pets.insert(), {"id": 1, "person": number + 1, "rows": 1})
    with pytest.raises(sa.exc.IntegrityError, match="ORA-02290"):
        connection.execute(pets.insert(), {"id": 1, "person": number, "rows": 0})


def test_queries(connection: sa.Connection) -> None:
    ids = add(connection, "a", "b", "c", "d", team="x") + add(connection, "e", team="y")
    connection.execute(pets.insert(), [{"id": 1, "person": ids[1], "rows": 3}])
    name, team = people.c.name, people.c.team
    newest = sa.select(people.c.id).order_by(people.c.id.desc()).limit(2)
    statements = {
        "limit within IN": sa.select(name).where(people.c.id.in_(newest)).order_by(name),
        "offset": sa.select(name).order_by(name).limit(2).offset(1),
        "outer join": sa.select(name, pets.c.rows)
        .select_from(people.outerjoin(pets, pets.c.person == people.c.id))
        .where(team == "x").order_by(name).limit(2),
        "exists": sa.select(name).where(sa.exists().where(pets.c.person == people.c.id)),
        "case": sa.select(sa.case((sa.exists().where(pets.c.person == people.c.id), 1), else_=0))
        .select_from(people).order_by(people.c.id).limit(2),
        "union": sa.union_all(
            sa.select(name).where(team == "y"), sa.select(sa.literal("z"))
        ),
        "group of a sub-query": sa.select(
            sa.select((people.c.id // 1000000).label("n"), team).subquery().c.team,
            sa.func.count(),
        ).group_by(sa.text("team")).order_by(sa.text("team")),
        "window": sa.select(name).select_from(ranked := sa.select(
            name, sa.func.row_number().over(partition_by=team, order_by=name.desc()).label("place")
        ).subquery()).with_only_columns(ranked.c.name).where(
            sa.tuple_(ranked.c.name, ranked.c.place).in_([("d", 1), ("d", 2), ("e", 1)])
        ).order_by(ranked.c.name),
        "scalar sub-query": sa.select(
            sa.select(sa.func.count()).select_from(people).scalar_subquery()
            - sa.select(sa.func.count()).select_from(pets).scalar_subquery()
        ),
        "functions": sa.select(
            sa.func.upper(name), sa.func.coalesce(people.c.flag, 5), people.c.score % 3,
            (people.c.score + 7) // 2, name + "!",
        ).where(name == "a"),
        "nothing in": sa.select(name).where(people.c.id.in_([])),
    }  # fmt: skip
    expected = {
        "limit within IN": [("d",), ("e",)],
        "offset": [("b",), ("c",)],
        "outer join": [("a", None), ("b", 3)],
        "exists": [("b",)],
        "case": [(0,), (1,)],
        "union": [("e",), ("z",)],
        "group of a sub-query": [("x", 4), ("y", 1)],
        "window": [("d",), ("e",)],
        "scalar sub-query": [(4,)],
        "functions": [("A", 5, 0, 3, "a!")],
        "nothing in": [],
    }
    found = {
        name: [tuple(row) for row in connection.execute(statement)]
        for name, statement in statements.items()
    }
    assert found == expected


# ---- transactions


def test_nested_transactions(connection: sa.Connection) -> None:
    add(connection, "kept")
    savepoint = connection.begin_nested()
    add(connection, "undone")
    with pytest.raises(sa.exc.IntegrityError):
        add(connection, "")
    savepoint.rollback()
    with connection.begin_nested():
        add(connection, "kept too")
    connection.commit()
    names = connection.execute(sa.select(people.c.name).order_by(people.c.id)).scalars()
    assert list(names) == ["kept", "kept too"]


def test_isolation_levels(engine: sa.Engine, connection: sa.Connection) -> None:
    count = sa.select(sa.func.count()).select_from(people)
    with engine.connect().execution_options(isolation_level="SERIALIZABLE") as snapshot:
        assert snapshot.execute(count).scalar_one() == 0
        add(connection, "new")
        connection.commit()
        assert snapshot.execute(count).scalar_one() == 0
        with pytest.raises(sa.exc.DatabaseError, match="ORA-08177"):
            add(snapshot, "late")
        snapshot.rollback()
        assert snapshot.execute(count).scalar_one() == 1
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as immediate:
        add(immediate, "at once")
        assert connection.execute(count).scalar_one() == 2
    with engine.connect() as plain:
        assert plain.execute(count).scalar_one() == 2
        add(connection, "later")
        connection.commit()
        assert plain.execute(count).scalar_one() == 3


def test_writers_take_turns(engine: sa.Engine, connection: sa.Connection) -> None:
    (number,) = add(connection, "counter")
    connection.commit()
    one = sa.select(people.c.score).where(people.c.id == number)

    def count_up() -> None:
        for _ in range(5):
            with engine.begin() as own:
                score = own.execute(one.with_for_update()).scalar_one()
                own.execute(people.update().values(score=score + 1))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert connection.execute(one).scalar_one() == 20
    connection.execute(one.with_for_update())
    with engine.connect() as other, pytest.raises(sa.exc.DatabaseError, match="ORA-00054"):
        other.execute(one.with_for_update(nowait=True))
    with engine.connect() as other:
        assert other.execute(one.with_for_update(skip_locked=True)).all() == []
