"""The rows of jobs' REF CURSORs, kept in chunks so that no result is ever whole in memory."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from oracle_api.exceptions import NotFound
from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.records import insert_held
from oracle_api.jobs.tables import job_rows


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some consecutive rows of one REF CURSOR.

    Args:
        first_row: number of the first one, from 0.
        row_count: how many there are.
        rows: a JSON array of rows.
    """

    first_row: int
    row_count: int
    rows: bytes


# Where the columns' names of a REF CURSOR are kept, before its first row.
_HEADER = -1


class RowStore:
    """Keeps and gives chunks; they are deleted with their job."""

    def __init__(self, database: JobDatabase) -> None:
        self._database = database

    def open(self, job_id: str, owner: str, label: str, columns: list[str]) -> None:
        """Begin the rows of a REF CURSOR of a running job.

        Args:
            job_id: the job.
            owner: who runs it.
            label: the parameter's name.
            columns: the columns' names.

        Raises:
            Conflict: the job is no longer this owner's.
        """
        self._insert(job_id, owner, label, Chunk(_HEADER, 0, msgspec.json.encode(columns)))

    def add(self, job_id: str, owner: str, label: str, chunk: Chunk) -> None:
        """Keep a chunk of a running job.

        Args:
            job_id: the job.
            owner: who runs it.
            label: the parameter's name.
            chunk: the rows.

        Raises:
            Conflict: the job is no longer this owner's.
        """
        self._insert(job_id, owner, label, chunk)

    def _insert(self, job_id: str, owner: str, label: str, chunk: Chunk) -> None:
        values = {
            "label": label,
            "first_row": chunk.first_row,
            "row_count": chunk.row_count,
            "rows": chunk.rows,
        }
        self._database.write(
            lambda connection: insert_held(connection, job_rows, job_id, owner, values)
        )

    def columns(self, job_id: str, label: str) -> list[str]:
        """Give the columns' names of a REF CURSOR.

        Raises:
            NotFound: the job has opened none under this label.
        """
        query = sa.select(job_rows.c.rows).where(
            job_rows.c.job_id == job_id,
            job_rows.c.label == label,
            job_rows.c.first_row == _HEADER,
        )
        with self._database.reading() as connection:
            header = connection.execute(query).scalar_one_or_none()
        if header is None:
            raise NotFound(f"Job {job_id} has no rows under {label}.")
        return msgspec.json.decode(header, type=list[str])

    def read(self, job_id: str, label: str, first_row: int) -> Iterator[Chunk]:
        """Give chunks one after the other, from the one that holds ``first_row`` onwards."""
        next_row = first_row
        while True:
            query = (
                sa.select(job_rows.c.first_row, job_rows.c.row_count, job_rows.c.rows)
                .where(
                    job_rows.c.job_id == job_id,
                    job_rows.c.label == label,
                    job_rows.c.first_row <= next_row,
                )
                .order_by(job_rows.c.first_row.desc())
                .limit(1)
            )
            with self._database.reading() as connection:
                row = connection.execute(query).one_or_none()
            if row is None or row.first_row + row.row_count <= next_row:
                return
            yield Chunk(row.first_row, row.row_count, row.rows)
            next_row = row.first_row + row.row_count
