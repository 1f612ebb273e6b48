// The list of jobs: filters, rows, more of them, and how it is kept up to date.

import { isActive } from "./jobtext.js";
import { List } from "./list.js";
import { announce } from "./notice.js";
import { poll } from "./poll.js";
import { explain } from "./problem.js";

const WHILE_ACTIVE = 2000;
const USUAL = 10_000;
const TYPING = 300;
// At most so many jobs that have left the list of active ones are asked for at a time.
const MOST_ENDED = 10;

const template = document.getElementById("jobs-template");
const FIELDS = ["status", "procedure", "id"];

/**
 * Show the list.
 *
 * @param element where.
 * @param onQuery told of the filters whenever they change, as a URLSearchParams.
 * @returns {{title: HTMLElement, show(query), pause(), unmount()}} `show` takes filters and goes on.
 */
export function mount(element, { api, t, onQuery }) {
  element.replaceChildren(template.content.cloneNode(true));
  const part = (name) => element.querySelector(`[data-part="${name}"]`);
  const form = element.querySelector("form");
  const table = element.querySelector("table");
  const [total, problem, empty, more] = ["total", "error", "empty", "more"].map(part);
  const names = element.querySelector("datalist");
  const list = new List(table.tBodies[0]);

  let query = new URLSearchParams();
  let loop = null;
  let firstTag = null;
  let activeTag = null;
  let older = null;
  // Whether older pages were asked for: else the list is its first page alone.
  let isDeep = false;
  let typing = null;

  const path = (members = {}) => {
    const wanted = new URLSearchParams({ ...Object.fromEntries(query), ...members });
    return wanted.size ? `/jobs?${wanted}` : "/jobs";
  };

  const matches = (job) => {
    const states = query.get("status");
    return !states || states.split(",").includes(job.status);
  };

  function showAround(body) {
    if (body) total.textContent = t("jobs.total", { count: body.total });
    const isNarrowed = FIELDS.some((name) => query.get(name));
    empty.textContent = t(isNarrowed ? "jobs.none_match" : "jobs.none");
    empty.hidden = list.size > 0;
    table.hidden = list.size === 0;
    more.hidden = older === null;
    table.setAttribute("aria-busy", "false");
    problem.hidden = true;
  }

  function noteNames(jobs) {
    const known = new Set([...names.options].map((option) => option.value));
    for (const { procedure_name: name } of jobs) {
      if (known.has(name)) continue;
      known.add(name);
      const option = document.createElement("option");
      option.value = name;
      names.append(option);
    }
  }

  function tellOfEnds(before) {
    const ended = before.filter((job) => list.has(job.id) && !isActive(list.job(job.id)));
    if (ended.length === 1) {
      const job = list.job(ended[0].id);
      announce(t("jobs.ended_one", { name: job.procedure_name, state: t(`state.${job.status}`) }));
    } else if (ended.length) {
      announce(t("jobs.ended_many", { count: ended.length }));
    }
  }

  async function refreshTop(signal) {
    let answer = await api.get(path(), { signal, etag: firstTag });
    if (answer.status === 304) return;
    firstTag = answer.etag;
    let { body } = answer;
    if (isDeep && body.next && !body.jobs.some((job) => list.has(job.id))) {
      // More came than a page holds: without those between, the list would have a hole.
      ({ body } = await api.get(path({ limit: 1000 }), { signal }));
      if (!body.jobs.some((job) => list.has(job.id))) isDeep = false;
    }
    list.replaceTop(body.jobs, isDeep && Boolean(body.next));
    if (!isDeep || !body.next) older = body.next ?? null;
    noteNames(body.jobs);
    showAround(body);
  }

  /** Ask for the active jobs that stand further down than the first page reaches. */
  async function refreshOlder(signal) {
    const active = list.active;
    if (!isDeep || !active.length) return;
    const states = query.get("status") || "pending,running";
    const answer = await api.get(path({ status: states, limit: 1000 }), { signal, etag: activeTag });
    if (answer.status === 304) return;
    activeTag = answer.etag;
    const found = new Set(answer.body.jobs.map((job) => job.id));
    answer.body.jobs.forEach((job) => list.update(job));
    const left = active.filter((job) => !found.has(job.id) && isActive(list.job(job.id)));
    await Promise.all(left.slice(0, MOST_ENDED).map((job) => refreshOne(job.id, signal)));
    if (left.length > MOST_ENDED) activeTag = null;
  }

  async function refreshOne(id, signal) {
    try {
      const { body } = await api.get(`/jobs/${id}`, { signal });
      if (matches(body)) list.update(body);
      else list.remove(id);
    } catch (error) {
      if (error.status !== 404) throw error;
      list.remove(id);
    }
  }

  async function step(signal) {
    const before = list.active;
    await refreshTop(signal);
    await refreshOlder(signal);
    tellOfEnds(before);
    list.tick();
    problem.hidden = true;
    return list.active.length ? WHILE_ACTIVE : USUAL;
  }

  function failed(error) {
    // That the service is away is said above the list, which stays.
    if (error.status === 0) return;
    problem.textContent = explain(error);
    problem.hidden = false;
  }

  function pause() {
    clearTimeout(typing);
    loop?.stop();
    loop = null;
  }

  function start() {
    loop?.stop();
    loop = poll(step, failed);
  }

  function reset() {
    list.clear();
    firstTag = activeTag = older = null;
    isDeep = false;
    total.textContent = "";
    more.hidden = true;
    empty.hidden = true;
    table.setAttribute("aria-busy", "true");
  }

  function narrow() {
    clearTimeout(typing);
    const wanted = new URLSearchParams();
    for (const name of FIELDS) {
      const value = form.elements[name].value.trim();
      if (value) wanted.set(name, name === "id" ? value.toLowerCase() : value);
    }
    if (wanted.toString() === query.toString()) return;
    query = wanted;
    onQuery(query);
    reset();
    start();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    narrow();
  });
  form.addEventListener("change", narrow);
  form.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(narrow, TYPING);
  });

  more.addEventListener("click", async () => {
    more.disabled = true;
    const asked = query;
    try {
      const { body } = await api.get(path({ cursor: older }));
      if (asked !== query) return;
      isDeep = true;
      older = body.next ?? null;
      list.append(body.jobs);
      noteNames(body.jobs);
      showAround(body);
      announce(t("jobs.shown", { count: list.size }));
      // Some of these may be active, and are to be asked for as often as such are.
      start();
    } catch (error) {
      failed(error);
    } finally {
      more.disabled = false;
    }
  });

  return {
    title: element.querySelector("h1"),
    show(wanted) {
      for (const name of FIELDS) form.elements[name].value = wanted.get(name) ?? "";
      narrow();
      if (!loop) start();
    },
    pause,
    unmount: pause,
  };
}
