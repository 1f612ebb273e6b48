"""The procedures of the type cases: each swaps, so that each direction is seen by itself."""

from typing import Any

from oracle_api.embedded.procedures import Catalog

from .procedures import catalog as other_catalog
from .type_cases import CASES, TypeCase

catalog = Catalog(owner="DWH")
# The row of CLIENTES is a type of one of the cases.
catalog.types.include(other_catalog.types)


def _swap(call: Any, p_in: Any, p_both: Any) -> dict[str, Any]:
    return {"p_out": p_both, "p_both": p_in}


def _register(case: TypeCase) -> None:
    for declaration in case.declarations:
        catalog.type(declaration)
    catalog.procedure(case.signature)(_swap)


for case in CASES:
    _register(case)


@catalog.procedure("PKG_TYPES.REF_CURSOR_(p_rows IN NUMBER, p_out OUT SYS_REFCURSOR)")
def ref_cursor(call: Any, p_rows: Any) -> dict[str, Any]:
    """Open a cursor over so many rows; leave it closed where that is NULL."""
    if p_rows is None:
        return {"p_out": None}
    rows = ((number, f"row {number}") for number in range(1, int(p_rows) + 1))
    return {"p_out": call.cursor([("ID", "NUMBER"), ("NAME", "VARCHAR2(40)")], rows)}


# What is behind a database link, the data dictionary does not show: there `type` counts.
catalog.synonym("PKG_REMOTE", for_="DWH.PKG_TYPES@LOOPBACK", owner="DWH")
