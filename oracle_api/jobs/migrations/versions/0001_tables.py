"""The tables of the first version, and those of a store that was made before revisions."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

metadata = sa.MetaData()

# SQLite numbers rows by itself only where the key's type is exactly INTEGER.
_Sequence = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _nulls_differ(*_ddl: Any, dialect: sa.Dialect, **_context: Any) -> bool:
    """Tell whether two keys that are partly null are never the same to a database."""
    return dialect.name != "oracle"


jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("seq", _Sequence, sa.Identity(oracle_order=True), primary_key=True),
    sa.Column("id", sa.String(32), nullable=False, unique=True),
    sa.Column("status", sa.String(10), nullable=False),
    sa.Column("procedure_name", sa.String(400), nullable=False),
    sa.Column("request", sa.LargeBinary, nullable=False),
    sa.Column("request_hash", sa.LargeBinary(32), nullable=False),
    sa.Column("submitted_by", sa.String(100), nullable=False),
    sa.Column("request_id", sa.String(128), nullable=False),
    sa.Column("idempotency_key", sa.String(255)),
    # Microseconds since 1970 UTC: exact, comparable, and the same in every database.
    sa.Column("start_time", sa.BigInteger, nullable=False),
    sa.Column("run_start_time", sa.BigInteger),
    sa.Column("end_time", sa.BigInteger),
    sa.Column("progress", sa.SmallInteger, nullable=False),
    sa.Column("work", sa.LargeBinary),
    sa.Column("result", sa.LargeBinary),
    # Members of the job beside its result, such as the lines of DBMS_OUTPUT.
    sa.Column("extras", sa.LargeBinary),
    sa.Column("result_size", sa.Integer, nullable=False, server_default="0"),
    sa.Column("error", sa.Text),
    sa.Column("error_code", sa.String(40)),
    sa.Column("cancel_requested", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("owner", sa.String(32)),
    # The Oracle session that its call runs in, or ran in.
    sa.Column("session_id", sa.Integer),
    sa.Column("serial_num", sa.Integer),
    sa.Column("instance", sa.String(64)),
    sa.Column("traceparent", sa.String(55)),
    sa.Column("version", sa.Integer, nullable=False),
    sa.UniqueConstraint("submitted_by", "idempotency_key").ddl_if(callable_=_nulls_differ),
    sa.Index("jobs_by_status", "status", "seq"),
    sa.Index("jobs_by_end", "end_time"),
    sa.Index("jobs_by_client", "submitted_by", "status", "seq"),
    # A deleted job's number is not given again: a list's cursor stays true.
    sqlite_autoincrement=True,
)

# In Oracle they are the same if what is not null is: a job without a key must be null in both.
sa.Index(
    "jobs_by_key",
    jobs.c.idempotency_key,
    sa.case((jobs.c.idempotency_key.is_not(None), jobs.c.submitted_by)),
    unique=True,
).ddl_if(dialect="oracle")

job_rows = sa.Table(
    "job_rows",
    metadata,
    sa.Column("job_id", sa.String(32), primary_key=True),
    sa.Column("label", sa.String(400), primary_key=True),
    sa.Column("first_row", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("row_count", sa.Integer, nullable=False),
    # A reserved word in Oracle.
    sa.Column("rows", sa.LargeBinary, nullable=False, quote=True),
)

job_lobs = sa.Table(
    "job_lobs",
    metadata,
    sa.Column("job_id", sa.String(32), primary_key=True),
    sa.Column("label", sa.String(400), primary_key=True),
    sa.Column("first_byte", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("data", sa.LargeBinary, nullable=False),
)

job_callbacks = sa.Table(
    "job_callbacks",
    metadata,
    sa.Column("job_id", sa.String(32), primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    # Attempts that were begun; one that died with its process counts.
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("last_status", sa.Integer),
    sa.Column("last_error", sa.Text),
    sa.Column("next_attempt", sa.BigInteger),
    sa.Column("owner", sa.String(32)),
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
    sa.Index("job_callbacks_by_time", "state", "next_attempt"),
)

owners = sa.Table(
    "owners",
    metadata,
    sa.Column("token", sa.String(32), primary_key=True),
    sa.Column("beat", sa.BigInteger, nullable=False),
)


def upgrade() -> None:
    """Create the tables that are not there."""
    metadata.create_all(op.get_bind())
