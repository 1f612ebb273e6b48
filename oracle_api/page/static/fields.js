// One field of the launch form: a labelled control, and whether it is a value, NULL or left out.

import { controlFor, freeTextControl } from "./controls.js";
import { el, freshId } from "./elements.js";

const DATES = /^(DATE|TIMESTAMP)/;

/**
 * Makes the field of an IN or IN OUT parameter.
 *
 * Gives {element, name, read, show, complain, focus}: `read` is {left: true}, {value} or
 * {error: text}; `show` puts a value in; `complain` shows a text at the field, or none for null.
 */
export function makeField(parameter, t) {
  const id = freshId("field");
  const help = el("div", { class: "form-text text-break", id: `${id}-help` });
  const fault = el("div", { class: "invalid-feedback d-block", id: `${id}-fault`, hidden: true });
  const mode = modeSelect(parameter, t);
  const row = el("div", {
    class: "launch-inputs",
    role: "group",
    "aria-label": parameter.name,
  });
  let control;

  function use(made) {
    control = made;
    control.elements.forEach((element, index) => {
      element.id = index ? `${id}-${index}` : id;
      element.setAttribute("aria-describedby", `${id}-help ${id}-fault`);
    });
    if (!parameter.has_default) control.elements[0].setAttribute("aria-required", "true");
    row.replaceChildren(...control.elements, mode);
  }

  function complain(text) {
    fault.textContent = text ?? "";
    fault.hidden = !text;
    for (const element of control.elements) {
      element.classList.toggle("is-invalid", Boolean(text));
      element.setAttribute("aria-invalid", Boolean(text));
    }
  }

  function explain() {
    const key = { default: "launch.left_out", null: "launch.null_help" }[mode.value];
    help.textContent = [key && t(key), control.hint].filter(Boolean).join(" ");
  }

  function read() {
    if (mode.value === "default") return { left: true };
    if (mode.value === "null") return { value: null };
    const found = control.check();
    if (found) return { error: t(...[found].flat()) };
    const value = control.get();
    return value === undefined ? { error: t("launch.error.required") } : { value };
  }

  function show(value) {
    complain(null);
    if (value === undefined) mode.value = "default";
    else if (value === null) mode.value = "null";
    else {
      mode.value = "value";
      if (!control.set(value)) {
        use(freeTextControl());
        control.set(typeof value === "object" ? JSON.stringify(value) : value);
        mode.value = DATES.test(parameter.type) ? "text" : "value";
      }
    }
    explain();
  }

  use(controlFor(parameter, t));
  row.addEventListener("input", (event) => {
    if (event.target === mode) return;
    if (mode.value === "null" || mode.value === "default") mode.value = "value";
    explain();
    const found = control.check();
    complain(found ? t(...[found].flat()) : null);
  });
  mode.addEventListener("change", () => {
    complain(null);
    const isText = mode.value === "text";
    if (isText) use(freeTextControl());
    else if (DATES.test(parameter.type)) use(controlFor(parameter, t));
    else if (mode.value !== "value") control.set("");
    explain();
    mode.focus();
  });
  explain();

  return {
    name: parameter.name,
    read,
    show,
    complain,
    focus: () => control.elements[0].focus(),
    element: el(
      "div",
      { class: "launch-field mb-3" },
      el(
        "label",
        { class: "form-label", for: id },
        el("strong", {}, parameter.name),
        " ",
        el("span", { class: "text-body-secondary" }, typeText(parameter)),
        !parameter.has_default &&
          el("span", { class: "launch-required" }, ` ${t("launch.required")}`),
      ),
      row,
      help,
      fault,
    ),
  };
}

/** Gives a parameter's direction, where it is not IN, and its type. */
export function typeText(parameter) {
  const type = parameter.type.replace("PL/SQL BOOLEAN", "BOOLEAN");
  return parameter.direction === "IN" ? type : `${parameter.direction} ${type}`;
}

function modeSelect(parameter, t) {
  const modes = ["value", DATES.test(parameter.type) && "text", "null"];
  if (parameter.has_default) modes.push("default");
  const select = el(
    "select",
    { class: "form-select launch-mode", "aria-label": t("launch.mode", { name: parameter.name }) },
    modes.filter(Boolean).map((one) => el("option", { value: one }, t(`launch.mode.${one}`))),
  );
  if (parameter.has_default) select.value = "default";
  return select;
}
