-- Shows what oracle_api_client.sql does, against the demo procedures. Run it where that package
-- was made, with SQL*Plus, SQLcl or SQL Developer, once the address and the token are right.

SET SERVEROUTPUT ON

DECLARE
  -- Calls a procedure: its numbers are exact.
  PROCEDURE show_call IS
    v_params JSON_OBJECT_T := JSON_OBJECT_T();
    v_out    JSON_OBJECT_T;
  BEGIN
    v_params.put('a', 0.1);
    v_params.put('b', 12345678901234567890);
    v_out := oracle_api_client.call_now('SUMA_SIMPLE', v_params);
    DBMS_OUTPUT.PUT_LINE('call: ' || v_out.get_Number('RESULTADO'));
  END show_call;

  -- Launches a job, once however often it is sent, follows it, and deletes it.
  PROCEDURE show_job IS
    v_params JSON_OBJECT_T := JSON_OBJECT_T();
    v_key    VARCHAR2(100) := 'etl-' || RAWTOHEX(SYS_GUID());
    v_id     VARCHAR2(32);
    v_again  VARCHAR2(32);
    v_job    JSON_OBJECT_T;
    v_result JSON_OBJECT_T;
  BEGIN
    v_params.put('vFECHA', '2025-12-10');
    v_params.put('vSEGUNDOS', 2);
    v_id := oracle_api_client.submit('PKG_ETL.PROCESO_LARGO', v_params, v_key);
    v_again := oracle_api_client.submit('PKG_ETL.PROCESO_LARGO', v_params, v_key);
    DBMS_OUTPUT.PUT_LINE('submitted twice with one key: '
      || CASE WHEN v_again = v_id THEN 'one job' ELSE 'two jobs' END);
    BEGIN
      v_job := oracle_api_client.wait_for(v_id, p_seconds => 60, p_every => 1);
      v_result := v_job.get_Object('result');
      DBMS_OUTPUT.PUT_LINE('result: ' || v_result.get_Number('VRESULTADO'));
    EXCEPTION
      WHEN oracle_api_client.job_cancelled THEN
        DBMS_OUTPUT.PUT_LINE('cancelled by somebody: not run again without asking');
      WHEN oracle_api_client.job_interrupted THEN
        DBMS_OUTPUT.PUT_LINE('interrupted: see what became of it, then submit anew');
      WHEN oracle_api_client.job_failed THEN
        DBMS_OUTPUT.PUT_LINE('failed: ' || SQLERRM);
    END;
    oracle_api_client.delete_job(v_id);
  END show_job;

  -- Reads a REF CURSOR in pages, then as CSV.
  PROCEDURE show_rows IS
    v_params JSON_OBJECT_T := JSON_OBJECT_T();
    v_id     VARCHAR2(32);
    v_job    JSON_OBJECT_T;
    v_rows   JSON_ARRAY_T;
    v_row    JSON_ARRAY_T;
    v_cursor VARCHAR2(100);
    v_count  PLS_INTEGER := 0;
  BEGIN
    v_params.put('p_limit', 2500);
    v_id := oracle_api_client.submit('PROC_TEST_CURSOR', v_params);
    v_job := oracle_api_client.wait_for(v_id, p_seconds => 60);
    LOOP
      v_rows := oracle_api_client.rows_page(v_id, 'P_CURSOR', v_cursor);
      v_count := v_count + v_rows.get_Size;
      v_row := TREAT(v_rows.get(v_rows.get_Size - 1) AS JSON_ARRAY_T);
      EXIT WHEN v_cursor IS NULL;
    END LOOP;
    DBMS_OUTPUT.PUT_LINE('rows: ' || v_count || ', the last is ' || v_row.get_String(1));
    DBMS_OUTPUT.PUT_LINE('csv: '
      || DBMS_LOB.GETLENGTH(oracle_api_client.csv(v_id, 'P_CURSOR')) || ' bytes');
  END show_rows;

  -- Breaks off a job in the database.
  PROCEDURE show_cancel IS
    v_params JSON_OBJECT_T := JSON_OBJECT_T();
    v_id     VARCHAR2(32);
    v_job    JSON_OBJECT_T;
  BEGIN
    v_params.put('segundos', 600);
    v_id := oracle_api_client.submit('PROC_TEST_DEMORA', v_params);
    v_job := oracle_api_client.cancel(v_id);
    BEGIN
      v_job := oracle_api_client.wait_for(v_id, p_seconds => 30);
    EXCEPTION
      WHEN oracle_api_client.job_cancelled THEN
        DBMS_OUTPUT.PUT_LINE('cancelled: as asked');
    END;
    v_job := oracle_api_client.cancel(v_id);
  EXCEPTION
    WHEN oracle_api_client.conflict THEN
      DBMS_OUTPUT.PUT_LINE('cancelled twice: 409');
  END show_cancel;

  -- Meets errors that a caller can do something about.
  PROCEDURE show_errors IS
    v_params JSON_OBJECT_T;
    v_out    JSON_OBJECT_T;
    v_errors JSON_ARRAY_T;
    v_error  JSON_OBJECT_T;
  BEGIN
    BEGIN
      v_params := JSON_OBJECT_T('{"a": "one", "b": 2}');
      v_out := oracle_api_client.call_now('SUMA_SIMPLE', v_params);
    EXCEPTION
      WHEN oracle_api_client.invalid THEN
        v_errors := oracle_api_client.last_problem().get_Array('errors');
        v_error := TREAT(v_errors.get(0) AS JSON_OBJECT_T);
        DBMS_OUTPUT.PUT_LINE('invalid: 400 at ' || v_error.get_String('pointer'));
    END;
    BEGIN
      v_params := JSON_OBJECT_T('{"p_should_fail": 1}');
      v_out := oracle_api_client.call_now('PROC_TEST_ERROR', v_params);
    EXCEPTION
      WHEN oracle_api_client.procedure_failed THEN
        DBMS_OUTPUT.PUT_LINE('procedure raised: 422 '
          || oracle_api_client.last_problem().get_String('code'));
    END;
    BEGIN
      v_out := oracle_api_client.cancel(RPAD('0', 32, '0'));
    EXCEPTION
      WHEN oracle_api_client.not_found THEN
        DBMS_OUTPUT.PUT_LINE('no such job: 404');
    END;
  END show_errors;
BEGIN
  oracle_api_client.configure('http://api.example.com:8080', 'demo');
  show_call;
  show_job;
  show_rows;
  show_cancel;
  show_errors;
END;
/
