/** The field over the list: the words that are searched for. */

import { byId } from "./dom.js";

/** Typing has to rest so long before it is searched for. */
const REST_MS = 250;

/** @param {() => void} changed Other words, or none any more, are searched for. */
export function createSearch(changed) {
  const form = byId("search");
  const field = /** @type {HTMLInputElement} */ (byId("words"));
  let words = "";
  let timer = 0;

  function apply() {
    clearTimeout(timer);
    const before = words;
    // Signs alone are no words.
    words = /[\p{L}\p{N}]/u.test(field.value) ? field.value.trim() : "";
    if (words !== before) {
      changed();
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(apply, REST_MS);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      field.value = "";
      apply();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
  return { words: () => words };
}
