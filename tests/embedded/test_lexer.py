"""Tokens, bind variables and kinds of statements, compared with what the driver finds."""

from __future__ import annotations

import contextlib

import oracledb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.lexer import Kind, StatementKind, statement_kind, tokenize
from oracle_api.embedded.plsql import parse_block
from oracle_api.embedded.selectlist import column_names

_FRAGMENTS = [
    "'a:b'", "'it''s :x'", "q'[x:y']'", "q'!it's :z!'", '":q"', ':"Quoted b"', ":a", ":b_1$#",
    ": c", ":22", ":1", "x", "+", "/* :no */", "-- :no\n", ":=", "a.b", "1.5e3", "||", "(", ")",
    "\n", "=>", ".5", "ñ", "<>",
]  # fmt: skip


@given(st.lists(st.sampled_from(_FRAGMENTS), max_size=12))
@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_binds_are_those_that_the_driver_sees(
    cursor: oracledb.Cursor, fragments: list[str]
) -> None:
    text = "BEGIN " + " ".join(fragments) + " END;"
    cursor.prepare(text)
    names: list[str] = []
    for token in tokenize(text):
        if token.kind is Kind.BIND and token.text not in names:
            names.append(token.text)
    assert names == cursor.bindnames()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("select 1 from dual", StatementKind.QUERY),
        ("  /* a */ -- b\n (with x as", StatementKind.QUERY),
        ("begin null; end;", StatementKind.PLSQL),
        ("Call p()", StatementKind.PLSQL),
        ("merge into t", StatementKind.DML),
        ("truncate table t", StatementKind.DDL),
        ("commit", StatementKind.OTHER),
        ("", StatementKind.OTHER),
    ],
)
def test_kinds(text: str, kind: StatementKind) -> None:
    assert statement_kind(text) is kind


@given(st.text(max_size=60))
@settings(deadline=None)
def test_any_text_is_cut_or_refused(text: str) -> None:
    with contextlib.suppress(OracleError):
        assert tokenize(text)[-1].kind is Kind.END


@given(st.lists(st.sampled_from([*_FRAGMENTS, "begin", "end", ";", "null", "p", ","]), max_size=9))
@settings(deadline=None)
def test_any_block_is_parsed_or_refused(fragments: list[str]) -> None:
    text = "BEGIN " + " ".join(fragments) + " END;"
    with contextlib.suppress(OracleError):
        binds = parse_block(text).binds
        assert len(set(binds)) == len(binds)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("SELECT a, t.b, c d, e AS \"f\" FROM t", ["A", "B", "D", "f"]),
        ("SELECT a + 1, COUNT( * ), 'x y' FROM t", ["A+1", "COUNT(*)", "'x y'"]),
        ("SELECT CASE WHEN a = 1 THEN 2 END, (SELECT b FROM u) v FROM t",
         ["CASEWHENA=1THEN2END", "V"]),
        ("WITH x AS (SELECT 1 FROM DUAL) SELECT DISTINCT y z FROM x", ["Z"]),
        ("SELECT :1, NULL, SYSDATE FROM DUAL", [":1", "NULL", "SYSDATE"]),
        ("SELECT * FROM t", None),
        ("SELECT a, t.* FROM t", None),
    ],
)  # fmt: skip
def test_column_names(query: str, names: list[str] | None) -> None:
    assert column_names(tokenize(query), query) == names
