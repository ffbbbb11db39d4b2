/** One note, open for reading. */

import { ApiError, readNote } from "./api.js";
import { failure, make, timeOf } from "./dom.js";
import { exportControl } from "./exporting.js";
import { filesControl } from "./files.js";
import { isWriting, startWriting, stopWriting } from "./writing.js";

/**
 * @typedef {object} Address
 * @property {string | null} workspace A member's; null for a note of an open one.
 * @property {string} id
 */

/**
 * The fragment's part after #, of a note of an open workspace or of one of the person's.
 * @param {string} fragment
 * @returns {Address | null}
 */
export function noteAddress(fragment) {
  const [, workspace, id] = /^(?:\/workspaces\/([a-z0-9-]+))?\/notes\/(.*)$/s.exec(fragment) ?? [];
  return id === undefined ? null : { workspace: workspace ?? null, id };
}

/**
 * Shows a note in the pane, unless something else is shown by the time it arrives.
 * @param {object} options
 * @param {Address} options.address
 * @param {HTMLElement} options.pane
 * @param {boolean} options.moveFocus
 * @param {() => boolean} options.isCurrent
 * @param {string | null} options.user Who is signed in.
 * @param {(workspace: string) => Promise<import("./api.js").RoleName | null>} options.roleIn
 * @param {() => { element: HTMLElement }} options.signInView
 * @param {(text: string) => void} options.announce
 */
export async function openNote(options) {
  const { address, pane, moveFocus, isCurrent, user, roleIn, signInView, announce } = options;
  if (isWriting(address.id, user)) {
    return;
  }
  stopWriting();
  const controls = (/** @type {import("./api.js").Note} */ note) => [
    exportControl(note.id, announce),
    filesControl({ note, role: roleIn(note.workspace), announce }),
  ];
  pane.replaceChildren(make("p", { class: "quiet" }, "Loading the note…"));
  const view = await readNote(address.workspace, address.id).then(
    (note) => noteView(note, user === null ? [] : controls(note)),
    (error) => (isSignedOut(error) ? null : errorView(error, () => void openNote({ ...options, moveFocus: true }))),
  );
  if (!isCurrent()) {
    return;
  }
  if (view === null) {
    document.title = "Sign in to read";
    pane.replaceChildren(signInView().element);
    return;
  }
  pane.replaceChildren(backLink(), view);
  document.title = view.querySelector("h2")?.textContent ?? "Notes";
  const [heading, text] = [view.querySelector("h2"), view.querySelector(".text")];
  if (moveFocus) {
    heading?.focus();
  }
  if (user !== null && heading !== null && text instanceof HTMLElement) {
    void startWriting({ note: address.id, user, heading, text, announce });
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

/** @param {unknown} error */
function isSignedOut(error) {
  return error instanceof ApiError && error.status === 401;
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
