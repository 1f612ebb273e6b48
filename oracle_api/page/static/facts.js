// What a job's page says in lists of terms: the job itself, and what it was called with.

import { durationText } from "./jobtext.js";
import { t } from "./text.js";

// Of a CLOB that was passed, the beginning is enough to know it by.
const LONGEST_VALUE = 2000;
// Of a batch there may be thousands.
const MOST_CALLS = 20;

/** Show when, by whom and where a job was run; what stands there already is kept. */
export function showFacts(list, job) {
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
  const known = Object.entries(facts).filter(([, value]) => value);
  fill(
    list,
    known.map(([key, value]) => [t(key), value]),
  );
}

/** Show what a job was called with, once or, for a batch, for each of its calls. */
export function showParams(place, job) {
  if (!job.batch && job.params === undefined) {
    place.textContent = t("job.params_hidden");
    return;
  }
  const calls = job.batch ?? [job.params];
  calls.slice(0, MOST_CALLS).forEach((call, index) => {
    if (job.batch) place.append(heading(t("job.batch_element", { number: index + 1 })));
    const list = document.createElement("dl");
    list.className = "facts";
    fill(list, entries(call));
    place.append(list);
  });
  if (calls.length > MOST_CALLS) place.append(t("job.batch_more", { count: calls.length }));
}

function heading(text) {
  const element = document.createElement("h3");
  element.className = "h6";
  element.textContent = text;
  return element;
}

/** Give names and values of a call's parameters, whichever way the request wrote them. */
function entries(params) {
  if (!Array.isArray(params)) {
    return Object.entries(params).map(([name, value]) => [name, written(value)]);
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

function fill(list, pairs) {
  pairs.forEach(([term, text], index) => {
    write(list.children[2 * index] ?? list.appendChild(document.createElement("dt")), term);
    write(list.children[2 * index + 1] ?? list.appendChild(document.createElement("dd")), text);
  });
  while (list.children.length > 2 * pairs.length) list.lastElementChild.remove();
}

function write(element, text) {
  const words = String(text);
  if (element.textContent !== words) element.textContent = words;
}
