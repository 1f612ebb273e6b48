// Durations by procedure: a bar from the shortest to the longest, with marks on it.

import { svg } from "./elements.js";
import { durationScale } from "./scale.js";

const ROW = 46;
const BAR = 14;
const AXIS = 30;
const SIDE = 30;
const TICK_WIDTH = 80;

/** Draws the bars; `procedures` as `GET /jobs/summary` gives them, `width` in pixels. */
export function durationChart({ t, procedures, width, labelledBy }) {
  const inner = width - 2 * SIDE;
  const scale = scaleOf(procedures, inner);
  const height = procedures.length * ROW + AXIS;
  return svg(
    "svg",
    {
      class: "chart",
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-labelledby": labelledBy,
    },
    svg(
      "g",
      { transform: `translate(${SIDE} 0)` },
      scale.ticks.map((seconds) => tick(t, scale.at(seconds), height - AXIS, seconds)),
      procedures.map((one, index) => range(t, one, scale, index * ROW, inner)),
    ),
  );
}

/** Says whether the chart of these procedures has a logarithmic scale. */
export function isLogarithmic(procedures) {
  return scaleOf(procedures, 1).isLog;
}

function scaleOf(procedures, width) {
  const shortest = Math.min(...procedures.map((one) => one.shortest_seconds));
  const longest = Math.max(...procedures.map((one) => one.longest_seconds));
  return durationScale(shortest, longest, width, Math.max(2, Math.floor(width / TICK_WIDTH)));
}

function tick(t, x, height, seconds) {
  return svg(
    "g",
    { transform: `translate(${x} 0)` },
    svg("line", { class: "chart-grid", y2: height }),
    svg(
      "text",
      { class: "chart-text", y: height + 18, "text-anchor": "middle" },
      t.duration(seconds),
    ),
  );
}

function range(t, one, scale, top, inner) {
  const start = scale.at(one.shortest_seconds);
  const end = scale.at(one.longest_seconds);
  const median = scale.at(one.median_seconds);
  const p95 = scale.at(one.p95_seconds);
  const middle = 24 + BAR / 2;
  const figures = ["shortest", "median", "p95", "longest"].map(
    (name) => `${t(`charts.${name}`)}: ${t.duration(one[`${name}_seconds`])}`,
  );
  return svg(
    "g",
    { transform: `translate(0 ${top})` },
    svg("title", {}, `${one.procedure_name}\n${figures.join("\n")}`),
    svg("text", { class: "chart-name", x: 0, y: 16 }, shortened(one.procedure_name, inner)),
    svg("rect", {
      class: "chart-range",
      x: start,
      y: 24,
      width: Math.max(2, end - start),
      height: BAR,
      rx: 3,
    }),
    svg("line", { class: "chart-median", x1: median, x2: median, y1: 22, y2: 26 + BAR }),
    svg("path", {
      class: "chart-p95",
      d: `M${p95 - 5} ${middle} L${p95} ${middle - 5} L${p95 + 5} ${middle} L${p95} ${middle + 5} Z`,
    }),
  );
}

// SVG text does not wrap; a letter takes about 7.5 pixels.
function shortened(name, width) {
  const most = Math.floor(width / 7.5);
  return name.length <= most ? name : `…${name.slice(1 - most)}`;
}
