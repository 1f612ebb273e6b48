// Drives background jobs of oracle_api over HTTP, one feature after the other.
//
//     ORACLE_API_URL=http://127.0.0.1:8080 ORACLE_API_TOKEN=demo node test_async.js
//
// Node 18 or later, no packages. The code reads the same in a browser: set URL and TOKEN below,
// and name your page's origin in the service's CORS_ORIGINS.
//
// It calls the demo procedures (docs/sql/demo_procedures.sql; the embedded database has them
// built in), prints a line for each step, and exits with 1 when anything is not as it should be.

"use strict";

const env = globalThis.process?.env ?? {};
const API_URL = (env.ORACLE_API_URL || "http://127.0.0.1:8080").replace(/\/+$/, "");
const API_TOKEN = env.ORACLE_API_TOKEN || "demo";

/** Stops the run unless something holds. */
function expect(condition, what) {
  if (!condition) throw new Error(what);
}

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const elapsed = (since) => ((Date.now() - since) / 1000).toFixed(1);

// ---- a small client

/** Makes a request, whatever its answer is. */
async function send(method, path, { body, headers = {} } = {}) {
  const options = { method, headers: { Authorization: `Bearer ${API_TOKEN}`, ...headers } };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  try {
    return await fetch(API_URL + path, options);
  } catch (error) {
    throw new Error(`no answer from ${API_URL}: ${error.cause?.message || error.message}`);
  }
}

/** Makes a request that must be answered with a certain status; gives its JSON. */
async function request(method, path, status = 200, options = {}) {
  const answer = await send(method, path, options);
  const text = await answer.text();
  expect(
    answer.status === status,
    `${method} ${path} gave ${answer.status} instead of ${status}: ${text.slice(0, 300)}`,
  );
  return JSON.parse(text);
}

/** Submits a job; gives its id. */
async function launch(name, params) {
  const accepted = await request("POST", "/procedure/async", 202, { body: { name, params } });
  return accepted.job_id;
}

/** Tells whether a job has ended, one way or another. */
const isFinal = (job) => ["completed", "failed", "cancelled"].includes(job.status);

/**
 * Waits until a job has ended; gives it.
 *
 * With ?wait= the service holds the answer back until the job has ended. It may answer earlier
 * when many clients wait; Retry-After then says when to ask again.
 */
async function waitFor(jobId, seconds = 60) {
  const until = Date.now() + seconds * 1000;
  while (Date.now() < until) {
    const answer = await send("GET", `/jobs/${jobId}?wait=20`);
    expect(answer.status === 200, `job ${jobId} gave ${answer.status}`);
    const job = await answer.json();
    if (isFinal(job)) return job;
    await sleep(Number(answer.headers.get("Retry-After") ?? 1));
  }
  throw new Error(`job ${jobId} has not ended after ${seconds} s`);
}

// ---- the examples

/** Launches a job, follows its progress, reads its result, deletes it. */
async function basicRun() {
  const params = { vFECHA: "2025-12-10", vSEGUNDOS: 3 };
  const jobId = await launch("PKG_ETL.PROCESO_LARGO", params);
  console.log(`  launched ${jobId}`);

  let etag = "";
  let job = null;
  while (!job || !isFinal(job)) {
    const headers = etag ? { "If-None-Match": etag } : {};
    const answer = await send("GET", `/jobs/${jobId}`, { headers });
    expect([200, 304].includes(answer.status), `polling gave ${answer.status}`);
    if (answer.status === 200) { // 304: nothing has changed since the last answer
      etag = answer.headers.get("ETag") ?? "";
      job = await answer.json();
      const work = isFinal(job) ? null : job.work;
      const figures = work ? `, ${work.sofar} of ${work.totalwork} ${work.units}` : "";
      console.log(`  ${job.status}: ${job.progress} %${figures}`);
    }
    await sleep(0.5);
  }

  expect(job.status === "completed", `the job ended as ${job.status}: ${job.error}`);
  expect(job.result.VRESULTADO === 12500, `the result was ${JSON.stringify(job.result)}`);
  console.log(`  result ${JSON.stringify(job.result)} after ${job.duration}`);

  await request("DELETE", `/jobs/${jobId}`);
  await request("GET", `/jobs/${jobId}`, 404);
  console.log("  deleted; asking for it now gives 404");
}

/** Launches some jobs at once, then collects the results of all. */
async function severalInParallel() {
  const began = Date.now();
  const texts = ["north", "south", "east"];
  const [ids, sleepers] = await Promise.all([
    Promise.all(texts.map((text) => launch("PROC_TEST", { p_input: text }))),
    Promise.all([1, 2, 3].map(() => launch("PROC_TEST_DEMORA", { segundos: 1 }))),
  ]);
  console.log(`  launched ${ids.length + sleepers.length} jobs in ${elapsed(began)} s`);

  const jobs = await Promise.all(ids.map((id) => waitFor(id)));
  jobs.forEach((job, number) => {
    const text = texts[number];
    expect(job.status === "completed", `${text} ended as ${job.status}`);
    expect(job.result.P_OUTPUT === `Procesado: ${text}`, `${text}: ${job.result.P_OUTPUT}`);
    console.log(`  ${text}: ${job.result.P_OUTPUT}`);
  });
  const slept = await Promise.all(sleepers.map((id) => waitFor(id)));
  expect(slept.every((job) => job.status === "completed"), "a sleeper did not complete");
  console.log(`  3 jobs of 1 s each, and all the rest, took ${elapsed(began)} s`);
}

/** Shows what goes wrong and how the service says so. */
async function errors() {
  // In the background the submission is accepted, and the job fails.
  let job = await waitFor(await launch("NO_SUCH_PROCEDURE", {}));
  expect(job.status === "failed", `an unknown procedure ended as ${job.status}`);
  expect(job.error_code === "PLS-00201", `its code was ${job.error_code}`);
  console.log(`  unknown procedure: job failed, ${job.error_code} ${job.error}`);

  job = await waitFor(await launch("PROC_TEST_ERROR", { p_should_fail: 1 }));
  expect(job.status === "failed", `an application error ended as ${job.status}`);
  expect(job.error_code === "ORA-20001", `its code was ${job.error_code}`);
  console.log(`  application error: job failed, ${job.error_code} ${job.error}`);

  const params = { a: "one", b: 2 };
  job = await waitFor(await launch("SUMA_SIMPLE", params));
  expect(job.status === "failed", `a bad parameter ended as ${job.status}`);
  console.log(`  bad parameter: job failed, ${job.error}`);

  // A synchronous call gets the same errors as its answer: an RFC 9457 problem document.
  let problem = await request("POST", "/procedure", 400, { body: { name: "SUMA_SIMPLE", params } });
  const { pointer } = problem.errors[0];
  expect(pointer === "/params/a", `it was said to be wrong at ${pointer}`);
  console.log(`  bad parameter, called at once: 400, wrong at ${pointer}`);

  // What can be told without the database is refused at once in the background too.
  problem = await request("POST", "/procedure/async", 400, { body: { name: "NOT A NAME" } });
  console.log(`  malformed name: 400 ${problem.detail}`);

  const headers = { Authorization: "Bearer not-the-token" };
  problem = await request("GET", "/jobs", 401, { headers });
  console.log(`  wrong token: 401 ${problem.detail}`);
}

/** Breaks off a job that runs, and sees that it cannot be done twice. */
async function cancelling() {
  const jobId = await launch("PROC_TEST_DEMORA", { segundos: 60 });
  await request("POST", `/jobs/${jobId}/cancel`, 202);
  console.log(`  asked to cancel ${jobId}`);
  const job = await waitFor(jobId);
  expect(job.status === "cancelled", `the job ended as ${job.status}`);
  console.log(`  the job of 60 s ended as ${job.status} after ${job.duration}`);
  const problem = await request("POST", `/jobs/${jobId}/cancel`, 409);
  console.log(`  cancelled again: 409 ${problem.detail}`);
}

/** Lists jobs by state and procedure, page by page. */
async function listing() {
  const numbers = [0, 1, 2];
  const ids = await Promise.all(
    numbers.map((number) => launch("PROC_TEST", { p_input: `listed ${number}` })),
  );
  await Promise.all(ids.map((id) => waitFor(id)));

  const filters = { status: "completed,failed", procedure: "PROC_TEST", limit: "2" };
  const first = await request("GET", `/jobs?${new URLSearchParams(filters)}`);
  expect(first.total >= 3 && first.jobs.length === 2, "the first page is not as it should be");
  console.log(`  page 1: ${first.jobs.length} of ${first.total} jobs of PROC_TEST that have ended`);

  const further = new URLSearchParams({ ...filters, cursor: first.next });
  const second = await request("GET", `/jobs?${further}`);
  const jobs = [...first.jobs, ...second.jobs];
  expect(jobs.every((job) => job.procedure_name === "PROC_TEST"), "another procedure's job");
  expect(jobs.every(isFinal), "a job that has not ended");
  expect(new Set(jobs.map((job) => job.id)).size === jobs.length, "a job on two pages");
  console.log(`  page 2: ${second.jobs.length} more, none of them on page 1`);

  const problem = await request("GET", "/jobs?status=sleeping", 400);
  console.log(`  unknown state: 400 ${problem.detail}`);
}

/** Runs every example. */
async function main() {
  console.log(`oracle_api at ${API_URL}`);
  for (const example of [basicRun, severalInParallel, errors, cancelling, listing]) {
    console.log(`${example.name}:`);
    await example();
  }
  console.log("all as it should be");
}

main().catch((error) => {
  console.error(`FAILED: ${error.message}`);
  if (globalThis.process) process.exitCode = 1;
});
