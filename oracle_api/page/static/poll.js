// Asks again and again, but not while nobody looks, and slower while it fails.

import { ApiError } from "./api.js";

const SLOWEST = 30_000;

/**
 * Run a step now and again until stopped.
 *
 * @param step async (signal) => milliseconds until the next run, or null for no further one.
 * @param onError told of each ApiError; the step is tried again later, after Retry-After at least.
 * @returns {{stop(): void}}
 */
export function poll(step, onError = () => {}) {
  let timer = null;
  let running = null;
  let failures = 0;
  let stopped = false;

  async function run() {
    clearTimeout(timer);
    timer = null;
    running = new AbortController();
    let delay;
    try {
      delay = await step(running.signal);
      failures = 0;
    } catch (error) {
      if (stopped) return;
      if (!(error instanceof ApiError)) throw error;
      failures += 1;
      delay = Math.max(Math.min(1000 * 2 ** failures, SLOWEST), (error.retryAfter ?? 0) * 1000);
      onError(error);
    } finally {
      running = null;
    }
    if (!stopped && delay !== null && !document.hidden) timer = setTimeout(run, delay);
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
    stop() {
      stopped = true;
      clearTimeout(timer);
      running?.abort();
      document.removeEventListener("visibilitychange", looked);
    },
  };
}
