"""The other limit: the same work through python-oracledb directly."""

import csv
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from statistics import median

import oracledb

_SUM = "begin SUMA_SIMPLE(a => :a, b => :b, resultado => :resultado); end;"
_ROWS = "begin PKG_BENCH.FILAS(p_count => :count, p_rows => :rows); end;"
# As many as the service takes at once.
FETCH_ROWS = 1000


@contextmanager
def pool(database: Mapping[str, str]) -> Iterator[oracledb.ConnectionPool]:
    """Open a pool of one connection.

    Args:
        database: the variables that lead to it.
    """
    opened = oracledb.create_pool(
        user=database["ORACLE_USER"],
        password=database["ORACLE_PASSWORD"],
        dsn=database["ORACLE_DSN"],
        min=1,
        max=1,
    )
    try:
        yield opened
    finally:
        opened.close(force=True)


def sum_milliseconds(opened: oracledb.ConnectionPool, seconds: float) -> float:
    """Call SUMA_SIMPLE for a while, one call after the other; gives the median of their times."""
    times: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        began = time.perf_counter()
        with opened.acquire() as connection, connection.cursor() as cursor:
            result = cursor.var(oracledb.DB_TYPE_NUMBER)
            cursor.execute(_SUM, a=Decimal("1.5"), b=2, resultado=result)
            assert result.getvalue() == 3.5
            connection.commit()
        times.append(time.perf_counter() - began)
    return median(times) * 1000


def write_csv(opened: oracledb.ConnectionPool, count: int, path: Path) -> float:
    """Fetch the rows of a REF CURSOR into a CSV file; gives the seconds that it took."""
    began = time.perf_counter()
    with opened.acquire() as connection, connection.cursor() as cursor:
        opening = cursor.var(oracledb.DB_TYPE_CURSOR)
        cursor.execute(_ROWS, count=count, rows=opening)
        with closing(opening.getvalue()) as rows, path.open("w", newline="") as file:
            rows.arraysize = FETCH_ROWS
            writer = csv.writer(file)
            writer.writerow([column[0] for column in rows.description])
            while batch := rows.fetchmany(FETCH_ROWS):
                writer.writerows(batch)
        connection.commit()
    return time.perf_counter() - began
