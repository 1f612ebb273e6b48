-- What wrk sends and reports; tests/bench/wrk.py sets the environment.

local method = os.getenv("BENCH_METHOD")
local rate = tonumber(os.getenv("BENCH_RATE"))
local most = tonumber(os.getenv("BENCH_MOST"))
local token = os.getenv("BENCH_TOKEN")

wrk.method = method
wrk.headers["Authorization"] = "Bearer " .. token
if os.getenv("BENCH_BODY") then
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = os.getenv("BENCH_BODY")
end

local threads = {}
function setup(thread)
  thread:set("late", 0)
  table.insert(threads, thread)
end

local requests = {}
local turn = 0
function init(args)
  for _, path in ipairs(args) do
    table.insert(requests, wrk.format(method, path))
  end
end

function request()
  turn = turn + 1
  return requests[(turn - 1) % #requests + 1]
end

if most then
  local answers = 0
  function response()
    answers = answers + 1
    if answers >= most then wrk.thread:stop() end
  end
end

-- An open rate: requests have fixed moments, and whichever connection is free takes the next one.
-- One that no connection is free for in time is counted as late: its wait is in no latency.
if rate then
  local ffi = require("ffi")
  ffi.cdef [[
    typedef struct { long seconds; long nanoseconds; } moment;
    int clock_gettime(int clock, moment *now);
  ]]
  local now = ffi.new("moment")
  local began
  local slot = 0
  local tolerance = 2

  function delay()
    ffi.C.clock_gettime(1, now)
    local milliseconds = tonumber(now.seconds) * 1000 + tonumber(now.nanoseconds) / 1e6
    began = began or milliseconds
    local wait = began + slot * 1000 / rate - milliseconds
    slot = slot + 1
    if wait < -tolerance then late = late + 1 end
    return math.max(0, wait)
  end
end

function done(summary, latency, requests)
  local late = 0
  for _, thread in ipairs(threads) do late = late + thread:get("late") end
  local errors = summary.errors
  io.write(string.format(
    '\nBENCH {"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "greatest": %d, ' ..
    '"refused": %d, "broken": %d, "late": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    latency.max, errors.status, errors.connect + errors.read + errors.write + errors.timeout, late))
end
