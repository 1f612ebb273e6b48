-- A client of oracle_api inside an Oracle Database, 12.2 or later: so that one database calls the
-- procedures of another. Run it as the owner of the calling code, with SQL*Plus, SQLcl or SQL
-- Developer; demo.sql beside it shows each thing.
--
-- An administrator must first let that user (here DWH) reach the service (here api.example.com):
--
--   BEGIN
--     DBMS_NETWORK_ACL_ADMIN.APPEND_HOST_ACE(
--       host       => 'api.example.com',
--       lower_port => 443,
--       upper_port => 443,
--       ace        => XS$ACE_TYPE(privilege_list => XS$NAME_LIST('http'),
--                                 principal_name => 'DWH',
--                                 principal_type => XS_ACL.PTYPE_DB));
--   END;
--   /
--   GRANT EXECUTE ON UTL_HTTP TO dwh;
--
-- For https the database needs a wallet with the certificate of the authority that signed the
-- service's, readable for the user that the database runs as:
--
--   orapki wallet create -wallet /etc/oracle/wallets/api -auto_login
--   orapki wallet add -wallet /etc/oracle/wallets/api -trusted_cert -cert authority.pem
--
-- and its path in configure below. From 21c on the wallet 'system:' takes the operating system's.
--
-- DBMS_SESSION.SLEEP exists from 18c on and needs no grant. On older versions put DBMS_LOCK.SLEEP
-- in its place, after GRANT EXECUTE ON DBMS_LOCK TO dwh.
--
-- What is sent is outside of the caller's transaction: a ROLLBACK calls nothing back.
-- JSON_OBJECT_T.get_Number gives numbers with all their digits.

SET DEFINE OFF

CREATE OR REPLACE PACKAGE oracle_api_client AS
  -- What goes wrong, by what can be done about it; last_problem has the details.
  invalid          EXCEPTION; -- 400, 413, 415, 422: this program is wrong
  not_authorised   EXCEPTION; -- 401, 403: the token may not do this; somebody must grant it
  not_found        EXCEPTION; -- 404: no such procedure or job, or it is another client's
  conflict         EXCEPTION; -- 409: the job's state or the data forbids it; look again
  procedure_failed EXCEPTION; -- 422: the procedure raised, and all was rolled back
  timed_out        EXCEPTION; -- 504: too long to call at once, and broken off; submit it
  unavailable      EXCEPTION; -- 429, 502, 503: it was tried again in vain; try much later
  no_answer        EXCEPTION; -- a call may have taken effect; all else was tried again in vain
  outcome_unknown  EXCEPTION; -- 503: the database was lost during the call; look in the data
  service_bug      EXCEPTION; -- 500: tell the operator the request_id
  job_failed       EXCEPTION; -- the procedure raised or could not be called
  job_interrupted  EXCEPTION; -- the service or its connection died; look in the data first
  job_cancelled    EXCEPTION; -- somebody cancelled it; all was rolled back
  job_running      EXCEPTION; -- the time given to wait_for is up; the job goes on
  PRAGMA EXCEPTION_INIT(invalid, -20400);
  PRAGMA EXCEPTION_INIT(not_authorised, -20401);
  PRAGMA EXCEPTION_INIT(not_found, -20404);
  PRAGMA EXCEPTION_INIT(conflict, -20409);
  PRAGMA EXCEPTION_INIT(procedure_failed, -20422);
  PRAGMA EXCEPTION_INIT(timed_out, -20504);
  PRAGMA EXCEPTION_INIT(unavailable, -20503);
  PRAGMA EXCEPTION_INIT(no_answer, -20502);
  PRAGMA EXCEPTION_INIT(outcome_unknown, -20501);
  PRAGMA EXCEPTION_INIT(service_bug, -20500);
  PRAGMA EXCEPTION_INIT(job_failed, -20510);
  PRAGMA EXCEPTION_INIT(job_interrupted, -20511);
  PRAGMA EXCEPTION_INIT(job_cancelled, -20512);
  PRAGMA EXCEPTION_INIT(job_running, -20513);

  -- Says where the service is, for this session.
  PROCEDURE configure(
    p_url    IN VARCHAR2,
    p_token  IN VARCHAR2,
    p_wallet IN VARCHAR2 DEFAULT NULL -- such as file:/etc/oracle/wallets/api
  );

  -- Runs a procedure now, and gives its OUT values. It is tried again only where the service says
  -- that nothing was run.
  FUNCTION call_now(
    p_name   IN VARCHAR2,                          -- such as PKG_ETL.PROCESO_LARGO
    p_params IN JSON_OBJECT_T DEFAULT JSON_OBJECT_T() -- the IN values by name
  ) RETURN JSON_OBJECT_T;

  -- Starts a job, and gives its id. The key names this piece of work: the same key gives the same
  -- job, however often it is sent. Keep it with the work, and commit, where this program itself
  -- may die and start again.
  FUNCTION submit(
    p_name   IN VARCHAR2,
    p_params IN JSON_OBJECT_T DEFAULT JSON_OBJECT_T(),
    p_key    IN VARCHAR2 DEFAULT RAWTOHEX(SYS_GUID())
  ) RETURN VARCHAR2;

  -- Waits until a job has completed, and gives it. Meanwhile its progress is shown in the column
  -- CLIENT_INFO of V$SESSION.
  FUNCTION wait_for(
    p_job_id  IN VARCHAR2,
    p_seconds IN NUMBER DEFAULT 86400, -- at most
    p_every   IN NUMBER DEFAULT 60     -- seconds between two reports of progress, 60 at most
  ) RETURN JSON_OBJECT_T;

  -- Asks for a job's end, and gives the job; it may complete all the same.
  FUNCTION cancel(p_job_id IN VARCHAR2) RETURN JSON_OBJECT_T;

  -- Deletes a job that has ended.
  PROCEDURE delete_job(p_job_id IN VARCHAR2);

  -- Gives a page of a completed job's REF CURSOR: an array of rows, each an array of values.
  FUNCTION rows_page(
    p_job_id IN VARCHAR2,
    p_param  IN VARCHAR2,
    p_cursor IN OUT VARCHAR2,    -- null for the first page; null after the last one
    p_limit  IN NUMBER DEFAULT 1000
  ) RETURN JSON_ARRAY_T;

  -- Gives the rows of a completed job's REF CURSOR as CSV in UTF-8.
  FUNCTION csv(p_job_id IN VARCHAR2, p_param IN VARCHAR2) RETURN BLOB;

  -- Gives the problem document (RFC 9457), or the job, that the last exception was raised for.
  FUNCTION last_problem RETURN JSON_OBJECT_T;
END oracle_api_client;
/

CREATE OR REPLACE PACKAGE BODY oracle_api_client AS
  c_tries               CONSTANT PLS_INTEGER := 7;
  c_first_delay         CONSTANT NUMBER := 0.5; -- seconds, as all that follow
  c_longest_delay       CONSTANT NUMBER := 10;
  c_longest_retry_after CONSTANT NUMBER := 60;
  c_longest_wait        CONSTANT NUMBER := 60;
  -- Longer than the service's SYNC_TIMEOUT_SECONDS, so that the 504 is its own.
  c_answer              CONSTANT NUMBER := 60;

  -- A status of 0 is no whole answer at all.
  TYPE t_answer IS RECORD (
    status      PLS_INTEGER := 0,
    body        BLOB,
    retry_after NUMBER := 0,
    failure     VARCHAR2(2000),
    is_hopeless BOOLEAN := FALSE
  );

  g_url     VARCHAR2(1000);
  g_token   VARCHAR2(1000);
  g_problem JSON_OBJECT_T;

  PROCEDURE configure(p_url IN VARCHAR2, p_token IN VARCHAR2, p_wallet IN VARCHAR2 DEFAULT NULL) IS
  BEGIN
    g_url := RTRIM(p_url, '/');
    g_token := p_token;
    IF p_wallet IS NOT NULL THEN
      UTL_HTTP.SET_WALLET(p_wallet);
    END IF;
  END configure;

  FUNCTION last_problem RETURN JSON_OBJECT_T IS
  BEGIN
    RETURN g_problem;
  END last_problem;

  PROCEDURE fail(p_code IN PLS_INTEGER, p_text IN VARCHAR2) IS
  BEGIN
    RAISE_APPLICATION_ERROR(p_code, SUBSTRB(p_text, 1, 2000));
  END fail;

  -- Sends a body in UTF-8, in pieces that fit into a RAW.
  PROCEDURE write_body(p_request IN OUT NOCOPY UTL_HTTP.REQ, p_body IN BLOB) IS
    c_piece CONSTANT PLS_INTEGER := 32000;
    v_size  PLS_INTEGER := NVL(DBMS_LOB.GETLENGTH(p_body), 0);
    v_first PLS_INTEGER := 1;
  BEGIN
    UTL_HTTP.SET_HEADER(p_request, 'Content-Length', TO_CHAR(v_size));
    WHILE v_first <= v_size LOOP
      UTL_HTTP.WRITE_RAW(p_request, DBMS_LOB.SUBSTR(p_body, c_piece, v_first));
      v_first := v_first + c_piece;
    END LOOP;
  END write_body;

  FUNCTION read_body(p_response IN OUT NOCOPY UTL_HTTP.RESP) RETURN BLOB IS
    v_body  BLOB;
    v_piece RAW(32767);
  BEGIN
    DBMS_LOB.CREATETEMPORARY(v_body, TRUE);
    LOOP
      UTL_HTTP.READ_RAW(p_response, v_piece, 32767);
      DBMS_LOB.WRITEAPPEND(v_body, UTL_RAW.LENGTH(v_piece), v_piece);
    END LOOP;
  EXCEPTION
    WHEN UTL_HTTP.END_OF_BODY THEN
      RETURN v_body;
  END read_body;

  FUNCTION read_retry_after(p_response IN OUT NOCOPY UTL_HTTP.RESP) RETURN NUMBER IS
    v_text VARCHAR2(200);
  BEGIN
    UTL_HTTP.GET_HEADER_BY_NAME(p_response, 'Retry-After', v_text);
    RETURN CASE WHEN REGEXP_LIKE(v_text, '^\d{1,9}$') THEN TO_NUMBER(v_text) ELSE 0 END;
  EXCEPTION
    WHEN UTL_HTTP.HEADER_NOT_FOUND THEN
      RETURN 0;
  END read_retry_after;

  -- Ends what is still open after an error: a session has five requests at most (ORA-29270).
  PROCEDURE close_quietly(
    p_request  IN OUT NOCOPY UTL_HTTP.REQ,
    p_response IN OUT NOCOPY UTL_HTTP.RESP,
    p_state    IN VARCHAR2
  ) IS
  BEGIN
    IF p_state = 'request' THEN
      UTL_HTTP.END_REQUEST(p_request);
    ELSIF p_state = 'response' THEN
      UTL_HTTP.END_RESPONSE(p_response);
    END IF;
  EXCEPTION
    WHEN OTHERS THEN
      NULL; -- The error has ended it already.
  END close_quietly;

  FUNCTION send_once(
    p_method  IN VARCHAR2,
    p_path    IN VARCHAR2,
    p_body    IN BLOB,
    p_key     IN VARCHAR2,
    p_accept  IN VARCHAR2,
    p_timeout IN NUMBER
  ) RETURN t_answer IS
    v_request  UTL_HTTP.REQ;
    v_response UTL_HTTP.RESP;
    v_answer   t_answer;
    v_state    VARCHAR2(10) := 'none';
  BEGIN
    UTL_HTTP.SET_RESPONSE_ERROR_CHECK(FALSE);
    UTL_HTTP.SET_DETAILED_EXCP_SUPPORT(TRUE);
    UTL_HTTP.SET_TRANSFER_TIMEOUT(CEIL(p_timeout));
    v_request := UTL_HTTP.BEGIN_REQUEST(g_url || p_path, p_method, 'HTTP/1.1');
    v_state := 'request';
    UTL_HTTP.SET_HEADER(v_request, 'Authorization', 'Bearer ' || g_token);
    UTL_HTTP.SET_HEADER(v_request, 'Content-Type', 'application/json');
    UTL_HTTP.SET_HEADER(v_request, 'Accept', p_accept);
    IF p_key IS NOT NULL THEN
      UTL_HTTP.SET_HEADER(v_request, 'Idempotency-Key', p_key);
    END IF;
    write_body(v_request, p_body);
    v_response := UTL_HTTP.GET_RESPONSE(v_request);
    v_state := 'response';
    v_answer.retry_after := read_retry_after(v_response);
    v_answer.body := read_body(v_response);
    v_answer.status := v_response.status_code;
    UTL_HTTP.END_RESPONSE(v_response);
    RETURN v_answer;
  EXCEPTION
    WHEN OTHERS THEN
      v_answer.failure := SQLERRM;
      -- No network privilege, no wallet, a certificate that is not trusted, no URL.
      v_answer.is_hopeless := SQLCODE IN (-24247, -28759, -29024, -29262);
      close_quietly(v_request, v_response, v_state);
      RETURN v_answer;
  END send_once;

  -- Reads a problem document; a proxy's own error page is none.
  FUNCTION problem_document(p_answer IN t_answer) RETURN JSON_OBJECT_T IS
  BEGIN
    IF p_answer.status = 0 THEN
      RETURN JSON_OBJECT_T();
    END IF;
    RETURN JSON_OBJECT_T(p_answer.body);
  EXCEPTION
    WHEN OTHERS THEN
      RETURN JSON_OBJECT_T(); -- ORA-40441: no JSON.
  END problem_document;

  FUNCTION kind_of(p_problem IN JSON_OBJECT_T) RETURN VARCHAR2 IS
  BEGIN
    RETURN REGEXP_SUBSTR(p_problem.get_String('type'), '[^:]*$');
  END kind_of;

  PROCEDURE raise_problem(p_answer IN t_answer, p_what IN VARCHAR2) IS
    v_code PLS_INTEGER;
  BEGIN
    IF p_answer.status = 0 THEN
      fail(-20502, p_what || ': ' || p_answer.failure);
    END IF;
    v_code := CASE
      WHEN kind_of(g_problem) = 'procedure-failed' THEN -20422
      WHEN kind_of(g_problem) = 'outcome-unknown' THEN -20501
      WHEN p_answer.status IN (401, 403) THEN -20401
      WHEN p_answer.status = 404 THEN -20404
      WHEN p_answer.status = 409 THEN -20409
      WHEN p_answer.status IN (429, 502, 503) THEN -20503
      WHEN p_answer.status = 504 THEN -20504
      WHEN p_answer.status < 500 THEN -20400
      ELSE -20500
    END;
    fail(v_code, p_answer.status || ' ' || g_problem.get_String('detail')
      || ' (request ' || g_problem.get_String('request_id') || ')');
  END raise_problem;

  -- A 429 or 503 says that nothing was run; a lost answer or a proxy's 502 does not.
  FUNCTION may_repeat(p_answer IN t_answer, p_once IN BOOLEAN) RETURN BOOLEAN IS
  BEGIN
    RETURN NOT p_answer.is_hopeless
      AND p_answer.retry_after <= c_longest_retry_after
      AND (p_answer.status = 429
        OR p_answer.status = 503 AND NVL(kind_of(g_problem), '-') != 'outcome-unknown'
        OR p_answer.status IN (0, 502) AND NOT p_once);
  END may_repeat;

  -- Waits before the next try: as long as was asked for, or exponentially more. The random part
  -- keeps clients that failed together from coming back together.
  PROCEDURE pause(p_number IN PLS_INTEGER, p_asked IN NUMBER) IS
    v_backoff NUMBER := LEAST(c_longest_delay, c_first_delay * POWER(2, p_number - 1));
  BEGIN
    DBMS_SESSION.SLEEP(
      GREATEST(p_asked, v_backoff / 2) + DBMS_RANDOM.VALUE(0, v_backoff / 2));
  END pause;

  -- Makes a request, again where that helps and does no harm; gives the body of the answer.
  FUNCTION send(
    p_method  IN VARCHAR2,
    p_path    IN VARCHAR2,
    p_body    IN BLOB DEFAULT NULL,
    p_key     IN VARCHAR2 DEFAULT NULL,
    p_accept  IN VARCHAR2 DEFAULT 'application/json',
    p_timeout IN NUMBER DEFAULT c_answer,
    p_once    IN BOOLEAN DEFAULT FALSE
  ) RETURN BLOB IS
    v_answer t_answer;
  BEGIN
    FOR v_number IN 1 .. c_tries LOOP
      v_answer := send_once(p_method, p_path, p_body, p_key, p_accept, p_timeout);
      IF v_answer.status BETWEEN 200 AND 299 THEN
        RETURN v_answer.body;
      END IF;
      g_problem := problem_document(v_answer);
      EXIT WHEN v_number = c_tries OR NOT may_repeat(v_answer, p_once);
      pause(v_number, v_answer.retry_after);
    END LOOP;
    raise_problem(v_answer, p_method || ' ' || p_path);
    RETURN NULL;
  END send;

  FUNCTION call_body(p_name IN VARCHAR2, p_params IN JSON_OBJECT_T) RETURN BLOB IS
    v_body JSON_OBJECT_T := JSON_OBJECT_T();
  BEGIN
    v_body.put('name', p_name);
    v_body.put('params', p_params);
    RETURN v_body.to_Blob();
  END call_body;

  FUNCTION call_now(
    p_name   IN VARCHAR2,
    p_params IN JSON_OBJECT_T DEFAULT JSON_OBJECT_T()
  ) RETURN JSON_OBJECT_T IS
    v_answer JSON_OBJECT_T;
  BEGIN
    v_answer := JSON_OBJECT_T(
      send('POST', '/procedure', call_body(p_name, p_params), p_once => TRUE));
    RETURN v_answer.get_Object('out');
  END call_now;

  FUNCTION submit(
    p_name   IN VARCHAR2,
    p_params IN JSON_OBJECT_T DEFAULT JSON_OBJECT_T(),
    p_key    IN VARCHAR2 DEFAULT RAWTOHEX(SYS_GUID())
  ) RETURN VARCHAR2 IS
    v_answer JSON_OBJECT_T;
  BEGIN
    v_answer := JSON_OBJECT_T(
      send('POST', '/procedure/async', call_body(p_name, p_params), p_key => p_key));
    RETURN v_answer.get_String('job_id');
  END submit;

  PROCEDURE raise_unless_completed(p_job IN JSON_OBJECT_T) IS
    v_text VARCHAR2(4000);
  BEGIN
    IF p_job.get_String('status') = 'completed' THEN
      RETURN;
    END IF;
    g_problem := p_job;
    v_text := 'job ' || p_job.get_String('id') || ' is ' || p_job.get_String('status')
      || ': ' || SUBSTR(p_job.get_String('error'), 1, 1500);
    IF p_job.get_String('status') = 'cancelled' THEN
      fail(-20512, v_text);
    ELSIF p_job.get_String('error_code') IN
      ('interrupted', 'DPY-1001', 'DPY-4011', 'ORA-03113', 'ORA-03114', 'ORA-03135')
    THEN
      fail(-20511, v_text);
    END IF;
    fail(-20510, v_text);
  END raise_unless_completed;

  FUNCTION wait_for(
    p_job_id  IN VARCHAR2,
    p_seconds IN NUMBER DEFAULT 86400,
    p_every   IN NUMBER DEFAULT 60
  ) RETURN JSON_OBJECT_T IS
    v_began CONSTANT TIMESTAMP := SYS_EXTRACT_UTC(SYSTIMESTAMP);
    v_asked NUMBER;
    v_wait  NUMBER;
    v_job   JSON_OBJECT_T;

    FUNCTION elapsed RETURN NUMBER IS
      v_time CONSTANT INTERVAL DAY(9) TO SECOND(6) := SYS_EXTRACT_UTC(SYSTIMESTAMP) - v_began;
    BEGIN
      RETURN EXTRACT(DAY FROM v_time) * 86400 + EXTRACT(HOUR FROM v_time) * 3600
        + EXTRACT(MINUTE FROM v_time) * 60 + EXTRACT(SECOND FROM v_time);
    END elapsed;
  BEGIN
    LOOP
      v_asked := elapsed;
      v_wait := CEIL(GREATEST(0, LEAST(p_every, c_longest_wait, p_seconds - v_asked)));
      v_job := JSON_OBJECT_T(send('GET', '/jobs/' || p_job_id || '?wait=' || v_wait,
                                  p_timeout => v_wait + c_answer));
      DBMS_APPLICATION_INFO.SET_CLIENT_INFO(
        'oracle_api: ' || v_job.get_String('status') || ' ' || v_job.get_Number('progress') || ' %');
      IF v_job.get_String('status') NOT IN ('pending', 'running') THEN
        raise_unless_completed(v_job);
        RETURN v_job;
      END IF;
      IF elapsed >= p_seconds THEN
        g_problem := v_job;
        fail(-20513, 'job ' || p_job_id || ' is ' || v_job.get_String('status'));
      END IF;
      -- With too many waiting the service answers at once.
      DBMS_SESSION.SLEEP(GREATEST(0, 1 - (elapsed - v_asked)));
    END LOOP;
  END wait_for;

  FUNCTION cancel(p_job_id IN VARCHAR2) RETURN JSON_OBJECT_T IS
  BEGIN
    RETURN JSON_OBJECT_T(send('POST', '/jobs/' || p_job_id || '/cancel'));
  END cancel;

  PROCEDURE delete_job(p_job_id IN VARCHAR2) IS
    v_answer BLOB;
  BEGIN
    v_answer := send('DELETE', '/jobs/' || p_job_id);
  EXCEPTION
    -- The first try may have done it, and its answer been lost.
    WHEN not_found THEN
      NULL;
  END delete_job;

  FUNCTION rows_path(p_job_id IN VARCHAR2, p_param IN VARCHAR2) RETURN VARCHAR2 IS
  BEGIN
    RETURN '/jobs/' || p_job_id || '/rows/' || UTL_URL.ESCAPE(p_param, TRUE, 'AL32UTF8');
  END rows_path;

  FUNCTION rows_page(
    p_job_id IN VARCHAR2,
    p_param  IN VARCHAR2,
    p_cursor IN OUT VARCHAR2,
    p_limit  IN NUMBER DEFAULT 1000
  ) RETURN JSON_ARRAY_T IS
    v_page JSON_OBJECT_T;
  BEGIN
    v_page := JSON_OBJECT_T(send('GET', rows_path(p_job_id, p_param)
      || '?limit=' || p_limit || '&cursor=' || NVL(p_cursor, '0')));
    p_cursor := v_page.get_String('next');
    RETURN v_page.get_Array('rows');
  END rows_page;

  FUNCTION csv(p_job_id IN VARCHAR2, p_param IN VARCHAR2) RETURN BLOB IS
  BEGIN
    RETURN send('GET', rows_path(p_job_id, p_param), p_accept => 'text/csv');
  END csv;
END oracle_api_client;
/
