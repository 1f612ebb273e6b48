// Every request of the page to the service.

import { parseExact } from "./exact.js";
import { refuse, token } from "./session.js";

/** What a request failed with. `status` is 0 where no answer came. */
export class ApiError extends Error {
  constructor(status, members = {}) {
    super(members.detail || `status ${status}`);
    this.name = "ApiError";
    this.status = status;
    this.detail = members.detail ?? "";
    this.code = members.code ?? null;
    this.kind = (members.type ?? "").replace("urn:oracle-api:problem:", "");
    this.errors = members.errors ?? [];
    this.requestId = members.request_id ?? null;
    /** Seconds, or null. */
    this.retryAfter = members.retryAfter ?? null;
  }
}

/** Who wants to hear how each request went: called with an ApiError, or with null. */
const listeners = new Set();

/** The service's clock less the browser's, in milliseconds. */
let clockOffset = 0;

async function attempt(method, path, options, bearer) {
  const headers = new Headers(options.headers);
  if (bearer !== null) headers.set("Authorization", `Bearer ${bearer}`);
  if (options.etag) headers.set("If-None-Match", options.etag);
  let body;
  if (options.body !== undefined) {
    headers.set("Content-Type", "application/json");
    body = typeof options.body === "string" ? options.body : JSON.stringify(options.body);
  }
  // With the browser's own cache in between, a 304 would be seen as a 200.
  const { signal } = options;
  return overNetwork(() => fetch(path, { method, headers, body, signal, cache: "no-store" }));
}

const content = (response, kind) => overNetwork(() => response[kind]());

async function overNetwork(work) {
  try {
    return await work();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, { detail: error.message });
  }
}

async function failure(response) {
  let members = {};
  try {
    members = await response.json();
  } catch {
    // A proxy in between answers with a page of its own.
    members = { detail: response.statusText };
  }
  const seconds = Number.parseInt(response.headers.get("Retry-After") ?? "", 10);
  return new ApiError(response.status, {
    ...members,
    retryAfter: Number.isNaN(seconds) ? null : seconds,
  });
}

async function send(method, path, options = {}) {
  for (;;) {
    const bearer = await token();
    const response = await attempt(method, path, options, bearer);
    const date = Date.parse(response.headers.get("Date") ?? "");
    if (!Number.isNaN(date)) clockOffset = date - Date.now();
    if (response.ok || response.status === 304) return response;
    const error = await failure(response);
    if (error.status !== 401 || bearer === null) throw error;
    await refuse(bearer, error.detail);
  }
}

async function heard(request) {
  try {
    const result = await request;
    for (const listener of listeners) listener(null);
    return result;
  } catch (error) {
    if (error instanceof ApiError) for (const listener of listeners) listener(error);
    throw error;
  }
}

async function read(method, path, options) {
  const response = await send(method, path, options);
  const text = response.status === 304 ? "" : await content(response, "text");
  return {
    status: response.status,
    body: text ? parseExact(text) : null,
    etag: response.headers.get("ETag"),
    headers: response.headers,
  };
}

function filenameOf(response) {
  const match = /filename="?([^";]+)"?/.exec(response.headers.get("Content-Disposition") ?? "");
  return match ? match[1] : "download";
}

async function save(path, accept, filename) {
  const response = await send("GET", path, { headers: { Accept: accept } });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await content(response, "blob"));
  link.download = filename ?? filenameOf(response);
  link.click();
  // The browser takes the file over a while after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The service. All throw ApiError; `status` 304 comes with a `body` of null. */
export const api = {
  get: (path, options) => heard(read("GET", path, options)),
  post: (path, body, options) => heard(read("POST", path, { ...options, body })),
  delete: (path, options) => heard(read("DELETE", path, options)),
  download: (path, accept, filename) => heard(save(path, accept, filename)),
  /** The service's time, in milliseconds. */
  now: () => Date.now() + clockOffset,
  listen: (listener) => listeners.add(listener),
};
