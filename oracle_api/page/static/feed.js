// What is asked of the service to keep a list of jobs true, and no more of it than needed.

import { isActive } from "./jobtext.js";

const LARGEST_PAGE = 1000;
// At most so many jobs that have left the list of active ones are asked for at a time.
const MOST_ENDED = 10;

/** Fills one list with the jobs of one query, a URLSearchParams. */
export class Feed {
  #api;
  #list;
  #query;
  #topTag = null;
  #activeTag = null;
  #older = null;
  // Whether older pages were asked for: else the list is its first page alone.
  #isDeep = false;
  #isClosed = false;

  /** How many jobs match; null until the first answer. */
  total = null;

  constructor(api, list, query) {
    this.#api = api;
    this.#list = list;
    this.#query = query;
  }

  get hasMore() {
    return this.#older !== null;
  }

  /** Bring the list up to date. */
  async refresh(signal) {
    await this.#refreshTop(signal);
    await this.#refreshOlder(signal);
  }

  /** Add the next older page to the list. */
  async more() {
    const { body } = await this.#api.get(this.#path({ cursor: this.#older }));
    if (this.#isClosed) return;
    this.#isDeep = true;
    this.#older = body.next ?? null;
    // What these were before their answer came is to be asked for again.
    this.#activeTag = null;
    this.#list.append(body.jobs);
  }

  /** Leave the list alone, also with answers that are still to come. */
  close() {
    this.#isClosed = true;
  }

  #path(members = {}) {
    const wanted = new URLSearchParams({ ...Object.fromEntries(this.#query), ...members });
    return wanted.size ? `/jobs?${wanted}` : "/jobs";
  }

  #holds(jobs) {
    return jobs.some((job) => this.#list.has(job.id));
  }

  async #refreshTop(signal) {
    const answer = await this.#api.get(this.#path(), { signal, etag: this.#topTag });
    if (answer.status === 304 || this.#isClosed) return;
    let { body } = answer;
    if (this.#isDeep && body.next && !this.#holds(body.jobs)) {
      // More came than a page holds: without those between, the list would have a hole.
      ({ body } = await this.#api.get(this.#path({ limit: LARGEST_PAGE }), { signal }));
      if (!this.#holds(body.jobs)) this.#isDeep = false;
    }
    this.#list.replaceTop(body.jobs, this.#isDeep && Boolean(body.next));
    if (!this.#isDeep || !body.next) this.#older = body.next ?? null;
    this.total = body.total;
    this.#topTag = answer.etag;
  }

  /** Ask for the active jobs that stand further down than the first page reaches. */
  async #refreshOlder(signal) {
    const active = this.#list.active;
    if (!this.#isDeep || !active.length) return;
    const status = this.#query.get("status") || "pending,running";
    const path = this.#path({ status, limit: LARGEST_PAGE });
    const answer = await this.#api.get(path, { signal, etag: this.#activeTag });
    if (answer.status === 304) return;
    const found = new Set(answer.body.jobs.map((job) => job.id));
    for (const job of answer.body.jobs) this.#list.update(job);
    const left = active.filter((job) => !found.has(job.id));
    await Promise.all(left.slice(0, MOST_ENDED).map((job) => this.#refreshOne(job.id, signal)));
    this.#activeTag = left.length > MOST_ENDED ? null : answer.etag;
  }

  async #refreshOne(id, signal) {
    try {
      const { body } = await this.#api.get(`/jobs/${id}`, { signal });
      if (this.#matches(body)) this.#list.update(body);
      else this.#list.remove(id);
    } catch (error) {
      if (error.status !== 404) throw error;
      this.#list.remove(id);
    }
  }

  #matches(job) {
    const states = this.#query.get("status");
    return !states || states.split(",").includes(job.status);
  }
}

/** Give those of some jobs that were active and have ended, as they are now. */
export const endedOf = (before, list) =>
  before
    .filter((job) => list.has(job.id))
    .map((job) => list.job(job.id))
    .filter((job) => !isActive(job));
