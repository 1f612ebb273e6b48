#!/usr/bin/env bash
# Shows what oracle_api.sh does, against the demo procedures.
#
#     ORACLE_API_URL=http://127.0.0.1:8080 ORACLE_API_TOKEN=demo ./demo.sh
set -euo pipefail

export ORACLE_API_URL=${ORACLE_API_URL:-http://127.0.0.1:8080}
export ORACLE_API_TOKEN=${ORACLE_API_TOKEN:-demo}
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/oracle_api.sh"

# Calls a procedure: its numbers are exact, as texts.
call_now() {
  local out
  out=$(oracle_api_call SUMA_SIMPLE '{"a": "0.1", "b": "12345678901234567890"}')
  echo "call: $(jq -r .RESULTADO <<<"$out")"
}

# Launches a job, once however often it is sent, follows it, and deletes it.
run_in_background() {
  local params='{"vFECHA": "2025-12-10", "vSEGUNDOS": 2}' key id again job failure=0
  key=etl-$(cat /proc/sys/kernel/random/uuid)
  id=$(oracle_api_submit PKG_ETL.PROCESO_LARGO "$params" "$key")
  again=$(oracle_api_submit PKG_ETL.PROCESO_LARGO "$params" "$key")
  echo "submitted twice with one key: $([[ $again == "$id" ]] && echo one job || echo two jobs)"

  job=$(oracle_api_wait "$id" 60 1 2>&3) || failure=$?
  case $failure in
    0) echo "result: $(jq -r .result.VRESULTADO <<<"$job")" ;;
    "$ORACLE_API_JOB_CANCELLED") echo "cancelled by somebody: not run again without asking" ;;
    "$ORACLE_API_JOB_INTERRUPTED") echo "interrupted: see what became of it, then submit anew" ;;
    "$ORACLE_API_JOB_FAILED") echo "failed: the reason is on stderr" ;;
    *) return "$failure" ;;
  esac
  oracle_api_delete "$id"
}

# Reads a REF CURSOR in pages, then as CSV.
read_rows() {
  local id folder rows
  id=$(oracle_api_submit PROC_TEST_CURSOR '{"p_limit": 2500}')
  oracle_api_wait "$id" 60 2>/dev/null >&2
  folder=$(mktemp -d)
  rows=$(oracle_api_rows "$id" P_CURSOR 1000)
  echo "rows: $(wc -l <<<"$rows"), the last is $(tail -n 1 <<<"$rows" | jq -r .NOMBRE)"
  oracle_api_save_csv "$id" P_CURSOR "$folder/rows.csv"
  echo "csv: $(wc -l <"$folder/rows.csv") lines"
  rm -rf -- "$folder"
}

# Breaks off a job in the database.
cancel() {
  local id
  id=$(oracle_api_submit PROC_TEST_DEMORA '{"segundos": 600}')
  oracle_api_cancel "$id" >/dev/null
  expecting "$ORACLE_API_JOB_CANCELLED" oracle_api_wait "$id" 30
  echo "cancelled: as asked"
  expecting "$ORACLE_API_CONFLICT" oracle_api_cancel "$id"
  echo "cancelled twice: 409"
}

# Meets the errors that a caller can do something about.
errors() {
  local id
  expecting "$ORACLE_API_INVALID" oracle_api_call SUMA_SIMPLE '{"a": "one", "b": 2}'
  echo "invalid: 400 at $(sed -n 's/.* at \([^:]*\):.*/\1/p' <<<"$complaint")"
  expecting "$ORACLE_API_RAISED" oracle_api_call PROC_TEST_ERROR '{"p_should_fail": 1}'
  echo "procedure raised: 422 $(ora_code)"
  id=$(oracle_api_submit PROC_TEST_ERROR '{"p_should_fail": 1}')
  expecting "$ORACLE_API_JOB_FAILED" oracle_api_wait "$id" 30
  echo "job failed: $(ora_code)"
  expecting "$ORACLE_API_NOT_FOUND" oracle_api_cancel 00000000000000000000000000000000
  echo "no such job: 404"
  ORACLE_API_TOKEN=wrong expecting "$ORACLE_API_UNAUTHORISED" oracle_api_call FUNC_TEST_FECHA
  echo "wrong token: 401"
}

# Runs a command that must fail with a status; leaves what it complained of in $complaint.
expecting() {
  local status=$1 failure=0
  shift
  complaint=$("$@" 2>&1 >/dev/null) || failure=$?
  if ((failure != status)); then
    echo "$* gave $failure instead of $status: $complaint" >&2
    return 1
  fi
}

ora_code() {
  grep --only-matching --max-count=1 'ORA-[0-9]*' <<<"$complaint" | head -n 1
}

exec 3>&1 # where progress is shown
for part in call_now run_in_background read_rows cancel errors; do
  $part
done
