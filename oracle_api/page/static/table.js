// A table of rows that are shown a page at a time.

import { plainText } from "./csv.js";
import { el, freshId } from "./elements.js";
import { ExactNumber } from "./exact.js";
import { explain } from "./problem.js";

export const PAGE_ROWS = 100;

/** Gives pages of rows that are at hand, as `GET …/rows` gives those that are not. */
export function pagesOf(rows) {
  return (cursor) => {
    const first = Number(cursor ?? 0);
    const next = first + PAGE_ROWS < rows.length ? String(first + PAGE_ROWS) : undefined;
    return { rows: rows.slice(first, first + PAGE_ROWS), next };
  };
}

/**
 * Makes a table with a pager.
 *
 * Args: `load`, which gives {rows, next} for a cursor, at once or as a promise; `total`, how many
 * rows there are; `cell`, which makes a cell's content of a value.
 */
export function pagedTable({ t, caption, columns, load, total, cell = shownValue }) {
  const id = freshId("rows");
  const body = el("tbody");
  const heads = columns.map((name) => el("th", { scope: "col" }, name));
  const status = el("p", { class: "mb-0", role: "status" });
  const cursors = [undefined];
  let page = 0;
  let loading = false;

  const previous = pagerButton(t("results.previous"), () => turn(page - 1));
  const next = pagerButton(t("results.next"), () => turn(page + 1));
  const box = el(
    "div",
    { class: "results-scroll", role: "region", tabindex: "0", "aria-labelledby": id },
    el(
      "table",
      { class: "table table-sm table-striped mb-0" },
      el("caption", { id, class: "caption-top" }, caption),
      el("thead", {}, el("tr", {}, heads)),
      body,
    ),
  );

  async function turn(number) {
    if (loading || number < 0 || number >= cursors.length) return;
    loading = true;
    box.setAttribute("aria-busy", "true");
    try {
      const found = await load(cursors[number]);
      page = number;
      if (found.next !== undefined) cursors[page + 1] = found.next;
      else cursors.length = page + 1;
      show(found.rows);
    } catch (error) {
      if (error.name !== "AbortError") status.textContent = explain(error);
    } finally {
      loading = false;
      box.setAttribute("aria-busy", "false");
    }
  }

  function show(rows) {
    body.replaceChildren(
      ...rows.map((row) =>
        el(
          "tr",
          {},
          row.map((value) => el("td", { class: cellClass(value) }, cell(value))),
        ),
      ),
    );
    heads.forEach((head, column) => {
      head.classList.toggle(
        "text-end",
        rows.some((row) => isNumber(row[column])),
      );
    });
    box.scrollTop = 0;
    const first = page * PAGE_ROWS;
    status.textContent = rows.length
      ? t("results.shown_of", { first: first + 1, last: first + rows.length, total })
      : t("results.no_rows");
    setDisabled(previous, page === 0);
    setDisabled(next, page + 1 >= cursors.length);
    pager.hidden = cursors.length === 1;
  }

  const pager = el(
    "div",
    { class: "btn-group", role: "group", "aria-label": t("results.pages") },
    previous,
    next,
  );
  turn(0);
  return el("div", { class: "mb-3" }, box, el("div", { class: "results-pager" }, status, pager));
}

// Not `disabled`, which would take the focus away on the last page.
function setDisabled(button, isDisabled) {
  button.setAttribute("aria-disabled", isDisabled);
  button.classList.toggle("disabled", isDisabled);
}

function pagerButton(text, onclick) {
  return el("button", { class: "btn btn-sm border", type: "button", onclick }, text);
}

/** Makes what stands for a value: its text; of a null the word, marked as such. */
export function shownValue(value) {
  if (value === null) return el("span", { class: "results-null" }, "NULL");
  return plainText(value);
}

function cellClass(value) {
  return isNumber(value) ? "text-end" : null;
}

function isNumber(value) {
  return typeof value === "number" || value instanceof ExactNumber;
}
