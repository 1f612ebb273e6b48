"""Procedures that only benchmarks call, registered beside the demo ones."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from oracle_api.embedded.procedures import Catalog

catalog = Catalog(owner="DWH")

_DAY_ONE = datetime(2025, 1, 1)
_COLUMNS = [
    ("ID", "NUMBER"),
    ("CLIENTE", "NUMBER"),
    ("NOMBRE", "VARCHAR2(40)"),
    ("CIUDAD", "VARCHAR2(40)"),
    ("FECHA", "DATE"),
    ("IMPORTE", "NUMBER"),
    ("CANTIDAD", "NUMBER"),
    ("ESTADO", "VARCHAR2(10)"),
]


@catalog.procedure("PKG_BENCH.NOOP")
def noop(call: Any) -> None:
    """Do nothing."""


@catalog.procedure("PKG_BENCH.STARTED(p_moment OUT NUMBER)")
def started(call: Any) -> dict[str, int]:
    """Give the nanoseconds of the machine's monotonic clock, which all its processes share."""
    return {"p_moment": time.monotonic_ns()}


@catalog.procedure("PKG_BENCH.FILAS(p_count IN NUMBER, p_rows OUT SYS_REFCURSOR)")
def filas(call: Any, p_count: Decimal) -> dict[str, Any]:
    """Open a cursor over so many rows of eight columns."""

    def rows() -> Iterator[tuple[Any, ...]]:
        for number in range(1, int(p_count) + 1):
            yield (
                number,
                number % 9973,
                f"Cliente {number % 9973}",
                "Montevideo",
                _DAY_ONE + timedelta(minutes=number % 500_000),
                Decimal(number % 100_000) / 100,
                number % 12,
                "ACTIVO",
            )

    return {"p_rows": call.cursor(_COLUMNS, rows())}
