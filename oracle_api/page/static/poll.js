// Asks again and again, but not while nobody looks, and slower while it fails.

import { ApiError } from "./api.js";

const SLOWEST = 30_000;

/**
 * Run a step now and again until stopped.
 *
 * @param step async (signal) => milliseconds until the next run, or null for no further one.
 * @param onError told of each ApiError; the step is tried again later, after Retry-After at least.
 * @returns {{stop(): void, soon(): void}} `soon` runs it again at once.
 */
export function poll(step, onError = () => {}) {
  let timer = null;
  let running = null;
  let failures = 0;
  let stopped = false;
  let wantedSoon = false;

  async function run() {
    clearTimeout(timer);
    timer = null;
    running = new AbortController();
    let delay;
    try {
      delay = await step(running.signal);
      failures = 0;
    } catch (error) {
      if (error.name === "AbortError") {
        delay = 0;
      } else if (error instanceof ApiError) {
        failures += 1;
        delay = Math.max(Math.min(1000 * 2 ** failures, SLOWEST), (error.retryAfter ?? 0) * 1000);
        if (!stopped) onError(error);
      } else {
        throw error;
      }
    } finally {
      running = null;
    }
    if (wantedSoon) delay = 0;
    wantedSoon = false;
    if (!stopped && delay !== null && !document.hidden) timer = setTimeout(run, delay);
  }

  function soon() {
    if (stopped) return;
    if (running) {
      wantedSoon = true;
      running.abort();
    } else {
      run();
    }
  }

  function looked() {
    if (document.hidden) {
      clearTimeout(timer);
      timer = null;
    } else if (timer === null && !running) {
      run();
    }
  }

  document.addEventListener("visibilitychange", looked);
  run();
  return {
    soon,
    stop() {
      stopped = true;
      clearTimeout(timer);
      running?.abort();
      document.removeEventListener("visibilitychange", looked);
    },
  };
}
