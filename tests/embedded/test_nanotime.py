"""Nine digits of a second: as values, on the wire, in storage, as text and in blocks."""

from __future__ import annotations

import datetime as dt
import operator

import oracledb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.formats import format_datetime, parse_datetime
from oracle_api.embedded.nanotime import fraction_of, nanosecond_of, rounded, with_fraction
from oracle_api.embedded.storage import from_storage, infer_column, to_storage
from oracle_api.embedded.values import decode_datetime, encode_timestamp, encode_timestamp_tz
from tests.embedded.sample_types import received
from tests.embedded.test_values import offsets

_CLOCK = 'YYYY-MM-DD"T"HH24:MI:SS.FF9'
_FIRST, _LAST = dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1)


def nanotimes(zones: st.SearchStrategy[dt.timezone | None]) -> st.SearchStrategy[dt.datetime]:
    """Moments with nine digits of a second."""
    return st.builds(
        with_fraction,
        st.datetimes(_FIRST, _LAST, timezones=zones),
        st.integers(0, 10**9 - 1) | st.sampled_from([0, 1, 999, 1000, 10**9 - 1]),
    )


naive = nanotimes(st.none())
aware = nanotimes(offsets)
MOMENT = with_fraction(dt.datetime(2025, 12, 10, 14, 30, 15), 123_456_789)
COMPARISONS = (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne)


@given(naive, st.integers(0, 10**9 - 1))
@settings(deadline=None)
def test_values_compare_by_all_digits(value: dt.datetime, fraction: int) -> None:
    other = with_fraction(value, fraction)
    for compare in COMPARISONS:
        assert compare(value, other) == compare(fraction_of(value), fraction)
    assert (value == with_fraction(value, fraction_of(value))) is True
    assert hash(value) == hash(with_fraction(value, fraction_of(value)))
    assert value != "text"


@given(aware)
@settings(deadline=None)
def test_replace_and_astimezone_keep_all_digits(value: dt.datetime) -> None:
    assert fraction_of(value.astimezone(dt.UTC)) == fraction_of(value)
    assert value.astimezone(dt.UTC) == value
    assert fraction_of(value.replace(tzinfo=None, year=2000, day=1)) == fraction_of(value)
    assert fraction_of(value.replace(microsecond=5)) == 5000
    assert fraction_of(value.replace(2000, 1, 1, 0, 0, 0, 7)) == 7000


def test_what_a_datetime_can_hold_is_one() -> None:
    assert type(with_fraction(MOMENT, 123_456_000)) is dt.datetime
    assert nanosecond_of(MOMENT) == 789


@given(naive, aware)
@settings(deadline=None)
def test_wire_and_storage_keep_all_digits(value: dt.datetime, zoned: dt.datetime) -> None:
    assert decode_datetime(encode_timestamp(value)) == value
    assert decode_datetime(encode_timestamp_tz(zoned)) == zoned
    assert from_storage(to_storage(value)) == value
    loaded = from_storage(to_storage(zoned))
    assert (loaded, loaded.utcoffset()) == (zoned, zoned.utcoffset())


@given(naive, naive)
@settings(deadline=None)
def test_stored_values_sort(one: dt.datetime, other: dt.datetime) -> None:
    close = with_fraction(one, fraction_of(other))
    for second in (other, close):
        stored = str(to_storage(one)), str(to_storage(second))
        assert (stored[0] < stored[1]) == (one < second)


def test_the_type_of_nanoseconds_alone_is_a_timestamp() -> None:
    column = infer_column("T", [to_storage(with_fraction(MOMENT, 1))])
    assert column.type.name == "TIMESTAMP"


@given(naive, aware)
@settings(deadline=None)
def test_text_keeps_all_digits(value: dt.datetime, zoned: dt.datetime) -> None:
    assert parse_datetime(format_datetime(value, f"S{_CLOCK}"), f"S{_CLOCK}") == value
    model = _CLOCK + "TZH:TZM"
    read = parse_datetime(format_datetime(zoned, model), model)
    assert (read, read.utcoffset()) == (zoned, zoned.utcoffset())


@pytest.mark.parametrize(
    ("model", "text"),
    [("FF9", "123456789"), ("FF7", "1234567"), ("FF6", "123456"), ("FF1", "1"),
     ("FF", "123456789"), ("SS.FF", "15.123456789"), ("SYYYY", " 2025")],
)  # fmt: skip
def test_elements(model: str, text: str) -> None:
    assert format_datetime(MOMENT, model) == text


@pytest.mark.parametrize(
    ("text", "model", "code"),
    [
        ("-0044-03-15", "SYYYY-MM-DD", 1841),
        ("0000-03-15", "YYYY-MM-DD", 1841),
        ("2025-03-15 -16:00", "YYYY-MM-DD TZH:TZM", 1874),
        ("2025-03-15 99:00", "YYYY-MM-DD TZH:TZM", 1874),
        ("2025-03-15 +02:60", "YYYY-MM-DD TZH:TZM", 1875),
        ("2025-03-15 .1234567890", "YYYY-MM-DD .FF9", 1830),
    ],
)
def test_errors(text: str, model: str, code: int) -> None:
    with pytest.raises(OracleError) as caught:
        parse_datetime(text, model)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("digits", "fraction"),
    [(9, 123_456_789), (8, 123_456_790), (7, 123_456_800), (6, 123_457_000), (0, 0)],
)
def test_rounding(digits: int, fraction: int) -> None:
    assert rounded(MOMENT, digits) == with_fraction(MOMENT, fraction)


def test_rounding_up_a_whole_second() -> None:
    last = with_fraction(dt.datetime(2024, 2, 29, 23, 59, 59), 999_999_999)
    assert rounded(last, 8) == dt.datetime(2024, 3, 1)
    with pytest.raises(OracleError, match="ORA-01841"):
        rounded(last.replace(year=9999, month=12, day=31), 6)


# ---- in blocks

_IN_AND_OUT = f"""
    DECLARE
        v TIMESTAMP(9) := TO_TIMESTAMP(:b, '{_CLOCK}');
        c {{type}};
    BEGIN
        PKG_SCALARS.E_TIMESTAMP9(v, c, v);
        :c := TO_CHAR(c, 'S{_CLOCK}');
        :v := TO_CHAR(v, 'S{_CLOCK}');
    END;"""


@pytest.mark.parametrize(
    ("type_name", "copy"),
    [("TIMESTAMP(9)", "123456789"), ("TIMESTAMP_UNCONSTRAINED", "123456789"),
     ("TIMESTAMP", "123457000"), ("TIMESTAMP(0)", "000000000")],
)  # fmt: skip
def test_a_variable_has_the_digits_of_its_type(
    type_name: str, copy: str, cursor: oracledb.Cursor
) -> None:
    copied, both = cursor.var(str), cursor.var(str)
    block = _IN_AND_OUT.format(type=type_name)
    cursor.execute(block, b="2025-12-10T14:30:15.123456789", c=copied, v=both)
    assert received == {"value": MOMENT, "both": MOMENT}
    assert copied.getvalue() == f" 2025-12-10T14:30:15.{copy}"
    assert both.getvalue() == " 2025-12-10T14:30:15.123456789"
    cursor.execute(block, b=None, c=copied, v=both)
    assert received == {"value": None, "both": None}
    assert (copied.getvalue(), both.getvalue()) == (None, None)


@pytest.mark.parametrize("type_name", ["TIMESTAMP(9) WITH TIME ZONE",
                                       "TIMESTAMP(9) WITH LOCAL TIME ZONE",
                                       "TIMESTAMP_TZ_UNCONSTRAINED"])  # fmt: skip
@pytest.mark.parametrize("offset", ["+02:00", "-03:30", "+00:00"])
def test_an_instant_keeps_its_digits(type_name: str, offset: str, cursor: oracledb.Cursor) -> None:
    zone = dt.datetime.strptime(offset, "%z").tzinfo
    block = f"""
        DECLARE v {type_name} := TO_TIMESTAMP_TZ(:b, '{_CLOCK}TZH:TZM');
        BEGIN :r := TO_CHAR(SYS_EXTRACT_UTC(v), 'S{_CLOCK}'); END;"""
    result = cursor.var(str)
    cursor.execute(block, b=f"2025-12-10T14:30:15.123456789{offset}", r=result)
    utc = MOMENT.replace(tzinfo=zone).astimezone(dt.UTC)
    assert result.getvalue() == format_datetime(utc, f"S{_CLOCK}")
    cursor.execute(block, b=None, r=result)
    assert result.getvalue() is None


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("TIMESTAMP '2025-01-01 00:00:00.000000001'", "01-JAN-25 12.00.00.000000001 AM"),
        ("TO_TIMESTAMP_TZ('2025-01-01 01:02 +05', 'YYYY-MM-DD HH24:MI TZH')",
         "01-JAN-25 01.02.00.000000 AM +05:00"),
    ],
)  # fmt: skip
def test_implicit_text_has_all_digits(expression: str, text: str, cursor: oracledb.Cursor) -> None:
    result = cursor.var(str)
    cursor.execute(f"BEGIN :r := {expression}; END;", r=result)
    assert result.getvalue() == text


def test_sql_has_the_functions_too(cursor: oracledb.Cursor) -> None:
    cursor.execute(
        "SELECT TO_CHAR(SYS_EXTRACT_UTC(TO_TIMESTAMP_TZ(:1, :2)), 'HH24:MI:SS.FF9') FROM DUAL",
        ["2025-12-10T01:00:00.000000001+02:00", _CLOCK + "TZH:TZM"],
    )
    assert cursor.fetchone() == ("23:00:00.000000001",)
    cursor.execute("SELECT TO_TIMESTAMP('10.123456789', 'SS.FF9') FROM DUAL")
    (row,) = cursor.fetchall()
    assert row[0].microsecond == 123456
