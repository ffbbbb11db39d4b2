/** The form for a new note. */

import { createNote } from "./api.js";
import { make } from "./dom.js";
import { createForm } from "./form.js";
import { backLink } from "./note.js";

/** @type {import("./form.js").FieldSpec[]} */
const FIELDS = [
  { name: "title", label: "Title", tag: "input", attributes: { autocomplete: "off" } },
  { name: "body", label: "Text", tag: "textarea", attributes: { rows: "8" } },
];

/** @typedef {import("./api.js").Workspace} Workspace */

/**
 * The form keeps what is written until it is saved, also while something else is shown.
 * @param {{ workspace: () => Workspace, saved: (note: import("./api.js").Note, workspace: Workspace) => void }} options
 */
export function createEditor({ workspace, saved }) {
  /** What was sent last, and its key: sent again, it is the same note. */
  let sent = "";
  let key = "";

  /** @param {Record<string, string>} values */
  async function submit({ title = "", body = "" }) {
    const place = workspace();
    const now = JSON.stringify([place.id, place.role, title, body]);
    if (now !== sent) {
      sent = now;
      key = crypto.randomUUID();
    }
    const note = await createNote(place, { title, body }, key);
    sent = "";
    saved(note, place);
  }

  const form = createForm({
    heading: "New note",
    fields: FIELDS,
    button: { idle: "Save", busy: "Saving…" },
    beside: [make("a", { href: "#/" }, "Cancel")],
    submit,
    explain: (detail, errors) =>
      errors.length > 0 ? "The note is not saved yet." : `The note is not saved; the text is still here. ${detail}`,
  });
  return { element: make("div", {}, backLink(), form.element), focus: form.focus };
}
