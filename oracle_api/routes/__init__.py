"""Thin blueprints: they parse, make one call, and serialise."""

from oracle_api.routes import docs, health, jobs, lobs, metrics, openapi, page, procedures, rows

BLUEPRINTS = (
    procedures.blueprint,
    jobs.blueprint,
    rows.blueprint,
    lobs.blueprint,
    health.blueprint,
    metrics.blueprint,
    openapi.blueprint,
    docs.blueprint,
    page.blueprint,
)
