// Rows as CSV (RFC 4180), written as the service writes those of a job.

import { ExactNumber } from "./exact.js";

/** Writes columns' names and rows. */
export function csvText(columns, rows) {
  return [columns, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function cell(value) {
  if (value === null) return "";
  const text = cellText(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Gives a value's text; booleans as the service spells them. */
function cellText(value) {
  if (typeof value === "boolean") return value ? "True" : "False";
  return plainText(value);
}

/** Gives the text of any JSON value that is not null: of an object or array, its JSON. */
export function plainText(value) {
  const isText = typeof value !== "object" || value instanceof ExactNumber;
  return isText ? String(value) : JSON.stringify(value);
}
