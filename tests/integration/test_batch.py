"""Several calls as one: in one transaction, all or nothing."""

from typing import Any

import oracledb
import pytest

from oracle_api.embedded.server import EmbeddedServer

from .conftest import needs_embedded
from .service import Service

pytestmark = needs_embedded


def rows(embedded: EmbeddedServer, text: str) -> int:
    with (
        oracledb.connect(user="dwh", password="dwh", dsn=embedded.dsn) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT COUNT(*) FROM test_dml WHERE descripcion = :text", text=text)
        [count] = cursor.fetchone()
        return int(count)


def batch(text: str, count: int) -> list[dict[str, Any]]:
    return [{"p_id": number, "p_text": text} for number in range(count)]


def test_a_batch_runs_in_one_transaction(service: Service, embedded: EmbeddedServer) -> None:
    out = service.out("PKG_BATCH.ADD_ROW", batch=batch("one", 5))
    assert out == [{"P_SEEN": number} for number in range(1, 6)]
    assert rows(embedded, "one") == 5


def test_all_or_nothing_and_the_error_names_the_element(
    service: Service, embedded: EmbeddedServer
) -> None:
    elements = [*batch("two", 3), {"p_id": 9, "p_text": "bad"}, *batch("two", 3)]
    answer = service.call("PKG_BATCH.ADD_ROW", batch=elements)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "Element 3 of the batch: row 9 is bad"
    assert answer.json()["code"] == "ORA-20005"
    job = service.finished(service.launch("PKG_BATCH.ADD_ROW", batch=elements))
    assert (job["status"], job["error"]) == ("failed", "Element 3 of the batch: row 9 is bad")
    assert rows(embedded, "two") == 0


def test_a_value_that_does_not_fit_is_refused_before_anything_runs(
    service: Service, embedded: EmbeddedServer
) -> None:
    answer = service.call(
        "PKG_BATCH.ADD_ROW", batch=[*batch("three", 2), {"p_id": "x", "p_text": "three"}]
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/batch/2/p_id"
    assert rows(embedded, "three") == 0


def test_10_000_elements_in_one_job(service: Service, embedded: EmbeddedServer) -> None:
    elements = [{"a": number, "b": 1} for number in range(10_000)]
    job = service.finished(service.launch("SUMA_SIMPLE", batch=elements), 60)
    assert job["status"] == "completed", job
    assert job["result"] == [{"RESULTADO": number + 1} for number in range(10_000)]
    assert job["batch"] == elements
    assert "params" not in job


def test_cursors_of_a_batch_have_rows_of_their_own(service: Service) -> None:
    job = service.finished(
        service.launch("PKG_ROWS.MANY", batch=[{"p_count": 1500}, {"p_count": 2}])
    )
    many, few = (out["P_ROWS"] for out in job["result"])
    assert (many["row_count"], few["row_count"]) == (1500, 2)
    page = service.get(many["rows_url"], params={"cursor": 1499}).json()
    assert page["rows"] == [[1500, "row 1500", 1500]]
    assert service.get(few["rows_url"]).json()["rows"] == few["rows"]


@pytest.mark.parametrize(
    "members",
    [
        {"batch": []},
        {"batch": {}},
        {"batch": [1]},
        {"batch": [[]]},
        {"batch": [{"a": 1}], "params": {"a": 1}},
        {"batch": [{"a b": 1}]},
    ],
)
def test_a_batch_that_is_none_is_refused(service: Service, members: dict[str, Any]) -> None:
    answer = service.request("POST", "/procedure", json={"name": "SUMA_SIMPLE", **members})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"].startswith("/batch")
