// The banner that says that the database, or the service itself, does not answer.

import { api } from "./api.js";
import { poll } from "./poll.js";
import { t } from "./text.js";

const USUAL = 20_000;
const WHILE_DOWN = 4000;
const DATABASE = "database-unavailable";

// 502 is what a proxy in between says.
const isAway = (error) => error.status === 0 || error.status === 502;

const banner = document.getElementById("banner");
const state = { isAway: false, databaseDetail: null };

function show() {
  let text = "";
  if (state.isAway) text = t("banner.away");
  else if (state.databaseDetail) text = t("banner.database", { detail: state.databaseDetail });
  // Said again, it would be read out again.
  if (banner.textContent !== text) banner.textContent = text;
  banner.hidden = !text;
}

/** Watch how requests go, and ask the database now and then. */
export function watch() {
  api.listen((error) => {
    state.isAway = error !== null && isAway(error);
    if (error?.kind === DATABASE) state.databaseDetail = error.detail;
    show();
  });
  poll(
    async (signal) => {
      try {
        await api.get("/ping", { signal });
        state.databaseDetail = null;
      } catch (error) {
        if (error.kind !== DATABASE) throw error;
      }
      show();
      return state.databaseDetail ? WHILE_DOWN : USUAL;
    },
  );
}
