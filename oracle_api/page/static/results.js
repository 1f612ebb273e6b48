// What came back from a call: OUT values, REF CURSORs as tables, LOBs, lines of DBMS_OUTPUT.

import { csvText, plainText } from "./csv.js";
import { saveButton, saveText } from "./download.js";
import { el } from "./elements.js";
import { PAGE_ROWS, pagedTable, pagesOf, shownValue } from "./table.js";

// Above it a value is shown in a box of its own, and can be saved.
const LONG_TEXT = 200;
// Browsers put a download together on their own disk before they hand it over.
const LARGE_ROWS = 1_000_000;
const LARGE_BYTES = 500_000_000;

/**
 * Shows the results of a job, or of a call at once.
 *
 * Args: `job`, as `GET /jobs/{id}` shows it; of a call at once its `out` as `result`, with
 * `output` and `results`.
 */
export function mount(element, { api, t, job }) {
  const stop = new AbortController();
  const view = { api, t, job, signal: stop.signal };
  const parts = Array.isArray(job.result)
    ? batch(view, job.result)
    : outValues(view, job.result ?? {}, "");
  (job.results ?? []).forEach((one, index) => {
    parts.push(...large(view, t("results.implicit", { number: index + 1 }), one));
  });
  // A job's page shows the lines itself, also of a job that failed and has no results.
  if (!job.id && job.output?.length) parts.push(output(view, job.output));
  if (!parts.length) parts.push(el("p", {}, t("results.none")));
  element.replaceChildren(...parts);
  return {
    unmount() {
      stop.abort();
      element.replaceChildren();
    },
  };
}

function outValues(view, values, prefix) {
  const pairs = Object.entries(values);
  const small = pairs.filter(([, value]) => !isLarge(value));
  const parts = small.length ? [smallValues(view, small)] : [];
  for (const [name, value] of pairs) {
    if (isLarge(value)) parts.push(...large(view, prefix + name, value));
  }
  return parts;
}

function smallValues({ t }, pairs) {
  return el(
    "table",
    { class: "table table-sm results-values" },
    el("caption", { class: "caption-top" }, t("results.values")),
    el(
      "tbody",
      {},
      pairs.map(([name, value]) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, name),
          el("td", { class: "text-break" }, shownValue(value)),
        ),
      ),
    ),
  );
}

function large(view, label, value) {
  if (value === null) return [smallValues(view, [[label, value]])];
  if (isCursor(value)) return [cursor(view, label, value)];
  return [isKeptLob(value) ? keptLob(view, label, value) : longText(view, label, value)];
}

function cursor(view, label, value) {
  const { api, t, signal } = view;
  const load = value.rows
    ? pagesOf(value.rows)
    : async (from) => {
        const query = from === undefined ? "" : `&cursor=${encodeURIComponent(from)}`;
        const { body } = await api.get(`${value.rows_url}?limit=${PAGE_ROWS}${query}`, { signal });
        return body;
      };
  const total = value.row_count ?? value.rows.length;
  const save = () => saveRows(view, label, value);
  return section(
    label,
    null,
    pagedTable({
      t,
      caption: t("results.caption", { name: label, count: t.number(total) }),
      columns: value.columns,
      load,
      total,
    }),
    value.truncated && el("p", { class: "text-warning-emphasis" }, t("results.truncated")),
    saveButton({ t, text: t("results.csv", { name: label }), save }),
    total > LARGE_ROWS && el("p", { class: "form-text" }, t("results.large")),
  );
}

async function saveRows({ api, job }, label, value) {
  const name = fileName(job, label, "csv");
  if (value.rows_url) await api.download(value.rows_url, "text/csv", name);
  else saveText(csvText(value.columns, value.rows), name, "text/csv");
}

function keptLob({ api, t, job }, label, lob) {
  const isText = lob.media_type.startsWith("text/");
  const name = fileName(job, label, isText ? "txt" : "bin");
  return section(
    label,
    label,
    el("p", {}, t("results.lob", { type: lob.media_type, size: t.bytes(lob.size) })),
    saveButton({
      t,
      text: t("results.save", { name: label }),
      save: () => api.download(lob.lob_url, "*/*", name),
    }),
    lob.size > LARGE_BYTES && el("p", { class: "form-text" }, t("results.large")),
  );
}

function longText({ t, job }, label, value) {
  const isJson = typeof value === "object";
  const text = isJson ? JSON.stringify(value, null, 2) : String(value);
  const save = () => {
    const type = isJson ? "application/json" : "text/plain";
    saveText(text, fileName(job, label, isJson ? "json" : "txt"), type);
  };
  return section(
    label,
    label,
    el("pre", { class: "results-text", tabindex: "0", "aria-label": label }, text),
    saveButton({ t, text: t("results.save", { name: label }), save }),
  );
}

function output({ t }, lines) {
  return section(
    t("results.output"),
    t("results.output"),
    el(
      "pre",
      { class: "results-text", tabindex: "0", "aria-label": t("results.output") },
      lines.join("\n"),
    ),
  );
}

/** Shows a batch: a line for each element; what is large in it opens below the table. */
function batch(view, elements) {
  const { t } = view;
  const names = [...new Set(elements.flatMap((one) => Object.keys(one)))];
  const rows = elements.map((one, index) => [
    index + 1,
    ...names.map((name) => ({
      value: one[name] ?? null,
      label: t("results.of_call", { name, number: index + 1 }),
    })),
  ]);
  const opened = el("div");
  const cell = (item) => {
    if (typeof item === "number") return t.number(item);
    if (!isLarge(item.value)) return shownValue(item.value);
    const onclick = () => {
      opened.replaceChildren(...large(view, item.label, item.value));
      opened.firstElementChild.focus();
    };
    return el(
      "button",
      { class: "btn btn-sm border", type: "button", onclick },
      t("results.open", { name: item.label }),
    );
  };
  const table = pagedTable({
    t,
    caption: t("results.batch", { count: t.number(elements.length) }),
    columns: [t("results.element"), ...names],
    load: pagesOf(rows),
    total: rows.length,
    cell,
  });
  return [table, opened];
}

/** Makes a part that can take the focus; one whose content has a title of its own needs none. */
function section(label, title, ...content) {
  return el(
    "section",
    { class: "mb-4", tabindex: "-1", "aria-label": label },
    title && el("h3", { class: "fs-6" }, title),
    content,
  );
}

function isLarge(value) {
  if (value === null) return false;
  return isCursor(value) || isKeptLob(value) || plainText(value).length > LONG_TEXT;
}

function isCursor(value) {
  return Array.isArray(value?.columns) && ("rows" in value || "rows_url" in value);
}

function isKeptLob(value) {
  return typeof value?.lob_url === "string";
}

function fileName(job, label, ending) {
  const words = [job.procedure_name, label, job.id?.slice(0, 8)].filter(Boolean).join("_");
  return `${words.replace(/[^A-Za-z0-9_-]+/g, "_")}.${ending}`;
}
