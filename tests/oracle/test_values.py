"""JSON values to bind variables and back, by Oracle type."""

import base64
import json
import math
import re
from array import array
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import oracledb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.exceptions import ProcedureFailed
from oracle_api.oracle.values import (
    VARCHAR2_BYTES,
    OracleType,
    carried,
    column_decoder,
    type_named,
    type_of_attribute,
    type_of_value,
)


def _type(name: str) -> OracleType:
    found = type_named(name)
    assert found is not None
    return found


@st.composite
def _numbers(draw: st.DrawFn) -> Decimal:
    """Every NUMBER: 38 significant digits, the first of them at 10^-130 to 10^125."""
    digits = draw(st.integers(1, 10**38 - 1))
    first = draw(st.integers(-130, 125))
    sign = draw(st.sampled_from(["", "-"]))
    return Decimal(f"{sign}{digits}E{first - len(str(digits)) + 1}")


NUMBERS = _numbers()

# ---- NUMBER


@given(NUMBERS)
def test_a_number_is_exact_to_38_digits(number: Decimal) -> None:
    assert _type("NUMBER").encode(number) == number


@given(NUMBERS)
def test_a_number_may_come_as_text(number: Decimal) -> None:
    assert _type("NUMBER").encode(f" {number} ") == number


@given(NUMBERS)
def test_a_number_comes_back_with_all_its_digits(number: Decimal) -> None:
    decoded = _type("NUMBER").decode(number, "")
    assert decoded == number
    assert isinstance(decoded, int) == (number == number.to_integral_value())


@given(st.integers(-(10**38) + 1, 10**38 - 1))
def test_a_whole_number_goes_in_and_comes_out_whole(number: int) -> None:
    bound = _type("NUMBER").encode(number)
    assert bound == number
    assert _type("NUMBER").decode(bound, "") == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_that_the_driver_gives_as_a_float_keeps_its_shortest_digits(value: float) -> None:
    assert float(_type("NUMBER").decode(value, "")) == value


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "abc",
        "1,5",
        "1 000",
        "0x10",
        True,
        None,
        [],
        {},
        [1],
        "NaN",
        "sNaN",
        "Infinity",
        "-inf",
    ],
)
def test_what_is_no_number_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"must be a (finite )?number"):
        _type("NUMBER").encode(value)


@pytest.mark.parametrize(
    "value",
    [
        10**38 + 1,
        Decimal("1." + "1" * 38),
        "9" * 39,
        Decimal("1E+126"),
        Decimal("1E-131"),
        Decimal("1E+999999999999999999"),
        Decimal("-1E-999999999999999999"),
        10**4000,
    ],
)
def test_what_does_not_fit_a_number_is_refused_and_not_rounded(value: Any) -> None:
    with pytest.raises(ValueError, match="does not fit a NUMBER"):
        _type("NUMBER").encode(value)


@pytest.mark.parametrize("value", [10**125, Decimal("0.10"), Decimal("-0.0"), Decimal("0E+999999")])
def test_zeros_at_either_end_do_not_count_as_digits(value: Any) -> None:
    assert _type("NUMBER").encode(value) == value


@pytest.mark.parametrize("name", ["FLOAT", "BINARY_INTEGER", "INTEGER", "DECIMAL(10,2)"])
def test_kin_of_number_are_as_exact(name: str) -> None:
    exact = Decimal("0.1234567890123456789012345678901234567")
    assert _type(name).encode(exact) == exact
    assert _type(name).decode(exact, "") == exact


# ---- binary floats


@pytest.mark.parametrize(
    ("value", "bound"), [(1, 1.0), (Decimal("1.5"), 1.5), (" 2.5 ", 2.5), ("-Infinity", -math.inf)]
)
def test_a_binary_double_takes_numbers_and_the_names_of_infinity(value: Any, bound: float) -> None:
    assert _type("BINARY_DOUBLE").encode(value) == bound


@pytest.mark.parametrize("value", [Decimal("1E+400"), 10**400, True, "x", None, []])
def test_what_fits_no_binary_double_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"must be a number|does not fit"):
        _type("BINARY_DOUBLE").encode(value)


@pytest.mark.parametrize(
    ("value", "json"),
    [(1.5, 1.5), (math.inf, "Infinity"), (-math.inf, "-Infinity"), (math.nan, "NaN")],
)
def test_a_binary_double_that_json_cannot_write_comes_out_as_text(value: float, json: Any) -> None:
    assert _type("BINARY_DOUBLE").decode(value, "") == json


# ---- text


@given(st.text(max_size=200))
def test_text_travels_as_it_is(text: str) -> None:
    for name in ("VARCHAR2", "CHAR", "NVARCHAR2", "NCHAR", "CLOB", "NCLOB"):
        assert _type(name).decode(_type(name).encode(text), "") == text


@given(NUMBERS | st.integers())
def test_a_number_given_for_text_is_written_out_exactly(number: Decimal | int) -> None:
    text = _type("VARCHAR2").encode(number)
    assert Decimal(text) == number
    assert "E" not in text


@pytest.mark.parametrize("exponent", [10**6, 999_999_999_999_999_999, -999_999_999_999_999_999])
def test_a_number_too_long_for_text_is_refused_without_writing_it_out(exponent: int) -> None:
    for name in ("VARCHAR2", "CLOB"):
        with pytest.raises(ValueError, match="longer than"):
            _type(name).encode(Decimal(f"1E{exponent}"))


@pytest.mark.parametrize("value", [True, [], {}, [1], None])
def test_what_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="must be text"):
        _type("VARCHAR2").encode(value)


def test_a_varchar2_has_at_most_32767_bytes_and_a_clob_more() -> None:
    longest = "ñ" * (VARCHAR2_BYTES // 2) + "x"
    assert _type("VARCHAR2").encode(longest) == longest
    with pytest.raises(ValueError, match="longer than 32767 bytes"):
        _type("VARCHAR2").encode(longest + "x")
    assert _type("CLOB").encode(longest + "x") == longest + "x"


# ---- bytes


@given(st.binary(max_size=500))
def test_bytes_travel_as_base64(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    for name in ("RAW", "BLOB"):
        assert _type(name).encode(text) == data
        assert _type(name).decode(data, "") == text


@pytest.mark.parametrize(
    "value", ["a", "abc", "ab=c", "YQ==YQ==", "YQ= =", "Y Q==", "YQ==\n", "ñ", "-_==", 1, None, []]
)
def test_what_is_no_base64_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="must be base64 text"):
        _type("BLOB").encode(value)


@given(st.text())
def test_any_text_is_base64_or_a_value_error(text: str) -> None:
    try:
        data = _type("BLOB").encode(text)
    except ValueError:
        return
    assert len(base64.b64encode(data)) == len(text)


def test_a_raw_has_at_most_32767_bytes_and_a_blob_more() -> None:
    longest = base64.b64encode(bytes(VARCHAR2_BYTES)).decode()
    assert len(_type("RAW").encode(longest)) == VARCHAR2_BYTES
    text = base64.b64encode(bytes(VARCHAR2_BYTES + 1)).decode()
    with pytest.raises(ValueError, match="longer than 32767 bytes"):
        _type("RAW").encode(text)
    assert len(_type("BLOB").encode(text)) == VARCHAR2_BYTES + 1


# ---- booleans


@pytest.mark.parametrize(
    ("value", "bound"),
    [(True, True), (False, False), (1, True), (0, False), ("true", True), ("FALSE", False)],
)
def test_a_boolean_is_read_generously(value: Any, bound: bool) -> None:
    assert _type("BOOLEAN").encode(value) is bound


@pytest.mark.parametrize("value", [2, -1, "yes", "", "1", None, [], Decimal("1.0")])
def test_what_is_no_boolean_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="must be true or false"):
        _type("BOOLEAN").encode(value)


# ---- dates


@pytest.mark.parametrize(
    ("name", "bound"),
    [
        ("DATE", datetime(2025, 12, 10, 14, 30, 15)),
        ("TIMESTAMP", "2025-12-10T14:30:15.250000000"),
        ("TIMESTAMP WITH TIME ZONE", "2025-12-10T14:30:15.250000000+02:00"),
        ("TIMESTAMP WITH LOCAL TIME ZONE", "2025-12-10T14:30:15.250000000+02:00"),
    ],
)
def test_only_types_with_a_zone_keep_an_offset(name: str, bound: Any) -> None:
    assert _type(name).encode("2025-12-10T14:30:15.25+02:00") == bound


@pytest.mark.parametrize(
    ("driver_type", "bound"),
    [
        (oracledb.DB_TYPE_TIMESTAMP, datetime(2025, 12, 10, 14, 30, 15, 123_456)),
        (oracledb.DB_TYPE_TIMESTAMP_TZ, datetime(2025, 12, 10, 12, 30, 15, 123_456)),
        (oracledb.DB_TYPE_TIMESTAMP_LTZ, datetime(2025, 12, 10, 12, 30, 15, 123_456)),
    ],
)
def test_an_attribute_is_sent_as_the_drivers_datetime(
    driver_type: oracledb.DbType, bound: datetime
) -> None:
    kind = type_of_attribute(driver_type)
    assert kind is not None
    assert kind.bind is driver_type
    assert kind.encode("2025-12-10T14:30:15.123456789+02:00") == bound


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("TIMESTAMP", "2025-12-10T14:30:00"),
        ("TIMESTAMP WITH TIME ZONE", "2025-12-10T14:30:00Z"),
        ("TIMESTAMP WITH LOCAL TIME ZONE", "2025-12-10T14:30:00Z"),
    ],
)
def test_only_types_with_a_zone_come_out_with_one(name: str, text: str) -> None:
    given_text = " 2025-12-10T14:30:00.000000000"
    assert _type(name).decode(given_text, "") == text
    assert _type(name).decode(given_text, "DD/MM/YYYY") == "10/12/2025"


def test_a_date_comes_out_without_a_zone() -> None:
    moment = datetime(2025, 12, 10, 14, 30)
    assert _type("DATE").decode(moment, "") == "2025-12-10T14:30:00"
    assert _type("DATE").decode(moment, "DD/MM/YYYY") == "10/12/2025"


@pytest.mark.parametrize("value", [20251210, Decimal("1.5"), True, None, [], {}])
def test_a_date_must_be_text(value: Any) -> None:
    with pytest.raises(ValueError, match="must be a date as text"):
        _type("DATE").encode(value)


def test_a_text_that_is_no_date_is_answered_with_the_accepted_forms() -> None:
    with pytest.raises(ValueError, match=r"is not a date: ISO 8601, DD/MM/YYYY"):
        _type("DATE").encode("tomorrow")


# ---- cursors


def test_a_ref_cursor_only_comes_out() -> None:
    with pytest.raises(ValueError, match="only comes out"):
        _type("REF CURSOR").encode(1)


# ---- names of types


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("number", "NUMBER"),
        ("NUMBER(10, 2)", "NUMBER"),
        ("Integer", "NUMBER"),
        ("double  precision", "NUMBER"),
        ("pls_integer", "BINARY_INTEGER"),
        ("string", "VARCHAR2"),
        ("VARCHAR2(100)", "VARCHAR2"),
        ("VARCHAR2(30 CHAR)", "VARCHAR2"),
        ("date", "DATE"),
        ("datetime", "TIMESTAMP"),
        ("TIMESTAMP(6)", "TIMESTAMP"),
        ("TIMESTAMP(6) WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE"),
        ("timestamp(3) with local time zone", "TIMESTAMP WITH LOCAL TIME ZONE"),
        ("TIMESTAMP_UNCONSTRAINED", "TIMESTAMP"),
        ("timestamp_tz_unconstrained", "TIMESTAMP WITH TIME ZONE"),
        ("TIMESTAMP_LTZ_UNCONSTRAINED", "TIMESTAMP WITH LOCAL TIME ZONE"),
        ("boolean", "PL/SQL BOOLEAN"),
        ("PL/SQL BOOLEAN", "PL/SQL BOOLEAN"),
        ("cursor", "REF CURSOR"),
        ("SYS_REFCURSOR", "REF CURSOR"),
        ("long raw", "RAW"),
        ("clob", "CLOB"),
    ],
)
def test_a_type_has_the_dictionarys_names_and_clients_names(name: str, canonical: str) -> None:
    assert _type(name).name == canonical


@pytest.mark.parametrize("name", ["", "(", "()", "MONEY", "PL/SQL RECORD", "NUMBER; --", "OBJECT"])
def test_an_unknown_type_is_none(name: str) -> None:
    assert type_named(name) is None


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (True, "PL/SQL BOOLEAN"),
        (1, "NUMBER"),
        (Decimal("1.5"), "NUMBER"),
        ("x", "VARCHAR2"),
        ("2025-12-10", "VARCHAR2"),
        ("x" * VARCHAR2_BYTES, "VARCHAR2"),
        ("x" * (VARCHAR2_BYTES + 1), "CLOB"),
        ("ñ" * VARCHAR2_BYTES, "CLOB"),
        (None, "VARCHAR2"),
    ],
)
def test_a_json_value_alone_tells_a_type(value: Any, name: str) -> None:
    assert type_of_value(value).name == name


@pytest.mark.parametrize("name", ["VARCHAR2", "CHAR", "NVARCHAR2", "NCHAR", "LONG", "RAW"])
def test_out_text_and_raw_have_room_for_all_that_plsql_can_hold(name: str) -> None:
    assert _type(name).size == VARCHAR2_BYTES


# ---- columns


@pytest.mark.parametrize(
    ("type_code", "value", "json"),
    [
        (oracledb.DB_TYPE_NUMBER, Decimal("1.50"), Decimal("1.50")),
        (oracledb.DB_TYPE_NUMBER, Decimal("12E2"), 1200),
        (oracledb.DB_TYPE_DATE, datetime(2025, 12, 10), "2025-12-10T00:00:00"),
        (oracledb.DB_TYPE_TIMESTAMP_TZ, datetime(2025, 12, 10), "2025-12-10T00:00:00"),
        (oracledb.DB_TYPE_TIMESTAMP_LTZ, datetime(2025, 12, 10), "2025-12-10T00:00:00Z"),
        (oracledb.DB_TYPE_RAW, b"\x00\xff", "AP8="),
        (oracledb.DB_TYPE_BINARY_DOUBLE, math.nan, "NaN"),
    ],
)
def test_a_columns_values_become_json(type_code: oracledb.DbType, value: Any, json: Any) -> None:
    decode = column_decoder(type_code)
    assert decode is not None
    assert decode(value, "") == json


def test_a_text_column_needs_no_conversion() -> None:
    assert column_decoder(oracledb.DB_TYPE_VARCHAR) is None


@pytest.mark.parametrize("value", ["NaN", "Infinity", -1, 2**31, Decimal("1.5"), True, "x", None])
def test_an_attribute_that_no_pls_integer_can_be_is_refused(value: Any) -> None:
    kind = type_of_attribute(oracledb.DB_TYPE_BINARY_INTEGER)
    assert kind is not None
    with pytest.raises(ValueError, match="must be a"):
        kind.encode(value)


# ---- JSON

JSON_SCALARS = st.none() | st.booleans() | st.text() | NUMBERS
DOCUMENTS = st.recursive(
    JSON_SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(DOCUMENTS)
def test_any_document_is_passed_and_given_as_it_is(document: Any) -> None:
    kind = _type("JSON")
    assert kind.encode(document) == document
    assert kind.decode(document, "DD/MM/YYYY") == document


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        (10**38 + 1, "does not fit a NUMBER of 38 digits"),
        ({"a": [1, {"b": Decimal("1E+126")}]}, r".a[1].b does not fit a NUMBER of 38 digits"),
        ([["x"], [Decimal("1." + "1" * 38)]], "[1][0] does not fit a NUMBER of 38 digits"),
    ],
)
def test_a_number_that_does_not_fit_is_refused_with_its_place(document: Any, fault: str) -> None:
    with pytest.raises(ValueError, match=re.escape(fault)):
        _type("JSON").encode(document)


def test_what_oracle_has_beside_json_becomes_text_or_numbers() -> None:
    document = {
        "when": datetime(2025, 12, 10, 8, 30),
        "span": timedelta(days=1, hours=2),
        "raw": b"hi",
        "id": oracledb.JsonId(b"hi"),
        "doubles": [0.5, math.inf, math.nan],
        "numbers": [Decimal("1.50"), Decimal("2.0")],
        "vector": array("f", [0.5, 1]),
        "years": oracledb.IntervalYM(1, 2),
    }
    assert _type("JSON").decode(document, "DD/MM/YYYY") == {
        "when": "2025-12-10T08:30:00",
        "span": "P1DT2H",
        "raw": "aGk=",
        "id": "aGk=",
        "doubles": [0.5, "Infinity", "NaN"],
        "numbers": [Decimal("1.5"), 2],
        "vector": [0.5, 1],
        "years": str(oracledb.IntervalYM(1, 2)),
    }
    assert column_decoder(oracledb.DB_TYPE_JSON) == _type("JSON").decode


def _nested(levels: int) -> Any:
    document: Any = 1
    for level in range(levels):
        document = [document] if level % 2 else {"a": document}
    return document


def test_depth_has_a_limit_both_ways() -> None:
    kind = _type("JSON")
    assert kind.encode(_nested(500)) == kind.decode(_nested(500), "") == _nested(500)
    for levels in (501, 100_000):
        with pytest.raises(ValueError, match="is nested deeper than 500 levels"):
            kind.encode(_nested(levels))
        with pytest.raises(ProcedureFailed, match="A JSON value is nested deeper than 500 levels"):
            kind.decode(_nested(levels), "")


@pytest.mark.parametrize("document", [None, "[" * 100, {}, [{"a": [n]} for n in range(40)]])
def test_a_document_of_few_parts_is_carried_as_itself(document: Any) -> None:
    assert carried(_type("JSON"), document) == (_type("JSON"), document)


@pytest.mark.parametrize(
    "document", [[[]] * 200, [{"n": Decimal("1.10")}] * 200, ["x" * 400_000, *[[]] * 10]]
)
def test_a_document_that_the_driver_is_slow_with_is_carried_as_its_text(document: Any) -> None:
    kind, text = carried(_type("JSON"), document)
    assert isinstance(kind, OracleType)
    assert (kind.name, kind.bind, kind.out) == (
        "JSON", oracledb.DB_TYPE_CLOB, oracledb.DB_TYPE_JSON
    )  # fmt: skip
    assert json.loads(text, parse_float=Decimal) == document


def test_other_types_are_carried_as_they_are() -> None:
    text = "[" * 1000
    assert carried(_type("CLOB"), text) == (_type("CLOB"), text)


def test_json_is_no_attribute_of_an_object() -> None:
    assert type_of_attribute(oracledb.DB_TYPE_JSON) is None
