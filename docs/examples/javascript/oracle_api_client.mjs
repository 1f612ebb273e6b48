/**
 * A client of oracle_api, to copy into a project: Node.js 20 or newer, and browsers, where the
 * service's CORS_ORIGINS must name the page's origin. It needs no package.
 *
 *     const api = new OracleApi("http://127.0.0.1:8080", "demo");
 *     (await api.call("SUMA_SIMPLE", { a: "0.1", b: 2 })).RESULTADO; // "2.1"
 *     const jobId = await api.submit("PKG_ETL.PROCESO_LARGO", { vFECHA: "2025-12-10" });
 *     (await api.wait(jobId)).result;
 *
 * Numbers. JavaScript has doubles: JSON.parse makes 9007199254740992 of 9007199254740993, without
 * a word. So this client asks for `numbers: "string"`: NUMBERs come as texts with all their
 * digits. Turn them into BigInt, into a decimal of a library, or, where rounding does no harm,
 * with Number(). Send what has more than 15 digits as a text too. Whoever wants plain numbers
 * passes `{ numbers: undefined }`.
 */

// Longer than the service's SYNC_TIMEOUT_SECONDS, so that the 504 is its own.
const ANSWER_SECONDS = 60;
const LONGEST_WAIT_SECONDS = 60;
const TRIES = 7;
const FIRST_DELAY_SECONDS = 0.5;
const LONGEST_DELAY_SECONDS = 10;
const LONGEST_RETRY_AFTER_SECONDS = 60;

// Of jobs under which the service died, or its connection to the database.
const LOST_CODES = ["interrupted", "DPY-1001", "DPY-4011", "ORA-03113", "ORA-03114", "ORA-03135"];

/** What goes wrong; tell subclasses apart by what can be done about them. */
export class OracleApiError extends Error {
  get name() {
    return this.constructor.name;
  }
}

/** No whole answer came. A `call` may have taken effect; all else was tried again in vain. */
export class NoAnswer extends OracleApiError {}

/** The time given to `wait` is up; the job goes on. */
export class StillRunning extends OracleApiError {}

/** The service refused: the members of its problem document (RFC 9457). */
export class Problem extends OracleApiError {
  constructor(status, document, retryAfter) {
    const detail = document.detail ?? "no problem document";
    super(`${status} ${detail} (request ${document.request_id})`);
    this.status = status;
    this.detail = detail;
    this.code = document.code;
    this.errors = document.errors ?? [];
    this.requestId = document.request_id;
    this.retryAfter = retryAfter;
  }
}

/** 400, 413, 415, 422: this program is wrong; `errors` point into the body. */
export class InvalidRequest extends Problem {}

/** 413: send less at once. */
export class TooLarge extends InvalidRequest {}

/** 401, 403: the token is wrong or may not do this; somebody must grant it. */
export class NotAuthorised extends Problem {}

/** 404: no such procedure or job, or it is another client's. */
export class NotFound extends Problem {}

/** 409: the job's state or the data forbids it; look again before the next step. */
export class Conflict extends Problem {}

/** 422: the procedure raised; `code` has its ORA- code, and all was rolled back. */
export class ProcedureFailed extends Problem {}

/** 504: too long to call at once, and broken off; submit it instead. */
export class TimedOut extends Problem {}

/** 429, 502, 503: it was tried again in vain; try much later. */
export class Unavailable extends Problem {}

/** 503: the database was lost during the call; look in the data before calling again. */
export class OutcomeUnknown extends Problem {}

/** A job ended without a result; `job` is as the service shows it. */
export class JobEnded extends OracleApiError {
  constructor(job) {
    super(`job ${job.id} is ${job.status}: ${job.error ?? "no error"}`);
    this.job = job;
    this.code = job.error_code;
  }
}

/** The procedure raised or could not be called; `code` says why, and all was rolled back. */
export class JobFailed extends JobEnded {}

/** The service or its connection died under it: look in the data, then submit it anew. */
export class JobInterrupted extends JobEnded {}

/** Somebody cancelled it; all was rolled back. */
export class JobCancelled extends JobEnded {}

const BY_STATUS = {
  401: NotAuthorised,
  403: NotAuthorised,
  404: NotFound,
  409: Conflict,
  413: TooLarge,
  429: Unavailable,
  502: Unavailable,
  503: Unavailable,
  504: TimedOut,
};
const BY_KIND = {
  "urn:oracle-api:problem:procedure-failed": ProcedureFailed,
  "urn:oracle-api:problem:outcome-unknown": OutcomeUnknown,
};

export class OracleApi {
  #url;
  #token;

  /**
   * @param {string} url of the service, without a path
   * @param {string} token a bearer token
   */
  constructor(url, token) {
    this.#url = url.replace(/\/+$/, "");
    this.#token = token;
  }

  /**
   * Runs a procedure now, and gives its OUT values. It is tried again only where the service says
   * that nothing was run.
   *
   * @param {string} name such as `PKG_ETL.PROCESO_LARGO`
   * @param {object} [params] the IN values by name
   * @param {object} [members] more of the body, such as `schema` or `batch`
   */
  async call(name, params, members = {}) {
    const body = { name, params, numbers: "string", ...members };
    return (await this.#json("POST", "/procedure", { body, repeatable: false })).out;
  }

  /**
   * Starts a job, and gives its id.
   *
   * @param {string} name as for `call`
   * @param {object} [params] as for `call`
   * @param {object} [options] members of the body as for `call`, and `key`, which names this piece
   *   of work: the same key gives the same job, however often it is sent. Keep it with the work
   *   where this program itself may die and start again.
   */
  async submit(name, params, { key = crypto.randomUUID(), ...members } = {}) {
    const body = { name, params, numbers: "string", ...members };
    const headers = { "Idempotency-Key": key };
    return (await this.#json("POST", "/procedure/async", { body, headers })).job_id;
  }

  /** Shows a job: as soon as it has ended, or after `wait` seconds (60 at most). */
  async job(jobId, wait = 0) {
    return this.#json("GET", `/jobs/${jobId}?wait=${wait.toFixed(3)}`, { seconds: wait + ANSWER_SECONDS });
  }

  /**
   * Waits until a job has completed, and gives it.
   *
   * @param {string} jobId from `submit`
   * @param {object} [options] `seconds`: how long at most; `every`: seconds between two reports of
   *   progress, 60 at most; `progress`: is called with the job each time, also at its end
   * @throws {StillRunning} the time is up
   * @throws {JobEnded} it ended otherwise: `JobFailed`, `JobInterrupted` or `JobCancelled`
   */
  async wait(jobId, { seconds = 86_400, every = LONGEST_WAIT_SECONDS, progress = () => {} } = {}) {
    const until = now() + seconds;
    for (;;) {
      const asked = now();
      const longest = Math.max(0, Math.min(every, LONGEST_WAIT_SECONDS, until - asked));
      const job = await this.job(jobId, longest);
      progress(job);
      if (!["pending", "running"].includes(job.status)) return completed(job);
      if (now() >= until) throw new StillRunning(`job ${jobId} is ${job.status}`);
      // With too many waiting the service answers at once.
      await sleep(Math.min(1, longest) - (now() - asked));
    }
  }

  /**
   * Asks for a job's end, and gives the job; it may complete all the same.
   *
   * @throws {Conflict} it has ended already
   */
  async cancel(jobId) {
    return this.#json("POST", `/jobs/${jobId}/cancel`);
  }

  /** Deletes a job that has ended. */
  async delete(jobId) {
    try {
      await this.#json("DELETE", `/jobs/${jobId}`);
    } catch (error) {
      // The first try may have done it, and its answer been lost.
      if (!(error instanceof NotFound)) throw error;
    }
  }

  /** Gives the rows of a completed job's REF CURSOR, page by page. */
  async *rows(jobId, param, limit = 1000) {
    let cursor = "0";
    while (cursor) {
      const path = `${rowsPath(jobId, param)}?limit=${limit}&cursor=${cursor}`;
      const page = await this.#json("GET", path);
      for (const row of page.rows) {
        yield Object.fromEntries(page.columns.map((column, index) => [column, row[index]]));
      }
      cursor = page.next;
    }
  }

  /** Gives the rows of a completed job's REF CURSOR as CSV; a cut-off text is a `NoAnswer`. */
  async csv(jobId, param) {
    return this.#send("GET", rowsPath(jobId, param), { headers: { Accept: "text/csv" } });
  }

  async #json(method, path, options) {
    return parsed(await this.#send(method, path, options));
  }

  /** Makes a request, again where that helps and does no harm; gives the text of the answer. */
  async #send(method, path, { repeatable = true, ...options } = {}) {
    for (let number = 0; ; number += 1) {
      try {
        return await this.#sendOnce(method, path, options);
      } catch (error) {
        if (!(error instanceof NoAnswer || error instanceof Unavailable)) throw error;
        // A 429 or 503 says that nothing was run; a lost answer or a proxy's 502 does not.
        const mayRepeat = repeatable || [429, 503].includes(error.status);
        const asked = error.retryAfter ?? 0;
        if (number === TRIES - 1 || !mayRepeat || asked > LONGEST_RETRY_AFTER_SECONDS) throw error;
        await sleep(delay(number, asked));
      }
    }
  }

  async #sendOnce(method, path, { body, headers = {}, seconds = ANSWER_SECONDS } = {}) {
    let answer;
    let text;
    try {
      answer = await fetch(this.#url + path, {
        method,
        headers: {
          Authorization: `Bearer ${this.#token}`,
          "Content-Type": "application/json",
          ...headers,
        },
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(Math.ceil(seconds * 1000)),
      });
      text = await answer.text();
    } catch (error) {
      const reason = error.cause?.message || error.cause?.code || error.message;
      throw new NoAnswer(`${method} ${path}: ${reason}`, { cause: error });
    }
    if (answer.ok) return text;
    throw problem(answer, text);
  }
}

function problem(answer, text) {
  const isJson = answer.headers.get("Content-Type")?.includes("json"); // not a proxy's own page
  const document = isJson ? parsed(text) : {};
  const rest = answer.status < 500 ? InvalidRequest : Problem;
  const kind = BY_KIND[document.type] ?? BY_STATUS[answer.status] ?? rest;
  return new kind(answer.status, document, Number(answer.headers.get("Retry-After")) || 0);
}

function completed(job) {
  if (job.status === "completed") return job;
  if (job.status === "cancelled") throw new JobCancelled(job);
  throw LOST_CODES.includes(job.error_code) ? new JobInterrupted(job) : new JobFailed(job);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new NoAnswer(`the answer is no JSON: ${text.slice(0, 80)}`, { cause: error });
  }
}

function rowsPath(jobId, param) {
  return `/jobs/${jobId}/rows/${encodeURIComponent(param)}`;
}

/**
 * Gives the seconds until the next try: what was asked for, or exponentially more. The random part
 * keeps clients that failed together from coming back together.
 */
function delay(number, asked) {
  const backoff = Math.min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** number);
  return Math.max(asked, backoff / 2) + (Math.random() * backoff) / 2;
}

/** The seconds of a clock that nobody sets. */
function now() {
  return performance.now() / 1000;
}

function sleep(seconds) {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, seconds) * 1000));
}
