"""Oracle identifiers, and that none of them can leave its double quotes."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.exceptions import InvalidRequest
from oracle_api.oracle.names import MAX_BYTES, ProcedureName, identifier, quote

UNQUOTED = st.from_regex(r"[A-Za-z][A-Za-z0-9_$#]{0,127}", fullmatch=True)
# What the dictionary can hold, but for control characters: anything but a double quote, in 1 to
# 128 bytes.
STORED = st.text(
    st.characters(
        codec="utf-8", exclude_characters='"\u2028\u2029', exclude_categories=("Cc", "Cs")
    ),
    min_size=1,
    max_size=MAX_BYTES,
).filter(lambda name: len(name.encode()) <= MAX_BYTES)
QUOTED_SQL = re.compile(r'"[^"\x00]+"(?:\."[^"\x00]+"){0,2}')

INJECTIONS = (
    "P; DROP TABLE T",
    "P'--",
    "P() ; END; --",
    'P" ("A',
    'P"."Q',
    '"P""Q"',
    '"P" || "Q"',
    '"P',
    'P"',
    '""',
    '"',
    "P/**/Q",
    "P--",
    "P Q",
    "P\nQ",
    "P\x00",
    '"P\x00"',
    "P:b1",
    "P(:b1)",
    "P@LINK",
    "P=>Q",
    "(SELECT 1 FROM DUAL)",
    "*",
    "&P",
    "P\ud800",
    '"P\ud800"',
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("pkg_etl", "PKG_ETL"),
        ("Proceso_Largo", "PROCESO_LARGO"),
        ("V$SESSION", "V$SESSION"),
        ("a#1", "A#1"),
        ("  p_input ", "P_INPUT"),
        ("año", "AÑO"),
        ("proceso_ñandú", "PROCESO_ÑANDÚ"),
        ("日本語", "日本語"),
        ('"MiPaquete"', "MiPaquete"),
        ('"with space"', "with space"),
        ('"1st.of.may"', "1st.of.may"),
        (' "x" ', "x"),
        ('";"', ";"),
    ],
)
def test_unquoted_names_are_upper_cased_and_quoted_ones_kept(text: str, name: str) -> None:
    assert identifier(text) == name


@pytest.mark.parametrize("text", ["", " ", "1P", "_P", "$P", "#P", "P-Q", "P.Q", "P%", "¿P", "²P"])
def test_what_breaks_oracles_rules_is_no_identifier(text: str) -> None:
    with pytest.raises(InvalidRequest, match="not an Oracle identifier"):
        identifier(text)


@pytest.mark.parametrize("text", INJECTIONS)
def test_sql_in_an_identifier_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest):
        identifier(text)


@pytest.mark.parametrize("text", INJECTIONS)
def test_sql_in_a_procedures_name_is_refused_or_quoted_whole(text: str) -> None:
    try:
        name = ProcedureName.parse(text)
    except InvalidRequest:
        return
    assert QUOTED_SQL.fullmatch(name.sql)


@pytest.mark.parametrize(
    "text", ["A" * 128, "ñ" * 64, f'"{"a" * 128}"', f'"{"日" * 42}ab"', "A" + "9" * 127]
)
def test_a_name_may_have_128_bytes(text: str) -> None:
    assert len(identifier(text).encode()) == MAX_BYTES


@pytest.mark.parametrize("text", ["A" * 129, "ñ" * 65, f'"{"a" * 129}"', f'"{"日" * 43}"'])
def test_a_name_may_not_have_more_than_128_bytes(text: str) -> None:
    with pytest.raises(InvalidRequest):
        identifier(text)


def test_a_refusal_quotes_no_more_than_the_start_of_a_long_text() -> None:
    with pytest.raises(InvalidRequest) as caught:
        identifier("x" * 100_000)
    assert len(caught.value.detail) < 200


@given(st.text(st.characters()) | st.text('"\x00. aA1_$#;', max_size=12))
def test_whatever_is_accepted_stays_within_its_quotes(text: str) -> None:
    try:
        name = identifier(text)
    except InvalidRequest:
        return
    assert '"' not in name
    assert "\x00" not in name
    assert 1 <= len(name.encode()) <= MAX_BYTES
    assert identifier(quote(name)) == name


@given(UNQUOTED)
def test_an_unquoted_name_is_read_in_any_case(name: str) -> None:
    assert identifier(name) == identifier(name.lower()) == identifier(name.upper()) == name.upper()


@given(STORED)
def test_every_name_the_dictionary_can_hold_can_be_written(name: str) -> None:
    assert identifier(quote(name)) == name


# ---- names of procedures


@pytest.mark.parametrize(
    ("name", "schema", "sql"),
    [
        ("proc_test", None, '"PROC_TEST"'),
        ("pkg.p", None, '"PKG"."P"'),
        ("dwh.pkg.p", None, '"DWH"."PKG"."P"'),
        ("pkg.p", "dwh", '"DWH"."PKG"."P"'),
        ("p", "dwh", '"DWH"."P"'),
        ("p", "", '"P"'),
        ("p", "  ", '"P"'),
        ("dwh.pkg.p", "DWH", '"DWH"."PKG"."P"'),
        ('dwh."Pkg".p', ' "DWH" ', '"DWH"."Pkg"."P"'),
        (' pkg . "My.Proc" ', None, '"PKG"."My.Proc"'),
    ],
)
def test_a_procedures_name_has_one_to_three_parts(name: str, schema: str | None, sql: str) -> None:
    assert ProcedureName.parse(name, schema).sql == sql


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("", None),
        (" ", None),
        (".", None),
        (".p", None),
        ("p.", None),
        ("a..b", None),
        ("a.b.c.d", None),
        ("a.b.c.d", "a"),
        ("a b", None),
        ('a."b', None),
        ('a"b"', None),
        ('"a"b', None),
        ("a.1b", None),
        ("p", "a.b"),
        ("p", "1a"),
        ("p", 'a"'),
        ("dwh.pkg.p", "other"),
        ('dwh.pkg."p"', '"dwh"'),
    ],
)
def test_what_is_no_procedures_name_is_refused(name: str, schema: str | None) -> None:
    with pytest.raises(InvalidRequest):
        ProcedureName.parse(name, schema)


def test_a_name_is_written_with_quotes_only_where_it_needs_them() -> None:
    assert str(ProcedureName.parse('dwh . "Pkg"."P"')) == 'DWH."Pkg".P'


@given(st.lists(STORED, min_size=1, max_size=3))
def test_a_name_as_it_is_written_is_read_back(parts: list[str]) -> None:
    name = ProcedureName(tuple(parts))
    assert ProcedureName.parse(str(name)) == name


@pytest.mark.parametrize("name", ['"A\nB"', "A\n.B", '"A\x1bB"', '"A\u2028B"', '"A\x85B"', "A\t"])
def test_a_name_cannot_forge_a_line_of_a_log(name: str) -> None:
    with pytest.raises(InvalidRequest):
        ProcedureName.parse(name)


@given(st.lists(STORED, min_size=1, max_size=3))
def test_quoted_parts_are_read_back_from_sql(parts: list[str]) -> None:
    name = ProcedureName(tuple(parts))
    assert ProcedureName.parse(name.sql) == name


@given(st.lists(UNQUOTED, min_size=1, max_size=2), UNQUOTED)
def test_a_schema_beside_a_name_is_the_same_as_one_in_front(parts: list[str], schema: str) -> None:
    beside = ProcedureName.parse(".".join(parts), schema)
    assert beside == ProcedureName.parse(".".join([schema, *parts]))


@given(
    st.text(st.characters()) | st.text('"\x00. aA1;', max_size=12),
    st.none() | st.text('"\x00. aA1;', max_size=4),
)
def test_whatever_name_is_accepted_is_only_quoted_parts(name: str, schema: str | None) -> None:
    try:
        parsed = ProcedureName.parse(name, schema)
    except InvalidRequest:
        return
    assert QUOTED_SQL.fullmatch(parsed.sql)


def test_a_name_is_read_whatever_the_spaces_around_its_parts() -> None:
    gap = " " * 5000
    assert ProcedureName.parse(f"{gap}pkg{gap}.p{gap}") == ProcedureName(("PKG", "P"))
