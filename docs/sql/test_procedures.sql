-- What the integration tests call beside the demo procedures, for a real Oracle Database, 21c or
-- later (JSON). Load demo_procedures.sql first, then this, as the owner of the same schema, with SQL*Plus,
-- SQLcl or SQL Developer. The tests load both by themselves. A test compares the signatures with
-- those that the embedded database has (tests/integration/procedures.py, type_procedures.py,
-- timestamp_procedures.py).
--
-- Some tests call another schema, VENTAS, also by a public synonym, and through a database link.
-- Where there is no such schema, or no privilege, these parts are left out. An administrator can
-- make them possible before:
--
--   CREATE USER ventas NO AUTHENTICATION QUOTA UNLIMITED ON users;
--   GRANT CREATE ANY PROCEDURE, CREATE PUBLIC SYNONYM, CREATE SYNONYM, CREATE DATABASE LINK TO dwh;
--   GRANT EXECUTE ANY PROCEDURE TO dwh;
--
-- and, for the synonym over a link, a link by the name of LOOPBACK to this very schema:
--
--   CREATE DATABASE LINK loopback CONNECT TO dwh IDENTIFIED BY … USING '…';
--
-- A link passes neither LOBs, objects and REF CURSORs nor named types: of what the tests call
-- through it, only the scalar types work on a real Oracle.

BEGIN
  EXECUTE IMMEDIATE 'CREATE TABLE clientes (id NUMBER(9), nombre VARCHAR2(40), alta DATE)';
EXCEPTION
  WHEN OTHERS THEN
    -- ORA-00955: the table is there already.
    IF SQLCODE != -955 THEN
      RAISE;
    END IF;
END;
/

-- What the embedded database counts in memory: every start and every end of TEST_TALLY and
-- TEST_STUBBORN, whatever becomes of the transaction.
BEGIN
  EXECUTE IMMEDIATE 'CREATE TABLE test_tally_events (key VARCHAR2(200), event VARCHAR2(5), moment TIMESTAMP)';
EXCEPTION
  WHEN OTHERS THEN
    IF SQLCODE != -955 THEN
      RAISE;
    END IF;
END;
/

CREATE OR REPLACE PROCEDURE test_tally_count(p_key IN VARCHAR2, p_event IN VARCHAR2) IS
  PRAGMA AUTONOMOUS_TRANSACTION;
BEGIN
  INSERT INTO test_tally_events (key, event, moment) VALUES (p_key, p_event, SYSTIMESTAMP);
  COMMIT;
END test_tally_count;
/

CREATE OR REPLACE PROCEDURE test_tally(p_key IN VARCHAR2, p_seconds IN NUMBER DEFAULT 0) IS
BEGIN
  test_tally_count(p_key, 'start');
  IF p_seconds > 0 THEN
    DBMS_SESSION.SLEEP(p_seconds);
  END IF;
  test_tally_count(p_key, 'end');
END test_tally;
/

-- Catches a break, as WHEN OTHERS does; then raises an error of its own, or none.
CREATE OR REPLACE PROCEDURE test_stubborn(p_key IN VARCHAR2, p_raises IN BOOLEAN) IS
BEGIN
  test_tally_count(p_key, 'start');
  DBMS_SESSION.SLEEP(60);
EXCEPTION
  WHEN OTHERS THEN
    IF SQLCODE != -1013 THEN
      RAISE;
    END IF;
    test_tally_count(p_key, 'end');
    IF p_raises THEN
      RAISE_APPLICATION_ERROR(-20002, 'caught the break');
    END IF;
END test_stubborn;
/

CREATE OR REPLACE PACKAGE pkg_echo AS
  PROCEDURE all_types(
    p_varchar2 IN OUT VARCHAR2, p_number IN OUT NUMBER, p_date IN OUT DATE,
    p_timestamp IN OUT TIMESTAMP, p_zoned IN OUT TIMESTAMP WITH TIME ZONE, p_raw IN OUT RAW,
    p_boolean IN OUT BOOLEAN, p_clob IN OUT CLOB, p_blob IN OUT BLOB
  );
  PROCEDURE copy_types(
    p_varchar2 IN VARCHAR2, p_number IN NUMBER, p_date IN DATE,
    p_timestamp IN TIMESTAMP, p_zoned IN TIMESTAMP WITH TIME ZONE, p_raw IN RAW,
    p_boolean IN BOOLEAN, p_clob IN CLOB, p_blob IN BLOB,
    o_varchar2 OUT VARCHAR2, o_number OUT NUMBER, o_date OUT DATE,
    o_timestamp OUT TIMESTAMP, o_zoned OUT TIMESTAMP WITH TIME ZONE, o_raw OUT RAW,
    o_boolean OUT BOOLEAN, o_clob OUT CLOB, o_blob OUT BLOB
  );
END pkg_echo;
/

CREATE OR REPLACE PACKAGE BODY pkg_echo AS
  -- Every value stays as it came.
  PROCEDURE all_types(
    p_varchar2 IN OUT VARCHAR2, p_number IN OUT NUMBER, p_date IN OUT DATE,
    p_timestamp IN OUT TIMESTAMP, p_zoned IN OUT TIMESTAMP WITH TIME ZONE, p_raw IN OUT RAW,
    p_boolean IN OUT BOOLEAN, p_clob IN OUT CLOB, p_blob IN OUT BLOB
  ) IS
  BEGIN
    NULL;
  END all_types;

  PROCEDURE copy_types(
    p_varchar2 IN VARCHAR2, p_number IN NUMBER, p_date IN DATE,
    p_timestamp IN TIMESTAMP, p_zoned IN TIMESTAMP WITH TIME ZONE, p_raw IN RAW,
    p_boolean IN BOOLEAN, p_clob IN CLOB, p_blob IN BLOB,
    o_varchar2 OUT VARCHAR2, o_number OUT NUMBER, o_date OUT DATE,
    o_timestamp OUT TIMESTAMP, o_zoned OUT TIMESTAMP WITH TIME ZONE, o_raw OUT RAW,
    o_boolean OUT BOOLEAN, o_clob OUT CLOB, o_blob OUT BLOB
  ) IS
  BEGIN
    o_varchar2 := p_varchar2;
    o_number := p_number;
    o_date := p_date;
    o_timestamp := p_timestamp;
    o_zoned := p_zoned;
    o_raw := p_raw;
    o_boolean := p_boolean;
    o_clob := p_clob;
    o_blob := p_blob;
  END copy_types;
END pkg_echo;
/

CREATE OR REPLACE PACKAGE pkg_rows AS
  -- Only for SLOW: a REF CURSOR's query can call what is in the specification.
  TYPE t_slow_ids IS TABLE OF NUMBER;
  FUNCTION slow_ids(p_count IN NUMBER, p_seconds IN NUMBER) RETURN t_slow_ids PIPELINED;

  PROCEDURE many(p_count IN NUMBER, p_rows OUT SYS_REFCURSOR);
  PROCEDURE odd(p_rows OUT SYS_REFCURSOR);
  PROCEDURE slow(p_count IN NUMBER, p_seconds IN NUMBER, p_rows OUT SYS_REFCURSOR);
  PROCEDURE not_opened(p_rows OUT SYS_REFCURSOR);
  PROCEDURE documents(p_rows OUT SYS_REFCURSOR, p_doc OUT JSON);
END pkg_rows;
/

CREATE OR REPLACE PACKAGE BODY pkg_rows AS
  FUNCTION slow_ids(p_count IN NUMBER, p_seconds IN NUMBER) RETURN t_slow_ids PIPELINED IS
  BEGIN
    FOR v_number IN 1 .. p_count LOOP
      IF MOD(v_number, 500) = 0 THEN
        DBMS_SESSION.SLEEP(p_seconds * 500 / p_count);
      END IF;
      PIPE ROW (v_number);
    END LOOP;
    RETURN;
  END slow_ids;

  -- Two columns have the same name.
  PROCEDURE many(p_count IN NUMBER, p_rows OUT SYS_REFCURSOR) IS
  BEGIN
    OPEN p_rows FOR
      SELECT LEVEL AS id, 'row ' || LEVEL AS name, LEVEL AS id
        FROM dual
       WHERE p_count >= 1
     CONNECT BY LEVEL <= p_count;
  END many;

  -- Values that a CSV file must quote.
  PROCEDURE odd(p_rows OUT SYS_REFCURSOR) IS
  BEGIN
    OPEN p_rows FOR
      SELECT text, number_value AS "NUMBER"
        FROM (
          SELECT 1 AS position, 'plain' AS text, 1 AS number_value FROM dual
          UNION ALL SELECT 2, 'with, comma', -0.5 FROM dual
          UNION ALL SELECT 3, 'with "quotes"', 12345678901234567890.123 FROM dual
          UNION ALL SELECT 4, 'two' || CHR(10) || 'lines', NULL FROM dual
          UNION ALL SELECT 5, TO_CHAR(UNISTR('\00F1\D83D\DC26')), 0 FROM dual
          UNION ALL SELECT 6, NULL, 7 FROM dual
        )
       ORDER BY position;
  END odd;

  PROCEDURE slow(p_count IN NUMBER, p_seconds IN NUMBER, p_rows OUT SYS_REFCURSOR) IS
  BEGIN
    OPEN p_rows FOR
      SELECT column_value AS id FROM TABLE(pkg_rows.slow_ids(p_count, p_seconds));
  END slow;

  PROCEDURE not_opened(p_rows OUT SYS_REFCURSOR) IS
  BEGIN
    NULL;
  END not_opened;

  -- Documents, also with what JSON itself does not have.
  PROCEDURE documents(p_rows OUT SYS_REFCURSOR, p_doc OUT JSON) IS
  BEGIN
    SELECT JSON_OBJECT(
             'when' VALUE TIMESTAMP '2025-12-10 08:30:01.5',
             'span' VALUE INTERVAL '1 02:00:00' DAY TO SECOND,
             'raw' VALUE HEXTORAW('6869'),
             'double' VALUE 0.1d,
             'exact' VALUE 1234567890.1234567890123456789012345678
             RETURNING JSON)
      INTO p_doc
      FROM dual;
    OPEN p_rows FOR
      SELECT id, doc
        FROM (
          SELECT 1 AS id, p_doc AS doc FROM dual
          UNION ALL SELECT 2, NULL FROM dual
          UNION ALL SELECT 3, JSON('"text"') FROM dual
          UNION ALL SELECT 4, JSON('[true, {"a": null}]') FROM dual
        )
       ORDER BY id;
  END documents;
END pkg_rows;
/

CREATE OR REPLACE PACKAGE pkg_out AS
  PROCEDURE writes(p_lines IN NUMBER, p_fails IN NUMBER DEFAULT 0);
END pkg_out;
/

CREATE OR REPLACE PACKAGE BODY pkg_out AS
  PROCEDURE writes(p_lines IN NUMBER, p_fails IN NUMBER DEFAULT 0) IS
  BEGIN
    FOR v_number IN 0 .. p_lines - 1 LOOP
      DBMS_OUTPUT.PUT_LINE('línea ' || v_number);
    END LOOP;
    IF p_fails != 0 THEN
      RAISE_APPLICATION_ERROR(-20004, 'after writing');
    END IF;
  END writes;
END pkg_out;
/

CREATE OR REPLACE PACKAGE pkg_batch AS
  PROCEDURE add_row(p_id IN NUMBER, p_text IN VARCHAR2, p_seen OUT NUMBER);
END pkg_batch;
/

CREATE OR REPLACE PACKAGE BODY pkg_batch AS
  -- Inserts a row, and counts the rows of this text that its transaction sees.
  PROCEDURE add_row(p_id IN NUMBER, p_text IN VARCHAR2, p_seen OUT NUMBER) IS
  BEGIN
    IF p_text = 'bad' THEN
      RAISE_APPLICATION_ERROR(-20005, 'row ' || p_id || ' is bad');
    END IF;
    INSERT INTO test_dml (id, descripcion) VALUES (p_id, p_text);
    SELECT COUNT(*) INTO p_seen FROM test_dml WHERE descripcion = p_text;
  END add_row;
END pkg_batch;
/

CREATE OR REPLACE PACKAGE pkg_big AS
  PROCEDURE clob_of(p_text IN VARCHAR2, p_times IN NUMBER, p_clob OUT CLOB);
  PROCEDURE blob_of(p_bytes IN NUMBER, p_blob OUT BLOB);
END pkg_big;
/

CREATE OR REPLACE PACKAGE BODY pkg_big AS
  -- Gives a text so many times: by doubling it, as appending one by one takes minutes.
  PROCEDURE clob_of(p_text IN VARCHAR2, p_times IN NUMBER, p_clob OUT CLOB) IS
    v_part CLOB := TO_CLOB(p_text);
    v_left PLS_INTEGER := p_times;
  BEGIN
    DBMS_LOB.CREATETEMPORARY(p_clob, TRUE);
    WHILE v_left > 0 AND p_text IS NOT NULL LOOP
      IF MOD(v_left, 2) = 1 THEN
        DBMS_LOB.APPEND(p_clob, v_part);
      END IF;
      v_left := TRUNC(v_left / 2);
      IF v_left > 0 THEN
        v_part := v_part || v_part;
      END IF;
    END LOOP;
  END clob_of;

  -- Gives so many bytes that count up from 0 to 250, again and again.
  PROCEDURE blob_of(p_bytes IN NUMBER, p_blob OUT BLOB) IS
    v_hex     VARCHAR2(502);
    v_pattern RAW(251);
    v_left    PLS_INTEGER := p_bytes;
  BEGIN
    FOR v_number IN 0 .. 250 LOOP
      v_hex := v_hex || TO_CHAR(v_number, 'FM0X');
    END LOOP;
    v_pattern := HEXTORAW(v_hex);
    DBMS_LOB.CREATETEMPORARY(p_blob, TRUE);
    WHILE v_left > 0 LOOP
      DBMS_LOB.WRITEAPPEND(p_blob, LEAST(v_left, 251), v_pattern);
      v_left := v_left - 251;
    END LOOP;
  END blob_of;
END pkg_big;
/

CREATE OR REPLACE PACKAGE pkg_over AS
  PROCEDURE f(a IN NUMBER, r OUT VARCHAR2);
  PROCEDURE f(a IN NUMBER, b IN NUMBER, r OUT VARCHAR2);
  PROCEDURE f(a IN NUMBER, c IN DATE, r OUT VARCHAR2);
END pkg_over;
/

CREATE OR REPLACE PACKAGE BODY pkg_over AS
  PROCEDURE f(a IN NUMBER, r OUT VARCHAR2) IS
  BEGIN
    r := 'a';
  END f;

  PROCEDURE f(a IN NUMBER, b IN NUMBER, r OUT VARCHAR2) IS
  BEGIN
    r := 'ab';
  END f;

  PROCEDURE f(a IN NUMBER, c IN DATE, r OUT VARCHAR2) IS
  BEGIN
    r := 'ac';
  END f;
END pkg_over;
/

CREATE OR REPLACE PACKAGE pkg_fail AS
  PROCEDURE raises(p_code IN NUMBER, p_text IN VARCHAR2);
END pkg_fail;
/

CREATE OR REPLACE PACKAGE BODY pkg_fail AS
  PROCEDURE raises(p_code IN NUMBER, p_text IN VARCHAR2) IS
  BEGIN
    RAISE_APPLICATION_ERROR(-p_code, p_text);
  END raises;
END pkg_fail;
/

CREATE OR REPLACE PACKAGE pkg_dml AS
  PROCEDURE insert_and_fail(p_table IN VARCHAR2);
END pkg_dml;
/

CREATE OR REPLACE PACKAGE BODY pkg_dml AS
  -- Its work must not be there afterwards.
  PROCEDURE insert_and_fail(p_table IN VARCHAR2) IS
  BEGIN
    EXECUTE IMMEDIATE
      'INSERT INTO ' || DBMS_ASSERT.SIMPLE_SQL_NAME(p_table)
      || ' (id, descripcion) VALUES (-1, ''lost'')';
    RAISE_APPLICATION_ERROR(-20003, 'after an insert');
  END insert_and_fail;
END pkg_dml;
/

-- ---- another schema, synonyms

DECLARE
  PROCEDURE run_if_allowed(p_statement IN VARCHAR2) IS
  BEGIN
    EXECUTE IMMEDIATE p_statement;
  EXCEPTION
    WHEN OTHERS THEN
      -- Insufficient privileges, no such user, a synonym's target that is not there.
      IF SQLCODE NOT IN (-1031, -1435, -1917, -1918, -942, -4042, -4043) THEN
        RAISE;
      END IF;
  END run_if_allowed;
BEGIN
  run_if_allowed(q'[
    CREATE OR REPLACE PACKAGE ventas.pkg_mes AS
      FUNCTION total(p_mes IN NUMBER) RETURN NUMBER;
    END pkg_mes;]');
  run_if_allowed(q'[
    CREATE OR REPLACE PACKAGE BODY ventas.pkg_mes AS
      FUNCTION total(p_mes IN NUMBER) RETURN NUMBER IS
      BEGIN
        RETURN p_mes * 1000.01;
      END total;
    END pkg_mes;]');
  run_if_allowed('CREATE OR REPLACE PUBLIC SYNONYM mes FOR ventas.pkg_mes');
  run_if_allowed('CREATE OR REPLACE SYNONYM pkg_mes_viejo FOR ventas.pkg_mes');
  run_if_allowed('CREATE OR REPLACE SYNONYM pkg_mes_propio FOR pkg_mes_viejo');
  run_if_allowed('CREATE OR REPLACE SYNONYM pkg_remote FOR pkg_types@loopback');
END;
/

-- ---- collections, records, object types

CREATE OR REPLACE TYPE t_nums FORCE AS TABLE OF NUMBER;
/

CREATE OR REPLACE TYPE t_names FORCE AS VARRAY(3) OF VARCHAR2(10);
/

CREATE OR REPLACE TYPE t_person FORCE AS OBJECT (id NUMBER, nombre VARCHAR2(40), nacido DATE);
/

CREATE OR REPLACE TYPE t_people FORCE AS TABLE OF t_person;
/

CREATE OR REPLACE PACKAGE pkg_obj AS
  TYPE t_rec IS RECORD (id NUMBER, nombre VARCHAR2(40), activo BOOLEAN);
  TYPE t_idx IS TABLE OF VARCHAR2(100) INDEX BY PLS_INTEGER;
  TYPE t_recs IS TABLE OF t_rec INDEX BY PLS_INTEGER;
  TYPE t_deep IS RECORD (titulo VARCHAR2(20), lineas t_recs);

  PROCEDURE nums(p_in IN t_nums, p_out OUT t_nums);
  PROCEDURE names(p_in IN t_names, p_out OUT t_names);
  PROCEDURE person(p_in IN t_person, p_out OUT t_person);
  PROCEDURE people(p_in IN t_people, p_out OUT t_people);
  PROCEDURE rec(p_in IN t_rec, p_out OUT t_rec);
  PROCEDURE idx(p_in IN t_idx, p_out OUT t_idx);
  PROCEDURE recs(p_in IN t_recs, p_out OUT t_recs);
  PROCEDURE deep(p_in IN t_deep, p_out OUT t_deep);
  PROCEDURE fila(p_in IN clientes%ROWTYPE, p_out OUT clientes%ROWTYPE);
  PROCEDURE ds(p_in IN INTERVAL DAY TO SECOND, p_out OUT INTERVAL DAY TO SECOND);
  PROCEDURE ym(p_in IN INTERVAL YEAR TO MONTH, p_out OUT INTERVAL YEAR TO MONTH);
  PROCEDURE rowid_(p_in IN ROWID, p_out OUT ROWID);
  PROCEDURE nvarchar2_(p_in IN NVARCHAR2, p_out OUT NVARCHAR2);
  PROCEDURE nclob_(p_in IN NCLOB, p_out OUT NCLOB);
  PROCEDURE char_(p_in IN CHAR, p_out OUT CHAR);
  PROCEDURE binary_float_(p_in IN BINARY_FLOAT, p_out OUT BINARY_FLOAT);
  PROCEDURE binary_double_(p_in IN BINARY_DOUBLE, p_out OUT BINARY_DOUBLE);
  PROCEDURE pls_integer_(p_in IN PLS_INTEGER, p_out OUT PLS_INTEGER);
  PROCEDURE float_(p_in IN FLOAT, p_out OUT FLOAT);
  PROCEDURE xml(p_in IN XMLTYPE, p_out OUT XMLTYPE);
  PROCEDURE json_(p_in IN JSON, p_out OUT JSON);
  FUNCTION json_in_out(p_doc IN OUT JSON) RETURN NUMBER;
  PROCEDURE xml_in_out(p_xml IN OUT XMLTYPE);
  FUNCTION json_deep(p_levels IN NUMBER) RETURN JSON;
  FUNCTION suma(p_nums IN OUT t_nums) RETURN t_rec;
  PROCEDURE move(p_moment IN OUT TIMESTAMP WITH TIME ZONE);
  PROCEDURE results(p_rows IN NUMBER);
END pkg_obj;
/

CREATE OR REPLACE PACKAGE BODY pkg_obj AS
  PROCEDURE nums(p_in IN t_nums, p_out OUT t_nums) IS
  BEGIN
    p_out := p_in;
  END nums;

  PROCEDURE names(p_in IN t_names, p_out OUT t_names) IS
  BEGIN
    p_out := p_in;
  END names;

  PROCEDURE person(p_in IN t_person, p_out OUT t_person) IS
  BEGIN
    p_out := p_in;
  END person;

  PROCEDURE people(p_in IN t_people, p_out OUT t_people) IS
  BEGIN
    p_out := p_in;
  END people;

  PROCEDURE rec(p_in IN t_rec, p_out OUT t_rec) IS
  BEGIN
    p_out := p_in;
  END rec;

  PROCEDURE idx(p_in IN t_idx, p_out OUT t_idx) IS
  BEGIN
    p_out := p_in;
  END idx;

  PROCEDURE recs(p_in IN t_recs, p_out OUT t_recs) IS
  BEGIN
    p_out := p_in;
  END recs;

  PROCEDURE deep(p_in IN t_deep, p_out OUT t_deep) IS
  BEGIN
    p_out := p_in;
  END deep;

  PROCEDURE fila(p_in IN clientes%ROWTYPE, p_out OUT clientes%ROWTYPE) IS
  BEGIN
    p_out := p_in;
  END fila;

  PROCEDURE ds(p_in IN INTERVAL DAY TO SECOND, p_out OUT INTERVAL DAY TO SECOND) IS
  BEGIN
    p_out := p_in;
  END ds;

  PROCEDURE ym(p_in IN INTERVAL YEAR TO MONTH, p_out OUT INTERVAL YEAR TO MONTH) IS
  BEGIN
    p_out := p_in;
  END ym;

  PROCEDURE rowid_(p_in IN ROWID, p_out OUT ROWID) IS
  BEGIN
    p_out := p_in;
  END rowid_;

  PROCEDURE nvarchar2_(p_in IN NVARCHAR2, p_out OUT NVARCHAR2) IS
  BEGIN
    p_out := p_in;
  END nvarchar2_;

  PROCEDURE nclob_(p_in IN NCLOB, p_out OUT NCLOB) IS
  BEGIN
    p_out := p_in;
  END nclob_;

  PROCEDURE char_(p_in IN CHAR, p_out OUT CHAR) IS
  BEGIN
    p_out := p_in;
  END char_;

  PROCEDURE binary_float_(p_in IN BINARY_FLOAT, p_out OUT BINARY_FLOAT) IS
  BEGIN
    p_out := p_in;
  END binary_float_;

  PROCEDURE binary_double_(p_in IN BINARY_DOUBLE, p_out OUT BINARY_DOUBLE) IS
  BEGIN
    p_out := p_in;
  END binary_double_;

  PROCEDURE pls_integer_(p_in IN PLS_INTEGER, p_out OUT PLS_INTEGER) IS
  BEGIN
    p_out := p_in;
  END pls_integer_;

  PROCEDURE float_(p_in IN FLOAT, p_out OUT FLOAT) IS
  BEGIN
    p_out := p_in;
  END float_;

  PROCEDURE xml(p_in IN XMLTYPE, p_out OUT XMLTYPE) IS
  BEGIN
    p_out := p_in;
  END xml;

  PROCEDURE json_(p_in IN JSON, p_out OUT JSON) IS
  BEGIN
    p_out := p_in;
  END json_;

  -- Puts a document into an array, and counts its members or elements.
  FUNCTION json_in_out(p_doc IN OUT JSON) RETURN NUMBER IS
    v_count NUMBER := 0;
    v_element JSON_ELEMENT_T;
    v_array JSON_ARRAY_T := JSON_ARRAY_T();
  BEGIN
    IF p_doc IS NULL THEN
      v_array.append_null();
    ELSE
      v_element := JSON_ELEMENT_T.load(p_doc);
      v_count := v_element.get_size();
      v_array.append(v_element);
    END IF;
    p_doc := v_array.to_json();
    RETURN v_count;
  END json_in_out;

  -- Puts a document into an element.
  PROCEDURE xml_in_out(p_xml IN OUT XMLTYPE) IS
  BEGIN
    IF p_xml IS NULL THEN
      p_xml := XMLTYPE('<in></in>');
    ELSE
      p_xml := XMLTYPE('<in>' || p_xml.getClobVal() || '</in>');
    END IF;
  END xml_in_out;

  -- A document of so many levels.
  FUNCTION json_deep(p_levels IN NUMBER) RETURN JSON IS
  BEGIN
    RETURN JSON(RPAD('[', p_levels, '[') || '1' || RPAD(']', p_levels, ']'));
  END json_deep;

  -- Doubles the numbers, and gives their sum in a record.
  FUNCTION suma(p_nums IN OUT t_nums) RETURN t_rec IS
    v_result t_rec;
  BEGIN
    v_result.id := 0;
    v_result.nombre := 'suma';
    v_result.activo := TRUE;
    FOR v_index IN 1 .. p_nums.COUNT LOOP
      v_result.id := v_result.id + p_nums(v_index);
      p_nums(v_index) := p_nums(v_index) * 2;
    END LOOP;
    RETURN v_result;
  END suma;

  -- The same moment, as the clock of another zone shows it.
  PROCEDURE move(p_moment IN OUT TIMESTAMP WITH TIME ZONE) IS
  BEGIN
    p_moment := p_moment AT TIME ZONE '-03:00';
  END move;

  -- Two implicit results.
  PROCEDURE results(p_rows IN NUMBER) IS
    v_rows SYS_REFCURSOR;
  BEGIN
    OPEN v_rows FOR
      SELECT LEVEL - 1 AS n FROM dual WHERE p_rows >= 1 CONNECT BY LEVEL <= p_rows;
    DBMS_SQL.RETURN_RESULT(v_rows);
    OPEN v_rows FOR SELECT 0 AS n FROM dual;
    DBMS_SQL.RETURN_RESULT(v_rows);
  END results;
END pkg_obj;
/

-- ---- every type in every direction; docs/types.md shows what comes out

CREATE OR REPLACE TYPE t_types_nums FORCE AS TABLE OF NUMBER;
/

CREATE OR REPLACE TYPE t_types_person FORCE AS OBJECT (id NUMBER, nombre VARCHAR2(40), nacido DATE);
/

CREATE OR REPLACE TYPE t_types_people FORCE AS TABLE OF t_types_person;
/

CREATE OR REPLACE PACKAGE pkg_types AS
  TYPE t_names IS VARRAY(3) OF VARCHAR2(10);
  TYPE t_indexed IS TABLE OF VARCHAR2(100) INDEX BY PLS_INTEGER;
  TYPE t_rec IS RECORD (id NUMBER, nombre VARCHAR2(40), activo BOOLEAN);
  TYPE t_all IS RECORD (
    texto VARCHAR2(40),
    numero NUMBER,
    entero PLS_INTEGER,
    doble BINARY_DOUBLE,
    fecha DATE,
    momento TIMESTAMP,
    datos RAW(20),
    activo BOOLEAN,
    largo CLOB,
    binario BLOB
  );
  TYPE t_recs IS TABLE OF t_rec INDEX BY PLS_INTEGER;

  PROCEDURE varchar2_(p_in IN VARCHAR2, p_out OUT VARCHAR2, p_both IN OUT VARCHAR2);
  PROCEDURE nvarchar2_(p_in IN NVARCHAR2, p_out OUT NVARCHAR2, p_both IN OUT NVARCHAR2);
  PROCEDURE char_(p_in IN CHAR, p_out OUT CHAR, p_both IN OUT CHAR);
  PROCEDURE nchar_(p_in IN NCHAR, p_out OUT NCHAR, p_both IN OUT NCHAR);
  PROCEDURE number_(p_in IN NUMBER, p_out OUT NUMBER, p_both IN OUT NUMBER);
  PROCEDURE integer_(p_in IN INTEGER, p_out OUT INTEGER, p_both IN OUT INTEGER);
  PROCEDURE float_(p_in IN FLOAT, p_out OUT FLOAT, p_both IN OUT FLOAT);
  PROCEDURE binary_float_(p_in IN BINARY_FLOAT, p_out OUT BINARY_FLOAT, p_both IN OUT BINARY_FLOAT);
  PROCEDURE binary_double_(
    p_in IN BINARY_DOUBLE, p_out OUT BINARY_DOUBLE,
    p_both IN OUT BINARY_DOUBLE
  );
  PROCEDURE pls_integer_(p_in IN PLS_INTEGER, p_out OUT PLS_INTEGER, p_both IN OUT PLS_INTEGER);
  PROCEDURE boolean_(p_in IN BOOLEAN, p_out OUT BOOLEAN, p_both IN OUT BOOLEAN);
  PROCEDURE date_(p_in IN DATE, p_out OUT DATE, p_both IN OUT DATE);
  PROCEDURE timestamp_(p_in IN TIMESTAMP, p_out OUT TIMESTAMP, p_both IN OUT TIMESTAMP);
  PROCEDURE timestamp_tz_(
    p_in IN TIMESTAMP WITH TIME ZONE, p_out OUT TIMESTAMP WITH TIME ZONE,
    p_both IN OUT TIMESTAMP WITH TIME ZONE
  );
  PROCEDURE timestamp_ltz_(
    p_in IN TIMESTAMP WITH LOCAL TIME ZONE, p_out OUT TIMESTAMP WITH LOCAL TIME ZONE,
    p_both IN OUT TIMESTAMP WITH LOCAL TIME ZONE
  );
  PROCEDURE interval_ds_(
    p_in IN INTERVAL DAY TO SECOND, p_out OUT INTERVAL DAY TO SECOND,
    p_both IN OUT INTERVAL DAY TO SECOND
  );
  PROCEDURE interval_ym_(
    p_in IN INTERVAL YEAR TO MONTH, p_out OUT INTERVAL YEAR TO MONTH,
    p_both IN OUT INTERVAL YEAR TO MONTH
  );
  PROCEDURE raw_(p_in IN RAW, p_out OUT RAW, p_both IN OUT RAW);
  PROCEDURE rowid_(p_in IN ROWID, p_out OUT ROWID, p_both IN OUT ROWID);
  PROCEDURE clob_(p_in IN CLOB, p_out OUT CLOB, p_both IN OUT CLOB);
  PROCEDURE nclob_(p_in IN NCLOB, p_out OUT NCLOB, p_both IN OUT NCLOB);
  PROCEDURE blob_(p_in IN BLOB, p_out OUT BLOB, p_both IN OUT BLOB);
  PROCEDURE xmltype_(p_in IN XMLTYPE, p_out OUT XMLTYPE, p_both IN OUT XMLTYPE);
  PROCEDURE json_(
    p_in IN JSON, p_out OUT JSON,
    p_both IN OUT JSON
  );
  PROCEDURE timestamp_9_(
    p_in IN TIMESTAMP_UNCONSTRAINED, p_out OUT TIMESTAMP_UNCONSTRAINED,
    p_both IN OUT TIMESTAMP_UNCONSTRAINED
  );
  PROCEDURE timestamp_tz_9_(
    p_in IN TIMESTAMP_TZ_UNCONSTRAINED, p_out OUT TIMESTAMP_TZ_UNCONSTRAINED,
    p_both IN OUT TIMESTAMP_TZ_UNCONSTRAINED
  );
  PROCEDURE timestamp_ltz_9_(
    p_in IN TIMESTAMP_LTZ_UNCONSTRAINED, p_out OUT TIMESTAMP_LTZ_UNCONSTRAINED,
    p_both IN OUT TIMESTAMP_LTZ_UNCONSTRAINED
  );
  PROCEDURE varray_(p_in IN t_names, p_out OUT t_names, p_both IN OUT t_names);
  PROCEDURE nested_table_(p_in IN t_types_nums, p_out OUT t_types_nums, p_both IN OUT t_types_nums);
  PROCEDURE associative_array_(p_in IN t_indexed, p_out OUT t_indexed, p_both IN OUT t_indexed);
  PROCEDURE record_(p_in IN t_rec, p_out OUT t_rec, p_both IN OUT t_rec);
  PROCEDURE record_of_scalars_(p_in IN t_all, p_out OUT t_all, p_both IN OUT t_all);
  PROCEDURE row_(
    p_in IN clientes%ROWTYPE, p_out OUT clientes%ROWTYPE,
    p_both IN OUT clientes%ROWTYPE
  );
  PROCEDURE object_type_(
    p_in IN t_types_person, p_out OUT t_types_person,
    p_both IN OUT t_types_person
  );
  PROCEDURE table_of_records_(p_in IN t_recs, p_out OUT t_recs, p_both IN OUT t_recs);
  PROCEDURE table_of_objects_(
    p_in IN t_types_people, p_out OUT t_types_people,
    p_both IN OUT t_types_people
  );
  PROCEDURE ref_cursor_(p_rows IN NUMBER, p_out OUT SYS_REFCURSOR);
END pkg_types;
/

CREATE OR REPLACE PACKAGE BODY pkg_types AS
  PROCEDURE varchar2_(p_in IN VARCHAR2, p_out OUT VARCHAR2, p_both IN OUT VARCHAR2) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END varchar2_;

  PROCEDURE nvarchar2_(p_in IN NVARCHAR2, p_out OUT NVARCHAR2, p_both IN OUT NVARCHAR2) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END nvarchar2_;

  PROCEDURE char_(p_in IN CHAR, p_out OUT CHAR, p_both IN OUT CHAR) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END char_;

  PROCEDURE nchar_(p_in IN NCHAR, p_out OUT NCHAR, p_both IN OUT NCHAR) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END nchar_;

  PROCEDURE number_(p_in IN NUMBER, p_out OUT NUMBER, p_both IN OUT NUMBER) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END number_;

  PROCEDURE integer_(p_in IN INTEGER, p_out OUT INTEGER, p_both IN OUT INTEGER) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END integer_;

  PROCEDURE float_(p_in IN FLOAT, p_out OUT FLOAT, p_both IN OUT FLOAT) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END float_;

  PROCEDURE binary_float_(p_in IN BINARY_FLOAT, p_out OUT BINARY_FLOAT, p_both IN OUT BINARY_FLOAT) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END binary_float_;

  PROCEDURE binary_double_(
    p_in IN BINARY_DOUBLE, p_out OUT BINARY_DOUBLE,
    p_both IN OUT BINARY_DOUBLE
  ) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END binary_double_;

  PROCEDURE pls_integer_(p_in IN PLS_INTEGER, p_out OUT PLS_INTEGER, p_both IN OUT PLS_INTEGER) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END pls_integer_;

  PROCEDURE boolean_(p_in IN BOOLEAN, p_out OUT BOOLEAN, p_both IN OUT BOOLEAN) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END boolean_;

  PROCEDURE date_(p_in IN DATE, p_out OUT DATE, p_both IN OUT DATE) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END date_;

  PROCEDURE timestamp_(p_in IN TIMESTAMP, p_out OUT TIMESTAMP, p_both IN OUT TIMESTAMP) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END timestamp_;

  PROCEDURE timestamp_tz_(
    p_in IN TIMESTAMP WITH TIME ZONE, p_out OUT TIMESTAMP WITH TIME ZONE,
    p_both IN OUT TIMESTAMP WITH TIME ZONE
  ) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END timestamp_tz_;

  PROCEDURE timestamp_ltz_(
    p_in IN TIMESTAMP WITH LOCAL TIME ZONE, p_out OUT TIMESTAMP WITH LOCAL TIME ZONE,
    p_both IN OUT TIMESTAMP WITH LOCAL TIME ZONE
  ) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END timestamp_ltz_;

  PROCEDURE interval_ds_(
    p_in IN INTERVAL DAY TO SECOND, p_out OUT INTERVAL DAY TO SECOND,
    p_both IN OUT INTERVAL DAY TO SECOND
  ) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END interval_ds_;

  PROCEDURE interval_ym_(
    p_in IN INTERVAL YEAR TO MONTH, p_out OUT INTERVAL YEAR TO MONTH,
    p_both IN OUT INTERVAL YEAR TO MONTH
  ) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END interval_ym_;

  PROCEDURE raw_(p_in IN RAW, p_out OUT RAW, p_both IN OUT RAW) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END raw_;

  PROCEDURE rowid_(p_in IN ROWID, p_out OUT ROWID, p_both IN OUT ROWID) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END rowid_;

  PROCEDURE clob_(p_in IN CLOB, p_out OUT CLOB, p_both IN OUT CLOB) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END clob_;

  PROCEDURE nclob_(p_in IN NCLOB, p_out OUT NCLOB, p_both IN OUT NCLOB) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END nclob_;

  PROCEDURE blob_(p_in IN BLOB, p_out OUT BLOB, p_both IN OUT BLOB) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END blob_;

  PROCEDURE xmltype_(p_in IN XMLTYPE, p_out OUT XMLTYPE, p_both IN OUT XMLTYPE) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END xmltype_;

  PROCEDURE json_(
    p_in IN JSON, p_out OUT JSON,
    p_both IN OUT JSON
  ) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END json_;

  PROCEDURE timestamp_9_(
    p_in IN TIMESTAMP_UNCONSTRAINED, p_out OUT TIMESTAMP_UNCONSTRAINED,
    p_both IN OUT TIMESTAMP_UNCONSTRAINED
  ) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END timestamp_9_;

  PROCEDURE timestamp_tz_9_(
    p_in IN TIMESTAMP_TZ_UNCONSTRAINED, p_out OUT TIMESTAMP_TZ_UNCONSTRAINED,
    p_both IN OUT TIMESTAMP_TZ_UNCONSTRAINED
  ) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END timestamp_tz_9_;

  PROCEDURE timestamp_ltz_9_(
    p_in IN TIMESTAMP_LTZ_UNCONSTRAINED, p_out OUT TIMESTAMP_LTZ_UNCONSTRAINED,
    p_both IN OUT TIMESTAMP_LTZ_UNCONSTRAINED
  ) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END timestamp_ltz_9_;

  PROCEDURE varray_(p_in IN t_names, p_out OUT t_names, p_both IN OUT t_names) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END varray_;

  PROCEDURE nested_table_(p_in IN t_types_nums, p_out OUT t_types_nums, p_both IN OUT t_types_nums) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END nested_table_;

  PROCEDURE associative_array_(p_in IN t_indexed, p_out OUT t_indexed, p_both IN OUT t_indexed) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END associative_array_;

  PROCEDURE record_(p_in IN t_rec, p_out OUT t_rec, p_both IN OUT t_rec) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END record_;

  PROCEDURE record_of_scalars_(p_in IN t_all, p_out OUT t_all, p_both IN OUT t_all) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END record_of_scalars_;

  PROCEDURE row_(
    p_in IN clientes%ROWTYPE, p_out OUT clientes%ROWTYPE,
    p_both IN OUT clientes%ROWTYPE
  ) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END row_;

  PROCEDURE object_type_(
    p_in IN t_types_person, p_out OUT t_types_person,
    p_both IN OUT t_types_person
  ) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END object_type_;

  PROCEDURE table_of_records_(p_in IN t_recs, p_out OUT t_recs, p_both IN OUT t_recs) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END table_of_records_;

  PROCEDURE table_of_objects_(
    p_in IN t_types_people, p_out OUT t_types_people,
    p_both IN OUT t_types_people
  ) IS
  BEGIN
    p_out := p_both;
    p_both := p_in;
  END table_of_objects_;

  PROCEDURE ref_cursor_(p_rows IN NUMBER, p_out OUT SYS_REFCURSOR) IS
  BEGIN
    IF p_rows IS NOT NULL THEN
      OPEN p_out FOR
        SELECT LEVEL AS id, 'row ' || LEVEL AS name FROM dual
         WHERE p_rows >= 1 CONNECT BY LEVEL <= p_rows;
    END IF;
  END ref_cursor_;
END pkg_types;
/

-- ---- nine digits of a second, and XML, in every way

CREATE OR REPLACE TYPE t_moments FORCE AS OBJECT (
  ts TIMESTAMP(9), tsltz TIMESTAMP(9) WITH LOCAL TIME ZONE
);
/

CREATE OR REPLACE PACKAGE pkg_nano AS
  PROCEDURE ts(
    p_in IN TIMESTAMP_UNCONSTRAINED, p_out OUT TIMESTAMP_UNCONSTRAINED,
    p_both IN OUT TIMESTAMP_UNCONSTRAINED
  );
  FUNCTION ts_result(p_in IN TIMESTAMP_UNCONSTRAINED) RETURN TIMESTAMP_UNCONSTRAINED;
  PROCEDURE tstz(
    p_in IN TIMESTAMP_TZ_UNCONSTRAINED, p_out OUT TIMESTAMP_TZ_UNCONSTRAINED,
    p_both IN OUT TIMESTAMP_TZ_UNCONSTRAINED
  );
  FUNCTION tstz_result(p_in IN TIMESTAMP_TZ_UNCONSTRAINED) RETURN TIMESTAMP_TZ_UNCONSTRAINED;
  PROCEDURE tsltz(
    p_in IN TIMESTAMP_LTZ_UNCONSTRAINED, p_out OUT TIMESTAMP_LTZ_UNCONSTRAINED,
    p_both IN OUT TIMESTAMP_LTZ_UNCONSTRAINED
  );
  FUNCTION tsltz_result(p_in IN TIMESTAMP_LTZ_UNCONSTRAINED) RETURN TIMESTAMP_LTZ_UNCONSTRAINED;
  PROCEDURE xml(
    p_in IN XMLTYPE, p_out OUT XMLTYPE,
    p_both IN OUT XMLTYPE
  );
  FUNCTION xml_result(p_in IN XMLTYPE) RETURN XMLTYPE;
  FUNCTION seen(p_in IN TIMESTAMP WITH TIME ZONE) RETURN VARCHAR2;
  FUNCTION later(p_moment IN OUT TIMESTAMP WITH TIME ZONE) RETURN TIMESTAMP;
  PROCEDURE elsewhere(p_in IN t_moments, p_out OUT t_moments, p_c OUT SYS_REFCURSOR);
END pkg_nano;
/

CREATE OR REPLACE PACKAGE BODY pkg_nano AS
  PROCEDURE ts(
    p_in IN TIMESTAMP_UNCONSTRAINED, p_out OUT TIMESTAMP_UNCONSTRAINED,
    p_both IN OUT TIMESTAMP_UNCONSTRAINED
  ) IS
  BEGIN
    p_out := p_in;
  END ts;

  FUNCTION ts_result(p_in IN TIMESTAMP_UNCONSTRAINED) RETURN TIMESTAMP_UNCONSTRAINED IS
  BEGIN
    RETURN p_in;
  END ts_result;

  PROCEDURE tstz(
    p_in IN TIMESTAMP_TZ_UNCONSTRAINED, p_out OUT TIMESTAMP_TZ_UNCONSTRAINED,
    p_both IN OUT TIMESTAMP_TZ_UNCONSTRAINED
  ) IS
  BEGIN
    p_out := p_in;
  END tstz;

  FUNCTION tstz_result(p_in IN TIMESTAMP_TZ_UNCONSTRAINED) RETURN TIMESTAMP_TZ_UNCONSTRAINED IS
  BEGIN
    RETURN p_in;
  END tstz_result;

  PROCEDURE tsltz(
    p_in IN TIMESTAMP_LTZ_UNCONSTRAINED, p_out OUT TIMESTAMP_LTZ_UNCONSTRAINED,
    p_both IN OUT TIMESTAMP_LTZ_UNCONSTRAINED
  ) IS
  BEGIN
    p_out := p_in;
  END tsltz;

  FUNCTION tsltz_result(p_in IN TIMESTAMP_LTZ_UNCONSTRAINED) RETURN TIMESTAMP_LTZ_UNCONSTRAINED IS
  BEGIN
    RETURN p_in;
  END tsltz_result;

  PROCEDURE xml(
    p_in IN XMLTYPE, p_out OUT XMLTYPE,
    p_both IN OUT XMLTYPE
  ) IS
  BEGIN
    p_out := p_in;
  END xml;

  FUNCTION xml_result(p_in IN XMLTYPE) RETURN XMLTYPE IS
  BEGIN
    RETURN p_in;
  END xml_result;

  -- What arrives within the database.
  FUNCTION seen(p_in IN TIMESTAMP WITH TIME ZONE) RETURN VARCHAR2 IS
  BEGIN
    RETURN TO_CHAR(p_in, 'YYYY-MM-DD HH24:MI:SS FF9 ') || REPLACE(TO_CHAR(p_in, 'TZH:TZM'), ':');
  END seen;

  -- A nanosecond more on the clock of another zone, and that clock too.
  FUNCTION later(p_moment IN OUT TIMESTAMP WITH TIME ZONE) RETURN TIMESTAMP IS
  BEGIN
    p_moment := (p_moment AT TIME ZONE '-03:30') + INTERVAL '0.000000001' SECOND(1, 9);
    RETURN CAST(p_moment AS TIMESTAMP(9));
  END later;

  -- An object back, and rows with nine digits of a second.
  PROCEDURE elsewhere(p_in IN t_moments, p_out OUT t_moments, p_c OUT SYS_REFCURSOR) IS
  BEGIN
    p_out := p_in;
    OPEN p_c FOR SELECT TIMESTAMP '2025-01-01 00:00:00.123456789' AS t FROM dual;
  END elsewhere;
END pkg_nano;
/
