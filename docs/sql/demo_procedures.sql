-- Demo procedures for a real Oracle Database, 12.2 or later; the embedded database has the
-- same built in. Run it as the owner of the schema, with SQL*Plus, SQLcl or SQL Developer.
--
-- The service reads the progress of long operations from V$SESSION_LONGOPS. That takes a
-- grant which only an administrator can give (reporting progress takes none):
--
--   GRANT SELECT ON V_$SESSION_LONGOPS TO dwh;
--
-- DBMS_SESSION.SLEEP exists from 18c on and needs no grant. On older versions put DBMS_LOCK.SLEEP
-- in its place, after GRANT EXECUTE ON DBMS_LOCK TO dwh.

BEGIN
  EXECUTE IMMEDIATE 'CREATE TABLE test_dml (id NUMBER NOT NULL, descripcion VARCHAR2(100), fecha DATE)';
EXCEPTION
  WHEN OTHERS THEN
    -- ORA-00955: the table is there already.
    IF SQLCODE != -955 THEN
      RAISE;
    END IF;
END;
/

CREATE OR REPLACE PACKAGE pkg_etl AS
  PROCEDURE proceso_largo(
    vFECHA     IN  DATE,
    vRESULTADO OUT NUMBER,
    vSEGUNDOS  IN  NUMBER DEFAULT 10
  );
END pkg_etl;
/

CREATE OR REPLACE PACKAGE BODY pkg_etl AS
  PROCEDURE proceso_largo(
    vFECHA     IN  DATE,
    vRESULTADO OUT NUMBER,
    vSEGUNDOS  IN  NUMBER DEFAULT 10
  ) IS
    c_bloques CONSTANT PLS_INTEGER := 20;
    v_rindex  BINARY_INTEGER := DBMS_APPLICATION_INFO.SET_SESSION_LONGOPS_NOHINT;
    v_slno    BINARY_INTEGER;
  BEGIN
    FOR v_bloque IN 0 .. c_bloques LOOP
      DBMS_APPLICATION_INFO.SET_SESSION_LONGOPS(
        rindex      => v_rindex,
        slno        => v_slno,
        op_name     => 'PROCESO_LARGO',
        target_desc => TO_CHAR(vFECHA, 'YYYY-MM-DD'),
        sofar       => v_bloque,
        totalwork   => c_bloques,
        units       => 'bloques'
      );
      IF v_bloque < c_bloques THEN
        DBMS_SESSION.SLEEP(NVL(vSEGUNDOS, 0) / c_bloques);
      END IF;
    END LOOP;
    vRESULTADO := 12500;
  END proceso_largo;
END pkg_etl;
/

CREATE OR REPLACE PROCEDURE proc_test(
  p_input  IN  VARCHAR2,
  p_output OUT VARCHAR2
) IS
BEGIN
  p_output := 'Procesado: ' || p_input;
END proc_test;
/

CREATE OR REPLACE PROCEDURE proc_test_demora(
  segundos IN NUMBER
) IS
BEGIN
  DBMS_SESSION.SLEEP(segundos);
END proc_test_demora;
/

CREATE OR REPLACE PROCEDURE proc_test_params(
  p_number  IN  NUMBER,
  p_varchar IN  VARCHAR2,
  p_date    IN  DATE,
  p_result  OUT VARCHAR2
) IS
BEGIN
  p_result := 'Number: ' || TO_CHAR(p_number)
    || ', String: ' || p_varchar
    || ', Date: ' || TO_CHAR(p_date, 'DD/MM/YYYY');
END proc_test_params;
/

CREATE OR REPLACE PROCEDURE proc_test_cursor(
  p_limit  IN  NUMBER,
  p_cursor OUT SYS_REFCURSOR
) IS
BEGIN
  OPEN p_cursor FOR
    SELECT LEVEL AS id, 'Item ' || LEVEL AS nombre, SYSDATE AS fecha
      FROM dual
     WHERE p_limit >= 1
   CONNECT BY LEVEL <= p_limit;
END proc_test_cursor;
/

CREATE OR REPLACE PROCEDURE proc_test_error(
  p_should_fail IN NUMBER
) IS
BEGIN
  IF p_should_fail = 1 THEN
    RAISE_APPLICATION_ERROR(-20001, 'Error intencional de prueba');
  END IF;
END proc_test_error;
/

CREATE OR REPLACE PROCEDURE proc_test_dml(
  p_table_name   IN  VARCHAR2,
  p_rows_created OUT NUMBER
) IS
  v_table VARCHAR2(130) := DBMS_ASSERT.SIMPLE_SQL_NAME(p_table_name);
BEGIN
  EXECUTE IMMEDIATE
    'INSERT INTO ' || v_table || ' (id, descripcion, fecha)'
    || ' SELECT LEVEL, ''Registro '' || LEVEL, SYSDATE FROM dual CONNECT BY LEVEL <= 100';
  p_rows_created := SQL%ROWCOUNT;
END proc_test_dml;
/

CREATE OR REPLACE PROCEDURE suma_simple(
  a         IN  NUMBER,
  b         IN  NUMBER,
  resultado OUT NUMBER
) IS
BEGIN
  resultado := a + b;
END suma_simple;
/

CREATE OR REPLACE FUNCTION func_test_fecha RETURN DATE IS
BEGIN
  RETURN SYSDATE;
END func_test_fecha;
/
