"""Revisions of the job store's schema, for Alembic."""
