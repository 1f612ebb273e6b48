"""Types and packages that are compiled anew while sessions use them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import oracledb
import pytest

from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.procedures import Catalog
from oracle_api.embedded.server import EmbeddedServer


@pytest.fixture
def catalog() -> Catalog:
    catalog = Catalog(owner="DWH")
    catalog.type("T_ITEM AS OBJECT (id NUMBER)")
    catalog.type("T_ITEMS AS TABLE OF T_ITEM")
    catalog.type("T_OTHER AS OBJECT (id NUMBER)")
    for name, kind in (("ITEM", "T_ITEM"), ("ITEMS", "T_ITEMS"), ("OTHER", "T_OTHER")):
        catalog.procedure(f"PKG.{name}(p_in IN {kind}, p_out OUT {kind})")(
            lambda call, p_in: {"p_out": p_in}
        )
    catalog.procedure("PKG.GIVE(p_out OUT T_ITEM)")(lambda call: {"p_out": {"id": 1}})
    catalog.procedure("PKG_STATE.ADD(p_sum OUT NUMBER)")(lambda call: {"p_sum": 1})
    catalog.keep_state("PKG_STATE")
    return catalog


@pytest.fixture
def server(catalog: Catalog) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(catalog=catalog) as server:
        yield server


@pytest.fixture
def connection(server: EmbeddedServer) -> Iterator[oracledb.Connection]:
    with connect(server) as connection:
        yield connection


def connect(server: EmbeddedServer) -> oracledb.Connection:
    return oracledb.connect(user="dwh", password="dwh", dsn=server.dsn)


def echo(connection: oracledb.Connection, name: str, kind_name: str, **values: Any) -> Any:
    kind = connection.gettype(kind_name)
    value = kind.newobject()
    if kind.iscollection:
        value.append(kind.element_type.newobject())
    for attribute, each in values.items():
        setattr(value, attribute, each)
    with connection.cursor() as cursor:
        out = cursor.var(kind)
        cursor.callproc(name, [value, out])
        return out.getvalue()


def attributes(connection: oracledb.Connection, name: str) -> list[str]:
    kind = connection.gettype(name)
    kind = kind.element_type if kind.iscollection else kind
    return [attribute.name for attribute in kind.attributes]


@pytest.mark.parametrize(("name", "kind"), [("PKG.ITEM", "T_ITEM"), ("PKG.ITEMS", "T_ITEMS")])
def test_a_session_that_knows_the_old_type_is_refused(
    catalog: Catalog, server: EmbeddedServer, connection: oracledb.Connection, name: str, kind: str
) -> None:
    echo(connection, name, kind)
    catalog.replace_type("T_ITEM AS OBJECT (id NUMBER, precio NUMBER)")
    for _ in range(2):
        with pytest.raises(oracledb.DatabaseError, match="ORA-21700"):
            echo(connection, name, kind)
    with connect(server) as other:
        assert attributes(other, kind) == ["ID", "PRECIO"]
        echo(other, name, kind)
        assert echo(other, "PKG.ITEM", "T_ITEM", ID=1, PRECIO=2.5).PRECIO == 2.5
    assert echo(connection, "PKG.OTHER", "T_OTHER", ID=3).ID == 3


def test_an_out_parameter_of_the_old_type_is_refused_before_the_procedure_runs(
    catalog: Catalog, connection: oracledb.Connection
) -> None:
    with connection.cursor() as cursor:
        variable = cursor.var(connection.gettype("T_ITEM"))
        cursor.callproc("PKG.GIVE", [variable])
        ran: list[int] = []
        catalog.replace_procedure("PKG.GIVE(p_out OUT T_ITEM)")(lambda call: ran.append(1))
        catalog.replace_type("T_ITEM AS OBJECT (id VARCHAR2(10))")
        with pytest.raises(oracledb.DatabaseError, match="ORA-21700"):
            cursor.callproc("PKG.GIVE", [variable])
        assert ran == []


def test_a_statement_is_compiled_again_once_its_procedure_was(
    catalog: Catalog, connection: oracledb.Connection
) -> None:
    def call() -> Any:
        with connection.cursor() as cursor:
            total = cursor.var(int)
            cursor.execute("BEGIN PKG_STATE.ADD(p_sum => :total); END;", total=total)
            return total.getvalue()

    assert call() == 1
    catalog.replace_procedure("PKG_STATE.ADD(p_sum OUT NUMBER, p_by IN NUMBER DEFAULT 5)")(
        lambda call, p_by: {"p_sum": p_by}
    )
    with pytest.raises(oracledb.DatabaseError, match="ORA-04068") as caught:
        call()
    assert 'ORA-04061: existing state of package "DWH.PKG_STATE"' in str(caught.value)
    assert [call(), call()] == [5, 5]
    catalog.replace_procedure("PKG_STATE.ADD(p_sum OUT NUMBER, p_by IN NUMBER)")(
        lambda call, p_by: {"p_sum": p_by}
    )
    with pytest.raises(oracledb.DatabaseError, match="PLS-00306"):
        call()


def test_a_package_without_state_loses_none(
    catalog: Catalog, connection: oracledb.Connection
) -> None:
    echo(connection, "PKG.OTHER", "T_OTHER", ID=1)
    catalog.replace_procedure("PKG.OTHER(p_in IN T_OTHER, p_out OUT T_OTHER)")(
        lambda call, p_in: {"p_out": {"id": 8}}
    )
    assert echo(connection, "PKG.OTHER", "T_OTHER", ID=1).ID == 8


def test_what_was_compiled_anew_has_a_later_time(
    catalog: Catalog, connection: oracledb.Connection
) -> None:
    query = (
        "SELECT last_ddl_time FROM all_objects WHERE object_name IN ('T_ITEM', 'T_ITEMS', 'PKG')"
    )
    with connection.cursor() as cursor:
        before = [row[0] for row in cursor.execute(query)]
        catalog.replace_type("T_ITEM AS OBJECT (id NUMBER, precio NUMBER)")
        after = [row[0] for row in cursor.execute(query)]
    assert len(before) == 3
    assert all(late > early for early, late in zip(before, after, strict=True))


def test_only_what_is_there_can_be_compiled_anew(catalog: Catalog) -> None:
    with pytest.raises(OracleError, match="ORA-04043"):
        catalog.replace_type("T_NEW AS OBJECT (id NUMBER)")
    catalog.procedure("P(p IN T_ITEM)")(lambda call, p: None)
    register = catalog.procedure("Q(p IN T_NEW)")
    with pytest.raises(OracleError, match="PLS-00201"):
        register(lambda call, p: None)
