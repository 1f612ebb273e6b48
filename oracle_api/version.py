"""The service's version, as pyproject.toml has it."""

VERSION = "1.0.0"
