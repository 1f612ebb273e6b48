// What an ApiError means to the person.

import { t } from "./text.js";

const BY_STATUS = {
  0: "error.away",
  403: "error.forbidden",
  404: "error.missing",
  409: "error.conflict",
  429: "error.too_many",
  502: "error.away",
  503: "error.unavailable",
};

/** Explain an error: what kind it is, what the service says of it, and how to find it in the log. */
export function explain(error) {
  const parts = [t(BY_STATUS[error.status] ?? "error.other")];
  if (error.status !== 0 && error.detail) parts.push(error.detail);
  if (error.requestId) parts.push(t("error.request", { id: error.requestId }));
  return parts.join(" ");
}
