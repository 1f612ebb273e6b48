"""Prints the table of docs/metrics.md: ``python -m oracle_api.metrics``."""

import sys

from oracle_api.metrics.catalogue import table

sys.stdout.write(table())
