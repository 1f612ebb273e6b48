"""Thin blueprints: they parse, make one call, and serialise."""

from oracle_api.routes import health, jobs, lobs, metrics, procedures, rows

BLUEPRINTS = (
    procedures.blueprint,
    jobs.blueprint,
    rows.blueprint,
    lobs.blueprint,
    health.blueprint,
    metrics.blueprint,
)
