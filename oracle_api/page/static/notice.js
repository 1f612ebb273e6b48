// What is said to the person: a line that stays until the next view, and words for screen readers.

const notice = document.getElementById("notice");
const text = notice.querySelector("span");
const live = document.getElementById("live");

let isKept = false;

notice.querySelector("button").addEventListener("click", clear);

/** Show a line; with `keep` it outlives one change of the view. */
export function say(words, { keep = false } = {}) {
  text.textContent = words;
  notice.hidden = false;
  isKept = keep;
}

/** Take the line away when the view changes. */
export function viewChanged() {
  if (!isKept) clear();
  isKept = false;
}

/** Have a screen reader say something that is seen elsewhere on the page. */
export function announce(words) {
  live.textContent = words;
}

function clear() {
  notice.hidden = true;
  text.textContent = "";
}
