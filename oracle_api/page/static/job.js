// One job: how far it is, what it was given, what came of it, and what can be done with it.

import { confirm } from "./confirm.js";
import { showFacts, showParams } from "./facts.js";
import { isActive, showProgress, showState } from "./jobtext.js";
import { announce, say } from "./notice.js";
import { poll } from "./poll.js";
import { explain } from "./problem.js";

// The service itself waits so long for the end; where it cannot, the pause is made here.
const WAIT_SECONDS = 2;

const template = document.getElementById("job-template");

/** Show a job. */
export const mount = (element, { api, t, id }) => new JobView(element, api, t, id);

class JobView {
  #etag = null;
  #job = null;
  #results = null;
  #hasResults = false;
  #isLeft = false;

  constructor(element, api, t, id) {
    this.api = api;
    this.t = t;
    this.path = `/jobs/${encodeURIComponent(id)}`;
    element.replaceChildren(template.content.cloneNode(true));
    this.element = element;
    /** The heading. */
    this.title = element.querySelector("h1");
    this.title.textContent = t("job.title", { id });
    this.#button("cancel", () => this.#cancel());
    this.#button("delete", () => this.#delete());
    this.#button("again", () => this.#again());
    this.loop = poll(
      (signal) => this.#step(signal),
      (error) => this.#failed(error),
    );
  }

  unmount() {
    this.#isLeft = true;
    this.loop.stop();
    this.#results?.unmount();
  }

  #part(name) {
    return this.element.querySelector(`[data-part="${name}"]`);
  }

  // ---- what the service says of it

  async #step(signal) {
    const begun = performance.now();
    // The first time there is nothing to wait for: the person wants to see it.
    const waits = this.#job !== null && isActive(this.#job);
    const path = waits ? `${this.path}?wait=${WAIT_SECONDS}` : this.path;
    const answer = await this.api.get(path, { signal, etag: this.#etag });
    if (answer.body) {
      this.#etag = answer.etag;
      this.#show(answer.body);
    } else {
      showFacts(this.#part("facts"), this.#job);
      this.#showOwnError();
    }
    if (!isActive(this.#job)) return null;
    return waits ? Math.max(0, WAIT_SECONDS * 1000 - (performance.now() - begun)) : 0;
  }

  #failed(error) {
    if (error.status === 0) return;
    if (error.status === 404) this.loop.stop();
    this.#showError(this.t("job.cannot_show"), explain(error));
  }

  // ---- how it is shown

  #show(job) {
    const before = this.#job;
    this.#job = job;
    const active = isActive(job);
    this.title.textContent = job.procedure_name;
    document.title = `${job.procedure_name} · oracle_api`;
    showState(this.element.querySelector(".badge"), job);
    this.#showProgress(job);
    this.#showOwnError();
    this.#part("cancel").hidden = !active || Boolean(job.cancel_requested);
    this.#part("delete").hidden = active;
    showFacts(this.#part("facts"), job);
    if (!before) showParams(this.#part("params"), job);
    if (before && before.status !== job.status) {
      announce(this.t("job.is_now", { state: this.t(`state.${job.status}`) }));
    }
    if (!active) this.#showResults();
    this.#part("output").hidden = !job.output?.length;
    this.#part("output").querySelector("pre").textContent = (job.output ?? []).join("\n");
  }

  #showProgress(job) {
    const place = this.#part("progress");
    place.hidden = !isActive(job);
    showProgress(place.querySelector(".progress"), place.querySelector(".figures"), job);
    place.querySelector(".message").textContent = job.work?.message ?? "";
  }

  /** Show the job's error; one that was met while asking for it goes. */
  #showOwnError() {
    const { error, error_code: code } = this.#job;
    this.#part("error").hidden = !error;
    if (error) this.#showError(code ?? this.t("state.failed"), error);
  }

  #showError(heading, text) {
    const box = this.#part("error");
    box.querySelector("h2").textContent = heading;
    box.querySelector("pre").textContent = text;
    box.hidden = false;
  }

  async #showResults() {
    const { api, t } = this;
    const job = this.#job;
    const hasAny = Object.keys(job.result ?? {}).length > 0 || job.results?.length > 0;
    if (!hasAny || this.#hasResults) return;
    this.#hasResults = true;
    this.#part("results").hidden = false;
    const place = this.#part("results").querySelector("div");
    try {
      const { mount: mountResults } = await import("./results.js");
      if (!this.#isLeft) this.#results = mountResults(place, { api, t, job });
    } catch {
      place.textContent = t("error.view");
    }
  }

  // ---- what can be done with it

  #button(name, action) {
    this.#part(name).addEventListener("click", action);
  }

  async #act(name, action) {
    const { t } = this;
    const button = this.#part(name);
    const words = {
      cancel: { title: t("job.cancel_title"), text: t("job.cancel_text") },
      delete: { title: t("job.delete_title"), text: t("job.delete_text") },
    };
    if (!(await confirm({ ...words[name], action: button.textContent }))) return;
    button.disabled = true;
    try {
      await action();
    } catch (error) {
      say(explain(error));
    } finally {
      button.disabled = false;
    }
  }

  #cancel() {
    return this.#act("cancel", async () => {
      const { body } = await this.api.post(`${this.path}/cancel`);
      this.#show(body);
      this.title.focus();
    });
  }

  #delete() {
    return this.#act("delete", async () => {
      await this.api.delete(this.path);
      say(this.t("job.deleted", { name: this.#job.procedure_name }), { keep: true });
      location.hash = "#/";
    });
  }

  #again() {
    if (!this.#job) return;
    const { id, schema, procedure_name: name } = this.#job;
    const procedure = schema ? `${schema}.${name}` : name;
    location.hash = `#/launch/${encodeURIComponent(procedure)}?job=${id}`;
  }
}
