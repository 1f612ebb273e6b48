"""Procedures of timestamps with nine digits, registered beside the others."""

from datetime import datetime, timedelta, timezone
from typing import Any

from oracle_api.embedded.nanotime import fraction_of, with_fraction
from oracle_api.embedded.procedures import Catalog

catalog = Catalog(owner="DWH")

TYPES = {
    "TS": "TIMESTAMP_UNCONSTRAINED",
    "TSTZ": "TIMESTAMP_TZ_UNCONSTRAINED",
    "TSLTZ": "TIMESTAMP_LTZ_UNCONSTRAINED",
    "XML": "XMLTYPE",
}


def _register(name: str, kind: str) -> None:
    @catalog.procedure(f"PKG_NANO.{name}(p_in IN {kind}, p_out OUT {kind}, p_both IN OUT {kind})")
    def copy(call: Any, p_in: Any, p_both: Any) -> dict[str, Any]:
        """Copy one value, leave the other."""
        return {"p_out": p_in, "p_both": p_both}

    @catalog.procedure(f"PKG_NANO.{name}_RESULT(p_in IN {kind}) RETURN {kind}")
    def result(call: Any, p_in: Any) -> Any:
        """Give it back."""
        return p_in


for name, kind in TYPES.items():
    _register(name, kind)


@catalog.procedure("PKG_NANO.SEEN(p_in IN TIMESTAMP WITH TIME ZONE) RETURN VARCHAR2")
def seen(call: Any, p_in: datetime) -> str:
    """Say what arrives within the database."""
    return f"{p_in:%Y-%m-%d %H:%M:%S} {fraction_of(p_in):09d} {p_in:%z}"


@catalog.procedure("PKG_NANO.LATER(p_moment IN OUT TIMESTAMP WITH TIME ZONE) RETURN TIMESTAMP")
def later(call: Any, p_moment: datetime) -> Any:
    """Add a nanosecond on the clock of another zone, and give that clock too."""
    moved = p_moment.astimezone(timezone(timedelta(hours=-3, minutes=-30)))
    moved = with_fraction(moved, fraction_of(moved) + 1)
    return moved.replace(tzinfo=None), {"p_moment": moved}


catalog.type("T_MOMENTS AS OBJECT (ts TIMESTAMP(9), tsltz TIMESTAMP(9) WITH LOCAL TIME ZONE)")


@catalog.procedure(
    "PKG_NANO.ELSEWHERE(p_in IN T_MOMENTS, p_out OUT T_MOMENTS, p_c OUT SYS_REFCURSOR)"
)
def elsewhere(call: Any, p_in: Any) -> dict[str, Any]:
    """Give an object back, and rows with nine digits of a second."""
    row = (with_fraction(datetime(2025, 1, 1), 123_456_789),)
    return {"p_out": p_in, "p_c": call.cursor(columns=[("T", "TIMESTAMP(9)")], rows=[row])}
