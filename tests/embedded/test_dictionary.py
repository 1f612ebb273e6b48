"""The data dictionary and V$ views."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import oracledb
import pytest

from oracle_api.embedded.call import Call
from oracle_api.embedded.procedures import Catalog
from oracle_api.embedded.server import EmbeddedServer


def test_arguments_of_every_kind(cursor: oracledb.Cursor) -> None:
    cursor.execute(
        "SELECT data_type, pls_type, in_out FROM all_arguments WHERE owner = :1 "
        "AND object_name IN (:2, :3, :4, :5, :6, :7) AND position = 1 AND package_name IS NULL "
        "ORDER BY object_name",
        ["DWH", "ECHO_BOOLEAN", "ECHO_CLOB", "ECHO_INTEGER", "ECHO_TIMESTAMP_TZ", "ALL_TYPES",
         "ECHO_DOUBLE"],
    )  # fmt: skip
    assert cursor.fetchall() == [
        ("REF CURSOR", None, "OUT"),
        ("PL/SQL BOOLEAN", "BOOLEAN", "IN"),
        ("CLOB", "CLOB", "IN"),
        ("BINARY_DOUBLE", "BINARY_DOUBLE", "IN"),
        ("BINARY_INTEGER", "PLS_INTEGER", "IN"),
        ("TIMESTAMP WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE", "IN"),
    ]


def test_function_result_and_in_out(cursor: oracledb.Cursor) -> None:
    query = (
        "SELECT argument_name, position, sequence, data_type, in_out, overload FROM all_arguments "
        "WHERE owner = 'DWH' AND package_name = 'PKG_SAMPLE' AND object_name = :name "
        "ORDER BY overload, sequence"
    )
    cursor.execute(query, name="WITH_OUT")
    assert cursor.fetchall() == [
        (None, 0, 1, "NUMBER", "OUT", None),
        ("N", 1, 2, "NUMBER", "IN", None),
        ("TWICE", 2, 3, "NUMBER", "OUT", None),
    ]
    cursor.execute(query, name="OVERLOADED")
    overloads = [(row[0], row[5]) for row in cursor.fetchall()]
    assert overloads == [
        (None, "1"), ("N", "1"), (None, "2"), ("S", "2"), (None, "3"), ("N", "3"), ("M", "3"),
    ]  # fmt: skip
    cursor.execute("SELECT in_out FROM all_arguments WHERE object_name = 'ECHO_RAW' "
                   "AND argument_name = 'BOTH'")  # fmt: skip
    assert cursor.fetchall() == [("IN/OUT",)]


def test_procedures_without_parameters(cursor: oracledb.Cursor) -> None:
    cursor.execute(
        "SELECT p.object_name, p.procedure_name, p.object_type, p.subprogram_id, a.position "
        "FROM all_procedures p LEFT JOIN all_arguments a ON a.object_id = p.object_id "
        "AND a.subprogram_id = p.subprogram_id WHERE p.owner = :owner AND p.object_name = :name",
        owner="DWH", name="NOTHING",
    )  # fmt: skip
    assert cursor.fetchall() == [("NOTHING", None, "PROCEDURE", 1, None)]
    cursor.execute("SELECT object_type, procedure_name FROM all_procedures "
                   "WHERE object_name = 'PKG_ETL' ORDER BY subprogram_id")  # fmt: skip
    assert cursor.fetchall() == [("PACKAGE", None), ("PACKAGE", "PROCESO_LARGO")]


def test_objects_and_synonyms(cursor: oracledb.Cursor) -> None:
    cursor.execute("SELECT owner, object_type, status, last_ddl_time, object_id FROM all_objects "
                   "WHERE object_name = 'PKG_ETL' AND object_type IN ('PACKAGE', 'SYNONYM') "
                   "ORDER BY object_type")  # fmt: skip
    rows = cursor.fetchall()
    assert [row[:3] for row in rows] == [
        ("DWH", "PACKAGE", "VALID"), ("PUBLIC", "SYNONYM", "VALID"),
    ]  # fmt: skip
    assert isinstance(rows[0][3], dt.datetime)
    cursor.execute("SELECT table_owner, table_name, db_link FROM all_synonyms "
                   "WHERE owner = 'PUBLIC' AND synonym_name = :1", ["DEMO_SYNONYM"])  # fmt: skip
    assert cursor.fetchall() == [("DWH", "PKG_SAMPLE", None)]


def test_procedures_registered_later_are_seen() -> None:
    catalog = Catalog(owner="DWH")
    with (
        EmbeddedServer(catalog=catalog) as server,
        oracledb.connect(user="dwh", password="dwh", dsn=server.dsn) as connection,
    ):
        cursor = connection.cursor()
        count = "SELECT COUNT(*) FROM all_procedures WHERE owner = 'DWH'"
        assert cursor.execute(count).fetchone() == (0,)

        @catalog.procedure("LATE")
        def late(call: Call) -> None:
            call.check()

        assert cursor.execute(count).fetchone() == (1,)
        cursor.callproc("LATE")


def test_long_operations(
    local: oracledb.Connection, embedded: EmbeddedServer, wait_until: Callable[..., None]
) -> None:
    query = ("SELECT sofar, totalwork, units, message, time_remaining, elapsed_seconds, start_time "
             "FROM v$session_longops WHERE sid = :1 AND serial# = :2 AND opname = :3 "
             "AND sofar < totalwork")  # fmt: skip
    key = [local.session_id, local.serial_num, "PROCESO_LARGO"]
    worker = local.cursor()
    result = worker.var(int)
    arguments = [dt.datetime(2025, 12, 10), result, 0.4]
    thread = threading.Thread(target=worker.callproc, args=["PKG_ETL.PROCESO_LARGO", arguments])
    with oracledb.connect(user="dwh", password="dwh", dsn=embedded.dsn) as other:
        cursor = other.cursor()
        seen = []

        def half_done() -> bool:
            rows = cursor.execute(query, key).fetchall()
            seen.extend(rows)
            return bool(rows) and rows[0][0] >= 5

        thread.start()
        wait_until(half_done)
        cursor.execute("SELECT status FROM v$session WHERE sid = :1", [local.session_id])
        assert cursor.fetchone() == ("ACTIVE",)
        thread.join()
        cursor.execute(query.replace("<", ">="), key)
        assert [row[:2] for row in cursor] == [(20, 20)]
    progress = [row[0] for row in seen]
    assert progress == sorted(progress)
    assert seen[-1][3] == f"PROCESO_LARGO: 2025-12-10: {progress[-1]} out of 20 bloques done"
    assert isinstance(seen[-1][6], dt.datetime)


def test_session_attributes_from_the_driver(local: oracledb.Connection) -> None:
    cursor = local.cursor()
    query = ("SELECT username, module, action, client_identifier, client_info FROM v$session "
             "WHERE sid = :1 AND serial# = :2")  # fmt: skip
    key = [local.session_id, local.serial_num]
    local.module, local.action = "a module", "an action"
    local.client_identifier, local.clientinfo = "job 7", "info"
    for _ in range(3):
        cursor.execute(query, key)
        assert cursor.fetchall() == [("DWH", "a module", "an action", "job 7", "info")]
    local.client_identifier = ""
    local.action = "another"
    cursor.execute(query, key)
    assert cursor.fetchall() == [("DWH", "a module", "another", None, "info")]
    local.client_identifier, local.module, local.clientinfo = "", "", ""
    local.action = "only"
    cursor.execute(query, key)
    assert cursor.fetchall() == [("DWH", None, "only", None, None)]


def test_views_are_right_after_a_rollback(local: oracledb.Connection) -> None:
    cursor = local.cursor()
    cursor.execute("INSERT INTO sample (id, name) VALUES (90, 'x')")
    assert cursor.execute("SELECT 1 FROM DUAL").fetchone() == (1,)
    local.rollback()
    assert cursor.execute("SELECT 1 FROM DUAL").fetchone() == (1,)


@pytest.mark.parametrize("name", ["sys.v_$session", "V$SESSION", "sys.v$session"])
def test_names_of_views(name: str, cursor: oracledb.Cursor) -> None:
    cursor.execute(f"SELECT COUNT(*) FROM {name}")
    assert cursor.fetchone()[0] >= 1
