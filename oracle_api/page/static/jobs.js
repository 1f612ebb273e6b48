// The list of jobs: its filters, what is said around it, and how often it is asked for.

import { Feed, endedOf } from "./feed.js";
import { List } from "./list.js";
import { announce } from "./notice.js";
import { poll } from "./poll.js";
import { explain } from "./problem.js";

const WHILE_ACTIVE = 2000;
const USUAL = 10_000;
const TYPING = 300;

const template = document.getElementById("jobs-template");
const FIELDS = ["status", "procedure", "id"];

/**
 * Show the list.
 *
 * @param element where.
 * @param onQuery told of the filters whenever they change, as a URLSearchParams.
 */
export const mount = (element, { api, t, onQuery }) => new JobsView(element, api, t, onQuery);

class JobsView {
  #loop = null;
  #typing = null;
  // Whether the person waits to hear what a change of the filters has found.
  #isAsked = false;
  #query = new URLSearchParams();

  constructor(element, api, t, onQuery) {
    this.api = api;
    this.t = t;
    this.onQuery = onQuery;
    element.replaceChildren(template.content.cloneNode(true));
    const part = (name) => element.querySelector(`[data-part="${name}"]`);
    /** The heading. */
    this.title = element.querySelector("h1");
    this.form = element.querySelector("form");
    this.table = element.querySelector("table");
    this.names = element.querySelector("datalist");
    this.total = part("total");
    this.problem = part("error");
    this.empty = part("empty");
    this.more = part("more");
    this.list = new List(this.table.tBodies[0]);
    this.feed = new Feed(api, this.list, this.#query);
    this.#listen();
  }

  /** Show the jobs of some filters, and keep them up to date. */
  show(wanted) {
    for (const name of FIELDS) this.form.elements[name].value = wanted.get(name) ?? "";
    this.#narrow();
    if (!this.#loop) this.#start();
  }

  /** Ask for nothing more until shown again; what is there stays. */
  pause() {
    clearTimeout(this.#typing);
    this.#loop?.stop();
    this.#loop = null;
  }

  #listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#narrow();
    });
    this.form.addEventListener("change", () => this.#narrow());
    this.form.addEventListener("input", () => {
      clearTimeout(this.#typing);
      this.#typing = setTimeout(() => this.#narrow(), TYPING);
    });
    this.more.addEventListener("click", () => this.#showMore());
  }

  #start() {
    this.#loop?.stop();
    this.#loop = poll(
      (signal) => this.#step(signal),
      (error) => this.#failed(error),
    );
  }

  async #step(signal) {
    const before = this.list.active;
    await this.feed.refresh(signal);
    this.#showAround();
    this.#tell(before);
    this.list.tick();
    return this.list.active.length ? WHILE_ACTIVE : USUAL;
  }

  #failed(error) {
    // That the service is away is said above the list, which stays.
    if (error.status === 0) return;
    this.problem.textContent = explain(error);
    this.problem.hidden = false;
  }

  #narrow() {
    clearTimeout(this.#typing);
    const wanted = new URLSearchParams();
    for (const name of FIELDS) {
      const value = this.form.elements[name].value.trim();
      if (value) wanted.set(name, name === "id" ? value.toLowerCase() : value);
    }
    if (wanted.toString() === this.#query.toString()) return;
    this.#query = wanted;
    this.onQuery(wanted);
    this.feed.close();
    this.list.clear();
    this.feed = new Feed(this.api, this.list, wanted);
    this.#isAsked = true;
    this.total.textContent = "";
    this.more.hidden = true;
    this.empty.hidden = true;
    this.table.setAttribute("aria-busy", "true");
    this.#start();
  }

  async #showMore() {
    this.more.disabled = true;
    try {
      await this.feed.more();
      this.#showAround();
      announce(this.t("jobs.shown", { count: this.list.size }));
      // Some of these may be active, and are to be asked for as often as such are.
      if (this.#loop) this.#start();
    } catch (error) {
      this.#failed(error);
    } finally {
      this.more.disabled = false;
    }
  }

  #showAround() {
    const { total } = this.feed;
    if (total !== null) this.total.textContent = this.t("jobs.total", { count: total });
    this.empty.textContent = this.t(this.#query.size ? "jobs.none_match" : "jobs.none");
    this.empty.hidden = this.list.size > 0;
    this.table.hidden = this.list.size === 0;
    this.more.hidden = !this.feed.hasMore;
    this.table.setAttribute("aria-busy", "false");
    this.problem.hidden = true;
    this.#offerNames();
  }

  /** Offer the names of the procedures that are seen in the list. */
  #offerNames() {
    const offered = new Set([...this.names.options].map((option) => option.value));
    for (const name of this.list.procedures) {
      if (offered.has(name)) continue;
      const option = document.createElement("option");
      option.value = name;
      this.names.append(option);
    }
  }

  /** Have a screen reader say what has changed: what was asked for, or which jobs have ended. */
  #tell(before) {
    const { t } = this;
    const ended = endedOf(before, this.list);
    if (this.#isAsked) {
      announce(this.list.size ? this.total.textContent : this.empty.textContent);
    } else if (ended.length === 1) {
      const [{ procedure_name: name, status }] = ended;
      announce(t("jobs.ended_one", { name, state: t(`state.${status}`) }));
    } else if (ended.length) {
      announce(t("jobs.ended_many", { count: ended.length }));
    }
    this.#isAsked = false;
  }
}
