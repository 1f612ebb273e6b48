// Asks before something is done that cannot be undone.

const dialog = document.getElementById("confirm-dialog");
const title = document.getElementById("confirm-title");
const text = document.getElementById("confirm-text");
const [no, yes] = dialog.querySelectorAll("button");

/** Ask; gives whether the answer is yes. Escape is a no. */
export function confirm(words) {
  title.textContent = words.title;
  text.textContent = words.text;
  yes.textContent = words.action;
  dialog.returnValue = "";
  dialog.showModal();
  no.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

for (const button of [no, yes]) {
  button.addEventListener("click", () => dialog.close(button.dataset.answer));
}
