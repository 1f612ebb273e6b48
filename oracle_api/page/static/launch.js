// Launches a procedure: a search of it, then the form that its description makes.

import { callForm } from "./callform.js";
import { SOFT, el } from "./elements.js";
import { mount as mountResults } from "./results.js";
import { mount as mountSearch } from "./search.js";
import { SubmissionKeys } from "./submission.js";

const HINTS = { 0: "launch.hint.0", 503: "launch.hint.503", 504: "launch.hint.504" };

/**
 * Shows the launch form.
 *
 * Args: `procedure`, a name, or none for the search of one; `values`, what fills the form: a job's
 * `params`; `onSubmitted`, which is told the id of a job that was accepted.
 */
export function mount(element, { api, t, procedure, values, onSubmitted }) {
  const stop = new AbortController();
  let part = null;

  function replace(makePart) {
    part?.unmount();
    part = null;
    const place = el("div");
    element.replaceChildren(place);
    part = makePart(place);
  }

  const search = () =>
    replace((place) => mountSearch(place, { api, t, onChosen: (name) => open(name, undefined) }));
  const open = (name, filled) =>
    replace((place) =>
      mountForm(place, { api, t, name, values: filled, onSubmitted, onOther: search }),
    );

  if (procedure) open(procedure, values);
  else search();
  return {
    unmount() {
      stop.abort();
      part?.unmount();
      element.replaceChildren();
    },
  };
}

function mountForm(element, { api, t, name, values, onSubmitted, onOther }) {
  const stop = new AbortController();
  const keys = new SubmissionKeys();
  const message = el("div", { role: "status" });
  const answer = el("div");
  const title = el("h2", { class: "fs-5 text-break", tabindex: "-1" }, name);
  const other = el(
    "button",
    { class: "btn btn-link ps-0", type: "button", onclick: onOther },
    t("launch.other"),
  );
  let results = null;
  let busy = false;
  let form;

  element.replaceChildren(title, other, message);
  message.textContent = t("launch.loading");
  describe();

  async function describe() {
    try {
      const { body } = await api.get(`/procedures/${encodeURIComponent(name)}`, {
        signal: stop.signal,
      });
      form = callForm({ t, description: body, values });
      title.textContent = body.name;
      message.replaceChildren();
      element.append(formElement(), answer);
      title.focus();
    } catch (error) {
      if (stop.signal.aborted) return;
      if (error.name !== "ApiError") throw error;
      message.replaceChildren(problem(error, error.errors, t));
    }
  }

  function formElement() {
    return el(
      "form",
      {
        novalidate: true,
        onsubmit: (event) => {
          event.preventDefault();
          run(submit);
        },
      },
      form.element,
      el(
        "div",
        { class: "launch-buttons" },
        el("button", { class: "btn btn-primary", type: "submit" }, t("launch.background")),
        el(
          "button",
          { class: `btn ${SOFT}`, type: "button", onclick: () => run(callNow) },
          t("launch.now"),
        ),
      ),
      el("p", { class: "form-text" }, t("launch.ways")),
      message,
    );
  }

  async function run(action) {
    if (busy) return;
    const body = form.read();
    if (!body) {
      message.replaceChildren(alert("danger", t("launch.invalid")));
      return;
    }
    busy = true;
    markBusy(true);
    try {
      await action(body);
    } catch (error) {
      if (stop.signal.aborted) return;
      if (error.name !== "ApiError") throw error;
      message.replaceChildren(problem(error, form.complain(error.errors), t));
    } finally {
      busy = false;
      markBusy(false);
    }
  }

  // Not `disabled`, which would take the focus away from whoever pressed a button.
  function markBusy(isBusy) {
    for (const button of element.querySelectorAll(".launch-buttons .btn")) {
      button.setAttribute("aria-disabled", isBusy);
      button.classList.toggle("disabled", isBusy);
    }
    if (isBusy) message.textContent = t("launch.sending");
  }

  async function submit(body) {
    const key = keys.keyFor(JSON.stringify(body));
    const { body: accepted } = await api.post("/procedure/async", body, {
      headers: { "Idempotency-Key": key },
      signal: stop.signal,
    });
    message.replaceChildren(alert("success", t("launch.accepted", { id: accepted.job_id })));
    onSubmitted?.(accepted.job_id);
  }

  async function callNow(body) {
    results?.unmount();
    results = null;
    answer.replaceChildren();
    const { body: called } = await api.post("/procedure", body, { signal: stop.signal });
    message.replaceChildren(alert("success", t("launch.done")));
    const job = { ...called, procedure_name: body.name, result: called.out };
    results = mountResults(answer, { api, t, job });
  }

  return {
    unmount() {
      stop.abort();
      results?.unmount();
    },
  };
}

function problem(error, others, t) {
  const isAtFields = error.errors.length > 0 && others.length === 0;
  const said = error.status === 0 ? t("error.away") : error.detail;
  const text = isAtFields ? t("launch.invalid") : said;
  const hint = HINTS[error.status];
  return alert(
    "danger",
    error.code && el("strong", {}, `${error.code} `),
    text,
    hint && el("p", { class: "mb-0" }, t(hint)),
    error.requestId &&
      el("p", { class: "mb-0 small" }, t("launch.request", { id: error.requestId })),
  );
}

function alert(kind, ...content) {
  const role = kind === "danger" ? "alert" : null;
  return el("div", { class: `alert alert-${kind} text-break mb-2`, role }, content);
}
