// Which view is shown, by the address behind the #.

import { api } from "./api.js";
import * as health from "./health.js";
import { mount as mountJob } from "./job.js";
import { mount as mountJobs } from "./jobs.js";
import { say, viewChanged } from "./notice.js";
import { explain } from "./problem.js";
import { forget } from "./session.js";
import { t } from "./text.js";

const main = document.getElementById("main");
const listPlace = document.getElementById("view-jobs");
const otherPlace = document.getElementById("view-other");

/** The list stays when another view is shown, with all that was loaded into it. */
let list = null;
let listScroll = 0;
let other = null;
let isFirst = true;
/** Counts changes of the view, so that a late one does not take the place of a newer. */
let visit = 0;

function address() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [view, ...rest] = path.split("/");
  return { view, name: decoded(rest.join("/")), query: new URLSearchParams(query) };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function showList({ query }) {
  const onQuery = (wanted) => history.replaceState(null, "", wanted.size ? `#/?${wanted}` : "#/");
  list ??= mountJobs(listPlace, { api, t, onQuery });
  list.show(query);
  return list.title;
}

async function showJob({ name }) {
  other = mountJob(otherPlace, { api, t, id: name });
  return other.title;
}

async function showLaunch({ name, query }, current) {
  const again = query.get("job");
  const { mount } = await import("./launch.js");
  const values = again ? await paramsOf(again) : {};
  if (current !== visit) return null;
  const title = heading(t("launch.title"));
  const place = otherPlace.appendChild(document.createElement("div"));
  const onSubmitted = (id) => {
    location.hash = `#/jobs/${id}`;
  };
  other = mount(place, { api, t, procedure: name || null, values, onSubmitted });
  return title;
}

/** Give what a job was called with, as the job shows it; a batch has no single set of values. */
async function paramsOf(id) {
  const { body: job } = await api.get(`/jobs/${encodeURIComponent(id)}`);
  if (job.params === undefined) say(t(job.batch ? "job.again_batch" : "job.again_hidden"));
  return job.params;
}

async function showCharts(_, current) {
  const { mount } = await import("./charts.js");
  if (current !== visit) return null;
  const title = heading(t("charts.title"));
  other = mount(otherPlace.appendChild(document.createElement("div")), { api, t });
  return title;
}

function heading(text) {
  const title = document.createElement("h1");
  title.className = "h3 mb-3";
  title.tabIndex = -1;
  title.textContent = text;
  otherPlace.replaceChildren(title);
  return title;
}

const VIEWS = { jobs: showJob, launch: showLaunch, charts: showCharts };

function leave() {
  other?.unmount();
  other = null;
  otherPlace.replaceChildren();
  if (!listPlace.hidden) listScroll = scrollY;
  list?.pause();
}

async function route() {
  const current = ++visit;
  const wanted = address();
  const show = VIEWS[wanted.view];
  leave();
  viewChanged();
  listPlace.hidden = Boolean(show);
  otherPlace.hidden = !show;
  for (const link of document.querySelectorAll("[data-view]")) {
    const isCurrent = link.dataset.view === (show ? wanted.view : "jobs");
    link.classList.toggle("active", isCurrent);
    if (isCurrent) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  try {
    const title = await (show ?? showList)(wanted, current);
    if (current !== visit || !title) return;
    document.title = `${title.textContent} · oracle_api`;
    // A page that has just been opened is read from its top.
    if (!isFirst) title.focus({ preventScroll: true });
    scrollTo(0, show ? 0 : listScroll);
  } catch (error) {
    if (error.name === "AbortError" || current !== visit) return;
    say(error.name === "ApiError" ? explain(error) : t("error.view"));
  } finally {
    isFirst = false;
  }
}

document.getElementById("skip").addEventListener("click", (event) => {
  // The address behind the # names views, not places of the page.
  event.preventDefault();
  main.focus();
});
document.getElementById("sign-out")?.addEventListener("click", () => {
  forget();
  location.reload();
});
addEventListener("hashchange", route);
health.watch();
route();
