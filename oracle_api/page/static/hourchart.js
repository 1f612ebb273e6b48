// Jobs per hour, as stacked bars by outcome.

import { el, freshId, svg } from "./elements.js";
import { countTicks, hourStep } from "./scale.js";

export const OUTCOMES = ["completed", "failed", "cancelled"];

const HEIGHT = 220;
const MARGIN = { top: 10, right: 8, bottom: 40 };
const DIGIT_WIDTH = 8;
const LABEL_WIDTH = 52;
const MOST_BAR = 40;
const TIME = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** Draws the bars; `hours` as `GET /jobs/summary` gives them, `width` in pixels. */
export function hourChart({ t, hours, width, labelledBy }) {
  const greatest = Math.max(
    ...hours.map((one) => OUTCOMES.reduce((sum, name) => sum + one[name], 0)),
  );
  const ticks = countTicks(greatest);
  const left = (t.number(ticks.at(-1)).length + 1) * DIGIT_WIDTH;
  const plot = {
    width: width - left - MARGIN.right,
    height: HEIGHT - MARGIN.top - MARGIN.bottom,
  };
  const y = (count) => plot.height - (count / ticks.at(-1)) * plot.height;
  const slot = plot.width / hours.length;
  const bar = Math.min(MOST_BAR, slot * 0.8);
  const hatches = freshId("hatch");
  return svg(
    "svg",
    {
      class: "chart",
      width,
      height: HEIGHT,
      viewBox: `0 0 ${width} ${HEIGHT}`,
      role: "img",
      "aria-labelledby": labelledBy,
    },
    patterns(hatches),
    svg(
      "g",
      { transform: `translate(${left} ${MARGIN.top})` },
      ticks.map((count) => countLine(t, plot.width, y(count), count)),
      hours.map((hour, index) => stack(t, hour, slot * index + (slot - bar) / 2, bar, y, hatches)),
      hourLabels(hours, slot, plot),
    ),
  );
}

/** Makes the legend: each outcome with its colour and pattern. */
export function legend(t) {
  return el(
    "ul",
    { class: "chart-legend" },
    OUTCOMES.map((name) => {
      const hatches = freshId("hatch");
      return el(
        "li",
        {},
        svg(
          "svg",
          { width: 16, height: 16, "aria-hidden": "true" },
          patterns(hatches),
          block(name, hatches, { width: 16, height: 16 }),
        ),
        t(`charts.${name}`),
      );
    }),
  );
}

// Colour alone would not tell the outcomes apart for everybody.
function patterns(id) {
  const mark = {
    failed: svg("path", { class: "chart-mark", d: "M-1 1 L1 -1 M0 6 L6 0 M5 7 L7 5" }),
    cancelled: svg("circle", { class: "chart-dot", cx: 3, cy: 3, r: 1.1 }),
  };
  return svg(
    "defs",
    {},
    Object.entries(mark).map(([name, shape]) =>
      svg(
        "pattern",
        { id: `${id}-${name}`, width: 6, height: 6, patternUnits: "userSpaceOnUse" },
        svg("rect", { class: `chart-${name}`, width: 6, height: 6 }),
        shape,
      ),
    ),
  );
}

function block(name, hatches, place) {
  const fill = name === "completed" ? null : `url(#${hatches}-${name})`;
  return svg("rect", { class: fill ? null : "chart-completed", fill, ...place });
}

function countLine(t, width, y, count) {
  return svg(
    "g",
    { transform: `translate(0 ${y})` },
    svg("line", { class: "chart-grid", x2: width }),
    svg(
      "text",
      { class: "chart-text", x: -6, dy: "0.32em", "text-anchor": "end" },
      t.number(count),
    ),
  );
}

function stack(t, hour, x, width, y, hatches) {
  let below = 0;
  const blocks = OUTCOMES.filter((name) => hour[name] > 0).map((name) => {
    const bottom = y(below);
    below += hour[name];
    return block(name, hatches, { x, y: y(below), width, height: bottom - y(below) });
  });
  const figures = OUTCOMES.map((name) => `${t(`charts.${name}`)}: ${t.number(hour[name])}`);
  return svg("g", {}, svg("title", {}, `${t.date(hour.start)}\n${figures.join("\n")}`), blocks);
}

function hourLabels(hours, slot, plot) {
  const step = hourStep(hours.length, Math.floor(plot.width / LABEL_WIDTH));
  let day = null;
  return hours.flatMap((hour, index) => {
    const start = new Date(hour.start);
    const isLabelled = step < 24 ? start.getHours() % step === 0 : index % step === 0;
    if (!isLabelled) return [];
    const x = slot * (index + 0.5);
    const labels = [label(x, plot.height + 16, TIME.format(start))];
    const date = dayText(start);
    if (date !== day) labels.push(label(x, plot.height + 32, date));
    day = date;
    return labels;
  });
}

function label(x, y, text) {
  return svg("text", { class: "chart-text", x, y, "text-anchor": "middle" }, text);
}

function dayText(date) {
  return date.toLocaleDateString(document.documentElement.lang, { day: "numeric", month: "short" });
}
