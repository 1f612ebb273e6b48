// The form of one procedure, made from its description.

import { el, freshId } from "./elements.js";
import { makeField, typeText } from "./fields.js";
import { inOrder, inputsOf, overloadFor, valuesByName } from "./overloads.js";

/**
 * Makes the form's content from the answer of `GET /procedures/{name}`.
 *
 * Gives {element, read, complain}: `read` the body of a call, or null where a field is not right,
 * which then says so; `complain` shows faults of a problem document and gives those that have no
 * field of their own.
 */
export function callForm({ t, description, values }) {
  const { overloads } = description;
  const isByPosition = document.documentElement.dataset.params === "position";
  const given = valuesByName(values);
  const area = el("div");
  const output = el("input", {
    class: "form-check-input",
    type: "checkbox",
    id: freshId("output"),
  });
  let chosen = overloadFor(overloads, given.keys());
  let fields = [];

  function show(kept) {
    const overload = overloads[chosen];
    const inputs = inputsOf(overload);
    fields = inputs.filter((one) => one.is_supported).map((one) => makeField(one, t));
    for (const field of fields) {
      if (kept.has(field.name)) field.show(kept.get(field.name));
    }
    area.replaceChildren(
      ...fields.map((field) => field.element),
      ...inputs.filter((one) => !one.is_supported).map((one) => unsupported(one, t)),
      inputs.length === 0 ? el("p", {}, t("launch.no_inputs")) : "",
      outputs(overload, t),
    );
  }

  function entered() {
    const read = fields.map((field) => [field.name, field.read()]);
    return new Map(
      read.filter(([, one]) => "value" in one).map(([name, one]) => [name, one.value]),
    );
  }

  function complain(faults) {
    for (const field of fields) field.complain(null);
    const others = [];
    let first = null;
    for (const { pointer, detail } of faults) {
      const name = nameIn(pointer);
      const field = fields.find((one) => one.name === name);
      if (field) field.complain(detail);
      else others.push(detail);
      first ??= field;
    }
    first?.focus();
    return others;
  }

  function read() {
    const read = fields.map((field) => [field.name, field.read()]);
    const faults = read
      .filter(([, one]) => one.error)
      .map(([name, one]) => ({ pointer: `/params/${name}`, detail: one.error }));
    const { params, gap } = paramsOf(entered());
    if (gap) faults.push({ pointer: `/params/${gap}`, detail: t("launch.error.gap") });
    complain(faults);
    if (faults.length) return null;
    const body = { name: description.name, params };
    if (overloads.length > 1) body.overload = chosen + 1;
    if (output.checked) body.output = true;
    return body;
  }

  function paramsOf(values) {
    if (isByPosition) return inOrder(overloads[chosen].parameters, values);
    return { params: Object.fromEntries(values), gap: null };
  }

  show(given);
  return {
    read,
    complain,
    element: el(
      "div",
      {},
      overloads.length > 1 &&
        overloadChoice(overloads, chosen, t, (number) => {
          const kept = entered();
          chosen = number;
          show(kept);
        }),
      area,
      el(
        "div",
        { class: "form-check mb-3" },
        output,
        el("label", { class: "form-check-label", for: output.id }, t("launch.output")),
      ),
    ),
  };
}

/** Gives the parameter's name that a JSON Pointer into the body leads to, or null. */
export function nameIn(pointer) {
  const [, member, name] = pointer.split("/");
  if (member !== "params" || name === undefined) return null;
  return name.replaceAll("~1", "/").replaceAll("~0", "~").toUpperCase();
}

function overloadChoice(overloads, chosen, t, onChange) {
  const group = freshId("overload");
  return el(
    "fieldset",
    { class: "mb-3" },
    el("legend", { class: "fs-6" }, t("launch.overload")),
    overloads.map((overload, index) =>
      el(
        "div",
        { class: "form-check" },
        el("input", {
          class: "form-check-input",
          type: "radio",
          name: group,
          id: `${group}-${index}`,
          checked: index === chosen,
          onchange: () => onChange(index),
        }),
        el(
          "label",
          { class: "form-check-label font-monospace text-break", for: `${group}-${index}` },
          overload.signature,
        ),
      ),
    ),
  );
}

function unsupported(parameter, t) {
  const key = parameter.has_default ? "launch.unsupported_default" : "launch.unsupported";
  const kind = parameter.has_default ? "text-body-secondary" : "text-danger";
  return el("p", { class: kind }, t(key, { name: parameter.name, type: parameter.type }));
}

function outputs(overload, t) {
  const lines = overload.parameters
    .filter((one) => one.direction !== "IN")
    .map((one) => [one.name, typeText(one)]);
  if (overload.returns)
    lines.push(["return_value", typeText({ direction: "IN", ...overload.returns })]);
  if (!lines.length) return "";
  return el(
    "section",
    { class: "mb-3" },
    el("h3", { class: "fs-6" }, t("launch.outputs")),
    el(
      "ul",
      { class: "list-unstyled launch-outputs" },
      lines.map(([name, type]) =>
        el("li", {}, el("code", {}, name), " ", el("span", { class: "text-body-secondary" }, type)),
      ),
    ),
  );
}
