"""What becomes of a job's large results: they go to the job store while they are read."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import msgspec

from oracle_api.jobs.lobs import LobStore
from oracle_api.jobs.rows import Chunk, RowStore
from oracle_api.oracle.results import Lob, Readers, Rows

#: Rows that a job's result shows itself; all of them are at its ``rows_url``.
INLINE_ROWS = 1000

#: Characters or bytes of a LOB that a job's result shows itself; larger ones have a ``lob_url``.
INLINE_LOB = 1024 * 1024

encoder = msgspec.json.Encoder(decimal_format="number")


class ResultKeeper:
    """Keeps the REF CURSORs and LOBs of one running job.

    Args:
        job_id: the job.
        owner: who runs it.
        rows: where rows go.
        lobs: where LOBs go.
    """

    def __init__(self, job_id: str, owner: str, rows: RowStore, lobs: LobStore) -> None:
        self._job_id = job_id
        self._owner = owner
        self._rows = rows
        self._lobs = lobs

    @property
    def readers(self) -> Readers:
        """What a call is to read its large results with."""
        return Readers(self._keep_rows, self._keep_lob)

    def _keep_rows(self, label: str, columns: list[str], batches: Iterator[Rows]) -> dict[str, Any]:
        self._rows.open(self._job_id, self._owner, label, columns)
        count = 0
        inline: Rows | None = []
        for batch in batches:
            chunk = Chunk(count, len(batch), encoder.encode(batch))
            self._rows.add(self._job_id, self._owner, label, chunk)
            count += len(batch)
            if inline is not None:
                inline = inline + batch if count <= INLINE_ROWS else None
        result: dict[str, Any] = {"columns": columns, "row_count": count}
        if inline is not None:
            result["rows"] = inline
        result["rows_url"] = self._url("rows", label)
        return result

    def _keep_lob(self, label: str, lob: Lob) -> Any:
        if lob.size <= INLINE_LOB:
            return lob.read()
        size = 0
        for chunk in lob.chunks:
            data = chunk.encode() if lob.is_text else chunk
            self._lobs.add(self._job_id, self._owner, label, size, data)
            size += len(data)
        kind = "text/plain; charset=utf-8" if lob.is_text else "application/octet-stream"
        return {"size": size, "media_type": kind, "lob_url": self._url("lobs", label)}

    def _url(self, what: str, label: str) -> str:
        return f"/jobs/{self._job_id}/{what}/{quote(label, safe='')}"
