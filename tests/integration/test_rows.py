"""Rows of jobs' REF CURSORs: inline, page by page, as files, while they are fetched."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests

from .conftest import needs_embedded
from .procedures import Tally
from .service import Service, eventually

pytestmark = needs_embedded

_MANY = 400_000


def test_rows_of_a_job_are_inline_when_few(service: Service) -> None:
    job = service.finished(service.launch("PKG_ROWS.MANY", {"p_count": 2}))
    rows = job["result"]["P_ROWS"]
    assert rows == {
        "columns": ["ID", "NAME", "ID"],
        "row_count": 2,
        "rows": [[1, "row 1", 1], [2, "row 2", 2]],
        "rows_url": f"/jobs/{job['id']}/rows/P_ROWS",
    }


def test_many_rows_of_a_job_are_read_page_by_page(service: Service) -> None:
    job = service.finished(service.launch("PKG_ROWS.MANY", {"p_count": 12_345}))
    rows = job["result"]["P_ROWS"]
    assert "rows" not in rows
    assert rows["row_count"] == 12_345
    read: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = service.get(rows["rows_url"], params={"limit": 1700, **cursor}).json()
        assert page["columns"] == ["ID", "NAME", "ID"]
        read += page["rows"]
        if "next" not in page:
            break
        cursor = {"cursor": page["next"]}
    assert read == [[n, f"row {n}", n] for n in range(1, 12_346)]
    past = service.get(rows["rows_url"], params={"cursor": "99999"}).json()
    assert past == {"columns": ["ID", "NAME", "ID"], "rows": []}
    assert service.get(f"/jobs/{job['id']}/rows/OTHER").status_code == 404


def test_the_rows_of_a_job_as_a_csv_file(service: Service) -> None:
    job = service.finished(service.launch("PKG_ROWS.ODD"))
    answer = service.get(job["result"]["P_ROWS"]["rows_url"], headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    name = f"PKG_ROWS_ODD_P_ROWS_{job['id'][:8]}.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.content.decode() == (
        "TEXT,NUMBER\r\n"
        'plain,1\r\n"with, comma",-0.5\r\n"with ""quotes""",12345678901234567890.123\r\n'
        '"two\nlines",\r\nñ🐦,0\r\n,7\r\n'
    )


def test_the_rows_of_a_job_as_json_lines(service: Service) -> None:
    job = service.finished(service.launch("PKG_ROWS.MANY", {"p_count": 3000}))
    url = job["result"]["P_ROWS"]["rows_url"]
    answer = service.get(url, headers={"Accept": "application/x-ndjson"})
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == [[n, f"row {n}", n] for n in range(1, 3001)]
    assert service.get(url, headers={"Accept": "image/png"}).status_code == 406


def test_rows_are_read_while_the_job_still_fetches_them(service: Service, tally: Tally) -> None:
    job_id = service.launch("PKG_ROWS.SLOW", {"p_count": 5000, "p_seconds": 6})
    url = f"/jobs/{job_id}/rows/P_ROWS"
    page = eventually(
        lambda: (answer := service.get(url)).status_code == 200 and answer.json()["rows"]
    )
    assert page[0] == [1]
    assert service.job(job_id)["status"] == "running"
    assert service.get(url).json()["next"], "there may be more"
    streamed = service.get(url, headers={"Accept": "text/csv"}).text.splitlines()
    assert streamed == ["ID", *map(str, range(1, 5001))]
    assert service.job(job_id)["status"] == "completed"


def test_a_stream_of_a_job_that_fails_is_cut_off(service: Service) -> None:
    job_id = service.launch("PKG_ROWS.SLOW", {"p_count": 5000, "p_seconds": 30})
    url = f"/jobs/{job_id}/rows/P_ROWS"
    eventually(lambda: service.get(url).status_code == 200)
    with service.get(url, headers={"Accept": "text/csv"}, stream=True) as stream:
        # A connection of its own: the one of the stream is not read to its end.
        service.request("POST", f"/jobs/{job_id}/cancel")
        with pytest.raises(requests.RequestException):
            list(stream.iter_content(65536))
    service.finished(job_id)
    assert service.get(url).status_code == 404


def test_memory_stays_flat_while_many_rows_are_fetched_and_streamed(make_service: Any) -> None:
    service = make_service().start()
    [worker] = service.workers()

    def resident() -> int:
        status = Path(f"/proc/{worker}/status").read_text()
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0])

    warm_up = service.finished(service.launch("PKG_ROWS.MANY", {"p_count": 2000}))
    service.get(warm_up["result"]["P_ROWS"]["rows_url"], headers={"Accept": "text/csv"})
    before = resident()
    job_id = service.launch("PKG_ROWS.MANY", {"p_count": _MANY})
    url = f"/jobs/{job_id}/rows/P_ROWS"
    eventually(lambda: service.get(url, params={"limit": 1}).status_code == 200)
    with service.get(url, headers={"Accept": "text/csv"}, stream=True) as answer:
        assert service.job(job_id)["status"] == "running", "the rows stream while they are fetched"
        # Not iter_lines, which counts a line twice whose CR and LF come in different chunks.
        digest, lines = hashlib.sha256(), 0
        for part in answer.iter_content(65536):
            digest.update(part)
            lines += part.count(b"\n")
    assert lines == _MANY + 1
    assert digest.digest() == _digest_of_many()
    job = service.finished(job_id)
    assert job["result"]["P_ROWS"]["row_count"] == _MANY
    # All the rows at once would be as many lists of three values: 100 MiB and more.
    assert resident() - before < 48 * 1024


def _digest_of_many() -> bytes:
    """Give the SHA-256 of the CSV file that is right."""
    digest = hashlib.sha256(b"ID,NAME,ID\r\n")
    for number in range(1, _MANY + 1):
        digest.update(b"%d,row %d,%d\r\n" % (number, number, number))
    return digest.digest()
