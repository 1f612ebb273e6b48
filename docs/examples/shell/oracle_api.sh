# shellcheck shell=bash
#
# A client of oracle_api, to copy beside a script and source there. It needs bash 4.4, curl 7.71
# and jq 1.6, and finds the service by ORACLE_API_URL and ORACLE_API_TOKEN.
#
#     source oracle_api.sh
#     oracle_api_call SUMA_SIMPLE '{"a": "0.1", "b": 2}' | jq -r .RESULTADO      # 2.1
#     job_id=$(oracle_api_submit PKG_ETL.PROCESO_LARGO '{"vFECHA": "2025-12-10"}')
#     oracle_api_wait "$job_id" | jq .result
#
# Each function prints JSON, or fails with one of the statuses below and a line on stderr. Numbers
# come as texts, with all their digits, since jq 1.6 rounds what a double cannot hold; a number of
# more than 15 digits must be sent as a text too, where jq makes the JSON.

# What went wrong, by what can be done about it.
readonly ORACLE_API_INVALID=10      # 400, 413, 415, 422: this script is wrong
readonly ORACLE_API_UNAUTHORISED=11 # 401, 403: somebody must grant it
readonly ORACLE_API_NOT_FOUND=12    # 404: no such procedure or job, or another client's
readonly ORACLE_API_CONFLICT=13     # 409: look again before the next step
readonly ORACLE_API_RAISED=14       # 422: the procedure raised, all was rolled back
readonly ORACLE_API_TIMED_OUT=15    # 504: too long to call at once: submit it
readonly ORACLE_API_UNAVAILABLE=16  # 429, 502, 503: tried again in vain; try much later
readonly ORACLE_API_NO_ANSWER=17    # a call may have taken effect; all else was tried again
readonly ORACLE_API_UNKNOWN=18      # 503: database lost during the call: look in the data first
readonly ORACLE_API_BUG=19          # 500: tell the operator the request_id
readonly ORACLE_API_JOB_FAILED=20      # the procedure raised, or could not be called
readonly ORACLE_API_JOB_INTERRUPTED=21 # the service or its connection died: look in the data
readonly ORACLE_API_JOB_CANCELLED=22   # somebody cancelled it; all was rolled back
readonly ORACLE_API_JOB_STILL_RUNNING=23

readonly ORACLE_API_TRIES=7
readonly ORACLE_API_LONGEST_RETRY_AFTER=60

# Runs a procedure now, and prints its OUT values. It is tried again only where the service says
# that nothing was run.
#   $1 name, $2 IN values as a JSON object
oracle_api_call() {
  local answer
  answer=$(_oracle_api_body "$@" | _oracle_api_send once POST /procedure) || return
  jq .out <<<"$answer"
}

# Starts a job, and prints its id.
#   $1 name, $2 IN values as a JSON object
#   $3 key of this piece of work: the same key gives the same job, however often it is sent. Keep
#      it with the work where this script itself may die and start again.
oracle_api_submit() {
  local key=${3:-$(_oracle_api_random_key)} answer
  answer=$(_oracle_api_body "$1" "$2" |
    _oracle_api_send again POST /procedure/async --header "Idempotency-Key: $key") || return
  jq -r .job_id <<<"$answer"
}

# Waits until a job has completed, and prints it; progress goes to stderr.
#   $1 id, $2 seconds at most (86400), $3 seconds between two reports, 60 at most (60)
oracle_api_wait() {
  local id=$1 until=$((SECONDS + ${2:-86400})) every=${3:-60} left asked job status
  while :; do
    asked=$SECONDS
    left=$((until > asked ? until - asked : 0))
    job=$(_oracle_api_send again GET "/jobs/$id?wait=$((left < every ? left : every))" \
      </dev/null) || return
    status=$(jq -r .status <<<"$job")
    jq -r '"progress: \(.status) \(.progress) %"' <<<"$job" >&2
    case $status in
      completed) printf '%s\n' "$job" && return ;;
      failed | cancelled) _oracle_api_ended "$job" || return ;;
    esac
    if ((SECONDS >= until)); then
      echo "oracle_api: job $id is $status" >&2
      return "$ORACLE_API_JOB_STILL_RUNNING"
    fi
    # With too many waiting the service answers at once.
    ((SECONDS > asked)) || sleep 1
  done
}

# Asks for a job's end, and prints the job; it may complete all the same.
oracle_api_cancel() {
  _oracle_api_send again POST "/jobs/$1/cancel" </dev/null
}

# Deletes a job that has ended.
oracle_api_delete() {
  local failure=0
  _oracle_api_send again DELETE "/jobs/$1" </dev/null >/dev/null || failure=$?
  # The first try may have done it, and its answer been lost.
  ((failure == ORACLE_API_NOT_FOUND)) || return "$failure"
}

# Prints the rows of a completed job's REF CURSOR, one JSON object a line.
#   $1 id, $2 parameter, $3 rows of a page (1000)
oracle_api_rows() {
  local cursor=0 page
  while [[ $cursor ]]; do
    page=$(_oracle_api_send again GET \
      "$(_oracle_api_rows_path "$1" "$2")?limit=${3:-1000}&cursor=$cursor" </dev/null) || return
    jq -c '.columns as $names | .rows[]
           | [$names, .] | transpose | map({(.[0]): .[1]}) | add' <<<"$page" || return
    cursor=$(jq -r '.next // ""' <<<"$page") || return
  done
}

# Writes the rows of a completed job's REF CURSOR to a CSV file: whole, or not at all.
#   $1 id, $2 parameter, $3 file
oracle_api_save_csv() {
  _oracle_api_send again GET "$(_oracle_api_rows_path "$1" "$2")" --header "Accept: text/csv" \
    </dev/null >"$3.part" || return
  mv -- "$3.part" "$3"
}

_oracle_api_body() {
  jq -n --arg name "$1" --argjson params "${2:-{\}}" \
    '{name: $name, params: $params, numbers: "string"}'
}

_oracle_api_rows_path() {
  printf '/jobs/%s/rows/%s' "$1" "$(jq -rn --arg param "$2" '$param | @uri')"
}

_oracle_api_random_key() {
  od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

# Makes a request with the body on stdin, again where that helps and does no harm.
#   $1 "once", where it must not run twice, or "again"; $2 method, $3 path; the rest is for curl
_oracle_api_send() {
  local repeat=$1 method=$2 path=$3 folder failure=0
  shift 3
  folder=$(mktemp -d) || return
  _oracle_api_tries "$repeat" "$folder" "$method" "$path" "$@" || failure=$?
  rm -rf -- "$folder"
  return "$failure"
}

_oracle_api_tries() {
  local repeat=$1 folder=$2 method=$3 path=$4 number status asked
  shift 4
  cat >"$folder/request"
  for ((number = 1; ; number++)); do
    # curl prints 000 where there was no answer; a body that was cut off makes it fail.
    status=$(_oracle_api_curl "$folder" "$method" "$path" "$@") || status=000
    if [[ $status == 2* ]]; then
      cat -- "$folder/answer"
      return
    fi
    asked=$(_oracle_api_retry_after "$folder/headers")
    if ((number == ORACLE_API_TRIES || asked > ORACLE_API_LONGEST_RETRY_AFTER)) ||
      ! _oracle_api_may_repeat "$repeat" "$status" "$folder/answer"; then
      _oracle_api_problem "$status" "$folder/answer" "$method $path"
      return
    fi
    sleep "$(_oracle_api_delay "$number" "$asked")"
  done
}

# The token comes on a file descriptor, since all users of a machine see its command lines.
_oracle_api_curl() {
  local folder=$1 method=$2 path=$3
  shift 3
  : >"$folder/headers"
  : >"$folder/answer"
  curl --silent --show-error --request "$method" --connect-timeout 5 --max-time 120 \
    --config <(printf 'header = "Authorization: Bearer %s"\n' "$ORACLE_API_TOKEN") \
    --header "Content-Type: application/json" --data-binary "@$folder/request" \
    --dump-header "$folder/headers" --output "$folder/answer" --write-out '%{http_code}' \
    "$@" "${ORACLE_API_URL%/}$path"
}

# A 429 or 503 says that nothing was run; a lost answer or a proxy's 502 does not.
_oracle_api_may_repeat() {
  local repeat=$1 status=$2 answer=$3
  case $status in
    429) return 0 ;;
    503) [[ $(_oracle_api_kind "$answer") != outcome-unknown ]] ;;
    000 | 502) [[ $repeat == again ]] ;;
    *) return 1 ;;
  esac
}

# The last part of a problem document's type; nothing of a proxy's own error page.
_oracle_api_kind() {
  jq -r '.type // "" | split(":") | last // ""' "$1" 2>/dev/null || true
}

_oracle_api_retry_after() {
  local seconds
  seconds=$(sed -n 's/^[Rr]etry-[Aa]fter: *\([0-9][0-9]*\).*/\1/p' "$1" | tail -n 1)
  echo "${seconds:-0}"
}

# Prints the seconds until the next try: what was asked for, or exponentially more, 10 at most. The
# random part keeps clients that failed together from coming back together.
_oracle_api_delay() {
  local milliseconds=$((500 << ($1 - 1)))
  ((milliseconds <= 10000)) || milliseconds=10000
  local half=$((milliseconds / 2)) least=$(($2 * 1000))
  ((least >= half)) || least=$half
  local delay=$((least + RANDOM % half))
  printf '%d.%03d\n' $((delay / 1000)) $((delay % 1000))
}

# Says what is wrong and gives the status that fits.
_oracle_api_problem() {
  local status=$1 answer=$2 request=$3 kind
  if [[ $status == 000 ]]; then
    echo "oracle_api: $request: no answer" >&2
    return "$ORACLE_API_NO_ANSWER"
  fi
  kind=$(_oracle_api_kind "$answer")
  jq -r --arg status "$status" \
    '"oracle_api: \($status) \(.code // "") \(.detail) (request \(.request_id))",
     (.errors[]? | "oracle_api:   at \(.pointer): \(.detail)")' "$answer" >&2 2>/dev/null ||
    echo "oracle_api: $status without a problem document" >&2
  case $kind:$status in
    procedure-failed:*) return "$ORACLE_API_RAISED" ;;
    outcome-unknown:*) return "$ORACLE_API_UNKNOWN" ;;
    *:401 | *:403) return "$ORACLE_API_UNAUTHORISED" ;;
    *:404) return "$ORACLE_API_NOT_FOUND" ;;
    *:409) return "$ORACLE_API_CONFLICT" ;;
    *:429 | *:502 | *:503) return "$ORACLE_API_UNAVAILABLE" ;;
    *:504) return "$ORACLE_API_TIMED_OUT" ;;
    *:4*) return "$ORACLE_API_INVALID" ;;
    *) return "$ORACLE_API_BUG" ;;
  esac
}

# Says how a job ended that has no result, and gives the status that fits.
_oracle_api_ended() {
  jq -r '"oracle_api: job \(.id) is \(.status): \(.error_code // "") \(.error // "")"' \
    <<<"$1" >&2
  case $(jq -r '.error_code // .status' <<<"$1") in
    cancelled) return "$ORACLE_API_JOB_CANCELLED" ;;
    interrupted | DPY-1001 | DPY-4011 | ORA-03113 | ORA-03114 | ORA-03135)
      return "$ORACLE_API_JOB_INTERRUPTED"
      ;;
    *) return "$ORACLE_API_JOB_FAILED" ;;
  esac
}
