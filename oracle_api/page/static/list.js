// The rows of the list: which there are, and in which order. The document follows.

import { isActive } from "./jobtext.js";
import { Row } from "./row.js";

/** Rows by the ids of their jobs, newest first, in a table's body. */
export class List {
  constructor(body) {
    this.body = body;
    this.rows = new Map();
  }

  get size() {
    return this.rows.size;
  }

  get active() {
    return [...this.rows.values()].map((row) => row.job).filter(isActive);
  }

  get procedures() {
    return new Set([...this.rows.values()].map((row) => row.job.procedure_name));
  }

  has(id) {
    return this.rows.has(id);
  }

  job(id) {
    return this.rows.get(id).job;
  }

  /** Let the times of active jobs go on. */
  tick() {
    for (const row of this.rows.values()) if (isActive(row.job)) row.showDuration();
  }

  clear() {
    this.rows.clear();
    this.body.replaceChildren();
  }

  /** Change the row of a job, where there is one. */
  update(job) {
    this.rows.get(job.id)?.show(job);
  }

  remove(id) {
    this.rows.get(id)?.element.remove();
    this.rows.delete(id);
  }

  /** Add an older page below; what is there already is changed where it stands. */
  append(jobs) {
    const added = document.createDocumentFragment();
    for (const job of jobs) {
      if (this.rows.has(job.id)) {
        this.update(job);
        continue;
      }
      const row = new Row(job);
      this.rows.set(job.id, row);
      added.append(row.element);
    }
    this.body.append(added);
  }

  /**
   * Make the top of the list these jobs. What stands among them and is not one of them goes; what
   * is older than the last of them stays where `keepsOlder` says so.
   */
  replaceTop(jobs, keepsOlder) {
    const top = new Map();
    for (const job of jobs) {
      const row = this.rows.get(job.id);
      row?.show(job);
      top.set(job.id, row ?? new Row(job));
    }
    const older = keepsOlder ? this.#olderThan(jobs.at(-1), top) : [];
    const kept = new Set(older);
    for (const row of this.rows.values()) {
      if (!top.has(row.job.id) && !kept.has(row)) row.element.remove();
    }
    this.#place(top.values());
    this.rows = top;
    for (const row of older) this.rows.set(row.job.id, row);
  }

  #olderThan(last, top) {
    if (!last) return [];
    const known = [...this.rows.values()];
    const place = known.findIndex((row) => row.job.id === last.id);
    const below = place >= 0 ? known.slice(place + 1) : known.filter((row) => order(row.job) < order(last));
    return below.filter((row) => !top.has(row.job.id));
  }

  /** Have rows stand at the top in this order, moving none that stands right. */
  #place(rows) {
    let next = this.body.firstElementChild;
    for (const { element } of rows) {
      if (element === next) next = next.nextElementSibling;
      else this.body.insertBefore(element, next);
    }
  }
}

// Without its Z, a time with a fraction of a second sorts behind the same one without.
const order = (job) => job.start_time.slice(0, -1);
