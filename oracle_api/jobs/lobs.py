"""Large CLOBs and BLOBs of jobs, kept in pieces so that none is ever whole in memory."""

from collections.abc import Iterator

import sqlalchemy as sa

from oracle_api.jobs.database import JobDatabase
from oracle_api.jobs.records import insert_held
from oracle_api.jobs.tables import job_lobs


class LobStore:
    """Keeps and gives pieces; they are deleted with their job. A CLOB is kept as UTF-8."""

    def __init__(self, database: JobDatabase) -> None:
        self._database = database

    def add(self, job_id: str, owner: str, label: str, first_byte: int, data: bytes) -> None:
        """Keep a piece of a LOB of a running job.

        Args:
            job_id: the job.
            owner: who runs it.
            label: the parameter's name.
            first_byte: where the piece belongs, from 0.
            data: its bytes.

        Raises:
            Conflict: the job is no longer this owner's.
        """
        values = {"label": label, "first_byte": first_byte, "data": data}
        self._database.write(
            lambda connection: insert_held(connection, job_lobs, job_id, owner, values)
        )

    def read(self, job_id: str, label: str, start: int, stop: int) -> Iterator[bytes]:
        """Give the bytes from ``start`` to before ``stop``, piece by piece."""
        position = start
        while position < stop:
            query = (
                sa.select(job_lobs.c.first_byte, job_lobs.c.data)
                .where(
                    job_lobs.c.job_id == job_id,
                    job_lobs.c.label == label,
                    job_lobs.c.first_byte <= position,
                )
                .order_by(job_lobs.c.first_byte.desc())
                .limit(1)
            )
            with self._database.reading() as connection:
                row = connection.execute(query).one_or_none()
            if row is None:
                return
            piece = row.data[position - row.first_byte : stop - row.first_byte]
            if not piece:
                return
            yield piece
            position += len(piece)
