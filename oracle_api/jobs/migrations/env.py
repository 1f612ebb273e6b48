"""Runs revisions on the connection that :mod:`oracle_api.jobs.schema` gives; Alembic loads it."""

from alembic import context

from oracle_api.jobs.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
