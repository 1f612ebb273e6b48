"""Encodings: against our own decoders and, through round trips, against the driver's."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import oracledb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle_api.embedded.errors import OracleError, ProtocolError
from oracle_api.embedded.storage import from_storage, to_storage
from oracle_api.embedded.values import (
    decode_datetime,
    decode_float,
    decode_interval,
    decode_number,
    encode_date,
    encode_float,
    encode_interval,
    encode_number,
    encode_timestamp,
    encode_timestamp_tz,
)
from oracle_api.embedded.wire import Reader, Writer

driver_settings = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
numbers = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent),
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.integers(-80, 60),
)
datetimes = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59))
offsets = st.integers(-14 * 60, 14 * 60).map(
    lambda minutes: dt.timezone(dt.timedelta(minutes=minutes))
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


@pytest.mark.parametrize(
    ("value", "encoded"),
    [("1", "C102"), ("10", "C10B"), ("100", "C202"), ("0.1", "C00B"), ("-1", "3E6466"),
     ("123.45", "C202182E"), ("0", "80")],
)  # fmt: skip
def test_known_numbers(value: str, encoded: str) -> None:
    assert encode_number(Decimal(value)).hex().upper() == encoded


@given(numbers)
@settings(deadline=None)
def test_number_survives(value: Decimal) -> None:
    encoded = encode_number(value)
    assert decode_number(encoded) == value
    assert len(encoded) <= 21


@given(numbers, numbers)
@settings(deadline=None)
def test_encoded_numbers_sort(one: Decimal, other: Decimal) -> None:
    assert (encode_number(one) < encode_number(other)) == (one < other)


@given(st.integers(10**40, 10**60))
@settings(deadline=None)
def test_more_than_forty_digits_are_rounded(value: int) -> None:
    assert abs(decode_number(encode_number(value)) / value - 1) < Decimal("1e-27")


@pytest.mark.parametrize("value", [Decimal("1e126"), Decimal("NaN"), Decimal("Infinity")])
def test_number_out_of_range(value: Decimal) -> None:
    with pytest.raises(OracleError, match="ORA-01426"):
        encode_number(value)


@given(datetimes)
@settings(deadline=None)
def test_datetime_survives(value: dt.datetime) -> None:
    assert decode_datetime(encode_timestamp(value)) == value
    assert decode_datetime(encode_date(value)) == value.replace(microsecond=0)


@given(st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1), timezones=offsets))
@settings(deadline=None)
def test_datetime_with_offset_survives(value: dt.datetime) -> None:
    decoded = decode_datetime(encode_timestamp_tz(value))
    assert decoded == value
    assert decoded.utcoffset() == value.utcoffset()


@given(st.floats(allow_nan=False))
@settings(deadline=None)
def test_float_survives(value: float) -> None:
    assert decode_float(encode_float(value, ">d"), ">d") == value


@given(st.timedeltas(dt.timedelta(-1000000), dt.timedelta(1000000)))
@settings(deadline=None)
def test_interval_survives(value: dt.timedelta) -> None:
    assert decode_interval(encode_interval(value)) == value


@given(st.integers(-(2**63) + 1, 2**63 - 1), st.binary(max_size=70000), st.binary(max_size=300))
@settings(deadline=None)
def test_lengths_survive(number: int, long: bytes, short: bytes) -> None:
    writer = Writer()
    writer.sb(number)
    writer.bytes_(long)
    writer.long_bytes(short)
    reader = Reader(bytes(writer.data))
    assert reader.ub() == number
    assert (reader.bytes_() or b"") == long
    assert reader.long_bytes() == short
    assert reader.exhausted
    with pytest.raises(ProtocolError):
        reader.u8()


@given(st.one_of(numbers, datetimes, texts.filter(lambda text: text[:1] != "\x01")))
@settings(deadline=None)
def test_storage_survives(value: object) -> None:
    assert from_storage(to_storage(value)) == (value if value != "" else None)


@given(numbers)
@driver_settings
def test_number_round_trip(cursor: oracledb.Cursor, value: Decimal) -> None:
    copy, both = cursor.var(Decimal), cursor.var(Decimal)
    both.setvalue(0, value)
    cursor.execute("BEGIN ECHO_NUMBER(:1, :2, :3); END;", [value, copy, both])
    assert (copy.getvalue(), both.getvalue()) == (value, value)


@given(numbers)
@driver_settings
def test_number_round_trip_in_sql(cursor: oracledb.Cursor, value: Decimal) -> None:
    cursor.execute("SELECT :1 FROM DUAL", [value], fetch_decimals=True)
    assert cursor.fetchone() == (value,)


@given(datetimes)
@driver_settings
def test_date_and_timestamp_round_trip(cursor: oracledb.Cursor, value: dt.datetime) -> None:
    whole = value.replace(microsecond=0)
    for name, kind, expected in (
        ("DATE", oracledb.DB_TYPE_DATE, whole),
        ("TIMESTAMP", oracledb.DB_TYPE_TIMESTAMP, value),
        ("TIMESTAMP_LTZ", oracledb.DB_TYPE_TIMESTAMP_LTZ, value),
        ("TIMESTAMP_TZ", oracledb.DB_TYPE_TIMESTAMP_TZ, value),
    ):
        given_, copy, both = cursor.var(kind), cursor.var(kind), cursor.var(kind)
        given_.setvalue(0, value)
        cursor.execute(f"BEGIN ECHO_{name}(:1, :2, :3); END;", [given_, copy, both])
        assert (copy.getvalue(), both.getvalue()) == (expected, expected)


@given(texts, st.binary(max_size=400))
@driver_settings
def test_text_and_raw_round_trip(cursor: oracledb.Cursor, text: str, raw: bytes) -> None:
    copy, both = cursor.var(str, size=32767), cursor.var(str, size=32767)
    cursor.execute("BEGIN ECHO_VARCHAR2(:1, :2, :3); END;", [text, copy, both])
    assert copy.getvalue() == (text or None)
    data, other = cursor.var(bytes, size=2000), cursor.var(bytes, size=2000)
    cursor.execute("BEGIN ECHO_RAW(:1, :2, :3); END;", [raw, data, other])
    assert data.getvalue() == (raw or None)


@pytest.mark.parametrize("length", [1, 252, 253, 254, 255, 256, 4000, 8182, 8192, 32767])
@pytest.mark.parametrize("sdu", [512, 8192])
def test_text_of_any_length(length: int, sdu: int, embedded: object) -> None:
    dsn = embedded.dsn  # type: ignore[attr-defined]
    with oracledb.connect(user="dwh", password="dwh", dsn=dsn, sdu=sdu) as opened:
        cursor = opened.cursor()
        for _ in range(3):
            copy, both = cursor.var(str, size=32767), cursor.var(str, size=32767)
            text = "x" * length
            cursor.execute("BEGIN ECHO_VARCHAR2(:1, :2, :3); END;", [text, copy, both])
            assert copy.getvalue() == both.getvalue() == text


@given(st.floats(allow_nan=False, allow_infinity=False))
@driver_settings
def test_binary_double_round_trip(cursor: oracledb.Cursor, value: float) -> None:
    kind = oracledb.DB_TYPE_BINARY_DOUBLE
    given_, copy, both = cursor.var(kind), cursor.var(kind), cursor.var(kind)
    given_.setvalue(0, value)
    cursor.execute("BEGIN ECHO_DOUBLE(:1, :2, :3); END;", [given_, copy, both])
    assert copy.getvalue() == value
