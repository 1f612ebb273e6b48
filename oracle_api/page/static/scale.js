// Scales and ticks of the charts; all of it is arithmetic on numbers.

// Steps that read well as durations, in seconds; above them days.
const SECONDS = [
  0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900,
  1800, 3600, 7200, 10800, 21600, 43200, 86400,
];
const LOG_SECONDS = [0.001, 0.01, 0.1, 1, 10, 60, 600, 3600, 36000, 360000, 3600000];
// From this ratio on a linear scale would press the short ones against its edge.
const LOG_RATIO = 50;
const LEAST_SECONDS = LOG_SECONDS[0];

/** Gives a step of 1, 2 or 5 times a power of ten, so that at most `count` reach the greatest. */
export function countStep(greatest, count) {
  const rough = Math.max(1, greatest / count);
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
}

/** Gives the ticks of a scale of counts, from 0 to at least the greatest. */
export function countTicks(greatest, count = 5) {
  const step = countStep(greatest, count);
  const last = Math.max(1, Math.ceil(greatest / step));
  return Array.from({ length: last + 1 }, (_, index) => index * step);
}

/**
 * Makes the scale of durations.
 *
 * Args: `shortest`, `longest`, in seconds; `width`, in pixels; `most`, how many ticks fit.
 * Gives {isLog, ticks, at}: `at` the place in pixels of a duration in seconds.
 */
export function durationScale(shortest, longest, width, most) {
  const low = Math.max(LEAST_SECONDS, shortest);
  const high = Math.max(low, longest);
  return high / low >= LOG_RATIO
    ? logScale(low, high, width, most)
    : linearScale(high, width, most);
}

function linearScale(high, width, most) {
  const step = SECONDS.find((one) => high / one <= most) ?? 86400 * countStep(high / 86400, most);
  const count = Math.ceil(high / step - 1e-9);
  const ticks = Array.from({ length: count + 1 }, (_, index) => index * step);
  const end = ticks.at(-1);
  return { isLog: false, ticks, at: (seconds) => (width * Math.min(seconds, end)) / end };
}

function logScale(low, high, width, most) {
  const first = LOG_SECONDS.findLastIndex((one) => one <= low);
  const last = LOG_SECONDS.findIndex((one) => one >= high);
  const all = LOG_SECONDS.slice(first, last < 0 ? undefined : last + 1);
  const start = all[0];
  const end = Math.max(high, all.at(-1));
  const every = Math.ceil(all.length / most);
  const span = Math.log(end / start);
  const at = (seconds) => (width * Math.log(Math.max(seconds, start) / start)) / span;
  return { isLog: true, ticks: all.filter((_, index) => index % every === 0), at };
}

/** Gives how many hours lie between two labels, so that at most `most` are written. */
export function hourStep(hours, most) {
  const steps = [1, 2, 3, 6, 12, 24];
  return steps.find((step) => hours / step <= most) ?? 24 * Math.ceil(hours / 24 / most);
}
