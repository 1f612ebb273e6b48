"""Several hosts: what each process does, when a job's id was sent, and one writer at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what is missing: Oracle commits each step by itself, and may have some of them."""
    inspector = sa.inspect(op.get_bind())
    _add(
        inspector,
        "owners",
        sa.Column("role", sa.String(10), nullable=False, server_default="api"),
        sa.Column("name", sa.String(255)),
        sa.Column("slots", sa.Integer, nullable=False, server_default="0"),
    )
    _add(inspector, "jobs", sa.Column("sent_time", sa.BigInteger))
    if not inspector.has_table("store_lock"):
        op.create_table(
            "store_lock", sa.Column("id", sa.Integer, primary_key=True, autoincrement=False)
        )
    lock = sa.table("store_lock", sa.column("id"))
    if op.get_bind().execute(sa.select(lock)).first() is None:
        op.get_bind().execute(lock.insert().values(id=1))


def _add(inspector: sa.Inspector, table: str, *columns: "sa.Column[object]") -> None:
    present = {column["name"] for column in inspector.get_columns(table)}
    for column in columns:
        if column.name not in present:
            op.add_column(table, column)
