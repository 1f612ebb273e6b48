// The inputs of the launch form, one kind for each kind of Oracle type.
//
// Each maker gives {elements, get, set, check}: `get` the JSON value, or undefined where nothing
// is entered; `set` says whether the input can show a value; `check` the key of a complaint; and
// some a `hint` of what a value looks like.

import { el } from "./elements.js";
import { ExactNumber, decimalParts, fitsNumber, parseExact } from "./exact.js";
import { splitMoment } from "./moments.js";
import { isComposite, misfit, shapeText } from "./shapes.js";

const NUMBERS = ["NUMBER", "INTEGER", "FLOAT", "BINARY_INTEGER", "PLS_INTEGER"];
const FLOATS = ["BINARY_FLOAT", "BINARY_DOUBLE"];
const LONG_TEXTS = ["CLOB", "NCLOB", "LONG", "OPAQUE/XMLTYPE", "XMLTYPE"];
const BYTES = ["RAW", "LONG RAW", "BLOB"];
const EXAMPLES = {
  "INTERVAL DAY TO SECOND": "P1DT2H3M4.5S",
  "INTERVAL YEAR TO MONTH": "P1Y2M",
  ROWID: "AAAAAAAAAAAAAAAAAA",
};
// A time input's value ends with milliseconds.
const INPUT_DIGITS = 3;

/** Makes the control of a parameter, by its type. */
export function controlFor(parameter, t) {
  const type = parameter.type.replace(/\(.*?\)/g, "").trim();
  if (isComposite(parameter) || type === "JSON") return jsonControl(parameter);
  if (NUMBERS.includes(type)) return numberControl(fitsNumber);
  if (FLOATS.includes(type)) return numberControl(isFloat);
  if (type === "DATE") return dateControl(t);
  if (type.startsWith("TIMESTAMP")) return timestampControl(type.includes("TIME ZONE"), t);
  if (type.endsWith("BOOLEAN")) return booleanControl(t);
  if (BYTES.includes(type)) return bytesControl(t);
  return textControl(LONG_TEXTS.includes(type) ? 4 : 1, EXAMPLES[type]);
}

/** Makes a control that takes any of the forms that the service reads a date in. */
export function freeTextControl() {
  return textControl(1);
}

// A text area also for short texts: an input would take line breaks away.
function textControl(rows, placeholder) {
  const area = el("textarea", { class: "form-control", rows, placeholder, spellcheck: "false" });
  return {
    elements: [area],
    get: () => area.value || undefined,
    set: (value) => {
      area.value = String(value);
      return typeof value !== "object" || value instanceof ExactNumber;
    },
    check: () => null,
  };
}

// Sent as text, so that no digit passes through a double.
function numberControl(isFitting) {
  const input = el("input", {
    class: "form-control",
    type: "text",
    inputmode: "decimal",
    autocomplete: "off",
  });
  const text = () => input.value.trim();
  return {
    elements: [input],
    get: () => text() || undefined,
    set: (value) => {
      input.value = String(value);
      return isFitting(input.value);
    },
    check: () => {
      if (!text() || isFitting(text())) return null;
      return decimalParts(text()) ? "launch.error.digits" : "launch.error.number";
    },
  };
}

function isFloat(text) {
  return decimalParts(text) !== null || /^[+-]?(nan|inf(inity)?)$/i.test(text);
}

function dateControl(t) {
  const date = el("input", {
    class: "form-control",
    type: "date",
    min: "0001-01-01",
    max: "9999-12-31",
  });
  const time = el("input", {
    class: "form-control",
    type: "time",
    step: "1",
    "aria-label": t("launch.time"),
  });
  const isBad = () =>
    date.validity.badInput || time.validity.badInput || (time.value !== "" && date.value === "");
  return {
    elements: [date, time],
    get: () => {
      if (!date.value) return undefined;
      return time.value ? `${date.value}T${time.value}` : date.value;
    },
    set: (value) => {
      const parts = typeof value === "string" ? splitMoment(value) : null;
      // A DATE has neither zone nor fraction: the service takes the clock as it is written.
      if (!parts) return false;
      date.value = parts.date;
      time.value = parts.time;
      return date.value === parts.date;
    },
    check: () => (isBad() ? "launch.error.date" : null),
  };
}

function timestampControl(hasZone, t) {
  const moment = el("input", {
    class: "form-control",
    type: "datetime-local",
    step: "0.001",
    min: "0001-01-01T00:00",
    max: "9999-12-31T23:59:59.999",
  });
  const zone = el("input", {
    class: "form-control launch-zone",
    type: "text",
    pattern: "Z|[+\\-][0-9]{2}(:?[0-5][0-9])?",
    value: "Z",
    "aria-label": t("launch.zone"),
  });
  const isBad = () =>
    moment.validity.badInput || (hasZone && moment.value !== "" && !zone.validity.valid);
  return {
    elements: hasZone ? [moment, zone] : [moment],
    get: () => (moment.value ? moment.value + (hasZone ? zone.value : "") : undefined),
    set: (value) => {
      const parts = typeof value === "string" ? splitMoment(value) : null;
      if (!parts || parts.fraction.length > INPUT_DIGITS || hasZone !== (parts.zone !== "")) {
        return false;
      }
      const fraction = parts.fraction && `.${parts.fraction}`;
      moment.value = `${parts.date}T${parts.time || "00:00:00"}${fraction}`;
      if (hasZone) zone.value = parts.zone.toUpperCase();
      return moment.value !== "";
    },
    check: () => (isBad() ? "launch.error.date" : null),
  };
}

function booleanControl(t) {
  const select = el(
    "select",
    { class: "form-select" },
    el("option", { value: "" }, t("launch.choose")),
    el("option", { value: "true" }, t("launch.true")),
    el("option", { value: "false" }, t("launch.false")),
  );
  return {
    elements: [select],
    get: () => (select.value ? select.value === "true" : undefined),
    set: (value) => {
      const text = { true: "true", 1: "true", false: "false", 0: "false" }[String(value)] ?? "";
      select.value = text;
      return text !== "" || value === "";
    },
    check: () => null,
  };
}

function bytesControl(t) {
  const text = textControl(2);
  const [area] = text.elements;
  // A file's content is not put into the text area, which would take long to lay it out.
  let fromFile;
  const file = el("input", {
    class: "form-control",
    type: "file",
    "aria-label": t("launch.file"),
    onchange: async () => {
      area.value = "";
      fromFile = file.files.length ? await base64Of(file.files[0]) : undefined;
    },
  });
  const dropFile = () => {
    fromFile = undefined;
    file.value = "";
  };
  area.addEventListener("input", dropFile);
  return {
    elements: [area, file],
    check: () => (isBase64(area.value.trim()) ? null : "launch.error.base64"),
    get: () => area.value.trim() || fromFile,
    set: (value) => {
      dropFile();
      return text.set(value);
    },
  };
}

function isBase64(text) {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function base64Of(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

function jsonControl(parameter) {
  const {
    elements: [area],
  } = textControl(4);
  area.classList.add("font-monospace");
  return {
    elements: [area],
    hint: shapeText(parameter),
    get: () => (area.value.trim() ? parseExact(area.value) : undefined),
    set: (value) => {
      area.value = value === "" ? "" : JSON.stringify(value, null, 2);
      return true;
    },
    check: () => {
      if (!area.value.trim()) return null;
      let value;
      try {
        value = parseExact(area.value);
      } catch {
        return "launch.error.json";
      }
      const found = misfit(parameter, value);
      return found && [`launch.error.shape.${found.wanted}`, { path: found.path }];
    },
  };
}
