"""Nine digits of a second there and back, and other values that a variable of the block passes."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import needs_embedded
from .service import Service
from .timestamp_procedures import TYPES

pytestmark = needs_embedded


def _all_ways(service: Service, name: str, value: Any) -> list[Any]:
    """Pass a value as an IN and as an IN OUT parameter, and get it in every way."""
    out = service.out(f"PKG_NANO.{name}", {"p_in": value, "p_both": value})
    returned = service.out(f"PKG_NANO.{name}_RESULT", {"p_in": value})
    return [out["P_OUT"], out["p_both"], returned["return_value"]]


@pytest.mark.parametrize(
    ("name", "given_", "expected"),
    [
        ("TS", "2025-12-10T14:30:15.123456789", "2025-12-10T14:30:15.123456789"),
        ("TS", "2025-12-10T14:30:15.123456789+05:00", "2025-12-10T14:30:15.123456789"),
        ("TS", "2025-12-10T14:30:15.1234567", "2025-12-10T14:30:15.1234567"),
        ("TS", "2025-12-10T14:30:15.5", "2025-12-10T14:30:15.500000"),
        ("TS", "2025-12-10T14:30:15.000000001", "2025-12-10T14:30:15.000000001"),
        ("TS", "10/12/2025", "2025-12-10T00:00:00"),
        ("TS", "0001-01-01", "0001-01-01T00:00:00"),
        ("TS", "9999-12-31T23:59:59.999999999", "9999-12-31T23:59:59.999999999"),
        ("TSTZ", "2025-12-10T14:30:15.123456789+02:00", "2025-12-10T12:30:15.123456789Z"),
        ("TSTZ", "2025-12-10T14:30:15.12345678", "2025-12-10T14:30:15.12345678Z"),
        ("TSTZ", "2025-12-10T14:30:15-23:59", "2025-12-11T14:29:15Z"),
        ("TSLTZ", "2025-12-10T14:30:15.123456789-03:30", "2025-12-10T18:00:15.123456789Z"),
        ("TSLTZ", "2025-12-10", "2025-12-10T00:00:00Z"),
        ("XML", "<a>ñ</a>", "<a>ñ</a>"),
        ("XML", "<a>" + "x" * 40_000 + "</a>", "<a>" + "x" * 40_000 + "</a>"),
    ],
)
def test_a_value_in_every_way(service: Service, name: str, given_: str, expected: str) -> None:
    assert _all_ways(service, name, given_) == [expected] * 3


@pytest.mark.parametrize("name", TYPES)
def test_null_in_every_way(service: Service, name: str) -> None:
    assert _all_ways(service, name, None) == [None] * 3


def _fraction(nanoseconds: int) -> str:
    """Write a fraction as answers do: none, six digits, or as many as there are."""
    if nanoseconds == 0:
        return ""
    digits = f"{nanoseconds:09d}"
    return f".{digits[:6]}{digits[6:].rstrip('0')}"


@given(
    st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1)),
    st.integers(0, 10**9 - 1) | st.sampled_from([0, 1, 1000, 500_000_000, 10**9 - 1]),
    st.integers(-23 * 60 - 59, 23 * 60 + 59),
)
@settings(max_examples=30, deadline=None)
def test_every_moment_in_every_way(
    service: Service, day: datetime, nanoseconds: int, offset: int
) -> None:
    clock = day.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset)))
    local, zone = clock.isoformat()[:19], clock.isoformat()[19:]
    utc = clock.astimezone(UTC).isoformat()[:19]
    written = f"{local}.{nanoseconds:09d}{zone}"
    assert _all_ways(service, "TS", written) == [f"{local}{_fraction(nanoseconds)}"] * 3
    for name in ("TSTZ", "TSLTZ"):
        assert _all_ways(service, name, written) == [f"{utc}{_fraction(nanoseconds)}Z"] * 3


@pytest.mark.parametrize(
    ("text", "arrived"),
    [
        ("2025-12-10T14:30:15.123456789+02:00", "2025-12-10 14:30:15 123456789 +0200"),
        ("2025-12-10T14:30:15.5", "2025-12-10 14:30:15 500000000 +0000"),
        ("2025-12-10T14:30:15+23:00", "2025-12-09 15:30:15 000000000 +0000"),
    ],
)
def test_the_clients_own_offset_arrives(service: Service, text: str, arrived: str) -> None:
    assert service.out("PKG_NANO.SEEN", {"p_in": text}) == {"return_value": arrived}


def test_a_procedures_own_nanoseconds_come_out(service: Service) -> None:
    out = service.out("PKG_NANO.LATER", {"p_moment": "2025-12-10T14:30:15.000000999Z"})
    assert out == {
        "return_value": "2025-12-10T11:00:15.000001",
        "p_moment": "2025-12-10T14:30:15.000001Z",
    }
    out = service.out("PKG_NANO.LATER", {"p_moment": "2025-12-10T14:30:15.123456788Z"})
    assert out["p_moment"] == "2025-12-10T14:30:15.123456789Z"


def test_a_job_and_a_batch_keep_them_too(service: Service) -> None:
    moment = "2025-12-10T14:30:15.123456789Z"
    params = {"p_in": moment, "p_both": None}
    job = service.finished(service.launch("PKG_NANO.TSTZ", params))
    assert job["params"] == params
    assert job["result"] == {"P_OUT": moment, "p_both": None}
    batch = [params, {"p_in": None, "p_both": moment}]
    assert service.out("PKG_NANO.TSTZ", batch=batch) == [
        {"P_OUT": moment, "p_both": None},
        {"P_OUT": None, "p_both": moment},
    ]


def test_objects_and_rows_keep_six_digits(service: Service) -> None:
    moment = "2025-12-10T14:30:15.123456789"
    out = service.out("PKG_NANO.ELSEWHERE", {"p_in": {"TS": moment, "TSLTZ": moment + "+02:00"}})
    assert out["P_OUT"] == {"TS": moment[:-3], "TSLTZ": "2025-12-10T12:30:15.123456Z"}
    assert out["P_C"]["rows"] == [["2025-01-01T00:00:00.123456"]]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TS", "2025-12-10T14:30:15.1234567891"),
        ("TS", 20251210),
        ("TSTZ", "0001-01-01T00:00:00+01:00"),
        ("TSLTZ", "9999-12-31T23:59:59-01:00"),
        ("XML", []),
    ],
)
def test_a_value_that_does_not_fit_is_refused(service: Service, name: str, value: Any) -> None:
    answer = service.call(f"PKG_NANO.{name}", {"p_in": None, "p_both": value})
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["pointer"] == "/params/p_both"
