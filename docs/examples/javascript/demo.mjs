/**
 * Shows what oracle_api_client.mjs does, against the demo procedures.
 *
 *     ORACLE_API_URL=http://127.0.0.1:8080 ORACLE_API_TOKEN=demo node demo.mjs
 */

import {
  Conflict,
  InvalidRequest,
  JobCancelled,
  JobFailed,
  JobInterrupted,
  NotAuthorised,
  NotFound,
  OracleApi,
  OracleApiError,
  ProcedureFailed,
} from "./oracle_api_client.mjs";

const URL = process.env.ORACLE_API_URL ?? "http://127.0.0.1:8080";
const TOKEN = process.env.ORACLE_API_TOKEN ?? "demo";

/** Calls a procedure: its numbers are exact, as texts. */
async function callNow(api) {
  const params = { a: "0.1", b: "12345678901234567890" };
  console.log(`call: ${(await api.call("SUMA_SIMPLE", params)).RESULTADO}`);

  const large = { a: "9007199254740992", b: 1 };
  const exact = BigInt((await api.call("SUMA_SIMPLE", large)).RESULTADO);
  const rounded = (await api.call("SUMA_SIMPLE", large, { numbers: undefined })).RESULTADO;
  console.log(`above 2^53: ${exact} as a text, ${rounded} as a number`);
}

/** Launches a job, once however often it is sent, follows it, and deletes it. */
async function runInBackground(api) {
  const params = { vFECHA: "2025-12-10", vSEGUNDOS: 2 };
  const key = `etl-${crypto.randomUUID()}`;
  const jobId = await api.submit("PKG_ETL.PROCESO_LARGO", params, { key });
  const again = await api.submit("PKG_ETL.PROCESO_LARGO", params, { key });
  console.log(`submitted twice with one key: ${again === jobId ? "one job" : "two jobs"}`);

  const progress = (job) => console.log(`progress: ${job.status} ${job.progress} %`);
  try {
    const job = await api.wait(jobId, { seconds: 60, every: 0.5, progress });
    console.log(`result: ${job.result.VRESULTADO}`);
  } catch (error) {
    if (error instanceof JobCancelled) {
      console.log("cancelled by somebody: not run again without asking");
    } else if (error instanceof JobInterrupted) {
      console.log(`interrupted: ${error.job.error}`);
    } else if (error instanceof JobFailed) {
      console.log(`failed: ${error.code} ${error.job.error}`);
    } else {
      throw error;
    }
  }
  await api.delete(jobId);
}

/** Reads a REF CURSOR in pages, then as CSV. */
async function readRows(api) {
  const jobId = await api.submit("PROC_TEST_CURSOR", { p_limit: 2500 });
  await api.wait(jobId, { seconds: 60 });
  const names = [];
  for await (const row of api.rows(jobId, "P_CURSOR", 1000)) names.push(row.NOMBRE);
  console.log(`rows: ${names.length}, the last is ${names.at(-1)}`);
  const lines = (await api.csv(jobId, "P_CURSOR")).trimEnd().split("\r\n");
  console.log(`csv: ${lines.length} lines`);
}

/** Breaks off a job in the database. */
async function cancel(api) {
  const jobId = await api.submit("PROC_TEST_DEMORA", { segundos: 600 });
  await api.cancel(jobId);
  await expecting(JobCancelled, () => api.wait(jobId, { seconds: 30 }));
  console.log("cancelled: as asked");
  const conflict = await expecting(Conflict, () => api.cancel(jobId));
  console.log(`cancelled twice: ${conflict.status}`);
}

/** Meets the errors that a caller can do something about. */
async function errors(api) {
  const params = { a: "one", b: 2 };
  const invalid = await expecting(InvalidRequest, () => api.call("SUMA_SIMPLE", params));
  console.log(`invalid: ${invalid.status} at ${invalid.errors[0].pointer}`);

  const fail = { p_should_fail: 1 };
  const raised = await expecting(ProcedureFailed, () => api.call("PROC_TEST_ERROR", fail));
  console.log(`procedure raised: ${raised.status} ${raised.code}`);

  const jobId = await api.submit("PROC_TEST_ERROR", fail);
  const failed = await expecting(JobFailed, () => api.wait(jobId, { seconds: 30 }));
  console.log(`job failed: ${failed.code}`);

  const missing = await expecting(NotFound, () => api.job("0".repeat(32)));
  console.log(`no such job: ${missing.status}`);

  const stranger = new OracleApi(URL, "wrong");
  const refused = await expecting(NotAuthorised, () => stranger.call("FUNC_TEST_FECHA"));
  console.log(`wrong token: ${refused.status}`);
}

/** Gives the error of a kind that some work must end with. */
async function expecting(kind, work) {
  try {
    await work();
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new Error(`there was no ${kind.name}`);
}

try {
  const api = new OracleApi(URL, TOKEN);
  for (const part of [callNow, runInBackground, readRows, cancel, errors]) await part(api);
} catch (error) {
  if (!(error instanceof OracleApiError)) throw error;
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
}
