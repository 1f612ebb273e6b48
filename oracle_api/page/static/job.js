// One job: how far it is, what it was given, what came of it, and what can be done with it.

import { confirm } from "./confirm.js";
import { durationText, isActive, showProgress, showState } from "./jobtext.js";
import { announce, say } from "./notice.js";
import { poll } from "./poll.js";
import { explain } from "./problem.js";

// The service itself waits so long for the end; where it cannot, the pause is made here.
const WAIT_SECONDS = 2;

// Of a CLOB that was passed, the beginning is enough to know it by.
const LONGEST_VALUE = 2000;

const template = document.getElementById("job-template");

/** Show a job. Gives `title`, the heading, and `unmount`. */
export function mount(element, { api, t, id }) {
  element.replaceChildren(template.content.cloneNode(true));
  const part = (name) => element.querySelector(`[data-part="${name}"]`);
  const title = element.querySelector("h1");
  const badge = element.querySelector(".badge");
  const path = `/jobs/${encodeURIComponent(id)}`;
  title.textContent = t("job.title", { id });

  let etag = null;
  let job = null;
  let results = null;
  let hasResults = false;
  let isLeft = false;

  async function step(signal) {
    const begun = performance.now();
    // The first time there is nothing to wait for: the person wants to see it.
    const waits = job !== null && isActive(job);
    const answer = await api.get(waits ? `${path}?wait=${WAIT_SECONDS}` : path, { signal, etag });
    if (answer.body) {
      etag = answer.etag;
      show(answer.body);
    } else {
      showDuration();
    }
    if (!isActive(job)) return null;
    return waits ? Math.max(0, WAIT_SECONDS * 1000 - (performance.now() - begun)) : 0;
  }

  function failed(error) {
    if (error.status === 0) return;
    if (error.status === 404) loop.stop();
    showError(t("job.cannot_show"), explain(error));
  }

  function showError(heading, text) {
    const box = part("error");
    box.querySelector("h2").textContent = heading;
    box.querySelector("pre").textContent = text;
    box.hidden = false;
  }

  function show(now) {
    const before = job;
    job = now;
    title.textContent = job.procedure_name;
    document.title = `${job.procedure_name} · oracle_api`;
    showState(badge, job);
    showProgress(element.querySelector(".progress"), element.querySelector(".figures"), job);
    part("progress").hidden = !isActive(job);
    element.querySelector(".message").textContent = job.work?.message ?? "";
    part("error").hidden = !job.error;
    if (job.error) showError(job.error_code ?? t("state.failed"), job.error);
    part("cancel").hidden = !isActive(job) || Boolean(job.cancel_requested);
    part("delete").hidden = isActive(job);
    showFacts();
    if (!before) showParams();
    if (before && before.status !== job.status) {
      announce(t("job.is_now", { state: t(`state.${job.status}`) }));
    }
    if (!isActive(job)) showResults();
    part("output").hidden = !job.output?.length;
    part("output").querySelector("pre").textContent = (job.output ?? []).join("\n");
  }

  function showFacts() {
    const callback = job.callback;
    const facts = {
      "job.id": job.id,
      "jobs.who": job.submitted_by,
      "job.schema": job.schema,
      "jobs.start": t.date(job.start_time),
      "job.run_start": job.run_start_time && t.date(job.run_start_time),
      "job.end": job.end_time && t.date(job.end_time),
      "jobs.duration": durationText(job),
      "job.session": job.session_id && [job.session_id, job.serial_num, job.instance].join(" · "),
      "job.callback": callback && `${callback.url} (${t(`callback.${callback.state}`)})`,
    };
    const shown = Object.entries(facts).filter(([, value]) => value);
    fill(part("facts"), shown.map(([key, value]) => [t(key), value]));
  }

  function showDuration() {
    if (job) showFacts();
  }

  function showParams() {
    const place = part("params");
    const calls = (job.batch ?? [job.params]).map(entries);
    if (!job.batch && job.params === undefined) {
      place.textContent = t("job.params_hidden");
      return;
    }
    calls.forEach((call, number) => {
      if (job.batch) {
        const heading = document.createElement("h3");
        heading.className = "h6";
        heading.textContent = t("job.batch_element", { number: number + 1 });
        place.append(heading);
      }
      const list = document.createElement("dl");
      list.className = "facts";
      fill(list, call);
      place.append(list);
    });
  }

  async function showResults() {
    const hasAny = Object.keys(job.result ?? {}).length > 0 || job.results?.length > 0;
    if (!hasAny || hasResults) return;
    hasResults = true;
    const place = part("results");
    place.hidden = false;
    try {
      const { mount: mountResults } = await import("./results.js");
      if (!isLeft) results = mountResults(place.querySelector("div"), { api, t, job });
    } catch {
      place.querySelector("div").textContent = t("error.view");
    }
  }

  async function act(button, words, action) {
    if (!(await confirm(words))) return;
    button.disabled = true;
    try {
      await action();
    } catch (error) {
      say(explain(error));
    } finally {
      button.disabled = false;
    }
  }

  part("cancel").addEventListener("click", () =>
    act(
      part("cancel"),
      { title: t("job.cancel_title"), text: t("job.cancel_text"), action: t("job.cancel") },
      async () => {
        const { body } = await api.post(`${path}/cancel`);
        show(body);
        title.focus();
      },
    ),
  );
  part("delete").addEventListener("click", () =>
    act(
      part("delete"),
      { title: t("job.delete_title"), text: t("job.delete_text"), action: t("job.delete") },
      async () => {
        await api.delete(path);
        say(t("job.deleted", { name: job.procedure_name }), { keep: true });
        location.hash = "#/";
      },
    ),
  );
  part("again").addEventListener("click", () => {
    if (job) location.hash = `#/launch/${encodeURIComponent(procedureOf(job))}?job=${job.id}`;
  });

  const loop = poll(step, failed);
  return {
    title,
    unmount() {
      isLeft = true;
      loop.stop();
      results?.unmount();
    },
  };
}

/** Give the procedure that a job calls, with its schema where the request named it apart. */
export const procedureOf = (job) =>
  job.schema ? `${job.schema}.${job.procedure_name}` : job.procedure_name;

/** Give names and values of a call's parameters, whichever way the request wrote them. */
function entries(params) {
  if (!Array.isArray(params)) {
    return Object.entries(params ?? {}).map(([name, value]) => [name, written(value)]);
  }
  return params.map((one) => [
    one.name,
    one.direction === "OUT" ? one.direction : written(one.value ?? null),
  ]);
}

function written(value) {
  const isNested = value !== null && typeof value === "object";
  const text = isNested ? JSON.stringify(value, null, 1) : String(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

/** Write terms and what they mean into a list; what stands there already is kept. */
function fill(list, entries) {
  entries.forEach(([term, text], number) => {
    const name = list.children[2 * number] ?? list.appendChild(document.createElement("dt"));
    const value = list.children[2 * number + 1] ?? list.appendChild(document.createElement("dd"));
    if (name.textContent !== term) name.textContent = term;
    if (value.textContent !== text) value.textContent = text;
  });
  while (list.children.length > 2 * entries.length) list.lastElementChild.remove();
}
