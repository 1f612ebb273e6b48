// One row of the list.

import { durationText, isActive, showProgress, showState } from "./jobtext.js";
import { t } from "./text.js";

const template = document.getElementById("row-template");

/** A job's row; it touches the document only where the job has changed. */
export class Row {
  constructor(job) {
    this.element = template.content.firstElementChild.cloneNode(true);
    const find = (selector) => this.element.querySelector(selector);
    this.badge = find(".badge");
    this.progress = find(".progress");
    this.figures = find(".figures");
    this.duration = find(".duration");

    const link = find("a");
    link.href = `#/jobs/${job.id}`;
    link.textContent = job.procedure_name;
    find(".id").textContent = job.id;
    const time = find("time");
    time.dateTime = job.start_time;
    time.textContent = t.date(job.start_time);
    find(".who").textContent = job.submitted_by;

    this.text = "";
    this.show(job);
  }

  /** Show the job as it is now. */
  show(job) {
    this.job = job;
    const text = JSON.stringify(job);
    if (text !== this.text) {
      this.text = text;
      showState(this.badge, job);
      showProgress(this.progress, this.figures, job);
      if (job.status === "failed") {
        this.figures.textContent = [job.error_code, job.error].filter(Boolean).join(": ");
        // The row has one line for it.
        this.figures.title = this.figures.textContent;
      }
      this.progress.hidden = !isActive(job);
      this.showDuration();
    }
  }

  /** Let the time of an active job go on. */
  showDuration() {
    const words = durationText(this.job);
    if (this.duration.textContent !== words) this.duration.textContent = words;
  }
}
