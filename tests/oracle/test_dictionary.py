"""Signatures are found as PL/SQL finds them, and remembered for a while."""

from collections.abc import Iterator

import oracledb
import pytest

from oracle_api.embedded.procedures import Catalog
from oracle_api.embedded.server import EmbeddedServer
from oracle_api.oracle.dictionary import Dictionary, Procedure
from oracle_api.oracle.names import ProcedureName

OWN = "PKG.P(own IN NUMBER)"
catalog = Catalog(owner="DWH")
ventas = Catalog(owner="VENTAS")


def register(signature: str, catalog: Catalog = catalog) -> None:
    catalog.procedure(signature)(lambda call, **values: None)


for text in (
    OWN,
    "LONELY",
    "LONELY_FUNCTION RETURN VARCHAR2",
    "VENTAS.PKG.P(ventas IN NUMBER)",
    "PKG.OVER(a IN NUMBER)",
    "PKG.OVER(a IN NUMBER, b OUT VARCHAR2) RETURN NUMBER",
    "PKG.NO_PARAMETERS",
):
    register(text)
register("ALONE(x IN OUT VARCHAR2, y IN DATE DEFAULT SYSDATE)", ventas)
catalog.include(ventas)
catalog.synonym("PUBLIC_PKG", for_="VENTAS.PKG", owner="PUBLIC")
catalog.synonym("PRIVATE", for_="DWH.NEXT", owner="DWH")
catalog.synonym("NEXT", for_="VENTAS.ALONE", owner="DWH")
catalog.synonym("LOOP_A", for_="DWH.LOOP_B", owner="DWH")
catalog.synonym("LOOP_B", for_="DWH.LOOP_A", owner="DWH")
catalog.synonym("DANGLING", for_="DWH.GONE", owner="DWH")
catalog.synonym("REMOTE", for_="VENTAS.ALONE@LINK", owner="DWH")


@pytest.fixture(scope="module")
def connection() -> Iterator[oracledb.Connection]:
    with (
        EmbeddedServer(catalog=catalog) as server,
        oracledb.connect(user="dwh", password="dwh", dsn=server.dsn) as connection,
    ):
        yield connection


def find(connection: oracledb.Connection, name: str, schema: str | None = None) -> Procedure | None:
    return Dictionary(60).describe(connection, ProcedureName.parse(name, schema))


@pytest.mark.parametrize(
    ("name", "schema", "found", "signatures"),
    [
        ("pkg.p", None, "DWH.PKG.P", ["PKG.P(OWN IN NUMBER)"]),
        ("dwh.pkg.p", None, "DWH.PKG.P", ["PKG.P(OWN IN NUMBER)"]),
        ("pkg.p", "dwh", "DWH.PKG.P", ["PKG.P(OWN IN NUMBER)"]),
        ("ventas.pkg.p", None, "VENTAS.PKG.P", ["PKG.P(VENTAS IN NUMBER)"]),
        ("public_pkg.p", None, "VENTAS.PKG.P", ["PKG.P(VENTAS IN NUMBER)"]),
        ("lonely", None, "DWH.LONELY", ["LONELY()"]),
        ("lonely", "dwh", "DWH.LONELY", ["LONELY()"]),
        ("lonely_function", None, "DWH.LONELY_FUNCTION", ["LONELY_FUNCTION() RETURN VARCHAR2"]),
        ("pkg.no_parameters", None, "DWH.PKG.NO_PARAMETERS", ["PKG.NO_PARAMETERS()"]),
        (
            "ventas.alone",
            None,
            "VENTAS.ALONE",
            ["ALONE(X IN OUT VARCHAR2, Y IN DATE DEFAULT)"],
        ),
        ("private", None, "VENTAS.ALONE", ["ALONE(X IN OUT VARCHAR2, Y IN DATE DEFAULT)"]),
        (
            "pkg.over",
            None,
            "DWH.PKG.OVER",
            ["PKG.OVER(A IN NUMBER)", "PKG.OVER(A IN NUMBER, B OUT VARCHAR2) RETURN NUMBER"],
        ),
    ],
)
def test_a_procedure_is_found_where_plsql_finds_it(
    connection: oracledb.Connection,
    name: str,
    schema: str | None,
    found: str,
    signatures: list[str],
) -> None:
    procedure = find(connection, name, schema)
    assert procedure is not None
    assert str(procedure.name) == found
    assert list(map(str, procedure.overloads)) == signatures


@pytest.mark.parametrize(
    "name",
    [
        "gone",
        "pkg",
        "pkg.gone",
        "ventas.pkg.gone",
        "gone.pkg.p",
        "loop_a",
        "dangling",
        "lonely.p",
        "remote",
    ],
)
def test_what_is_not_there_is_none(connection: oracledb.Connection, name: str) -> None:
    assert find(connection, name) is None


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Counting:
    """A connection that counts the cursors it gives."""

    def __init__(self, connection: oracledb.Connection) -> None:
        self._connection = connection
        self.cursors = 0

    def cursor(self) -> oracledb.Cursor:
        self.cursors += 1
        return self._connection.cursor()


def test_what_was_found_is_remembered_until_it_is_old_or_forgotten(
    connection: oracledb.Connection,
) -> None:
    clock, counting = Clock(), Counting(connection)
    dictionary = Dictionary(60, clock)
    name = ProcedureName.parse("pkg.p")

    def lookups() -> int:
        dictionary.describe(counting, name)  # type: ignore[arg-type]
        return counting.cursors

    assert [lookups(), lookups()] == [1, 1]
    clock.now = 61
    assert [lookups(), lookups()] == [2, 2]
    dictionary.forget(name)
    assert lookups() == 3


def test_what_was_not_found_is_looked_for_again(connection: oracledb.Connection) -> None:
    counting = Counting(connection)
    dictionary = Dictionary(60)
    for _ in range(3):
        assert dictionary.describe(counting, ProcedureName.parse("gone")) is None  # type: ignore[arg-type]
    assert counting.cursors == 3
