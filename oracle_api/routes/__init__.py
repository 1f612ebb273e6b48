"""Thin blueprints: they parse, make one call, and serialise."""

from oracle_api.routes import health, jobs, procedures, rows

BLUEPRINTS = (procedures.blueprint, jobs.blueprint, rows.blueprint, health.blueprint)
