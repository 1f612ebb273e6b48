"""Bodies and answers of the demo procedures, which stand in the document as examples."""

from typing import Any

JOB_ID = "a3f5e8d9c2b4a1e7f6d8c9b2a1e7f6d8"

Example = dict[str, Any]


def _example(summary: str, value: Any) -> Example:
    return {"summary": summary, "value": value}


SHORT_CALL = _example("A sum", {"name": "SUMA_SIMPLE", "params": {"a": 1.5, "b": 2}})
LIST_CALL = _example(
    "Parameters as a list",
    {
        "name": "PROC_TEST",
        "params": [
            {"name": "p_input", "value": "hola"},
            {"name": "p_output", "direction": "OUT", "type": "string"},
        ],
    },
)
BATCH_CALL = _example(
    "Several calls in one transaction",
    {"name": "SUMA_SIMPLE", "batch": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]},
)
CURSOR_CALL = _example("A REF CURSOR", {"name": "PROC_TEST_CURSOR", "params": {"p_limit": 2}})
LONG_CALL = _example(
    "A long load",
    {
        "name": "PKG_ETL.PROCESO_LARGO",
        "params": {"vFECHA": "2025-12-10", "vSEGUNDOS": 3},
    },
)

CALLS = {"sum": SHORT_CALL, "list": LIST_CALL, "batch": BATCH_CALL, "cursor": CURSOR_CALL}
SUBMISSIONS = {"load": LONG_CALL, "cursor": CURSOR_CALL}

CALL_ANSWERS = {
    "sum": _example("A sum", {"status": "ok", "out": {"RESULTADO": 3.5}}),
    "batch": _example(
        "Several calls in one transaction",
        {"status": "ok", "out": [{"RESULTADO": 3}, {"RESULTADO": 7}]},
    ),
    "cursor": _example(
        "A REF CURSOR",
        {
            "status": "ok",
            "out": {
                "P_CURSOR": {
                    "columns": ["ID", "NOMBRE", "FECHA"],
                    "rows": [
                        [1, "Item 1", "2025-12-10T14:30:00"],
                        [2, "Item 2", "2025-12-10T14:30:00"],
                    ],
                }
            },
        },
    ),
}

ACCEPTED = {
    "load": _example(
        "A long load",
        {
            "status": "accepted",
            "job_id": JOB_ID,
            "message": "The procedure runs in the background.",
            "check_status_url": f"/jobs/{JOB_ID}",
        },
    )
}

_JOB = {
    "id": JOB_ID,
    "procedure_name": "PKG_ETL.PROCESO_LARGO",
    "start_time": "2025-12-10T14:30:00Z",
    "submitted_by": "default",
    "params": LONG_CALL["value"]["params"],
    "run_start_time": "2025-12-10T14:30:00.02Z",
}
RUNNING_JOB = _example(
    "It runs",
    {
        **_JOB,
        "status": "running",
        "progress": 62,
        "work": {
            "sofar": 2,
            "totalwork": 5,
            "units": "bloques",
            "message": "Carga: bloque 2 de 5",
            "elapsed_seconds": 2,
            "remaining_seconds": 3,
        },
    },
)
COMPLETED_JOB = _example(
    "It is done",
    {
        **_JOB,
        "status": "completed",
        "progress": 100,
        "end_time": "2025-12-10T14:30:05Z",
        "duration": "5s",
        "result": {"VRESULTADO": 12500},
    },
)
FAILED_JOB = _example(
    "The procedure raised an error",
    {
        **_JOB,
        "status": "failed",
        "progress": 100,
        "end_time": "2025-12-10T14:30:05Z",
        "duration": "5s",
        "error": "ORA-20001: Error intencional de prueba",
        "error_code": "ORA-20001",
    },
)
CANCELLING_JOB = _example(
    "It is being broken off", {**RUNNING_JOB["value"], "cancel_requested": True}
)

JOBS = {"running": RUNNING_JOB, "completed": COMPLETED_JOB, "failed": FAILED_JOB}
CANCELLED_JOBS = {"running": CANCELLING_JOB}
JOB_PAGE = {
    "one": _example(
        "One job of two",
        {
            "total": 2,
            "jobs": [
                {name: value for name, value in COMPLETED_JOB["value"].items() if name != "params"}
            ],
            "next": "41",
        },
    )
}
SUMMARIES = {
    "two hours": _example(
        "Two hours",
        {
            "since": "2025-12-10T13:00:00Z",
            "until": "2025-12-10T14:30:07Z",
            "active": {"pending": 3, "running": 2},
            "hours": [
                {"start": "2025-12-10T13:00:00Z", "completed": 0, "failed": 0, "cancelled": 0},
                {"start": "2025-12-10T14:00:00Z", "completed": 11, "failed": 1, "cancelled": 0},
            ],
            "procedures": [
                {
                    "procedure_name": "PKG_ETL.PROCESO_LARGO",
                    "jobs": 12,
                    "failed": 1,
                    "shortest_seconds": 0.5,
                    "median_seconds": 2.0,
                    "p95_seconds": 9.1,
                    "longest_seconds": 10.2,
                }
            ],
        },
    )
}
