// Buttons that save a file.

import { SOFT, el } from "./elements.js";
import { explain } from "./problem.js";

const ADDRESS_MS = 60_000;

/** Saves a text that the page has as a file. */
export function saveText(text, filename, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  el("a", { href: url, download: filename }).click();
  // Some browsers only read the address once they have asked where to save it.
  setTimeout(() => URL.revokeObjectURL(url), ADDRESS_MS);
}

/** Makes a button that saves something, and tells beside it how that goes. */
export function saveButton({ t, text, save }) {
  const status = el("span", { role: "status", class: "ms-2" });
  let busy = false;
  const button = el(
    "button",
    {
      class: `btn btn-sm ${SOFT}`,
      type: "button",
      onclick: async () => {
        if (busy) return;
        busy = true;
        status.textContent = t("results.saving");
        try {
          await save();
          status.textContent = t("results.saved");
        } catch (error) {
          status.textContent = explain(error);
        } finally {
          busy = false;
        }
      },
    },
    text,
  );
  return el("div", { class: "mb-2" }, button, status);
}
