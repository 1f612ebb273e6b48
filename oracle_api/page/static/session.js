// The token: asked for once, and kept in this tab alone.

import { t } from "./text.js";

const KEY = "oracle_api.token";

const dialog = document.getElementById("token-dialog");
const input = document.getElementById("token-input");
const reason = document.getElementById("token-reason");

const isNeeded = document.documentElement.dataset.token !== "none";

/** Settles once a person has entered a token; null while nobody is asked. */
let asked = null;

/** Give the token; asks for it where the tab has none. Null where the service wants none. */
export async function token() {
  if (!isNeeded) return null;
  return sessionStorage.getItem(KEY) ?? ask("");
}

/** Forget a token that the service has refused, and ask for another one. */
export async function refuse(refused, detail) {
  if (sessionStorage.getItem(KEY) === refused) sessionStorage.removeItem(KEY);
  if (sessionStorage.getItem(KEY) === null) await ask(t("session.refused", { detail }));
}

/** Forget the token. */
export function forget() {
  sessionStorage.removeItem(KEY);
}

function ask(why) {
  asked ??= new Promise((resolve) => {
    reason.textContent = why;
    reason.hidden = !why;
    const entered = (event) => {
      event.preventDefault();
      const value = input.value.trim();
      if (!value) return;
      sessionStorage.setItem(KEY, value);
      dialog.close();
    };
    const closed = () => {
      const value = sessionStorage.getItem(KEY);
      if (value === null) {
        dialog.showModal();
        return;
      }
      dialog.removeEventListener("submit", entered);
      dialog.removeEventListener("close", closed);
      input.value = "";
      asked = null;
      resolve(value);
    };
    dialog.addEventListener("submit", entered);
    dialog.addEventListener("close", closed);
    dialog.showModal();
    input.focus();
  });
  return asked;
}
