/** The form for a new note. */

import { createNote } from "./api.js";
import { make } from "./dom.js";
import { createForm } from "./form.js";
import { backLink } from "./note.js";

/** @type {import("./form.js").FieldSpec[]} */
const FIELDS = [
  { name: "title", label: "Title", tag: "input", attributes: { autocomplete: "off" } },
  { name: "body", label: "Text", tag: "textarea", attributes: { rows: "8" } },
  {
    name: "workspace",
    label: "Workspace",
    tag: "input",
    attributes: { value: "harbour", autocomplete: "off", autocapitalize: "none", spellcheck: "false" },
  },
];

/**
 * The form keeps what is written until it is saved, also while something else is shown.
 * @param {{ saved: (note: import("./api.js").Note) => void }} options
 */
export function createEditor({ saved }) {
  const form = createForm({
    heading: "New note",
    fields: FIELDS,
    button: { idle: "Save", busy: "Saving…" },
    beside: [make("a", { href: "#/" }, "Cancel")],
    submit: async ({ title = "", body = "", workspace = "" }) => saved(await createNote({ title, body, workspace })),
    explain: (detail, errors) =>
      errors.length > 0 ? "The note is not saved yet." : `The note is not saved; the text is still here. ${detail}`,
  });
  return { element: make("div", {}, backLink(), form.element), focus: form.focus };
}
