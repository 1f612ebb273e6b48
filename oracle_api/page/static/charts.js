// Charts of the jobs: per hour by outcome, and durations by procedure, each with its table.

import { durationChart, isLogarithmic } from "./durationchart.js";
import { el, freshId, svg } from "./elements.js";
import { OUTCOMES, hourChart, legend } from "./hourchart.js";
import { explain } from "./problem.js";

const REFRESH_MS = 30_000;
const LEAST_WIDTH = 240;
const MOST_PROCEDURES = 15;
const FIGURES = ["shortest", "median", "p95", "longest"];

/** Shows the charts of `GET /jobs/summary`, anew every 30 seconds while the page can be seen. */
export function mount(element, { api, t }) {
  const stop = new AbortController();
  const status = el("p", { class: "form-text", role: "status" }, t("charts.loading"));
  const figures = [hourFigure(t), durationFigure(t)];
  let etag;
  let summary;
  let timer;

  element.replaceChildren(status, ...figures.map((figure) => figure.element));
  const sizes = new ResizeObserver(() => summary && draw());
  sizes.observe(element);
  document.addEventListener("visibilitychange", look, { signal: stop.signal });
  look();

  async function look() {
    clearTimeout(timer);
    if (document.hidden || stop.signal.aborted) return;
    try {
      const answer = await api.get("/jobs/summary", { signal: stop.signal, etag });
      if (answer.status !== 304) {
        etag = answer.etag;
        summary = answer.body;
        for (const figure of figures) figure.fill(summary);
        draw();
      }
      status.textContent = active(t, summary);
    } catch (error) {
      if (stop.signal.aborted) return;
      status.textContent = explain(error);
    }
    timer = setTimeout(look, REFRESH_MS);
  }

  function draw() {
    const width = Math.max(LEAST_WIDTH, Math.floor(element.clientWidth));
    for (const figure of figures) figure.draw(summary, width);
  }

  return {
    unmount() {
      stop.abort();
      clearTimeout(timer);
      sizes.disconnect();
      element.replaceChildren();
    },
  };
}

function active(t, { active: { pending, running } }) {
  return t("charts.active", { pending: t.number(pending), running: t.number(running) });
}

function hourFigure(t) {
  const frame = figureFrame(t, t("charts.hours"), legend(t));
  return {
    element: frame.element,
    fill: (summary) => {
      const { hours } = summary;
      const totals = OUTCOMES.map((name) => hours.reduce((sum, hour) => sum + hour[name], 0));
      const [completed, failed, cancelled] = totals.map(t.number);
      frame.describe(t("charts.hours_text", { completed, failed, cancelled }));
      frame.fill(
        [t("charts.hour"), ...OUTCOMES.map((name) => t(`charts.${name}`))],
        hours
          .filter((hour) => OUTCOMES.some((name) => hour[name] > 0))
          .map((hour) => [t.date(hour.start), ...OUTCOMES.map((name) => t.number(hour[name]))]),
      );
    },
    draw: (summary, width) => {
      const { hours } = summary;
      const isEmpty = hours.every((hour) => OUTCOMES.every((name) => hour[name] === 0));
      frame.put(isEmpty ? null : hourChart({ t, hours, width, labelledBy: frame.labels }));
    },
  };
}

function durationFigure(t) {
  const frame = figureFrame(t, t("charts.durations"), durationLegend(t));
  const shown = ({ procedures }) => procedures.slice(0, MOST_PROCEDURES);
  return {
    element: frame.element,
    fill: (summary) => {
      const procedures = shown(summary);
      const scale = procedures.length && isLogarithmic(procedures) ? "charts.log" : "charts.linear";
      frame.describe(t("charts.durations_text", { scale: t(scale) }));
      frame.fill(
        [
          t("charts.procedure"),
          t("charts.jobs"),
          t("charts.failed"),
          ...FIGURES.map((name) => t(name === "p95" ? "charts.p95_short" : `charts.${name}`)),
        ],
        summary.procedures.map((one) => [
          one.procedure_name,
          t.number(one.jobs),
          t.number(one.failed),
          ...FIGURES.map((name) => t.duration(one[`${name}_seconds`])),
        ]),
      );
    },
    draw: (summary, width) => {
      const procedures = shown(summary);
      const isEmpty = procedures.length === 0;
      frame.put(isEmpty ? null : durationChart({ t, procedures, width, labelledBy: frame.labels }));
    },
  };
}

function durationLegend(t) {
  const sample = (...shapes) =>
    svg("svg", { width: 28, height: 16, "aria-hidden": "true" }, shapes);
  const bar = svg("rect", { class: "chart-range", y: 2, width: 28, height: 12, rx: 3 });
  const median = svg("line", { class: "chart-median", x1: 14, x2: 14, y1: 0, y2: 16 });
  const p95 = svg("path", { class: "chart-p95", d: "M9 8 L14 3 L19 8 L14 13 Z" });
  return el(
    "ul",
    { class: "chart-legend" },
    el("li", {}, sample(bar), t("charts.range")),
    el("li", {}, sample(median), t("charts.median")),
    el("li", {}, sample(p95), t("charts.p95")),
  );
}

/**
 * Makes what both charts have: title, description, legend, place for the drawing, and a table.
 *
 * The table is always there for screen readers; a button shows it to everybody.
 */
function figureFrame(t, title, keys) {
  const id = freshId("chart");
  const text = el("p", { class: "text-body-secondary mb-2", id: `${id}-text` });
  const place = el("div", { class: "chart-place" });
  const table = el("table", { class: "table table-sm" });
  const box = el("div", { class: "visually-hidden", id: `${id}-table` }, table);
  const button = el(
    "button",
    {
      class: "btn btn-sm border",
      type: "button",
      "aria-expanded": "false",
      "aria-controls": box.id,
      onclick: () => {
        const isHidden = box.classList.toggle("visually-hidden");
        box.classList.toggle("chart-table", !isHidden);
        button.setAttribute("aria-expanded", !isHidden);
        button.textContent = t(isHidden ? "charts.show_table" : "charts.hide_table");
      },
    },
    t("charts.show_table"),
  );
  return {
    labels: `${id}-title ${id}-text`,
    element: el(
      "section",
      { class: "mb-4" },
      el("h2", { class: "fs-6", id: `${id}-title` }, title),
      text,
      keys,
      place,
      button,
      box,
    ),
    describe: (words) => {
      text.textContent = words;
    },
    put: (drawing) => place.replaceChildren(drawing ?? el("p", {}, t("charts.empty"))),
    fill: (columns, rows) => {
      table.replaceChildren(
        el("caption", { class: "caption-top" }, title),
        el("thead", {}, el("tr", {}, columns.map(columnHead))),
        el("tbody", {}, rows.map(tableRow)),
      );
    },
  };
}

function columnHead(name, index) {
  return el("th", { scope: "col", class: index ? "text-end" : null }, name);
}

function tableRow([name, ...figures]) {
  return el(
    "tr",
    {},
    el("th", { scope: "row", class: "text-break" }, name),
    figures.map((figure) => el("td", { class: "text-end" }, figure)),
  );
}
