"""Demo procedures; docs/sql/demo_procedures.sql has the same for a real Oracle."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from oracle_api.embedded.call import Call
from oracle_api.embedded.formats import number_text
from oracle_api.embedded.functions import now
from oracle_api.embedded.procedures import Catalog, ProcedureError
from oracle_api.embedded.values import NUMBER_CONTEXT

catalog = Catalog(owner="DWH")
catalog.synonym("PKG_ETL", for_="DWH.PKG_ETL")
catalog.statement(
    "CREATE TABLE TEST_DML (ID NUMBER NOT NULL, DESCRIPCION VARCHAR2(100), FECHA DATE)"
)

_RESULT = Decimal(12500)
_BLOCKS = 20
_DML_ROWS = 100


@catalog.procedure(
    "PKG_ETL.PROCESO_LARGO(vFECHA IN DATE, vRESULTADO OUT NUMBER, vSEGUNDOS IN NUMBER DEFAULT 10)"
)
def proceso_largo(
    call: Call, vfecha: dt.datetime | None, vsegundos: Decimal | None
) -> dict[str, Any]:
    """Work for some seconds in blocks, reporting the progress of each."""
    target = f"{vfecha:%Y-%m-%d}" if vfecha else None
    pause = float(vsegundos or 0) / _BLOCKS
    for block in range(_BLOCKS + 1):
        call.longop("PROCESO_LARGO", block, _BLOCKS, units="bloques", target=target)
        if block < _BLOCKS:
            call.sleep(pause)
    return {"vresultado": _RESULT}


@catalog.procedure("PROC_TEST(p_input IN VARCHAR2, p_output OUT VARCHAR2)")
def proc_test(call: Call, p_input: str | None) -> dict[str, Any]:
    """Return the input with a prefix."""
    del call
    return {"p_output": f"Procesado: {p_input or ''}"}


@catalog.procedure("PROC_TEST_DEMORA(segundos IN NUMBER)")
def proc_test_demora(call: Call, segundos: Decimal | None) -> None:
    """Sleep."""
    call.sleep(segundos or 0)


@catalog.procedure(
    "PROC_TEST_PARAMS("
    "p_number IN NUMBER, p_varchar IN VARCHAR2, p_date IN DATE, p_result OUT VARCHAR2)"
)
def proc_test_params(
    call: Call, p_number: Decimal | None, p_varchar: str | None, p_date: dt.datetime | None
) -> dict[str, Any]:
    """Return all parameters as a text."""
    del call
    number = "" if p_number is None else number_text(p_number)
    date = f"{p_date:%d/%m/%Y}" if p_date else ""
    return {"p_result": f"Number: {number}, String: {p_varchar or ''}, Date: {date}"}


@catalog.procedure("PROC_TEST_CURSOR(p_limit IN NUMBER, p_cursor OUT SYS_REFCURSOR)")
def proc_test_cursor(call: Call, p_limit: Decimal | None) -> dict[str, Any]:
    """Open a cursor with a number of rows."""
    fecha = now().replace(microsecond=0, tzinfo=None)

    def rows() -> Iterator[tuple[int, str, dt.datetime]]:
        for number in range(1, int(p_limit or 0) + 1):
            yield number, f"Item {number}", fecha

    columns = [("ID", "NUMBER"), ("NOMBRE", "VARCHAR2(45)"), ("FECHA", "DATE")]
    return {"p_cursor": call.cursor(columns, rows())}


@catalog.procedure("PROC_TEST_ERROR(p_should_fail IN NUMBER)")
def proc_test_error(call: Call, p_should_fail: Decimal | None) -> None:
    """Fail if asked to."""
    del call
    if p_should_fail == 1:
        raise ProcedureError(20001, "Error intencional de prueba")


@catalog.procedure("PROC_TEST_DML(p_table_name IN VARCHAR2, p_rows_created OUT NUMBER)")
def proc_test_dml(call: Call, p_table_name: str | None) -> dict[str, Any]:
    """Insert rows into a table with the columns ID, DESCRIPCION and FECHA."""
    # What DBMS_ASSERT.SIMPLE_SQL_NAME accepts, without quoted names.
    if not p_table_name or not re.fullmatch(r"[A-Za-z][\w$#]{0,127}", p_table_name.strip()):
        raise ProcedureError(44003, "invalid SQL name")
    statement = (
        f"INSERT INTO {p_table_name.strip()} (ID, DESCRIPCION, FECHA) "  # noqa: S608 - validated
        "VALUES (:id, :descripcion, SYSDATE)"
    )
    created = sum(
        call.execute(statement, {"id": number, "descripcion": f"Registro {number}"})
        for number in range(1, _DML_ROWS + 1)
    )
    return {"p_rows_created": created}


@catalog.procedure("SUMA_SIMPLE(a IN NUMBER, b IN NUMBER, resultado OUT NUMBER)")
def suma_simple(call: Call, a: Decimal | None, b: Decimal | None) -> dict[str, Any]:
    """Add two numbers exactly."""
    del call
    return {"resultado": None if a is None or b is None else NUMBER_CONTEXT.add(a, b)}


@catalog.procedure("FUNC_TEST_FECHA RETURN DATE")
def func_test_fecha(call: Call) -> dt.datetime:
    """Return the time of the database's host."""
    del call
    return now().replace(microsecond=0, tzinfo=None)
