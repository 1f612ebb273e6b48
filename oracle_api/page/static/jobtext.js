// What a job's members mean, in words and in classes of the style sheet.

import { api } from "./api.js";
import { t } from "./text.js";

const BADGES = {
  pending: "secondary",
  running: "primary",
  completed: "success",
  failed: "danger",
  cancelled: "warning",
};

const SECONDS = { h: 3600, m: 60, s: 1, ms: 1e-3, "µs": 1e-6 };

/** Tell whether a job may still change. */
export const isActive = (job) => job.status === "pending" || job.status === "running";

/** Show a job's state in a badge. */
export function showState(badge, job) {
  const color = BADGES[job.status];
  badge.className =
    `badge bg-${color}-subtle text-${color}-emphasis border border-${color}-subtle`;
  badge.textContent = t(`state.${job.status}`);
}

/** Show a job's progress in a bar, and in words where it moves. */
export function showProgress(bar, figures, job) {
  const words = progressText(job);
  bar.setAttribute("aria-valuenow", job.progress);
  bar.setAttribute("aria-valuetext", words || t("progress.percent", { percent: job.progress }));
  const inner = bar.firstElementChild;
  inner.style.width = `${job.progress}%`;
  inner.className = `progress-bar bg-${BADGES[job.status]}`;
  figures.textContent = words;
}

function progressText(job) {
  if (job.status === "pending") return t("progress.waiting");
  if (job.status !== "running") return "";
  const parts = [];
  if (job.cancel_requested) parts.push(t("progress.cancelling"));
  const { work } = job;
  if (!work) {
    parts.push(t("progress.percent", { percent: job.progress }));
    return parts.join(" · ");
  }
  parts.push(
    t("progress.work", { sofar: work.sofar, total: work.totalwork, units: work.units ?? "" }).trim(),
  );
  if (work.remaining_seconds) {
    parts.push(t("progress.remaining", { time: t.duration(work.remaining_seconds) }));
  }
  return parts.join(" · ");
}

/** Read a duration as the API writes it (`1h2m3s`, `1.5s`, `250ms`); gives seconds. */
export function seconds(text) {
  let total = 0;
  for (const [, count, unit] of text.matchAll(/([\d.]+)(h|ms|m|s|µs)/g)) {
    total += Number(count) * SECONDS[unit];
  }
  return total;
}

/** Write how long a job took, or has been there so far. */
export function durationText(job) {
  if (job.duration) return t.duration(seconds(job.duration));
  return t.duration(Math.max(0, Math.floor((api.now() - Date.parse(job.start_time)) / 1000)));
}
