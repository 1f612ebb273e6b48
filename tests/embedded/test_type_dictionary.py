"""The views of the data dictionary about types, and parameters of named types."""

from __future__ import annotations

from typing import Any

import oracledb
import pytest

from oracle_api.embedded.errors import OracleError
from oracle_api.embedded.procedures import Catalog

_COMPOSITE = {
    "T_NUMS": ("TABLE", "DWH", "T_NUMS", None, "TYPE"),
    "T_NAMES": ("VARRAY", "DWH", "T_NAMES", None, "TYPE"),
    "T_PERSON": ("OBJECT", "DWH", "T_PERSON", None, "TYPE"),
    "PKG_TYPES_T_REC": ("PL/SQL RECORD", "DWH", "PKG_TYPES", "T_REC", "PACKAGE"),
    "PKG_TYPES_T_ARR": ("PL/SQL TABLE", "DWH", "PKG_TYPES", "T_ARR", "PACKAGE"),
    "PKG_TYPES_T_RECS": ("TABLE", "DWH", "PKG_TYPES", "T_RECS", "PACKAGE"),
    "PKG_TYPES_T_LIMITED": ("VARRAY", "DWH", "PKG_TYPES", "T_LIMITED", "PACKAGE"),
    "CLIENTES_ROWTYPE": ("PL/SQL RECORD", "DWH", "CLIENTES", None, "TABLE"),
}


def _rows(cursor: oracledb.Cursor, query: str, *binds: Any) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = cursor.execute(query, list(binds)).fetchall()
    return rows


@pytest.mark.parametrize("name", _COMPOSITE)
def test_arguments(name: str, cursor: oracledb.Cursor) -> None:
    rows = _rows(
        cursor,
        "SELECT data_type, type_owner, type_name, type_subname, type_object_type, data_level, "
        "in_out FROM all_arguments WHERE package_name = 'PKG_ECHO' AND object_name = :1 "
        "ORDER BY sequence",
        f"E_{name}",
    )
    assert rows == [(*_COMPOSITE[name], 0, direction) for direction in ("IN", "OUT", "IN/OUT")]


def test_arguments_of_the_supplied_package(cursor: oracledb.Cursor) -> None:
    assert _rows(
        cursor,
        "SELECT data_type, type_owner, type_name, type_subname FROM all_arguments "
        "WHERE package_name = 'DBMS_OUTPUT' AND argument_name = 'LINES'",
    ) == [("PL/SQL TABLE", "SYS", "DBMS_OUTPUT", "CHARARR")]


def test_types_of_the_schema(cursor: oracledb.Cursor, local: oracledb.Connection) -> None:
    del local
    assert _rows(
        cursor,
        "SELECT type_name, typecode, attributes FROM all_types WHERE owner = 'DWH' "
        "AND type_name IN ('T_PERSON', 'T_NUMS') ORDER BY type_name",
    ) == [("T_NUMS", "COLLECTION", 0), ("T_PERSON", "OBJECT", 3)]
    assert _rows(
        cursor,
        "SELECT attr_no, attr_name, attr_type_owner, attr_type_name, length, precision, scale, "
        "character_set_name FROM all_type_attrs WHERE type_name IN ('T_PERSON', 'T_COUPLE') "
        "ORDER BY type_name DESC, attr_no",
    ) == [
        (1, "ID", None, "NUMBER", None, None, None, None),
        (2, "NOMBRE", None, "VARCHAR2", 400, None, None, "CHAR_CS"),
        (3, "NACIDO", None, "DATE", None, None, None, None),
        (1, "ONE", "DWH", "T_PERSON", None, None, None, None),
        (2, "NAMES", "DWH", "T_NAMES", None, None, None, None),
        (3, "OTHER", "DWH", "T_PERSON", None, None, None, None),
        (4, "SCORE", None, "NUMBER", None, 5, 2, None),
    ]
    assert _rows(
        cursor,
        "SELECT type_name, coll_type, upper_bound, elem_type_owner, elem_type_name, length "
        "FROM all_coll_types WHERE owner = 'DWH' "
        "AND type_name IN ('T_NAMES', 'T_PEOPLE') ORDER BY type_name",
    ) == [
        ("T_NAMES", "VARYING ARRAY", 3, None, "VARCHAR2", 40),
        ("T_PEOPLE", "TABLE", None, "DWH", "T_PERSON", None),
    ]
    assert _rows(cursor, "SELECT object_type FROM all_objects WHERE object_name = 'T_PERSON'") == [
        ("TYPE",)
    ]


def test_types_of_packages(cursor: oracledb.Cursor) -> None:
    where = "WHERE owner = 'DWH' AND package_name = 'PKG_TYPES'"
    assert _rows(
        cursor,
        f"SELECT type_name, typecode, attributes, contains_plsql FROM all_plsql_types {where} "
        "AND type_name IN ('T_REC', 'T_RECS', 'T_OUTER') ORDER BY type_name",
    ) == [
        ("T_OUTER", "PL/SQL RECORD", 4, "YES"),
        ("T_REC", "PL/SQL RECORD", 2, "NO"),
        ("T_RECS", "COLLECTION", 0, "YES"),
    ]
    assert _rows(
        cursor,
        "SELECT attr_name, attr_type_owner, attr_type_package, attr_type_name "
        f"FROM all_plsql_type_attrs {where} AND type_name = 'T_OUTER' ORDER BY attr_no",
    ) == [
        ("REC", "DWH", "PKG_TYPES", "T_REC"),
        ("NUMS", "DWH", None, "T_NUMS"),
        ("PEOPLE", "DWH", None, "T_PEOPLE"),
        ("FILA", "DWH", None, "CLIENTES%ROWTYPE"),
    ]
    names = _rows(
        cursor,
        f"SELECT attr_name, attr_type_name FROM all_plsql_type_attrs {where} "
        "AND type_name = 'T_ALL' AND attr_no < 12 ORDER BY attr_no",
    )
    assert dict(names) == {
        "N": "NUMBER", "I": "PL/SQL PLS INTEGER", "F": "PL/SQL BOOLEAN", "V": "VARCHAR2",
        "C": "CHAR", "NV": "NVARCHAR2", "D": "DATE", "T": "TIMESTAMP",
        "TZ": "TIMESTAMP WITH TZ", "L": "TIMESTAMP WITH LOCAL TZ", "R": "RAW",
    }  # fmt: skip
    assert _rows(
        cursor,
        "SELECT type_name, coll_type, upper_bound, elem_type_owner, elem_type_package, "
        f"elem_type_name, index_by FROM all_plsql_coll_types {where} AND type_name IN "
        "('T_ARR', 'T_RECS', 'T_LIMITED', 'T_BY_NAME', 'T_ROWS') ORDER BY type_name",
    ) == [
        ("T_ARR", "PL/SQL INDEX TABLE", None, None, None, "VARCHAR2", "BINARY_INTEGER"),
        ("T_BY_NAME", "PL/SQL INDEX TABLE", None, None, None, "NUMBER", "VARCHAR2"),
        ("T_LIMITED", "VARYING ARRAY", 2, None, None, "DATE", None),
        ("T_RECS", "TABLE", None, "DWH", "PKG_TYPES", "T_REC", None),
        ("T_ROWS", "PL/SQL INDEX TABLE", None, "DWH", None, "CLIENTES%ROWTYPE",
         "BINARY_INTEGER"),
    ]  # fmt: skip


def test_columns_of_tables(cursor: oracledb.Cursor) -> None:
    rows = _rows(
        cursor,
        "SELECT column_name, data_type, data_length, data_precision, data_scale "
        "FROM all_tab_columns WHERE owner = 'DWH' AND table_name = 'CLIENTES' ORDER BY column_id",
    )
    assert rows == [
        ("ID", "NUMBER", 22, 10, 0),
        ("NOMBRE", "VARCHAR2", 20, None, None),
        ("ALTA", "DATE", 7, None, None),
        ("SALDO", "NUMBER", 22, 12, 2),
        ("TASA", "FLOAT", 22, 126, None),
        ("HUELLA", "RAW", 8, None, None),
        ("CUANDO", "TIMESTAMP(3)", 11, None, 3),
        ("NOTAS", "CLOB", 4000, None, None),
        ("APODO", "NVARCHAR2", 20, None, None),
        ("CUENTA", "NUMBER", 22, None, 0),
    ]


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        ("T AS TABLE OF NOPE", "PLS-00201: identifier 'NOPE' must be declared"),
        ("T AS TABLE OF NOPE%ROWTYPE", "PLS-00201: identifier 'NOPE%ROWTYPE'"),
        ("P.T IS RECORD (a NOPE.B.C)", "PLS-00201"),
        ("P.T IS RECORD (a NOPE%TYPE)", "PLS-00201"),
        ("T AS RECORD (a NUMBER)", "PLS-00103"),
        ("P.T IS OBJECT (a NUMBER)", "PLS-00103"),
        ("T AS TABLE OF NUMBER INDEX BY PLS_INTEGER", "PLS-00103"),
        ("T AS VARRAY(x) OF NUMBER", "PLS-00103"),
        ("T AS VARYING NUMBER", "PLS-00103"),
        ("T AS TABLE OF NUMBER%NOPE", "PLS-00103"),
        ("A.B.C.T AS TABLE OF NUMBER", "PLS-00103"),
        ("T", "PLS-00103"),
    ],
)
def test_mistakes_in_declarations(declaration: str, message: str) -> None:
    catalog = Catalog(owner="DWH")
    with pytest.raises(OracleError, match=message):
        catalog.type(declaration)
    with pytest.raises(OracleError, match="PLS-00201: identifier 'T' must be declared"):
        catalog.procedure("P(a IN T)")(lambda call, a: None)


def test_tables_that_are_none(cursor: oracledb.Cursor) -> None:
    del cursor
    catalog = Catalog(owner="DWH")
    catalog.statement("CREATE TABLE BROKEN (A NOPE)")
    catalog.statement("CREATE INDEX I ON BROKEN (A)")
    catalog.statement("INSERT INTO BROKEN VALUES (1)")
    assert not catalog.types.types
    catalog.statement("CREATE TABLE DWH.GOOD (A NUMBER, CONSTRAINT C PRIMARY KEY (A));")
    catalog.procedure("P(a IN good.a%TYPE, b IN dwh.good%ROWTYPE, c IN DOUBLE PRECISION)")(
        lambda call, a, b, c: None
    )
