/** Small helpers around the document. Text goes in as text: nothing here parses HTML. */

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) {
    throw new Error(`no element #${id}`);
  }
  return element;
}

/**
 * A new element with attributes and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} [attributes]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/**
 * @param {HTMLProgressElement} bar
 * @param {{ done: number, total: number }} [progress]
 */
export function showProgress(bar, progress) {
  if (progress !== undefined) {
    bar.max = progress.total;
    bar.value = progress.done;
  }
}

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** @param {number} milliseconds */
export function timeOf(milliseconds) {
  const date = new Date(milliseconds);
  return make("time", { datetime: date.toISOString() }, DATE.format(date));
}

/**
 * A message that something failed, with a way to try again.
 * @param {string} title
 * @param {unknown} error
 * @param {() => void} retry
 */
export function failure(title, error, retry) {
  const again = make("button", { type: "button" }, "Try again");
  again.addEventListener("click", retry);
  const detail = textOf(error);
  return make("div", { class: "notice", role: "alert" }, make("strong", {}, title), make("p", {}, detail), again);
}

/**
 * What is wrong, in words.
 * @param {unknown} error
 */
export function textOf(error) {
  return error instanceof Error ? error.message : String(error);
}
