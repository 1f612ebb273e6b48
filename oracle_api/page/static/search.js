// A search of procedures: a combobox whose list of options is always open.

import { el, freshId } from "./elements.js";
import { patternsFor } from "./patterns.js";
import { explain } from "./problem.js";

const WAIT_MS = 250;
const MOST_SHOWN = 50;

/** Shows the search; `onChosen` is told a procedure's name. */
export function mount(element, { api, t, onChosen }) {
  let request = new AbortController();
  let timer;
  let active = -1;
  const id = freshId("search");
  const options = () => [...list.children];

  const input = el("input", {
    id,
    class: "form-control",
    type: "search",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    "aria-expanded": "true",
    "aria-autocomplete": "list",
    "aria-controls": `${id}-list`,
    "aria-describedby": `${id}-help`,
    oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(look, WAIT_MS);
    },
    onkeydown: (event) => pressed(event),
  });
  const list = el("ul", {
    id: `${id}-list`,
    class: "list-group launch-options",
    role: "listbox",
    "aria-label": t("launch.procedures"),
  });
  const status = el("p", { class: "form-text", role: "status" });
  element.replaceChildren(
    el("label", { class: "form-label", for: id }, t("launch.search")),
    input,
    el("p", { class: "form-text", id: `${id}-help` }, t("launch.search_help")),
    status,
    list,
  );
  look();
  input.focus();

  async function look() {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    try {
      const answers = await Promise.all(
        patternsFor(input.value).map((like) => {
          const query = like === null ? "" : `?like=${encodeURIComponent(like)}`;
          return api.get(`/procedures${query}`, { signal });
        }),
      );
      if (!signal.aborted) show(answers.map((answer) => answer.body));
    } catch (error) {
      if (signal.aborted) return;
      list.replaceChildren();
      status.textContent = explain(error);
    }
  }

  function show(documents) {
    const names = [...new Set(documents.flatMap((one) => one.procedures.map(({ name }) => name)))];
    names.sort();
    activate(-1);
    list.replaceChildren(...names.slice(0, MOST_SHOWN).map(option));
    const isCut = names.length > MOST_SHOWN || documents.some((one) => one.truncated);
    status.textContent = isCut
      ? t("launch.found_more", { shown: list.children.length })
      : t("launch.found", { count: t.number(names.length) });
  }

  function option(name, index) {
    return el(
      "li",
      {
        id: `${id}-${index}`,
        class: "list-group-item list-group-item-action",
        role: "option",
        "aria-selected": "false",
        onclick: () => onChosen(name),
      },
      name,
    );
  }

  function activate(index) {
    options()[active]?.setAttribute("aria-selected", "false");
    options()[active]?.classList.remove("active");
    active = index;
    const chosen = options()[active];
    chosen?.setAttribute("aria-selected", "true");
    chosen?.classList.add("active");
    chosen?.scrollIntoView({ block: "nearest" });
    if (chosen) input.setAttribute("aria-activedescendant", chosen.id);
    else input.removeAttribute("aria-activedescendant");
  }

  function pressed(event) {
    const count = options().length;
    if (event.key === "ArrowDown" && count) activate((active + 1) % count);
    else if (event.key === "ArrowUp" && count) activate((active <= 0 ? count : active) - 1);
    else if (event.key === "Enter" && (active >= 0 || input.value.trim())) {
      onChosen(options()[active]?.textContent ?? input.value.trim());
    } else return;
    event.preventDefault();
  }

  return {
    unmount() {
      clearTimeout(timer);
      request.abort();
    },
  };
}
