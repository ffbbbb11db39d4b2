/** One note, open for reading. */

import { ApiError, readNote } from "./api.js";
import { failure, make, timeOf } from "./dom.js";
import { exportControl } from "./exporting.js";
import { startWriting, stopWriting } from "./writing.js";

/**
 * Shows a note in the pane, unless something else is shown by the time it arrives.
 * @param {object} options
 * @param {string} options.id
 * @param {HTMLElement} options.pane
 * @param {boolean} options.moveFocus
 * @param {() => boolean} options.isCurrent
 * @param {string | null} options.user Who is signed in.
 * @param {(text: string) => void} options.announce
 */
export async function openNote({ id, pane, moveFocus, isCurrent, user, announce }) {
  stopWriting();
  pane.replaceChildren(make("p", { class: "quiet" }, "Loading the note…"));
  const view = await readNote(id).then(
    (note) => noteView(note, user === null ? [] : [exportControl(id, announce)]),
    (error) => errorView(error, () => void openNote({ id, pane, moveFocus: true, isCurrent, user, announce })),
  );
  if (!isCurrent()) {
    return;
  }
  pane.replaceChildren(backLink(), view);
  document.title = view.querySelector("h2")?.textContent ?? "Notes";
  const [heading, text] = [view.querySelector("h2"), view.querySelector(".text")];
  if (moveFocus) {
    heading?.focus();
  }
  if (user !== null && heading !== null && text instanceof HTMLElement) {
    void startWriting({ note: id, user, heading, text, announce });
  }
}

/** What the pane shows while nothing is open. */
export function hintView() {
  return make("p", { class: "quiet hint" }, "Choose a note to read it here.");
}

/** Leads back to the list where the window is too narrow for both. */
export function backLink() {
  return make("a", { class: "back", href: "#/" }, "← All notes");
}

/**
 * @param {import("./api.js").Note} note
 * @param {Node[]} controls
 */
function noteView(note, controls) {
  const heading = make("h2", { tabindex: "-1", dir: "auto" }, note.title);
  const workspace = make("span", { class: "workspace" }, note.workspace);
  const times = note.updated === note.created ? [timeOf(note.created)] : ["changed ", timeOf(note.updated)];
  const text = make("div", { class: "text", dir: "auto" }, note.body);
  return make("article", {}, heading, make("p", { class: "quiet" }, workspace, ...times), text, ...controls);
}

/**
 * @param {unknown} error
 * @param {() => void} retry
 */
function errorView(error, retry) {
  if (error instanceof ApiError && error.status === 404) {
    const heading = make("h2", { tabindex: "-1" }, "There is no such note");
    return make("div", {}, heading, make("p", {}, "It may have been deleted, or the address is not complete."));
  }
  return failure("The note can't be loaded.", error, retry);
}
