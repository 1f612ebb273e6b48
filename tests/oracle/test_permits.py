"""Patterns of procedures' names, and what is allowed where they are written another way."""

from collections.abc import Iterator

import oracledb
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from oracle_api.embedded.procedures import Catalog
from oracle_api.embedded.server import EmbeddedServer
from oracle_api.exceptions import OracleApiError, ProcedureNotAllowed, ProcedureNotFound
from oracle_api.oracle.call import Caller, CallOptions
from oracle_api.oracle.dictionary import Dictionary
from oracle_api.oracle.handle import Deadline
from oracle_api.oracle.names import ProcedureName
from oracle_api.oracle.permits import Pattern, Permit, ProcedureRules
from oracle_api.oracle.request import CallRequest
from oracle_api.oracle.results import Readers, lobs_up_to, rows_up_to


def rules(allow: str = "*", deny: str = "") -> ProcedureRules:
    return ProcedureRules(
        tuple(map(Pattern.parse, allow.split())), tuple(map(Pattern.parse, deny.split()))
    )


@pytest.mark.parametrize(
    ("pattern", "full", "matches"),
    [
        ("*", "DWH.PKG.P", True),
        ("*", "DWH.P", True),
        ("PKG.*", "DWH.PKG.P", True),
        ("pkg.p", "DWH.PKG.P", True),
        ("PKG.*", "VENTAS.PKG.P", True),
        ("PKG.*", "DWH.PKG2.P", False),
        ("PKG.*", "PKG.P", True),
        ("PKG_?.*", "DWH.PKG_A.P", True),
        ("PKG_?.*", "DWH.PKG_AB.P", False),
        ("PKG_*.*", "DWH.PKG_.P", True),
        ("PKG_*.*", "DWH.PKGXA.P", False),
        ("DWH.PKG.*", "DWH.PKG.P", True),
        ("DWH.PKG.*", "VENTAS.PKG.P", False),
        ("DWH.PKG.*", "DWH.PKG", False),
        ("DWH.*", "DWH.P", True),
        ("DWH.*", "DWH.PKG.P", False),
        ("*.*", "DWH.PKG.P", True),
        ("P", "DWH.P", True),
        ("P", "DWH.PKG.P", False),
        ("P*", "DWH.PKG.P", False),
        ("PKG.*", 'DWH."pkg".P', False),
        ('"pkg".*', 'DWH."pkg".P', True),
        ('"pkg".*', "DWH.PKG.P", False),
        ('"p*".*', 'DWH."pkg".P', False),
        ('"p*".*', 'DWH."p*".P', True),
        ('"[a]".*', 'DWH."[a]".P', True),
        ('"[a]".*', 'DWH."a".P', False),
        ("PKG.*", 'DWH."PKG.P"', False),
        ('"PKG.P"', 'DWH."PKG.P"', True),
        (" pkg . * ", "DWH.PKG.P", True),
    ],
)
def test_what_a_pattern_matches(pattern: str, full: str, matches: bool) -> None:
    assert Pattern.parse(pattern).matches(ProcedureName.parse(full).parts) is matches


@pytest.mark.parametrize(
    "text",
    ["", " ", ".", "A..B", "A.", ".A", "A.B.C.D", "A B", "A;B", '"', '"A', 'A"B"', "[a]", "%"],
)
def test_what_is_no_pattern(text: str) -> None:
    with pytest.raises(ValueError, match="is no pattern"):
        Pattern.parse(text)


@given(st.text(max_size=20))
def test_any_text_is_a_pattern_or_a_value_error(text: str) -> None:
    try:
        pattern = Pattern.parse(text)
    except ValueError:
        return
    assert 1 <= len(pattern.parts) <= 3


@pytest.mark.parametrize(
    ("allow", "deny", "written", "may_allow"),
    [
        ("PKG.*", "", "PKG.P", True),
        ("PKG.*", "", "ANY.PKG.P", True),
        ("PKG.*", "", "P", True),  # a standalone P in a schema PKG, for all that is known
        ("PKG.*", "", "SYN.P", False),
        ("DWH.PKG.*", "", "PKG.P", True),
        ("DWH.PKG.*", "", "VENTAS.PKG.P", False),
        ("DWH.PKG.*", "", "P", False),
        ("P", "", "P", True),
        ("P", "", "ANY.P", True),
        ("P", "", "ANY.PKG.P", False),
        ("*", "PKG.*", "PKG.P", False),
        ("*", "PKG.*", "dwh.pkg.p", False),
        ("*", "DWH.PKG.*", "PKG.P", True),
        ("*", "DWH.PKG.*", "DWH.PKG.P", False),
        ("*", "P", "P", False),
        ("*", "P", "PKG.P", True),
        ("", "", "P", False),
    ],
)
def test_what_a_name_can_lead_to(allow: str, deny: str, written: str, may_allow: bool) -> None:
    assert rules(allow, deny).may_allow(ProcedureName.parse(written)) is may_allow


NAMES = st.sampled_from(["A", "AB", "ABC", "B", "a", "A.B"])
FULL = st.lists(NAMES, min_size=2, max_size=3).map(tuple)
PARTS = st.sampled_from(["A", "AB", "*", "A*", "?", "?B", "*B*", '"a"', '"A.B"'])
PATTERNS = st.lists(
    st.lists(PARTS, min_size=1, max_size=3).map(lambda parts: Pattern.parse(".".join(parts))),
    max_size=3,
).map(tuple)


@given(st.data(), FULL, PATTERNS)
def test_no_way_to_write_what_is_allowed_is_refused_before_it_is_looked_up(
    data: st.DataObject, full: tuple[str, ...], deny: tuple[Pattern, ...]
) -> None:
    named = [data.draw(st.sampled_from([f'"{part}"', "*"])) for part in full]
    pattern = data.draw(st.sampled_from([named, named[-2:], ["*"]]))
    both = ProcedureRules((Pattern.parse(".".join(pattern)),), deny)
    assume(both.allows(full))
    for parts in (full, full[1:]):
        assert both.may_allow(ProcedureName(parts))


@given(FULL, PATTERNS, PATTERNS)
def test_what_is_refused_in_full_is_refused_at_once(
    full: tuple[str, ...], allow: tuple[Pattern, ...], deny: tuple[Pattern, ...]
) -> None:
    both = ProcedureRules(allow, deny)
    if len(full) == 3:
        assert both.may_allow(ProcedureName(full)) is both.allows(full)


@given(FULL, PATTERNS, PATTERNS)
def test_deny_wins_and_nothing_is_allowed_that_no_pattern_names(
    full: tuple[str, ...], allow: tuple[Pattern, ...], deny: tuple[Pattern, ...]
) -> None:
    is_named = any(one.matches(full) for one in allow)
    expected = is_named and not any(one.matches(full) for one in deny)
    assert ProcedureRules(allow, deny).allows(full) is expected
    permit = Permit(ProcedureRules(allow), ProcedureRules(deny=deny))
    assert permit.allows(full) is expected


# ---- in the database

catalog = Catalog(owner="DWH")
ran: list[str] = []


def register(catalog: Catalog, signature: str) -> None:
    def run(call: object) -> None:
        ran.append(f"{catalog.owner}.{signature}")

    catalog.procedure(signature)(run)


for text in ("PKG.P", "PKG.SECRET", '"pkg".P', "LONELY", "SALES.ALONE"):
    register(catalog, text)
for owner, text in (("VENTAS", "PKG.P"), ("VENTAS", "ALONE"), ("SALES", "ALONE")):
    other = Catalog(owner)
    register(other, text)
    catalog.include(other)
catalog.synonym("FIRST", for_="DWH.SECOND", owner="DWH")
catalog.synonym("SECOND", for_="DWH.PKG", owner="DWH")
catalog.synonym("EVERYBODYS", for_="VENTAS.PKG")
catalog.synonym("OTHER", for_="VENTAS.ALONE", owner="DWH")
catalog.synonym("CAUGHT", for_="SALES.ALONE", owner="DWH")


@pytest.fixture(scope="module")
def connection() -> Iterator[oracledb.Connection]:
    with (
        EmbeddedServer(catalog=catalog) as server,
        oracledb.connect(user="dwh", password="dwh", dsn=server.dsn) as connection,
    ):
        yield connection


def run(
    connection: oracledb.Connection, permit: Permit, name: str, schema: str | None
) -> list[str]:
    """Give what ran."""
    ran.clear()
    Caller(Dictionary(60), CallOptions()).call(
        connection,
        CallRequest(name, schema=schema),
        readers=Readers(rows_up_to(1), lobs_up_to(1)),
        deadline=Deadline(10),
        permit=permit,
    )
    return list(ran)


@pytest.mark.parametrize(
    ("allow", "name", "schema", "runs"),
    [
        ("PKG.P", "PKG.P", None, "DWH.PKG.P"),
        ("PKG.P", "pkg.p", None, "DWH.PKG.P"),
        ("PKG.P", '"PKG"."P"', None, "DWH.PKG.P"),
        ("PKG.P", "DWH.PKG.P", None, "DWH.PKG.P"),
        ("PKG.P", "PKG.P", "dwh", "DWH.PKG.P"),
        ("DWH.PKG.P", "PKG.P", None, "DWH.PKG.P"),
        ("PKG.P", "VENTAS.PKG.P", None, "VENTAS.PKG.P"),
        ("LONELY", "LONELY", "DWH", "DWH.LONELY"),
        ("FIRST.* PKG.*", "FIRST.P", None, "DWH.PKG.P"),
        ("EVERYBODYS.* VENTAS.PKG.*", "EVERYBODYS.P", None, "VENTAS.PKG.P"),
        ("OTHER ALONE", "OTHER", None, "VENTAS.ALONE"),
    ],
)
def test_what_is_allowed_runs(
    connection: oracledb.Connection, allow: str, name: str, schema: str | None, runs: str
) -> None:
    assert run(connection, Permit(rules(allow)), name, schema) == [runs]


@pytest.mark.parametrize(
    ("allow", "deny", "name", "schema"),
    [
        ("PKG.P", "", "PKG.SECRET", None),
        ("DWH.PKG.P", "", "PKG.P", "VENTAS"),
        ("DWH.PKG.P", "", "EVERYBODYS.P", None),
        ("*", "PKG.SECRET", "PKG.SECRET", None),
        ("*", "PKG.SECRET", '"PKG"."SECRET"', None),
        ("*", "PKG.SECRET", ' "PKG" . secret ', None),
        ("*", "PKG.SECRET", "SECRET", "PKG"),
        ("*", "PKG.SECRET", "DWH.PKG.SECRET", None),
        ("*", "PKG.SECRET", "PKG.SECRET", '"DWH"'),
        ("*", "DWH.PKG.SECRET", "PKG.SECRET", None),
        ("*", "PKG.SECRET", "FIRST.SECRET", None),
        ("*", "PKG.SECRET", "SECOND.SECRET", None),
        ("*", "PKG.SECRET", "DWH.FIRST.SECRET", None),
        ("*", "VENTAS.*.*", "EVERYBODYS.P", None),
        ("*", "VENTAS.*.*", "PUBLIC.EVERYBODYS.P", None),
        ("*", "VENTAS.*.*", "EVERYBODYS.P", "PUBLIC"),
        ("*", "VENTAS.*", "OTHER", None),
        ("FIRST.*", "", "FIRST.P", None),
        ("PKG.*", "", "FIRST.P", None),
        # The block names SALES.ALONE, which is the own package's.
        ("*", "DWH.SALES.*", "CAUGHT", None),
        ("*", "SYS.*.*", "DBMS_OUTPUT.PUT_LINE", None),
    ],
)
def test_no_other_way_to_write_a_name_leads_to_what_is_not_allowed(
    connection: oracledb.Connection, allow: str, deny: str, name: str, schema: str | None
) -> None:
    with pytest.raises(ProcedureNotAllowed) as caught:
        run(connection, Permit(rules(allow, deny)), name, schema)
    assert ran == []
    assert caught.value.code == "procedure-not-allowed"


def test_what_the_dictionary_does_not_show_is_only_called_where_everything_may_be(
    connection: oracledb.Connection,
) -> None:
    with pytest.raises(ProcedureNotFound, match="data dictionary shows no"):
        run(connection, Permit(rules("GONE.*")), "GONE.P", None)
    with pytest.raises(OracleApiError, match="must be declared"):
        run(connection, Permit(rules()), "GONE.P", None)


def test_a_case_that_is_quoted_is_another_name(connection: oracledb.Connection) -> None:
    with pytest.raises(ProcedureNotAllowed):
        run(connection, Permit(rules("PKG.*")), '"pkg".P', None)
